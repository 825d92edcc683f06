//! Streams to fields.

use std::ops::Range;

use foresz_predictors::{Pipeline, Place, Plane, Registry, Sample, Scene};
use ndarray::{ArrayD, IxDyn};

use crate::blocks;
use crate::chunk::{self, Plan};
use crate::container::{self, Chunk, HEAD_BYTES, Index};
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::options::Progress;
use crate::report::{Clock, Report};
use crate::selection::{Selection, Share};
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
/// assert_eq!(preview[[5, 7, 1]], decompress(&stream.bytes)?[[5, 28, 4]]);
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
}

/// Decoding with other than the default settings.
#[derive(Clone)]
pub struct Decompressor {
    registry: Registry,
    threads: usize,
    progress: Option<Progress>,
    preview: u8,
}

impl Default for Decompressor {
    fn default() -> Self {
        Decompressor {
            registry: crate::registry::usual(),
            threads: 0,
            progress: None,
            preview: 0,
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

    /// The whole field or a region, with a report.
    pub fn decode<T: Sample>(
        &self,
        stream: &[u8],
        region: Option<&[Range<usize>]>,
    ) -> Result<Decoded<T>> {
        let clock = Clock::start();
        let index = container::open(stream)?;
        let whole = whole(&index);
        let field = self.decode_part(stream, &index, region.unwrap_or(&whole))?;
        let raw = (field.len() * T::BYTES) as u64;
        let mut report = Report::new(&index, raw, stream.len() as u64, &clock);
        (report.input_bytes, report.output_bytes) = (report.output_bytes, report.input_bytes);
        Ok(Decoded { field, report })
    }

    /// The whole field.
    pub fn field<T: Sample>(&self, stream: &[u8]) -> Result<ArrayD<T>> {
        let index = container::open(stream)?;
        self.decode_part(stream, &index, &whole(&index))
    }

    /// A part of the field.
    pub fn region<T: Sample>(&self, stream: &[u8], region: &[Range<usize>]) -> Result<ArrayD<T>> {
        self.decode_part(stream, &container::open(stream)?, region)
    }

    /// The pipelines that some chunks need. A stream can bring models along, and can name
    /// predictors that this registry lacks.
    fn pipelines(
        &self,
        stream: &[u8],
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
            let start = HEAD_BYTES + index.chunks.iter().map(|c| c.bytes).sum::<usize>();
            let bytes = stream.get(start..).unwrap_or_default();
            stored::unpacked(&self.registry, index, bytes, is_needed)?
        };
        let build = |(choice, needed): (&String, &bool)| {
            needed.then(|| pipeline(&registry, choice)).transpose()
        };
        index.choices.iter().zip(&needed).map(build).collect()
    }

    fn decode_part<T: Sample>(
        &self,
        stream: &[u8],
        index: &Index,
        region: &[Range<usize>],
    ) -> Result<ArrayD<T>> {
        check_type::<T>(index)?;
        check_region(index, region)?;
        let selection = Selection::new(region, self.preview, &index.shape())?;
        let body = &stream[HEAD_BYTES..];
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
            let bytes = &body[starts[*i]..starts[*i] + index.chunks[*i].bytes];
            let wanted = Some(&share.plane).filter(|_| self.preview > 0);
            let values = decode_chunk::<T>(index, *i, bytes, &pipelines, wanted)?;
            let part: Vec<usize> = grid.part(*i).iter().map(ExactSizeIterator::len).collect();
            let values = blocks::pick(values, &part, &share.plane);
            if let Some(progress) = &self.progress {
                progress(values.len());
            }
            Ok(values)
        };
        let parts = threads::map(self.threads, shares.len(), decode)?;
        assemble(&selection.shape(), &shares, parts)
    }
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

fn check_type<T: Sample>(index: &Index) -> Result<()> {
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

fn decode_chunk<T: Sample>(
    index: &Index,
    i: usize,
    bytes: &[u8],
    pipelines: &[Option<Pipeline>],
    wanted: Option<&Plane>,
) -> Result<Vec<T>> {
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
    chunk::decode(bytes, plan, entry.backend, wanted)
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
