//! Streams to fields.

use std::ops::Range;

use foresz_predictors::{Pipeline, Place, Registry, Sample, Scene};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

use crate::blocks;
use crate::chunk::{self, Decoding, Drifted, Plan, Record, Wish};
use crate::container::{self, Chunk, HEAD_BYTES, Index};
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::options::Progress;
use crate::report::{Clock, Report};
use crate::selection::{Selection, Share};
use crate::store::Store;
use crate::stored;
use crate::threads;
use crate::used::Used;

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
pub struct Decoded<T> {
    /// The values.
    pub field: ArrayD<T>,
    /// Sizes and times; the input is the whole stream.
    pub report: Report,
    /// Where values are not those that the encoder saw: only with
    /// [`Decompressor::best_effort`].
    pub drifts: Vec<Drift>,
}

/// A run of frames whose values are not those that the encoder saw.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    threads: usize,
    progress: Option<Progress>,
    preview: u8,
    best_effort: bool,
}

impl Default for Decompressor {
    fn default() -> Self {
        Decompressor {
            registry: crate::registry::usual(),
            threads: 0,
            progress: None,
            preview: 0,
            best_effort: false,
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

    /// The whole field or a region, with a report.
    pub fn decode<T: Sample>(
        &self,
        stream: &(impl Store + ?Sized),
        region: Option<&[Range<usize>]>,
    ) -> Result<Decoded<T>> {
        let stream: &dyn Store = &stream;
        let clock = Clock::start();
        let index = container::open(stream)?;
        let whole = whole(&index);
        let region = region.unwrap_or(&whole);
        let (field, drifts) = self.decode_part(stream, &index, region, self.best_effort)?;
        let raw = (field.len() * T::BYTES) as u64;
        let mut report = Report::new(&index, raw, stream.size(), &clock);
        (report.input_bytes, report.output_bytes) = (report.output_bytes, report.input_bytes);
        Ok(Decoded {
            field,
            report,
            drifts,
        })
    }

    /// The whole field.
    pub fn field<T: Sample>(&self, stream: &(impl Store + ?Sized)) -> Result<ArrayD<T>> {
        let stream: &dyn Store = &stream;
        let index = container::open(stream)?;
        let (field, _) = self.decode_part(stream, &index, &whole(&index), false)?;
        Ok(field)
    }

    /// A part of the field.
    pub fn region<T: Sample>(
        &self,
        stream: &(impl Store + ?Sized),
        region: &[Range<usize>],
    ) -> Result<ArrayD<T>> {
        let stream: &dyn Store = &stream;
        let (field, _) = self.decode_part(stream, &container::open(stream)?, region, false)?;
        Ok(field)
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
        chunks.for_each(|i| needed[index.chunks[i].choice] = true);
        let registry = if index.stored.is_empty() {
            self.registry.clone()
        } else {
            let choices = || index.choices.iter().zip(&needed).filter(|(_, n)| **n);
            let is_needed = |used: &Used| choices().any(|(choice, _)| used.is_in(choice));
            let length = |rows: &mut dyn Iterator<Item = usize>| rows.sum::<usize>() as u64;
            let start = HEAD_BYTES as u64 + length(&mut index.chunks.iter().map(|c| c.bytes));
            let end = start + length(&mut index.stored.iter().map(|m| m.bytes));
            let bytes = stream.read(start..end)?;
            stored::unpacked(&self.registry, index, &bytes, is_needed)?
        };
        let build = |(choice, needed): (&String, &bool)| {
            needed.then(|| pipeline(&registry, choice)).transpose()
        };
        index.choices.iter().zip(&needed).map(build).collect()
    }

    fn decode_part<T: Sample>(
        &self,
        stream: &dyn Store,
        index: &Index,
        region: &[Range<usize>],
        anyway: bool,
    ) -> Result<(ArrayD<T>, Vec<Drift>)> {
        check_type::<T>(index)?;
        check_region(index, region)?;
        let selection = Selection::new(region, self.preview, &index.shape())?;
        let grid = index.grid();
        let share = |i: usize| Some((i, selection.share_of(&grid.part(i))?));
        let shares: Vec<(usize, Share)> = grid
            .touching(region)
            .into_iter()
            .filter_map(share)
            .collect();
        let pipelines = self.pipelines(stream, index, shares.iter().map(|(i, _)| *i))?;
        let starts = starts(&index.chunks);
        let decode = |k: usize| {
            let (i, share) = &shares[k];
            let start = (HEAD_BYTES + starts[*i]) as u64;
            let bytes = stream.read(start..start + index.chunks[*i].bytes as u64)?;
            let wish = Wish {
                wanted: Some(&share.plane).filter(|_| self.preview > 0),
                anyway,
                least: index.least,
            };
            let decoding = decode_chunk::<T>(index, (*i, &bytes), &pipelines, wish, None)?;
            let part = grid.part(*i);
            let drift = decoding.drift.and_then(|drifted| {
                let time = index.time?;
                drift_within(&region[time], *i, &part[time], drifted)
            });
            let part: Vec<usize> = part.iter().map(ExactSizeIterator::len).collect();
            let values = blocks::pick(decoding.values, &part, &share.plane);
            if let Some(progress) = &self.progress {
                progress(values.len());
            }
            Ok((values, drift))
        };
        let parts = threads::map(self.threads, shares.len(), decode)?;
        let (parts, drifts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let field = assemble(&selection.shape(), &shares, parts)?;
        Ok((field, drifts.into_iter().flatten().collect()))
    }
}

/// The frames of a chunk that drifted, if the region has any of them.
fn drift_within(
    region: &Range<usize>,
    chunk: usize,
    part: &Range<usize>,
    drifted: Drifted,
) -> Option<Drift> {
    let first = (part.start + drifted.frame).max(region.start);
    let frames = first..part.end.min(region.end);
    (!frames.is_empty()).then_some(Drift {
        chunk,
        frames,
        bound: drifted.bound,
        reason: drifted.reason,
    })
}

fn pipeline(registry: &Registry, spec: &str) -> Result<Pipeline> {
    let built = spec.parse().and_then(|spec| registry.build(&spec));
    built.map_err(|e| {
        Error::Unsupported(format!(
            "the stream was coded with {spec}, which cannot be had here: {e}"
        ))
    })
}

/// The region that is the whole field.
fn whole(index: &Index) -> Vec<Range<usize>> {
    index.dims.iter().map(|d| 0..d.length).collect()
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

fn check_region(index: &Index, region: &[Range<usize>]) -> Result<()> {
    if region.len() != index.dims.len() {
        return invalid(format!(
            "the region has {} dimensions, the field {}",
            region.len(),
            index.dims.len()
        ));
    }
    for (range, dim) in region.iter().zip(&index.dims) {
        if range.start >= range.end || range.end > dim.length {
            return invalid(format!(
                "the region {}:{} is empty or leaves a dimension of length {}",
                range.start, range.end, dim.length
            ));
        }
    }
    Ok(())
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
    let plan = Plan {
        pipeline,
        scene: &scene,
    };
    chunk::decode(bytes, plan, entry.backend, wish, record)
}

/// Puts the shares of the chunks where they belong.
fn assemble<T: Sample>(
    shape: &[usize],
    shares: &[(usize, Share)],
    mut parts: Vec<Vec<T>>,
) -> Result<ArrayD<T>> {
    let to_array =
        |values| ArrayD::from_shape_vec(IxDyn(shape), values).or_else(|e| invalid(e.to_string()));
    if parts.len() == 1 {
        return to_array(parts.remove(0));
    }
    let samples: usize = shape.iter().product();
    let mut field: Vec<T> = Vec::new();
    if field.try_reserve_exact(samples).is_err() {
        return invalid(format!(
            "{samples} samples do not fit into memory; decode it region by region"
        ));
    }
    field.resize(samples, T::ZERO);
    for ((_, share), values) in shares.iter().zip(&parts) {
        let counts: Vec<usize> = share.plane.axes.iter().map(|a| a.count).collect();
        let all: Vec<Range<usize>> = counts.iter().map(|n| 0..*n).collect();
        blocks::copy_box(values, &counts, &all, &mut field, shape, &share.to);
    }
    to_array(field)
}
