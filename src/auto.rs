//! The choice of a predictor by coding a sample.

use std::ops::Range;

use foresz_predictors::{Pipeline, Registry, Sample, Scene, Spec};

use crate::chunk::Loss;
use crate::coding::{Encoder, Quantiser, Sides, walk};
use crate::entropy;
use crate::error::Result;
use crate::relative;

/// What is tried on fields without time, or in addition to the others.
const STILL: [&str; 5] = [
    "spline",
    "spline:alpha=1.25,beta=2",
    "spline:kernel=linear,alpha=1.25,beta=2",
    "lorenzo",
    "lorenzo:order=2",
];
/// What is tried on series as well.
const MOVING: [&str; 4] = [
    "lorenzo:dims=2",
    "persistence+lorenzo:dims=2",
    "persistence+spline",
    "persistence+zero",
];

/// Aimed-for samples to try candidates on, and the part of a chunk that is at most used.
const SAMPLES: usize = 1 << 15;
const LARGEST_PART: usize = 8;

/// The spec that codes a sample of the chunk in the fewest bits.
pub(crate) fn choose<T: Sample>(
    registry: &Registry,
    values: &[T],
    fills: &[T],
    scene: &Scene,
    loss: Loss,
) -> Result<Spec> {
    let pieces = pieces(values, fills, scene);
    match loss {
        Loss::Absolute(bound) => smallest(registry, &pieces, bound),
        Loss::Relative(bound) => {
            let logs: Vec<_> = pieces
                .into_iter()
                .map(|(piece, scene)| (relative::split(&piece, &[]).values, scene))
                .collect();
            smallest(registry, &logs, relative::bound_of_logs(bound))
        }
    }
}

fn smallest<T: Sample>(
    registry: &Registry,
    pieces: &[(Vec<T>, Scene)],
    bound: f64,
) -> Result<Spec> {
    let Some((_, scene)) = pieces.first() else {
        return Ok("spline".parse()?);
    };
    let series = scene
        .time
        .is_some_and(|t| scene.shape[t] > 1 && t + 1 < scene.shape.len());
    let candidates = STILL.iter().chain(if series { &MOVING[..] } else { &[] });
    let mut best: Option<(f64, Spec)> = None;
    for text in candidates {
        let spec: Spec = text.parse()?;
        let pipeline = registry.build(&spec)?;
        let mut bits = 0.0;
        for (piece, scene) in pieces {
            bits += size_of(piece, scene, bound, &pipeline)?;
        }
        if best.as_ref().is_none_or(|(least, _)| bits < *least) {
            best = Some((bits, spec));
        }
    }
    best.map(|(_, spec)| spec)
        .map_or_else(|| Ok("spline".parse()?), Ok)
}

/// Estimated bits of a piece.
fn size_of<T: Sample>(values: &[T], scene: &Scene, bound: f64, pipeline: &Pipeline) -> Result<f64> {
    let range = crate::sweeps::range(values).unwrap_or((T::ZERO, T::ZERO));
    let largest = if range.1 > -range.0 {
        range.1
    } else {
        -range.0
    };
    let mut encoder = Encoder::new(values, &scene.shape, Quantiser::new(bound, largest), range);
    walk(pipeline, scene, &mut Sides::learn(values), &mut encoder)?;
    let coded = encoder.finish()?;
    Ok(entropy::estimate_bits(&coded.codes) + (coded.literals.len() * T::BYTES * 8) as f64)
}

/// Boxes cut out of the chunk, as wide in every dimension as a small share of it
/// allows; holes are NaN.
fn pieces<T: Sample>(values: &[T], fills: &[T], scene: &Scene) -> Vec<(Vec<T>, Scene)> {
    let total = values.len();
    let wanted = (total / LARGEST_PART).clamp(SAMPLES.min(total), SAMPLES);
    let count = if total > 4 * wanted { 2 } else { 1 };
    let side = box_shape(&scene.shape, wanted / count);
    (0..count)
        .map(|k| {
            let part: Vec<Range<usize>> = side
                .iter()
                .zip(&scene.shape)
                .map(|(&s, &n)| {
                    let start = (n - s) * (2 * k + 1) / (2 * count);
                    start..start + s
                })
                .collect();
            let mut piece = Vec::with_capacity(side.iter().product());
            crate::blocks::copy_out(values, &scene.shape, &part, &mut piece);
            piece
                .iter_mut()
                .filter(|x| !x.is_finite() || fills.contains(x))
                .for_each(|x| *x = T::from_f64(f64::NAN));
            (
                piece,
                Scene {
                    shape: side.clone(),
                    periodic: false,
                    ..scene.clone()
                },
            )
        })
        .collect()
}

/// The shape of a box of about `wanted` samples, as nearly a cube as the field allows.
fn box_shape(shape: &[usize], wanted: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..shape.len()).collect();
    order.sort_by_key(|&d| shape[d]);
    let mut side = vec![1; shape.len()];
    let mut room = wanted.max(1) as f64;
    for (k, &d) in order.iter().enumerate() {
        let fair = room.powf(1.0 / (shape.len() - k) as f64).ceil() as usize;
        side[d] = shape[d].min(fair.max(1));
        room /= side[d] as f64;
    }
    side
}
