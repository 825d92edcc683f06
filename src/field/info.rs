//! What a stream holds, without decoding it.

use foresz_predictors::{Pipeline, Registry, Sample};
use serde::Serialize;

use crate::bound::Bound;
use crate::chunk;
use crate::coding::framed;
use crate::container::used::Used;
use crate::container::{self, Chunk, HEAD_BYTES, Index};
use crate::dtype::DType;
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::Result;
use crate::field::decompress::{scene, starts};
use crate::store::Store;

/// Reads what a stream holds without decoding it.
pub fn inspect(stream: &(impl Store + ?Sized)) -> Result<Info> {
    let stream: &dyn Store = &stream;
    let index = container::open(stream)?;
    let mut info = Info::new(&index, stream.size());
    if info.models.iter().any(|m| m.guarded) {
        info.guard_bytes = side_bytes(&index, stream, "forecast:")?;
    }
    info.latent_bytes = side_bytes(&index, stream, "autoencoder:")?;
    Ok(info)
}

/// What a stream holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Info {
    /// Format version of the stream.
    pub format_version: u8,
    /// `f32` or `f64`.
    pub dtype: DType,
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
    /// Learned models that decoding needs, in the stream or not.
    pub models: Vec<Used>,
    /// Bytes of side information in chunks that were made with a guard band, which is
    /// nearly all of it.
    pub guard_bytes: u64,
    /// Bytes of side information in chunks that were coded with an autoencoder: latents,
    /// and a guard band if there is one.
    pub latent_bytes: u64,
    /// Up to which level a [preview](crate::decompress_preview) takes its share of the
    /// time only, at least with the built-in predictors.
    pub preview_levels: usize,
    /// Back ends used.
    pub backends: Vec<String>,
    /// Bytes of the samples.
    pub raw_bytes: u64,
    /// Bytes of the stream.
    pub stream_bytes: u64,
    /// Raw over stream bytes.
    pub ratio: f64,
    /// The ratio if the weights of all models were part of the stream.
    pub ratio_with_models: f64,
    /// The ratio if those that are part of it were not.
    pub ratio_without_models: f64,
    /// Bits of stream per sample.
    pub bits_per_value: f64,
}

impl Info {
    fn new(index: &Index, stream_bytes: u64) -> Self {
        let used = |i| index.chunks.iter().filter(|c| c.choice == i).count();
        let mut backends: Vec<String> = index
            .chunks
            .iter()
            .map(|c| c.backend.name().into())
            .collect();
        backends.dedup();
        let samples: usize = index.shape().iter().product();
        let raw_bytes = (samples * index.sample_bytes) as u64;
        let models = Used::of(index);
        Info {
            format_version: container::FORMAT_VERSION,
            dtype: if index.sample_bytes == 4 {
                DType::F32
            } else {
                DType::F64
            },
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
            ratio_with_models: Used::ratio(&models, raw_bytes, stream_bytes),
            ratio_without_models: Used::ratio_without(&models, raw_bytes, stream_bytes),
            models,
            guard_bytes: 0,
            latent_bytes: 0,
            preview_levels: preview_levels(index),
            backends,
            raw_bytes,
            stream_bytes,
            ratio: raw_bytes as f64 / stream_bytes as f64,
            bits_per_value: stream_bytes as f64 * 8.0 / samples as f64,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Side information of chunks whose predictor has such a part. Damaged chunks count for
/// nothing: decoding will say what is wrong with them.
fn side_bytes(index: &Index, stream: &dyn Store, part: &str) -> Result<u64> {
    let grid = index.grid();
    let starts = starts(&index.chunks).into_iter().zip(&index.chunks);
    let mut total = 0;
    for (i, (start, chunk)) in starts.enumerate() {
        if !index.choices[chunk.choice].contains(part) {
            continue;
        }
        let start = (HEAD_BYTES + start) as u64;
        let bytes = stream.read(start..start + chunk.bytes as u64)?;
        let scene = scene(index, &grid.part(i));
        let side = match index.sample_bytes {
            4 => chunk::side_bytes::<f32>(&bytes, &scene),
            _ => chunk::side_bytes::<f64>(&bytes, &scene),
        };
        total += side.unwrap_or(0) as u64;
    }
    Ok(total)
}

fn has_planes(backend: Backend) -> bool {
    backend != Backend::Packed && backend != Backend::Stored
}

fn preview_levels(index: &Index) -> usize {
    let registry = Registry::default();
    let build = |spec: &String| registry.build(&spec.parse().ok()?).ok();
    let pipelines: Vec<Option<Pipeline>> = index.choices.iter().map(build).collect();
    let grid = index.grid();
    let levels = |(i, chunk): (usize, &Chunk)| {
        let part = grid.part(i);
        let scene = scene(index, &part);
        let pipeline = pipelines[chunk.choice].as_ref();
        let pipeline =
            pipeline.filter(|p| has_planes(chunk.backend) && framed::<f32>(p, &scene).is_none());
        let of_walk = pipeline.map_or(0, |p| f32::point(&*p.point).levels(&scene));
        // The samples of a preview are those of a chunk's own levels only as long as the
        // chunk starts at one of them.
        let frame = part.iter().rev().take(2);
        frame.fold(of_walk, |levels, range| {
            levels.min(range.start.trailing_zeros() as usize)
        })
    };
    let chunks = index.chunks.iter().enumerate();
    chunks.map(levels).min().unwrap_or(0)
}
