//! The choice of a predictor by coding a sample.

use std::ops::Range;

use foresz_predictors::{Pipeline, Registry, Sample, Scene, Spec};

use crate::chunk::Loss;
use crate::coding::{Encoder, Lesson, Sides, walk};
use crate::contest;
use crate::effort::Effort;
use crate::entropy::{self, Backend};
use crate::error::Result;
use crate::fills::Fills;
use crate::originals::Originals;
use crate::relative;

/// What is tried where the back end sees no structure: cheap and cheaply tried.
const CLASSIC: [&str; 4] = [
    "spline",
    "spline:alpha=1.25,beta=2",
    "spline:kernel=linear,alpha=1.25,beta=2",
    "lorenzo",
];
const CLASSIC_SERIES: [&str; 2] = ["persistence+spline", "persistence+lorenzo:dims=2"];
/// What is tried where it does. In small single frames `pyramid` takes two thirds of the
/// time; it has won 2 of 39 cases cut out of fields of weather and flow, by less than 2 %,
/// and none of 24 cases of detector images.
const FITTED: [&str; 2] = ["raster", "pyramid"];
const FITTED_SMALL: [&str; 1] = ["raster"];
/// What the best effort adds.
const MORE: [&str; 4] = [
    "pyramid:alpha=1",
    "spline:kernel=linear",
    "spline:kernel=linear,alpha=1.25,beta=2",
    "zero",
];
const MORE_SERIES: [&str; 2] = ["raster:past=1", "persistence+spline"];
/// And in series that forecasters can learn from.
const FORECAST: [&str; 1] = ["climatology+stencil+raster"];
const LEAST_FRAMES: usize = 8;
/// What looks at the forecasts, and the same without a look at the past.
pub(crate) const LOOKS: &str = "raster";
pub(crate) const BLIND: &str = "raster:past=0";

pub(crate) fn is_forecast(spec: &Spec) -> bool {
    FORECAST.contains(&spec.to_string().as_str())
}

/// Aimed-for samples to try candidates on: this part of the chunk, but neither
/// fewer nor more than that.
const PART: usize = 10;
const SAMPLES: Range<usize> = 4096..32_768;

/// Above so many bits per value, tighter bounds on coarse levels no longer pay.
pub(crate) const ROUGH: f64 = 2.5;

/// The specs to choose from.
fn candidates(settings: Settings, scene: &Scene) -> Vec<&'static str> {
    let series = scene
        .time
        .is_some_and(|t| scene.shape[t] > 1 && t + 1 < scene.shape.len());
    let classic = settings.backend == Backend::Huffman;
    let best = settings.effort == Effort::Best;
    let long = scene
        .time
        .is_some_and(|t| scene.shape[t] >= LEAST_FRAMES && t + 2 < scene.shape.len());
    let frame: usize = scene.shape.iter().rev().take(2).product();
    let samples = scene.shape.iter().product();
    let decided = contest::decides(settings.effort, settings.backend, samples);
    let small = decided && frame == samples;
    let sets: [(&[&'static str], bool); 7] = [
        (&CLASSIC, classic),
        (&CLASSIC_SERIES, classic && series),
        (&FITTED, (!classic || best) && !small),
        (&FITTED_SMALL, small),
        (&MORE, best),
        (&MORE_SERIES, best && series),
        (&FORECAST, best && long),
    ];
    sets.into_iter()
        .filter(|(_, wanted)| *wanted)
        .flat_map(|(set, _)| set.iter().copied())
        .collect()
}

/// What the choice depends on besides the field.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) effort: Effort,
    pub(crate) backend: Backend,
}

/// A piece has more edge for its size than the chunk, and edges are where the
/// pyramid cannot use its taps: it comes out larger than it is, by 20 to 50 % more
/// than others do on ERA5 fields of 721x1440 and 37x121x240. Half of the least is made good.
const PYRAMID_IN_A_PIECE: f64 = 0.9;

/// The specs tried, with the bytes that each would take judging by a sample of the
/// chunk, the smallest first. Chunks hardly larger than a sample are left to the
/// contest: there all of them take nothing yet.
pub(crate) fn rank<T: Sample>(
    settings: Settings,
    values: &[T],
    fills: &Fills,
    scene: &Scene,
    loss: Loss,
) -> Result<Vec<(f64, Spec)>> {
    let candidates = candidates(settings, scene);
    if contest::decides(settings.effort, settings.backend, values.len()) {
        let entrant = |text: &&str| Ok((0.0, text.parse()?));
        return candidates.iter().map(entrant).collect();
    }
    let pieces = pieces(values, fills, scene);
    let frame = |shape: &[usize]| shape.iter().rev().take(2).product::<usize>();
    let cropped = pieces
        .iter()
        .any(|(_, piece)| 4 * frame(&piece.shape) <= frame(&scene.shape));
    let trial = Trial {
        settings,
        candidates,
        cropped,
        samples: values.len(),
    };
    match loss {
        Loss::Absolute(bound) => trial.rank(&pieces, bound),
        Loss::Relative(bound) => {
            let logs: Vec<_> = pieces
                .into_iter()
                .map(|(piece, scene)| (relative::split(&piece, &Fills::default()).values, scene))
                .collect();
            trial.rank(&logs, relative::bound_of_logs(bound))
        }
    }
}

struct Trial<'a> {
    settings: Settings<'a>,
    candidates: Vec<&'static str>,
    /// Whether the pieces are small parts of frames.
    cropped: bool,
    /// Of the whole chunk.
    samples: usize,
}

impl Trial<'_> {
    fn rank<T: Sample>(&self, pieces: &[(Vec<T>, Scene)], bound: f64) -> Result<Vec<(f64, Spec)>> {
        let mut ranked = Vec::new();
        let none = Fills::default();
        let originals = pieces.iter().map(|(piece, _)| {
            let plain = Originals::new(piece, &none, bound);
            plain.tame(piece, &none, bound).unwrap_or(plain)
        });
        let originals: Vec<_> = originals.collect();
        for text in &self.candidates {
            let mut spec: Spec = text.parse()?;
            let mut pipeline = self.settings.registry.build(&spec)?;
            if FORECAST.contains(text) {
                // A piece has too few frames to learn from: without forecasts it takes as
                // much as with them, and the contest decides.
                pipeline.frames.clear();
            }
            let mut size = 0.0;
            for ((_, scene), originals) in pieces.iter().zip(&originals) {
                size += size_of(originals, scene, &pipeline, self.settings.backend)?;
            }
            if text.starts_with("pyramid") && self.cropped {
                size *= PYRAMID_IN_A_PIECE;
            }
            let rough = size * 8.0 > ROUGH * self.samples as f64;
            if rough && *text == "pyramid" {
                spec = "pyramid:alpha=1".parse()?;
            }
            ranked.push((size, spec));
        }
        ranked.sort_by(|a: &(f64, Spec), b| a.0.total_cmp(&b.0));
        Ok(ranked)
    }
}

/// Bytes that the chunk would take if all of it were like the pieces, of which this is
/// one.
fn size_of<T: Sample>(
    originals: &Originals<T>,
    scene: &Scene,
    pipeline: &Pipeline,
    backend: Backend,
) -> Result<f64> {
    let values = &originals.values;
    let mut sides = Sides::learn(Lesson {
        originals: values,
        quantiser: originals.quantiser,
        range: originals.range,
    });
    let mut encoder = Encoder::new(values, &scene.shape, originals.quantiser, originals.range);
    walk(pipeline, scene, &mut sides, &mut encoder)?;
    let coded = encoder.finish()?;
    let bits = match backend {
        Backend::Huffman => entropy::estimate_bits(&coded.codes),
        // Contexts find the structure that the choice is about.
        _ => entropy::estimate_bits_in_context(&scene.shape, &coded.planes, &coded.codes),
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
        crate::blocks::copy_out(values, &scene.shape, &part, &mut piece);
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
