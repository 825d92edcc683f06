//! Fields to streams.

use std::borrow::Cow;
use std::cell::Cell;

use foresz_predictors::{MAX_DIMS, Pipeline, Place, Sample, Scene, Spec};
use ndarray::{ArrayViewD, Slice};

use super::models;
use crate::bound::{Bound, Loss};
use crate::check;
use crate::choose::{self, Tiny};
use crate::chunk::fences::Fences;
use crate::chunk::relative;
use crate::chunk::{self, Plan, Source, Terms};
use crate::container::grid::{self, Grid};
use crate::container::{Dim, Index};
use crate::entropy::Backend;
use crate::error::{Result, invalid};
use crate::field::assembly::{Assembly, CodedChunk, weighed};
use crate::field::report::{Clock, Report};
use crate::limits::{Models, Task};
use crate::options::{Choose, Layout, Options};
use crate::room;
use crate::threads;
use crate::values::fills::Fills;

/// Compresses a field into a stream.
///
/// ```
/// use foresz::{Bound, Options, compress, decompress};
/// use ndarray::Array;
///
/// let field = Array::from_shape_fn((40, 60), |(i, j)| (i * j) as f32 * 0.1);
/// let stream = compress(field.view().into_dyn(), &Options::new(Bound::Absolute(0.05)))?;
/// let again = decompress::<f32>(&stream.bytes)?;
/// assert!(field.iter().zip(&again).all(|(x, y)| (x - y).abs() <= 0.05));
/// # Ok::<(), foresz::Error>(())
/// ```
pub fn compress<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Compressed> {
    let clock = Clock::start();
    let (bytes, index) = match options.bound.check()? {
        Bound::Psnr(db) => compress_to_psnr(&field, options, db)?,
        _ => {
            let loss = loss_for(&field, options);
            compress_under(&field, options, loss).map(|(bytes, index, _)| (bytes, index))?
        }
    };
    let report = Report::new(
        &index,
        field.len() as u64 * T::BYTES as u64,
        bytes.len() as u64,
        &clock,
    );
    Ok(Compressed { bytes, report })
}

/// A stream and what is to be said about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compressed {
    /// The stream.
    pub bytes: Vec<u8>,
    /// Sizes, errors, times.
    pub report: Report,
}

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
    seen >= 4 && across < 1.5 * within
}

fn loss_for<T: Sample>(field: &ArrayViewD<T>, options: &Options) -> Loss {
    match options.bound {
        Bound::PointwiseRelative(x) => Loss::Relative(x),
        Bound::Absolute(x) => Loss::Absolute(x),
        Bound::Lossless => Loss::Absolute(0.0),
        other => Loss::Absolute(other.absolute(check::range(field, &options.fills))),
    }
}

/// Loosens nothing and tightens until the PSNR asked for is reached.
fn compress_to_psnr<T: Sample>(
    field: &ArrayViewD<T>,
    options: &Options,
    db: f64,
) -> Result<(Vec<u8>, Index)> {
    const TRIES: usize = 4;
    let range = check::range(field, &options.fills);
    let span = range.map_or(0.0, |(low, high)| high - low);
    let fills: Vec<T> = options.fills.iter().map(|x| T::from_f64(*x)).collect();
    let numbers = field.iter().filter(|x| check::is_number(**x, &fills));
    let numbers = numbers.count();
    // With this bound no error pattern at all can miss the PSNR.
    let surely = span * 10f64.powf(-db / 20.0);
    let mut bound = Bound::Psnr(db).absolute(range);
    let allowed = surely * surely * numbers as f64;
    if !(allowed.is_normal() && surely.is_normal()) {
        // Squares of such values leave the type: their sum says nothing.
        let bound = if surely.is_finite() {
            surely * (1.0 - 1e-12)
        } else {
            0.0
        };
        let (bytes, index, _) = compress_under(field, options, Loss::Absolute(bound))?;
        return Ok((bytes, index));
    }
    let mut left = TRIES;
    loop {
        left -= 1;
        let (bytes, index, squares) = compress_under(field, options, Loss::Absolute(bound))?;
        if squares <= allowed || left == 0 {
            return Ok((bytes, index));
        }
        bound = if left == 1 {
            surely * (1.0 - 1e-12)
        } else {
            bound * (allowed / squares).sqrt() * 0.999
        };
    }
}

fn compress_under<T: Sample>(
    field: &ArrayViewD<T>,
    options: &Options,
    loss: Loss,
) -> Result<(Vec<u8>, Index, f64)> {
    let mut setup = Setup::<T>::new(field.shape(), options, loss)?;
    setup.periodic = options.periodic.unwrap_or_else(|| closes(field))
        && setup.chunk.last() == field.shape().last();
    let grid = setup.grid.clone();
    let coded = threads::map(setup.threads(options, grid.len())?, grid.len(), |i| {
        setup.code(&cut(field, &grid, i), options)
    })?;
    let coded = if options.store_models {
        weighed(coded, &options.registry)?
    } else {
        coded
    };
    let mut assembly = Assembly::new(Vec::new())?;
    for chunk in coded {
        assembly.push(chunk)?;
    }
    if options.store_models {
        assembly.store_models(&options.registry, field.shape(), &setup.chunk)?;
    }
    let squares = assembly.errors.squares;
    let (bytes, index, _) = assembly.finish(setup.index(field.shape(), options))?;
    Ok((bytes, index, squares))
}

/// The values of chunk `i`, in C order.
fn cut<'a, T: Sample>(field: &'a ArrayViewD<T>, grid: &Grid, i: usize) -> Part<'a, T> {
    let part = grid.part(i);
    let shape = part.iter().map(ExactSizeIterator::len).collect();
    // Frames that lie one behind the other are used where they are.
    let (run, frame) = (&part[0], field.len() / field.shape()[0]);
    let whole_frames = part[1..]
        .iter()
        .zip(&field.shape()[1..])
        .all(|(p, n)| *p == (0..*n));
    let there = field.to_slice().filter(|_| whole_frames);
    let values = match there {
        Some(all) => Cow::Borrowed(&all[run.start * frame..run.end * frame]),
        None => {
            let view = field.slice_each_axis(|axis| Slice::from(part[axis.axis.index()].clone()));
            Cow::Owned(view.iter().copied().collect())
        }
    };
    Part {
        values,
        shape,
        origin: part.iter().map(|range| range.start).collect(),
    }
}

/// The values of one chunk and their shape.
pub(crate) struct Part<'a, T: Clone> {
    pub(crate) values: Cow<'a, [T]>,
    pub(crate) shape: Vec<usize>,
    /// Where it starts in the field.
    pub(crate) origin: Vec<usize>,
}

/// Whether all values are the same number.
fn is_constant<T: Sample>(values: &[T]) -> bool {
    let (first, middle) = (values[0], values[values.len() / 2]);
    // Most chunks are found out by the second value looked at.
    first == middle && values.iter().all(|x| *x == first)
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
            return invalid("chunks by their shape and by key frames: ask for one of them");
        }
        (Some(chunk), None, _) => {
            grid::check_chunk(chunk, shape)?;
            return Ok(chunk.iter().zip(shape).map(|(c, n)| *c.min(n)).collect());
        }
        (None, Some(0), _) => return invalid("a key frame every 0 frames cannot be"),
        (None, Some(_), None) => {
            return invalid(
                "key frames are of series, and the field has no time dimension before its last; name one `time`",
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

/// What streams call the predictor of packed chunks: they have none.
const PACKED: &str = "lorenzo";

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

/// Bytes that coding takes for each sample of a chunk, beside a copy of it.
const SCRATCH: usize = 36;
const FAST_SCRATCH: usize = 6;

/// What stays the same from chunk to chunk.
pub(crate) struct Setup<T> {
    layout: Layout,
    fills: Fills,
    fences: Fences<T>,
    fixed: Option<(Spec, Pipeline)>,
    offers: Vec<(Spec, Pipeline)>,
    rivals: Vec<(Spec, Pipeline)>,
    loss: Loss,
    periodic: bool,
    pub(crate) grid: Grid,
    pub(crate) chunk: Vec<usize>,
    /// Bytes of the learned models that may have to be stored.
    models: Models,
    /// Of the field.
    place: Place,
}

impl<T: Sample> Setup<T> {
    pub(crate) fn new(shape: &[usize], options: &Options, loss: Loss) -> Result<Self> {
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
        let layout = Layout::new(&options.dims, shape.len())?;
        match options.backend {
            Some(Backend::Packed) => {
                return invalid(
                    "packing is the back end of the fast effort alone; ask for that instead",
                );
            }
            Some(Backend::Stored) => {
                return invalid("values are stored as they are only where all else takes more");
            }
            _ => {}
        }
        let fills = options.fills.len() + options.exact.len();
        if fills > 16 {
            return invalid(format!("{fills} fill values are declared, 16 are the most"));
        }
        let models = Cell::new(0);
        let settle = |spec: &Spec| {
            let spec = options.registry.settle(spec)?;
            let pipeline = options.registry.build(&spec)?;
            if options.store_models {
                // Better said now than when all is coded.
                let parcels = options.registry.pack(&spec)?;
                let size: usize = parcels.iter().map(models::size).sum();
                models.set(models.get() + size);
            }
            if pipeline.needs_past() && layout.time.is_none_or(|t| t + 1 == shape.len()) {
                return invalid(format!(
                    "{spec} predicts frame from frame, but the field has no time dimension before its last; name one `time`"
                ));
            }
            Ok((spec, pipeline))
        };
        let fixed = match &options.choose {
            Choose::Auto => None,
            Choose::Spec(spec) => Some(settle(spec)?),
        };
        let offers: Vec<_> = options.offers.iter().map(settle).collect::<Result<_>>()?;
        let rivals = rivals(&options.offers);
        let rivals = rivals.iter().map(settle).collect::<Result<_>>()?;
        let foresees = |(_, pipeline): &(Spec, Pipeline)| !pipeline.frames.is_empty();
        let series = fixed.iter().chain(&offers).any(foresees);
        let chunk = chunk_of(shape, options, layout.time, series)?;
        Ok(Setup {
            place: Place {
                origin: Vec::new(),
                dims: layout.names.as_slice().into(),
                attributes: options.attributes.as_slice().into(),
            },
            layout,
            fills: Fills::new::<T>(&options.fills, &options.exact),
            fences: Fences::new(options)?,
            fixed,
            offers,
            rivals,
            // How far they can be packed shows in the end.
            models: Models {
                stored: models.get(),
                unpacked: models.get(),
            },
            loss,
            periodic: options.periodic.unwrap_or(false) && chunk.last() == shape.last(),
            grid: Grid::new(shape, &chunk),
            chunk,
        })
    }

    fn bound(&self) -> f64 {
        match self.loss {
            Loss::Absolute(bound) => bound,
            Loss::Relative(_) => 0.0,
        }
    }

    /// As many threads for so many chunks as are asked for and memory has room for.
    pub(crate) fn threads(&self, options: &Options, chunks: usize) -> Result<usize> {
        let each = if options.is_fast() {
            FAST_SCRATCH
        } else {
            SCRATCH
        };
        let work = room::Work {
            chunks,
            samples: self.chunk.iter().product(),
            bytes_each: each + T::BYTES,
        };
        room::threads(options.threads, work)
    }

    fn scene(&self, part: &Part<T>) -> Scene {
        Scene {
            shape: part.shape.clone(),
            time: self.layout.time,
            periodic: self.periodic,
            bound: self.bound(),
            share: 1.0,
            place: Place {
                origin: part.origin.clone(),
                ..self.place.clone()
            },
        }
    }

    fn terms(&self) -> Terms<'_, T> {
        Terms {
            loss: self.loss,
            fills: &self.fills,
            fences: &self.fences,
        }
    }

    /// Codes one chunk, choosing its predictor if that was left to us.
    pub(crate) fn code(&self, part: &Part<T>, options: &Options) -> Result<CodedChunk> {
        let held = self.fences.held(&part.values, &self.fills, self.loss)?;
        let tiny = Tiny::of(options, part.values.len());
        let prefers_packed = tiny.is_none_or(|tiny| tiny.prefers_packed && self.offers.is_empty());
        let chosen = match self.pack(part, options)? {
            Some(packed) if prefers_packed => packed,
            packed => self.predict(part, &held, options, packed)?,
        };
        // Numbers outside of their limits cannot stay as they are.
        let chosen = if matches!(held, Cow::Borrowed(_)) {
            chosen.or_stored(&part.values)
        } else {
            chosen
        };
        if options.store_models {
            // Better said now than when all is coded.
            let task = Task::all(self.grid.shape(), &self.chunk, self.models);
            models::check(&options.registry, chosen.spec(), task)?;
        }
        if let Some(progress) = &options.progress {
            progress(part.values.len());
        }
        Ok(chosen)
    }

    /// Integers packed, if that is an option and the chunk suits.
    fn pack(&self, part: &Part<T>, options: &Options) -> Result<Option<CodedChunk>> {
        let Part { values, shape, .. } = part;
        let wanted = options.is_fast() || Tiny::of(options, values.len()).is_some();
        if !wanted || is_constant(values) {
            return Ok(None);
        }
        let packed = chunk::pack(values, self.terms(), shape)?;
        let coded = |packed| Ok(CodedChunk::new(&PACKED.parse()?, packed));
        packed.map(coded).transpose()
    }

    /// `packed` is what there is already.
    fn predict(
        &self,
        part: &Part<T>,
        held: &[T],
        options: &Options,
        packed: Option<CodedChunk>,
    ) -> Result<CodedChunk> {
        let Part { values, shape, .. } = part;
        let scene = self.scene(part);
        let backend = options.chosen_backend();
        let logs = match self.loss {
            Loss::Absolute(_) => Vec::new(),
            Loss::Relative(_) => relative::split(values, &self.fills),
        };
        let source = Source::new(values, held, self.terms(), &logs);
        let draft = |pipeline: &Pipeline| {
            source.drafts(Plan {
                pipeline,
                scene: &scene,
            })
        };
        if let Some((spec, pipeline)) = &self.fixed {
            let drafts = draft(pipeline)?;
            let encoded = chunk::write(&drafts, shape, backend)?;
            return Ok(CodedChunk::new(spec, encoded));
        }
        let constant = is_constant(values);
        let tiny = Tiny::of(options, values.len()).filter(|_| !constant);
        let settings = choose::Settings {
            registry: &options.registry,
            effort: options.effort,
            backend: tiny.map_or(backend, |tiny| tiny.backend),
            hasty: options.is_fast(),
            tiny: tiny.is_some(),
        };
        let chunk = choose::Chunk {
            values,
            fills: &self.fills,
            scene: &scene,
            loss: self.loss,
            constant,
        };
        let (spec, encoded) = choose::best(settings, chunk, draft)?;
        let coded = CodedChunk::new(&spec, encoded);
        let mut best = match packed {
            Some(packed) => packed.or_smaller(coded),
            None => coded,
        };
        for (rival, pipeline) in &self.rivals {
            let encoded = chunk::write(&draft(pipeline)?, shape, backend)?;
            best = best.or_smaller(CodedChunk::new(rival, encoded));
        }
        for (offer, pipeline) in &self.offers {
            let encoded = chunk::write(&draft(pipeline)?, shape, backend)?;
            best = best.or_offered(CodedChunk::new(offer, encoded));
        }
        Ok(best)
    }

    /// An index without chunks.
    pub(crate) fn index(&self, shape: &[usize], options: &Options) -> Index {
        let dim = |((&length, &chunk), name): ((&usize, &usize), &String)| Dim {
            length,
            chunk,
            name: name.clone(),
        };
        Index {
            sample_bytes: T::BYTES,
            dims: shape
                .iter()
                .zip(&self.chunk)
                .zip(&self.layout.names)
                .map(dim)
                .collect(),
            time: self.layout.time,
            periodic: self.periodic,
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
