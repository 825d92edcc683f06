//! What came of compressing or decompressing, as both tell it.

use std::time::Instant;

use cpu_time::ProcessTime;
use foresz::dataset::{DatasetReader, VariableInfo};
use foresz::{Bound, Effort, Info, Report, Store, Used};
use serde::Serialize;

use super::summary::{self, bytes, number};
use super::table;

#[derive(Serialize)]
pub(crate) struct Outcome {
    pub(crate) input: String,
    /// Of the input on compressing, of the output on decompressing.
    pub(crate) format: String,
    pub(crate) output: String,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    /// Bytes of values over bytes of the stream.
    pub(crate) ratio: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) wall_seconds: f64,
    /// Where there is one variable.
    #[serde(flatten)]
    pub(crate) only: Option<Only>,
    pub(crate) variables: Vec<VariableInfo>,
}

/// What is told of a variable that is the only one.
#[derive(Serialize)]
pub(crate) struct Only {
    shape: Vec<usize>,
    dtype: String,
    bits_per_value: f64,
    asked: Option<Bound>,
    /// The absolute bound that every value keeps; 0 where none applies.
    bound: f64,
    max_error: f64,
    lattice: f64,
    predictor: String,
    backend: String,
    effort: Option<Effort>,
    models: Vec<Used>,
    ratio_with_models: f64,
    ratio_without_models: f64,
}

impl Only {
    /// Of a variable, or a part of that shape. Values and stream take that many bytes.
    pub(crate) fn of<S: Store>(
        reader: &DatasetReader<S>,
        v: usize,
        shape: Vec<usize>,
        (raw, stream): (u64, u64),
    ) -> foresz::Result<Self> {
        let (about, streams) = (reader.about(v)?, reader.streams(v)?);
        let mut models: Vec<Used> = Vec::new();
        for used in streams.iter().flat_map(|info| &info.models) {
            match models.iter_mut().find(|m| m.sha256 == used.sha256) {
                Some(known) => known.stored_bytes += used.stored_bytes,
                None => models.push(used.clone()),
            }
        }
        let apart = models.iter().filter(|m| m.stored_bytes == 0);
        let apart: u64 = apart.map(|m| m.bytes).sum();
        let stored: u64 = models.iter().map(|m| m.stored_bytes).sum();
        let values = shape.iter().product::<usize>().max(1) as f64;
        let largest = |of: fn(&Info) -> f64| streams.iter().map(of).fold(0.0, f64::max);
        Ok(Only {
            dtype: streams
                .first()
                .map_or(about.kind.into(), |s| s.dtype.name().into()),
            bits_per_value: 8.0 * stream as f64 / values,
            asked: match about.asked.as_slice() {
                [asked] => Some(*asked),
                _ => None,
            },
            bound: largest(|info| info.bound),
            max_error: about.max_error,
            lattice: largest(|info| info.lattice),
            predictor: about.predictors.join(" | "),
            backend: about.backends.join(" | "),
            effort: streams.first().map(|info| info.effort),
            models,
            ratio_with_models: raw as f64 / (stream + apart) as f64,
            ratio_without_models: raw as f64 / stream.saturating_sub(stored) as f64,
            shape,
        })
    }
}

impl Outcome {
    /// Takes the times that the codec measured itself.
    pub(crate) fn timed(&mut self, report: &Report) {
        self.cpu_seconds = report.cpu_seconds;
        self.wall_seconds = report.wall_seconds;
    }

    /// For people: a line about a bare array, else a table.
    pub(crate) fn describe(&self, bare: bool) -> String {
        let Outcome {
            input,
            output,
            ratio,
            wall_seconds,
            ..
        } = self;
        let (before, after) = (bytes(self.input_bytes), bytes(self.output_bytes));
        let ratio = number(*ratio);
        let head = format!("{input} → {output}  {before} → {after}  ratio {ratio}");
        match &self.only {
            Some(only) if bare => {
                let (bits, loss) = (number(only.bits_per_value), only.loss());
                let (spec, backend) = (summary::spec(&only.predictor), &only.backend);
                let (stored, notes) = (only.stored(), self.notes());
                format!(
                    "{head} ({bits} bits/value)  {loss}  {spec} + {backend}  {wall_seconds:.2} s{stored}{notes}"
                )
            }
            _ => {
                let table = table::of_variables(&self.variables);
                let notes = self.notes();
                format!("{head}  {wall_seconds:.2} s\n{}{notes}", table.trim_end())
            }
        }
    }

    /// Says which variables were rounded before, and more coarsely than asked for now.
    fn notes(&self) -> String {
        let bound = self.only.as_ref().map_or(0.0, |only| only.bound);
        let step = |v: &VariableInfo| {
            let coarse = (bound > 0.0 && v.step > 2.0 * bound).then_some(v.step);
            v.coarser().or(coarse)
        };
        let coarser = self.variables.iter().filter_map(|v| Some((v, step(v)?)));
        let note = |(v, step): (&VariableInfo, f64)| {
            let (name, half, step) = (&v.name, number(step / 2.0), number(step));
            format!(
                "\nnote: {name} was rounded to steps of {step} before, coarser than this bound: nothing is lost, and any bound below {half} gives the same"
            )
        };
        coarser.map(note).collect()
    }
}

impl Only {
    /// What was lost, measured against what may be lost.
    fn loss(&self) -> String {
        let (error, of) = (number(self.max_error), number(self.bound));
        match self.asked {
            Some(Bound::Absolute(_)) => format!("max error {error} of {of}"),
            Some(asked @ (Bound::RangeRelative(_) | Bound::Psnr(_))) => {
                format!("max error {error} of {of} ({})", summary::bound(asked))
            }
            Some(asked @ Bound::PointwiseRelative(_)) => {
                format!("max error {error} ({})", summary::bound(asked))
            }
            Some(Bound::Lossless) | None => "lossless".into(),
        }
    }

    /// Says how much of the stream is learned models.
    fn stored(&self) -> String {
        match self.models.iter().map(|m| m.stored_bytes).sum() {
            0 => String::new(),
            stored => format!(
                "\nstored with its model ({}): ratio {} without",
                bytes(stored),
                number(self.ratio_without_models)
            ),
        }
    }
}

/// Measures time.
pub(crate) struct Clock {
    cpu: Option<ProcessTime>,
    wall: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock {
            cpu: ProcessTime::try_now().ok(),
            wall: Instant::now(),
        }
    }

    /// CPU and wall seconds so far. Platforms without a clock of processes report the latter
    /// twice.
    pub(crate) fn seconds(&self) -> (f64, f64) {
        let wall = self.wall.elapsed().as_secs_f64();
        let cpu = self.cpu.and_then(|start| start.try_elapsed().ok());
        (cpu.map_or(wall, |d| d.as_secs_f64()), wall)
    }
}
