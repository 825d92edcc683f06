//! What candidates take, judging by a sample of the chunk.

use std::ops::Range;

use foresz_predictors::{Pipeline, Sample, Scene};

use super::{Chunk, Entrant, Settings};
use crate::bound::Loss;
use crate::chunk::originals::Originals;
use crate::chunk::relative;
use crate::coding::{Encoder, Sides, walk};
use crate::entropy::{self, Backend};
use crate::error::Result;
use crate::values::fills::Fills;

/// Aimed-for samples to try candidates on: this part of the chunk, but neither
/// fewer nor more than that.
const PART: usize = 10;
const SAMPLES: Range<usize> = 4096..32_768;

/// Fills in the bytes that each would take and puts the smallest first. Those that do
/// better where rates are high come instead of those that do not.
pub(super) fn rank<T: Sample>(
    settings: Settings,
    chunk: Chunk<T>,
    entrants: &mut [Entrant],
) -> Result<()> {
    let pieces = pieces(chunk.values, chunk.fills, chunk.scene);
    let frame = |shape: &[usize]| shape.iter().rev().take(2).product::<usize>();
    let whole = frame(&chunk.scene.shape);
    let cropped = pieces.iter().any(|(_, p)| 4 * frame(&p.shape) <= whole);
    match chunk.loss {
        Loss::Absolute(bound) => measure(settings, &pieces, bound, entrants)?,
        Loss::Relative(bound) => {
            let logs: Vec<_> = pieces
                .into_iter()
                .map(|(piece, scene)| (relative::split(&piece, &Fills::default()), scene))
                .collect();
            measure(settings, &logs, relative::bound_of_logs(bound), entrants)?;
        }
    }
    for entrant in entrants.iter_mut() {
        if cropped {
            entrant.size *= entrant.candidate.of_parts;
        }
        if let Some((bits, spec)) = &entrant.candidate.rough
            && entrant.size * 8.0 > bits * chunk.values.len() as f64
        {
            entrant.spec = spec.parse()?;
        }
    }
    entrants.sort_by(|a, b| a.size.total_cmp(&b.size));
    Ok(())
}

fn measure<T: Sample>(
    settings: Settings,
    pieces: &[(Vec<T>, Scene)],
    bound: f64,
    entrants: &mut [Entrant],
) -> Result<()> {
    let none = Fills::default();
    let originals = pieces.iter().map(|(piece, scene)| {
        let plain = Originals::new(piece, &none, bound, &scene.shape);
        let tame = plain.tame(piece, &none, bound, &scene.shape);
        tame.unwrap_or(plain)
    });
    let originals: Vec<_> = originals.collect();
    for entrant in entrants {
        let mut pipeline = settings.registry.build(&entrant.spec)?;
        if entrant.candidate.blind.is_some() {
            // A piece has too few frames to learn from: without forecasts it takes as
            // much as with them, and the finals decide.
            pipeline.frames.clear();
        }
        for ((_, scene), originals) in pieces.iter().zip(&originals) {
            entrant.size += size_of(originals, scene, &pipeline, settings.backend)?;
        }
    }
    Ok(())
}

/// Bytes that the chunk would take if all of it were like the pieces, of which this is
/// one.
fn size_of<T: Sample>(
    originals: &Originals<T>,
    scene: &Scene,
    pipeline: &Pipeline,
    backend: Backend,
) -> Result<f64> {
    let mut sides = Sides::learn(originals.lesson());
    let mut encoder = Encoder::new(originals.lesson(), &scene.shape);
    walk(pipeline, scene, &mut sides, &mut encoder)?;
    let coded = encoder.finish()?;
    let bits = match backend {
        Backend::Huffman => entropy::estimate_bits(&coded.codes),
        // Contexts find the structure that the choice is about.
        _ => coded.bits_of_codes(&scene.shape),
    };
    let literals = (coded.literals.len() * T::BYTES) as f64;
    Ok((bits / 8.0 + literals) / scene.share + sides.into_bytes().len() as f64)
}

/// Boxes cut out of the chunk, each a few frames; holes are NaN.
fn pieces<T: Sample>(values: &[T], fills: &Fills, scene: &Scene) -> Vec<(Vec<T>, Scene)> {
    let total = values.len();
    let wanted = (total / PART).clamp(SAMPLES.start, SAMPLES.end).min(total);
    let frames: usize = scene.shape[..scene.shape.len().saturating_sub(2)]
        .iter()
        .product();
    let count = match total / wanted {
        0..=4 => 1,
        // Maps differ from pole to pole.
        _ if frames == 1 => 4,
        _ => 2,
    };
    let side = box_shape(&scene.shape, wanted / count);
    let cut = |k: usize| {
        let middle = |(&s, &n): (&usize, &usize)| {
            let start = (n - s) * (2 * k + 1) / (2 * count);
            start..start + s
        };
        let part: Vec<Range<usize>> = side.iter().zip(&scene.shape).map(middle).collect();
        let mut piece = Vec::with_capacity(side.iter().product());
        crate::values::blocks::copy_out(values, &scene.shape, &part, &mut piece);
        piece
            .iter_mut()
            .filter(|x| !x.is_finite() || fills.contains(*x))
            .for_each(|x| *x = T::from_f64(f64::NAN));
        let share = piece.len() as f64 * count as f64 / total as f64;
        (
            piece,
            Scene {
                shape: side.clone(),
                periodic: false,
                share,
                ..scene.clone()
            },
        )
    };
    (0..count).map(cut).collect()
}

/// The shape of a box of about `wanted` samples: a few frames, of which predictors
/// need to see as much as possible at once.
fn box_shape(shape: &[usize], wanted: usize) -> Vec<usize> {
    const FRAMES: usize = 3;
    let mut side = vec![1; shape.len()];
    let frame = shape.len().saturating_sub(2);
    let mut room = wanted.max(1);
    for d in 0..frame {
        side[d] = shape[d].min(FRAMES).min(room);
        room /= side[d];
    }
    let mut order: Vec<usize> = (frame..shape.len()).collect();
    order.sort_by_key(|&d| shape[d]);
    for (k, &d) in order.iter().enumerate() {
        let fair = if k + 1 == order.len() {
            room
        } else {
            room.isqrt()
        };
        side[d] = shape[d].min(fair.max(1));
        room /= side[d];
    }
    side
}
