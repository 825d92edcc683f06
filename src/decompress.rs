//! Streams to fields.

use std::ops::Range;

use foresz_predictors::{Pipeline, Registry, Sample, Scene};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

use crate::blocks;
use crate::bound::Bound;
use crate::chunk::{self, Loss, Plan};
use crate::container::{self, Chunk, HEAD_BYTES, Index};
use crate::effort::Effort;
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::options::Progress;
use crate::report::{Clock, Report};
use crate::threads;

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

/// A field, or a part of one, and what is to be said about it.
#[derive(Debug, Clone)]
pub struct Decoded<T> {
    /// The values.
    pub field: ArrayD<T>,
    /// Sizes and times; the input is the whole stream.
    pub report: Report,
}

/// Reads what a stream holds without decoding it.
pub fn inspect(stream: &[u8]) -> Result<Info> {
    Ok(Info::new(&container::open(stream)?, stream.len()))
}

/// Decoding with other than the default settings.
#[derive(Clone, Default)]
pub struct Decompressor {
    registry: Registry,
    threads: usize,
    progress: Option<Progress>,
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

    /// A stream can name predictors that this registry lacks.
    fn pipeline(&self, spec: &str) -> Result<Pipeline> {
        let built = spec.parse().and_then(|spec| self.registry.build(&spec));
        built.map_err(|e| {
            Error::Unsupported(format!(
                "the stream was coded with {spec}, which cannot be had here: {e}"
            ))
        })
    }

    fn decode_part<T: Sample>(
        &self,
        stream: &[u8],
        index: &Index,
        region: &[Range<usize>],
    ) -> Result<ArrayD<T>> {
        check_type::<T>(index)?;
        check_region(index, region)?;
        let pipelines = index
            .choices
            .iter()
            .map(|c| self.pipeline(c))
            .collect::<Result<Vec<_>>>()?;
        let body = &stream[HEAD_BYTES..];
        let wanted = index.grid().touching(region);
        let starts = starts(&index.chunks);
        let decode = |k: usize| {
            let i = wanted[k];
            let bytes = &body[starts[i]..starts[i] + index.chunks[i].bytes];
            decode_chunk::<T>(index, i, bytes, &pipelines).inspect(|values| {
                if let Some(progress) = &self.progress {
                    progress(values.len());
                }
            })
        };
        let parts = threads::map(self.threads, wanted.len(), decode)?;
        assemble(index, region, &wanted, parts)
    }
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
fn starts(chunks: &[Chunk]) -> Vec<usize> {
    let start_after = |at: &mut usize, c: &Chunk| {
        let start = *at;
        *at += c.bytes;
        Some(start)
    };
    chunks.iter().scan(0, start_after).collect()
}

fn decode_chunk<T: Sample>(
    index: &Index,
    i: usize,
    bytes: &[u8],
    pipelines: &[Pipeline],
) -> Result<Vec<T>> {
    let entry = &index.chunks[i];
    if crc32fast::hash(bytes) != entry.checksum {
        return corrupt(
            Section::Chunk,
            format!("the checksum of chunk {i} does not match"),
        );
    }
    let shape: Vec<usize> = index
        .grid()
        .part(i)
        .iter()
        .map(ExactSizeIterator::len)
        .collect();
    let scene = Scene {
        shape,
        time: index.time,
        periodic: index.periodic,
        bound: index.absolute,
        share: 1.0,
    };
    let plan = Plan {
        pipeline: &pipelines[entry.choice],
        scene: &scene,
        backend: entry.backend,
        loss: Loss::Absolute(index.absolute),
        fast: false,
    };
    chunk::decode(bytes, plan)
}

fn assemble<T: Sample>(
    index: &Index,
    region: &[Range<usize>],
    wanted: &[usize],
    mut parts: Vec<Vec<T>>,
) -> Result<ArrayD<T>> {
    let shape: Vec<usize> = region.iter().map(ExactSizeIterator::len).collect();
    let to_array =
        |values| ArrayD::from_shape_vec(IxDyn(&shape), values).or_else(|e| invalid(e.to_string()));
    let grid = index.grid();
    if let [only] = wanted
        && grid.part(*only) == region
    {
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
    for (i, values) in wanted.iter().zip(&parts) {
        let part = grid.part(*i);
        let both: Vec<Range<usize>> = part
            .iter()
            .zip(region)
            .map(|(p, r)| p.start.max(r.start)..p.end.min(r.end))
            .collect();
        let shifted = |by: &[Range<usize>]| -> Vec<Range<usize>> {
            both.iter()
                .zip(by)
                .map(|(b, o)| b.start - o.start..b.end - o.start)
                .collect()
        };
        let part_shape: Vec<usize> = part.iter().map(ExactSizeIterator::len).collect();
        blocks::copy_box(
            values,
            &part_shape,
            &shifted(&part),
            &mut field,
            &shape,
            &shifted(region),
        );
    }
    to_array(field)
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
