//! Streams to fields.

use std::ops::Range;

use foresz_predictors::{Pipeline, Place, Registry, Sample, Scene};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

use super::{concrete, models};
use crate::chunk::{self, Decoding, Prediction, Record, Wish};
use crate::container::used::Used;
use crate::container::{self, Chunk, HEAD_BYTES, Index};
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::field::gather::Order;
use crate::field::report::{Report, Stopwatch};
use crate::limits::{Limits, Models, Task};
use crate::options::Progress;
use crate::store::Store;

/// Decodes a whole stream with the built-in predictors and all threads.
pub fn decompress<T: Sample>(stream: &[u8]) -> Result<ArrayD<T>> {
    Decompressor::default().field(stream)
}

/// Decodes a part of a field, touching only the chunks that hold any of it.
///
/// ```
/// use foresz::{Bound, Options, compress, decompress_region};
/// use ndarray::Array;
///
/// let field = Array::from_shape_fn((30, 40), |(i, j)| (i + j) as f64);
/// let options = Options::new(Bound::Absolute(0.1)).chunk([10, 40]);
/// let stream = compress(field.view().into_dyn(), &options)?;
/// let part = decompress_region::<f64>(&stream.bytes, &[12..15, 0..4])?;
/// assert_eq!(part.shape(), [3, 4]);
/// assert!((part[[0, 0]] - 12.0).abs() <= 0.1);
/// # Ok::<(), foresz::Error>(())
/// ```
pub fn decompress_region<T: Sample>(stream: &[u8], region: &[Range<usize>]) -> Result<ArrayD<T>> {
    Decompressor::default().region(stream, region)
}

/// Decodes every 2^level-th row and column of each frame: the very values of the whole
/// field at those places. Streams that are coded from coarse to fine take a fraction of
/// the time, others all of it.
///
/// ```
/// use foresz::{Bound, Options, compress, decompress, decompress_preview};
/// use ndarray::Array;
///
/// let field = Array::from_shape_fn((6, 30, 40), |(t, i, j)| (t + i + j) as f64);
/// let options = Options::new(Bound::Absolute(0.1)).predictor("pyramid")?;
/// let stream = compress(field.view().into_dyn(), &options)?;
/// let preview = decompress_preview::<f64>(&stream.bytes, 2)?;
/// assert_eq!(preview.shape(), [6, 8, 10]);
/// assert_eq!(preview[[5, 7, 1]], decompress::<f64>(&stream.bytes)?[[5, 28, 4]]);
/// # Ok::<(), foresz::Error>(())
/// ```
pub fn decompress_preview<T: Sample>(stream: &[u8], level: u8) -> Result<ArrayD<T>> {
    Decompressor::default().preview(level).field(stream)
}

/// A field, or a part of one, and what is to be said about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The values.
    pub field: ArrayD<T>,
    /// Sizes and times; the input is the whole stream.
    pub report: Report,
    /// Where values are not those that the encoder saw: only with
    /// [`Decompressor::best_effort`].
    pub drifts: Vec<Drift>,
}

/// A field of one type or the other.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyField {
    /// Of `f32`.
    F32(ArrayD<f32>),
    /// Of `f64`.
    F64(ArrayD<f64>),
}

/// What is to be said about values that were put where they were wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Filled {
    /// Sizes and times; the input is the whole stream.
    pub report: Report,
    /// Where values are not those that the encoder saw: only with
    /// [`Decompressor::best_effort`].
    pub drifts: Vec<Drift>,
}

/// A run of frames whose values are not those that the encoder saw.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// Which chunk they are of, in the order of the stream.
    pub chunk: usize,
    /// Which frames of the field, along time.
    pub frames: Range<usize>,
    /// No value is further from its original; infinite if nothing is known.
    pub bound: f64,
    /// What was wrong with the first of them.
    pub reason: String,
}

/// Decoding with other than the default settings.
#[derive(Clone)]
pub struct Decompressor {
    registry: Registry,
    pub(crate) threads: usize,
    pub(crate) progress: Option<Progress>,
    pub(crate) preview: u8,
    best_effort: bool,
    limits: Limits,
}

impl Default for Decompressor {
    fn default() -> Self {
        Decompressor {
            registry: crate::registry::usual(),
            threads: 0,
            progress: None,
            preview: 0,
            best_effort: false,
            limits: Limits::default(),
        }
    }
}

impl Decompressor {
    /// The predictors that streams can name.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Threads to use; 0 for as many as there are processors. Never changes a bit.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Is told of every chunk that is done.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Decodes only samples whose coordinates in the whole field, along the last two
    /// dimensions, are multiples of 2^level. The last level leaves one sample of each
    /// frame; 0 is the field itself.
    ///
    /// Where a chunk can be left early, the checksum of its bytes is checked, but the one
    /// of its values cannot be.
    pub fn preview(mut self, level: u8) -> Self {
        self.preview = level;
        self
    }

    /// Goes on where a learned model predicts something else than on encoding, by more
    /// than the guard band: the values of that frame and of those behind it in its chunk
    /// then are not what the encoder saw. [`Decompressor::decode`] says which they are and
    /// how far off they can be; [`field`](Decompressor::field) and
    /// [`region`](Decompressor::region), which could not say, fail as ever.
    pub fn best_effort(mut self, best_effort: bool) -> Self {
        self.best_effort = best_effort;
        self
    }

    /// What learned models that come with streams may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The whole field or a region, with a report.
    pub fn decode<T: Sample>(
        &self,
        stream: &(impl Store + ?Sized),
        region: Option<&[Range<usize>]>,
    ) -> Result<Decoded<T>> {
        let stream: &dyn Store = &stream;
        let clock = Stopwatch::start();
        let index = container::open(stream)?;
        let order = Order::new::<T>(self, stream, &index, region)?.anyway(self.best_effort);
        let (values, drifts) = concrete::decode::<T>(&order)?;
        let report = report_of(&index, values.len() * T::BYTES, stream.size(), &clock);
        Ok(Decoded {
            field: array(&order.shape(), values)?,
            report,
            drifts,
        })
    }

    /// The whole field or a region into memory that is there already, in C order. What is
    /// in it is nothing to go by if this fails.
    ///
    /// ```
    /// use foresz::{Bound, Decompressor, Options, compress};
    /// use ndarray::Array;
    ///
    /// let field = Array::from_shape_fn((30, 40), |(i, j)| (i + j) as f64);
    /// let options = Options::new(Bound::Absolute(0.1)).chunk([10, 40]);
    /// let stream = compress(field.view().into_dyn(), &options)?;
    /// let decoder = Decompressor::default();
    /// let region = [12..24, 0..4];
    /// let mut part = Array::zeros(decoder.shape(&stream.bytes, Some(&region))?);
    /// if let Some(values) = part.as_slice_mut() {
    ///     decoder.decode_into::<f64>(&stream.bytes, Some(&region), values)?;
    /// }
    /// assert_eq!(part.shape(), [12, 4]);
    /// assert!((part[[0, 0]] - 12.0).abs() <= 0.1);
    /// # Ok::<(), foresz::Error>(())
    /// ```
    pub fn decode_into<T: Sample>(
        &self,
        stream: &(impl Store + ?Sized),
        region: Option<&[Range<usize>]>,
        out: &mut [T],
    ) -> Result<Filled> {
        let stream: &dyn Store = &stream;
        let clock = Stopwatch::start();
        let index = container::open(stream)?;
        let order = Order::new::<T>(self, stream, &index, region)?.anyway(self.best_effort);
        let drifts = concrete::decode_into(&order, out)?;
        Ok(Filled {
            report: report_of(&index, size_of_val(out), stream.size(), &clock),
            drifts,
        })
    }

    /// The shape of what [`decode`](Decompressor::decode) and
    /// [`decode_into`](Decompressor::decode_into) give for a region: the region's, unless
    /// this is a [preview](Decompressor::preview).
    pub fn shape(
        &self,
        stream: &(impl Store + ?Sized),
        region: Option<&[Range<usize>]>,
    ) -> Result<Vec<usize>> {
        let stream: &dyn Store = &stream;
        let index = container::open(stream)?;
        let order = match index.sample_bytes {
            4 => Order::new::<f32>(self, stream, &index, region),
            _ => Order::new::<f64>(self, stream, &index, region),
        };
        Ok(order?.shape())
    }

    /// The whole field, of whichever type its samples are.
    pub fn any_field(&self, stream: &(impl Store + ?Sized)) -> Result<AnyField> {
        let opened: &dyn Store = &stream;
        Ok(match container::open(opened)?.sample_bytes {
            4 => AnyField::F32(self.field(stream)?),
            _ => AnyField::F64(self.field(stream)?),
        })
    }

    /// The whole field.
    pub fn field<T: Sample>(&self, stream: &(impl Store + ?Sized)) -> Result<ArrayD<T>> {
        let stream: &dyn Store = &stream;
        self.sure(stream, None)
    }

    /// A part of the field.
    pub fn region<T: Sample>(
        &self,
        stream: &(impl Store + ?Sized),
        region: &[Range<usize>],
    ) -> Result<ArrayD<T>> {
        let stream: &dyn Store = &stream;
        self.sure(stream, Some(region))
    }

    /// Values that are the encoder's, or none.
    fn sure<T: Sample>(
        &self,
        stream: &dyn Store,
        region: Option<&[Range<usize>]>,
    ) -> Result<ArrayD<T>> {
        let index = container::open(stream)?;
        let order = Order::new::<T>(self, stream, &index, region)?;
        let (values, _) = concrete::decode(&order)?;
        array(&order.shape(), values)
    }

    /// The pipelines that some chunks need. A stream can bring models along, and can name
    /// predictors that this registry lacks.
    pub(crate) fn pipelines(
        &self,
        stream: &dyn Store,
        index: &Index,
        chunks: impl Iterator<Item = usize>,
    ) -> Result<Vec<Option<Pipeline>>> {
        let mut needed = vec![false; index.choices.len()];
        let (grid, mut values) = (index.grid(), 0u64);
        for i in chunks {
            needed[index.chunks[i].choice] = true;
            let part = grid.part(i);
            values += part.iter().map(|range| range.len() as u64).product::<u64>();
        }
        let registry = if index.stored.is_empty() {
            self.registry.clone()
        } else {
            let choices = || index.choices.iter().zip(&needed).filter(|(_, n)| **n);
            let is_needed = |used: &Used| choices().any(|(choice, _)| used.is_in(choice));
            let length = |rows: &mut dyn Iterator<Item = usize>| rows.sum::<usize>() as u64;
            let start = HEAD_BYTES as u64 + length(&mut index.chunks.iter().map(|c| c.bytes));
            let end = start + length(&mut index.stored.iter().map(|m| m.bytes));
            let bytes = stream.read(start..end)?;
            let parcels = models::unpacked(index, &bytes, is_needed)?;
            let chunk: Vec<usize> = index.dims.iter().map(|d| d.chunk).collect();
            let models = Models {
                stored: bytes.len(),
                unpacked: parcels.iter().map(models::size).sum(),
            };
            let all = Task::all(&index.shape(), &chunk, models);
            let allowance = self.limits.allow(Task { values, ..all });
            models::stocked(&self.registry, &parcels, &allowance)?
        };
        let build = |(choice, needed): (&String, &bool)| {
            needed.then(|| pipeline(&registry, choice)).transpose()
        };
        index.choices.iter().zip(&needed).map(build).collect()
    }
}

fn pipeline(registry: &Registry, spec: &str) -> Result<Pipeline> {
    let built = spec.parse().and_then(|spec| registry.build(&spec));
    built.map_err(|e| match e {
        foresz_predictors::Error::Limit { .. } => Error::Predictor(e),
        // It says all that the spec would, and more plainly.
        foresz_predictors::Error::Model { reason } => Error::Unsupported(reason),
        _ => Error::Unsupported(format!(
            "the stream was coded with {spec}, which is not available here: {e}"
        )),
    })
}

fn array<T>(shape: &[usize], values: Vec<T>) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(IxDyn(shape), values).or_else(|e| invalid(e.to_string()))
}

fn report_of(index: &Index, raw: usize, stream: u64, clock: &Stopwatch) -> Report {
    let mut report = Report::new(index, raw as u64, stream, clock);
    (report.input_bytes, report.output_bytes) = (report.output_bytes, report.input_bytes);
    report
}

pub(crate) fn check_type<T: Sample>(index: &Index) -> Result<()> {
    if index.sample_bytes == T::BYTES {
        return Ok(());
    }
    let held = if index.sample_bytes == 4 {
        "f32"
    } else {
        "f64"
    };
    invalid(format!("the stream holds {held}, not {}", T::NAME))
}

/// Where each chunk starts after the head. The index has checked the sum.
pub(crate) fn starts(chunks: &[Chunk]) -> Vec<usize> {
    let start_after = |at: &mut usize, c: &Chunk| {
        let start = *at;
        *at += c.bytes;
        Some(start)
    };
    chunks.iter().scan(0, start_after).collect()
}

/// What a decoder knows of a chunk that holds a part of the field.
pub(crate) fn scene(index: &Index, part: &[Range<usize>]) -> Scene {
    Scene {
        shape: part.iter().map(ExactSizeIterator::len).collect(),
        time: index.time,
        periodic: index.periodic,
        bound: index.absolute,
        share: 1.0,
        place: Place {
            origin: part.iter().map(|range| range.start).collect(),
            dims: index.dims.iter().map(|d| d.name.clone()).collect(),
            attributes: index.attributes.iter().cloned().collect(),
        },
    }
}

/// Decodes one chunk of a stream.
pub(crate) fn decode_chunk<T: Sample>(
    index: &Index,
    (i, bytes): (usize, &[u8]),
    pipelines: &[Option<Pipeline>],
    wish: Wish,
    record: Option<&mut Record>,
) -> Result<Decoding<T>> {
    let entry = &index.chunks[i];
    if crc32fast::hash(bytes) != entry.checksum {
        return corrupt(
            Section::Chunk,
            format!("the checksum of chunk {i} does not match"),
        );
    }
    let scene = scene(index, &index.grid().part(i));
    let Some(pipeline) = &pipelines[entry.choice] else {
        return corrupt(Section::Index, format!("chunk {i} has no predictor"));
    };
    let prediction = Prediction {
        pipeline,
        scene: &scene,
    };
    chunk::decode(bytes, prediction, entry.backend, wish, record)
}
