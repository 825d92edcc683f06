//! What a compression or decompression has to say for itself.

use std::time::Instant;

use cpu_time::ProcessTime;
use serde::Serialize;

use crate::bound::Bound;
use crate::container::Index;
use crate::container::used::Used;
use crate::effort::Effort;

/// The outcome of a compression or decompression.
///
/// Seconds are the codec's work, without reading and writing of files.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Bytes that went in.
    pub input_bytes: u64,
    /// Bytes that came out.
    pub output_bytes: u64,
    /// Bytes of samples over bytes of stream.
    pub ratio: f64,
    /// Bits of stream per sample.
    pub bits_per_value: f64,
    /// Bound as it was asked for.
    pub asked: Bound,
    /// The absolute bound that every value keeps; 0 where none applies
    /// (lossless, point-wise relative).
    pub bound: f64,
    /// Largest absolute error measured on encoding.
    pub max_error: f64,
    /// Step of the lattice that the values lay on already (packed archives do); 0 if none
    /// was found. With a step of more than twice the bound nothing is lost at all.
    pub lattice: f64,
    /// Predictor specs chosen, joined by ` | ` if chunks differ.
    pub predictor: String,
    /// Learned models that decoding needs, in the stream or not.
    pub models: Vec<Used>,
    /// The ratio if the weights of all of them were part of the stream.
    pub ratio_with_models: f64,
    /// The ratio if those that are part of it were not.
    pub ratio_without_models: f64,
    /// The back end.
    pub backend: String,
    /// The effort.
    pub effort: Effort,
    /// CPU time of all threads.
    pub cpu_seconds: f64,
    /// Time that passed.
    pub wall_seconds: f64,
}

impl Report {
    pub(crate) fn new(index: &Index, raw_bytes: u64, stream_bytes: u64, clock: &Stopwatch) -> Self {
        let (cpu_seconds, wall_seconds) = clock.seconds();
        let ratio = raw_bytes as f64 / stream_bytes as f64;
        let models = Used::of(index);
        Report {
            input_bytes: raw_bytes,
            output_bytes: stream_bytes,
            ratio,
            bits_per_value: index.sample_bytes as f64 * 8.0 / ratio,
            asked: index.asked,
            bound: index.absolute,
            max_error: index.max_error,
            lattice: index.lattice,
            ratio_with_models: Used::ratio(&models, raw_bytes, stream_bytes),
            ratio_without_models: Used::ratio_without(&models, raw_bytes, stream_bytes),
            models,
            predictor: index.choices.join(" | "),
            backend: index.chunks.first().map_or("", |c| c.backend.name()).into(),
            effort: index.effort,
            cpu_seconds,
            wall_seconds,
        }
    }
}

/// Measures the codec's own time.
pub(crate) struct Stopwatch {
    cpu: Option<ProcessTime>,
    wall: Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        // Platforms without a process clock report wall time as CPU time.
        Stopwatch {
            cpu: ProcessTime::try_now().ok(),
            wall: Instant::now(),
        }
    }

    /// CPU and wall seconds so far.
    pub(crate) fn seconds(&self) -> (f64, f64) {
        let wall = self.wall.elapsed().as_secs_f64();
        let cpu = self.cpu.and_then(|start| start.try_elapsed().ok());
        (cpu.map_or(wall, |d| d.as_secs_f64()), wall)
    }
}
