//! What a stream holds, without decoding it.

use serde::Serialize;

use crate::bound::Bound;
use crate::container::{self, Index};
use crate::effort::Effort;
use crate::error::Result;

/// Reads what a stream holds without decoding it.
pub fn inspect(stream: &[u8]) -> Result<Info> {
    Ok(Info::new(&container::open(stream)?, stream.len()))
}

/// What a stream holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// Format version of the stream.
    pub format_version: u8,
    /// `f32` or `f64`.
    pub dtype: String,
    /// Shape of the field, slowest dimension first.
    pub shape: Vec<usize>,
    /// Names of the dimensions, empty where there are none.
    pub dims: Vec<String>,
    /// Which dimension is time.
    pub time: Option<usize>,
    /// Whether the last dimension closes on itself.
    pub periodic: bool,
    /// The effort it was coded with.
    pub effort: Effort,
    /// Shape of the chunks.
    pub chunk: Vec<usize>,
    /// Number of chunks.
    pub chunks: usize,
    /// Bound as it was asked for.
    pub asked: Bound,
    /// The absolute bound that every value keeps; 0 where none applies.
    pub bound: f64,
    /// Largest absolute error measured on encoding.
    pub max_error: f64,
    /// Step of the lattice that the originals lay on; 0 if none was found.
    pub lattice: f64,
    /// Declared fill values.
    pub fills: Vec<f64>,
    /// Keys and values kept with the field.
    pub attributes: Vec<(String, String)>,
    /// Predictors used, with the number of chunks each.
    pub predictors: Vec<(String, usize)>,
    /// Back ends used.
    pub backends: Vec<String>,
    /// Bytes of the samples.
    pub raw_bytes: u64,
    /// Bytes of the stream.
    pub stream_bytes: u64,
    /// Raw over stream bytes.
    pub ratio: f64,
    /// Bits of stream per sample.
    pub bits_per_value: f64,
}

impl Info {
    fn new(index: &Index, stream_bytes: usize) -> Self {
        let used = |i| index.chunks.iter().filter(|c| c.choice == i).count();
        let mut backends: Vec<String> = index
            .chunks
            .iter()
            .map(|c| c.backend.name().into())
            .collect();
        backends.dedup();
        let samples: usize = index.shape().iter().product();
        let raw_bytes = (samples * index.sample_bytes) as u64;
        Info {
            format_version: container::FORMAT_VERSION,
            dtype: if index.sample_bytes == 4 {
                "f32"
            } else {
                "f64"
            }
            .into(),
            shape: index.shape(),
            dims: index.dims.iter().map(|d| d.name.clone()).collect(),
            time: index.time,
            periodic: index.periodic,
            effort: index.effort,
            chunk: index.dims.iter().map(|d| d.chunk).collect(),
            chunks: index.chunks.len(),
            asked: index.asked,
            bound: index.absolute,
            max_error: index.max_error,
            lattice: index.lattice,
            fills: index.fills.clone(),
            attributes: index.attributes.clone(),
            predictors: index
                .choices
                .iter()
                .enumerate()
                .map(|(i, c)| (c.clone(), used(i)))
                .collect(),
            backends,
            raw_bytes,
            stream_bytes: stream_bytes as u64,
            ratio: raw_bytes as f64 / stream_bytes as f64,
            bits_per_value: stream_bytes as f64 * 8.0 / samples as f64,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.shape.iter().product()
    }
}
