//! How the chunks of a field are going to be coded: what a caller asks for, resolved once.

use foresz_predictors::{MAX_DIMS, Pipeline, Place, Sample, Scene, Spec};
use ndarray::{ArrayViewD, Axis, Slice};

use super::models;
use crate::bound::Loss;
use crate::chunk::Terms;
use crate::chunk::fences::Fences;
use crate::container::grid;
use crate::container::{Dim, Index};
use crate::entropy::Backend;
use crate::error::{Result, invalid};
use crate::limits::{Models, Task};
use crate::options::{Choose, Layout, Options};
use crate::room;
use crate::threads;
use crate::values::fills::Fills;

/// Bytes that coding takes for each sample of a chunk, beside a copy of it.
const SCRATCH: usize = 36;
const FAST_SCRATCH: usize = 6;

/// A predictor that may code chunks.
pub(super) type Settled = (Spec, Pipeline);

/// What stays the same from chunk to chunk.
pub(crate) struct Plan<T> {
    pub(super) options: Options,
    pub(super) loss: Loss,
    pub(super) fills: Fills,
    pub(super) fences: Fences<T>,
    /// The predictor that was asked for.
    pub(super) fixed: Option<Settled>,
    pub(super) offers: Vec<Settled>,
    pub(super) rivals: Vec<Settled>,
    layout: Layout,
    /// Whether rows close on themselves, once that is known.
    periodic: Option<bool>,
    shape: Vec<usize>,
    pub(super) chunk: Vec<usize>,
    /// Bytes of the learned models that may have to be stored.
    models: Models,
}

impl<T: Sample> Plan<T> {
    /// Of a field of that shape.
    pub(crate) fn new(shape: &[usize], options: &Options, loss: Loss) -> Result<Self> {
        check(shape, options)?;
        let layout = Layout::new(&options.dims, shape.len())?;
        let has_frames = layout.time.is_some_and(|t| t + 1 < shape.len());
        let settled = |spec: &Spec| settle(spec, options, has_frames);
        let fixed = match &options.choose {
            Choose::Auto => None,
            Choose::Spec(spec) => Some(settled(spec)?),
        };
        let all = |specs: &[Spec]| specs.iter().map(settled).collect::<Result<Vec<_>>>();
        let (offers, rivals) = (all(&options.offers)?, all(&rivals(&options.offers))?);
        let foresees = |(_, pipeline): &Settled| !pipeline.frames.is_empty();
        let series = fixed.iter().chain(&offers).any(foresees);
        let chunk = chunk_of(shape, options, layout.time, series)?;
        let mut models = 0;
        if options.store_models {
            // Better said now than when all is coded.
            for (spec, _) in fixed.iter().chain(&offers).chain(&rivals) {
                let parcels = options.registry.pack(spec)?;
                models += parcels.iter().map(models::size).sum::<usize>();
            }
        }
        let whole_rows = chunk.last() == shape.last();
        Ok(Plan {
            options: options.clone(),
            loss,
            fills: Fills::new::<T>(&options.fills, &options.exact),
            fences: Fences::new(options)?,
            fixed,
            offers,
            rivals,
            layout,
            periodic: if whole_rows {
                options.periodic
            } else {
                Some(false)
            },
            shape: shape.to_vec(),
            chunk,
            // How far they can be packed shows in the end.
            models: Models {
                stored: models,
                unpacked: models,
            },
        })
    }

    /// The same under another bound.
    pub(super) fn under(&mut self, loss: Loss) -> &Self {
        self.loss = loss;
        self
    }

    /// Settles from the first frames of a field what its caller left to it. No more of them
    /// are looked at than [`batch`](Self::batch) has on one thread, so that the answer is the
    /// same whether there are others already.
    pub(super) fn look(&mut self, frames: &ArrayViewD<T>) {
        if self.periodic.is_none() {
            let run = self.least_run().min(frames.shape()[0]);
            let first = frames.slice_axis(Axis(0), Slice::from(..run));
            self.periodic = Some(closes(&first));
        }
    }

    /// Frames of as many chunks as have enough rows to look at.
    fn least_run(&self) -> usize {
        let rows: usize = self.shape[1..].iter().rev().skip(1).product();
        let rows = rows.saturating_mul(self.chunk[0]).max(1);
        self.chunk[0] * LEAST_ROWS.div_ceil(rows)
    }

    fn periodic(&self) -> bool {
        self.periodic.unwrap_or(false)
    }

    fn bound(&self) -> f64 {
        match self.loss {
            Loss::Absolute(bound) => bound,
            Loss::Relative(_) => 0.0,
        }
    }

    /// As many threads for some chunks as are asked for and memory has room for.
    pub(super) fn threads(&self, chunks: usize) -> Result<usize> {
        let each = if self.options.is_fast() {
            FAST_SCRATCH
        } else {
            SCRATCH
        };
        let work = room::Work {
            chunks,
            samples: self.chunk.iter().product(),
            bytes_each: each + T::BYTES,
        };
        room::threads(self.options.threads, work)
    }

    /// Frames that keep all threads busy.
    pub(super) fn batch(&self) -> usize {
        let run = self.chunk[0].saturating_mul(threads::count(self.options.threads));
        run.max(self.least_run())
    }

    /// Of a chunk of that shape that starts at `origin`.
    pub(super) fn scene(&self, shape: &[usize], origin: &[usize]) -> Scene {
        Scene {
            shape: shape.to_vec(),
            time: self.layout.time,
            periodic: self.periodic(),
            bound: self.bound(),
            share: 1.0,
            place: Place {
                origin: origin.to_vec(),
                dims: self.layout.names.as_slice().into(),
                attributes: self.options.attributes.as_slice().into(),
            },
        }
    }

    pub(super) fn terms(&self) -> Terms<'_, T> {
        Terms {
            loss: self.loss,
            fills: &self.fills,
            fences: &self.fences,
        }
    }

    /// Refuses models that decoders would not let do their task.
    pub(super) fn check_models(&self, choice: &str) -> Result<()> {
        if !self.options.store_models {
            return Ok(());
        }
        let task = Task::all(&self.shape, &self.chunk, self.models);
        models::check(&self.options.registry, choice, task)
    }

    /// An index without chunks, of a field that turned out to have that shape.
    pub(super) fn index(&self, shape: &[usize]) -> Index {
        let lengths = shape.iter().zip(&self.chunk);
        let dims = lengths
            .zip(&self.layout.names)
            .map(|((n, chunk), name)| Dim {
                length: *n,
                chunk: *chunk.min(n),
                name: name.clone(),
            });
        let options = &self.options;
        Index {
            sample_bytes: T::BYTES,
            dims: dims.collect(),
            time: self.layout.time,
            periodic: self.periodic(),
            effort: options.effort,
            asked: options.bound,
            absolute: self.bound(),
            max_error: 0.0,
            lattice: 0.0,
            least: options.least.and(self.fences.least()),
            fills: options.fills.clone(),
            attributes: options.attributes.clone(),
            choices: Vec::new(),
            chunks: Vec::new(),
            stored: Vec::new(),
        }
    }
}

/// Refuses what makes no sense whatever the values are.
fn check(shape: &[usize], options: &Options) -> Result<()> {
    if shape.is_empty() || shape.len() > MAX_DIMS {
        return invalid(format!(
            "a field has 1 to {MAX_DIMS} dimensions, not {}",
            shape.len()
        ));
    }
    if shape.contains(&0) {
        return invalid(format!(
            "a field of shape {shape:?} holds nothing; every dimension must be at least 1 long"
        ));
    }
    match options.backend {
        Some(Backend::Packed) => {
            return invalid("packed is no back end to choose: ask for the fast effort instead");
        }
        Some(Backend::Stored) => {
            return invalid(
                "stored is no back end to choose: values are stored where everything else takes more",
            );
        }
        _ => {}
    }
    let fills = options.fills.len() + options.exact.len();
    if fills > 16 {
        return invalid(format!("{fills} fill values are declared, 16 are the most"));
    }
    Ok(())
}

fn settle(spec: &Spec, options: &Options, has_frames: bool) -> Result<Settled> {
    let spec = options.registry.settle(spec)?;
    let pipeline = options.registry.build(&spec)?;
    if pipeline.needs_past() && !has_frames {
        return invalid(format!(
            "{spec} predicts frame from frame, but the field has no time dimension before its last; name one `time`"
        ));
    }
    Ok((spec, pipeline))
}

/// What offers have to beat: the same without their forecasts. Else they could be taken for
/// what is coded after those alone.
fn rivals(offers: &[Spec]) -> Vec<Spec> {
    let alone = |spec: &Spec| Spec {
        parts: spec.parts[spec.parts.len() - 1..].to_vec(),
    };
    let foreseeing = offers.iter().filter(|spec| spec.parts.len() > 1);
    let mut rivals: Vec<Spec> = foreseeing.map(alone).collect();
    rivals.dedup();
    rivals
}

/// The shape of the chunks, by what was asked for and by whether whole frames are
/// predicted.
fn chunk_of(
    shape: &[usize],
    options: &Options,
    time: Option<usize>,
    series: bool,
) -> Result<Vec<usize>> {
    let time_of_frames = time.filter(|t| t + 1 < shape.len());
    let chunk = match (&options.chunk, options.keyframe, time_of_frames) {
        (Some(_), Some(_), _) => {
            return invalid("a chunk shape and key frames exclude each other: give one of them");
        }
        (Some(chunk), None, _) => {
            grid::check_chunk(chunk, shape)?;
            return Ok(chunk.iter().zip(shape).map(|(c, n)| *c.min(n)).collect());
        }
        (None, Some(0), _) => {
            return invalid("a key frame every 0 frames is impossible: give 1 or more");
        }
        (None, Some(_), None) => {
            return invalid(
                "key frames need a series, and the field has no time dimension before its last; name one `time`",
            );
        }
        (None, keyframe, Some(time)) if series || keyframe.is_some() => {
            grid::series_chunk(shape, time, keyframe)
        }
        (None, _, _) => grid::usual_chunk(shape, time),
    };
    grid::check_chunk(&chunk, shape)?;
    Ok(chunk)
}

/// Rows without which nothing is said of all.
const LEAST_ROWS: usize = 4;

/// Whether rows close on themselves: the step from their last sample to the first is
/// no larger than the steps within them.
fn closes<T: Sample>(field: &ArrayViewD<T>) -> bool {
    const LEAST_COLUMNS: usize = 16;
    const ROWS: usize = 64;
    let every = field.rows().into_iter().len().div_ceil(ROWS).max(1);
    let (mut within, mut across, mut seen) = (0.0, 0.0, 0);
    for row in field
        .rows()
        .into_iter()
        .step_by(every)
        .filter(|row| row.len() >= LEAST_COLUMNS)
    {
        let steps = row
            .iter()
            .zip(row.iter().skip(1))
            .map(|(a, b)| (a.to_f64() - b.to_f64()).abs());
        let mean = steps.sum::<f64>() / (row.len() - 1) as f64;
        let step = (row[0].to_f64() - row[row.len() - 1].to_f64()).abs();
        if mean.is_finite() && mean > 0.0 && step.is_finite() {
            within += 1.0;
            across += (step / mean).min(8.0);
            seen += 1;
        }
    }
    seen >= LEAST_ROWS && across < 1.5 * within
}
