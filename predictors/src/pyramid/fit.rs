//! Fitting the pyramid's taps to originals.

use std::borrow::Cow;
use std::ops::Range;

use super::Learned;
use super::learned::Set;
use super::stencil::{Pass, REFERENCE_TAPS, own_base, reference_base};
use crate::least::{Normal, fill_holes, from_fixed, to_fixed};
use crate::predictor::Scene;
use crate::references::{Frames, Reference};
use crate::sample::Sample;

/// Samples to fit on: this part of all, but neither fewer per tap nor more than that.
const FIT_PART: usize = 8;
const WANTED_PER_TAP: usize = 32;
const MOST_SAMPLES: usize = 8_000;
/// Bands have less each to describe.
const MOST_PER_BAND: usize = 3_000;
/// The fewest samples per tap that make a fit worth while.
const LEAST_PER_TAP: usize = 12;
/// Only the finest two levels of frames with enough samples have bands.
const USUAL_BANDS: usize = 6;
const BAND_LEVELS: usize = 2;
const LEAST_FOR_BANDS: usize = 250_000;
/// Share of the quantiser's noise that the fit expects.
const NOISE: f64 = 0.2;

/// Fits all sets of a field.
pub(super) struct Fitter<'a, T: Sample> {
    originals: &'a [T],
    filled: Cow<'a, [T]>,
    center: f64,
    scene: &'a Scene,
    frames: &'a Frames,
    references: &'a [Reference],
    bands: usize,
}

/// What one set is fitted for.
#[derive(Clone, Copy)]
struct Job<'a> {
    level: usize,
    pass: Pass,
    mask: u8,
    frames: &'a [usize],
    /// The bound of the level.
    bound: f64,
}

/// Features (own differences, then those of each reference) and targets.
#[derive(Default)]
struct Samples {
    features: Vec<f32>,
    targets: Vec<f32>,
}

impl<'a, T: Sample> Fitter<'a, T> {
    pub(super) fn new(
        originals: &'a [T],
        scene: &'a Scene,
        frames: &'a Frames,
        references: &'a [Reference],
        bands: usize,
    ) -> Self {
        let (filled, center) = fill_holes(originals);
        Fitter {
            originals,
            filled,
            center,
            scene,
            frames,
            references,
            bands,
        }
    }

    pub(super) fn learn(&self, levels: usize, tighten: impl Fn(usize) -> f64) -> Learned {
        let mut learned = Learned {
            center: self.center,
            references: self.references.iter().map(|r| r.bytes().to_vec()).collect(),
            top_moves: self.top_moves(levels),
            sets: Vec::new(),
        };
        let masks: Vec<u8> = (0..self.frames.len())
            .map(|f| self.frames.mask(f, self.references))
            .collect();
        let mut kinds = masks.clone();
        kinds.sort_unstable();
        kinds.dedup();
        for mask in kinds {
            let frames: Vec<usize> = (0..masks.len()).filter(|f| masks[*f] == mask).collect();
            for level in 0..levels {
                for pass in [Pass::Vertical, Pass::Horizontal] {
                    let bound = self.scene.bound / tighten(level);
                    let set = self.set(Job {
                        level,
                        pass,
                        mask,
                        frames: &frames,
                        bound,
                    });
                    learned.sets.extend(set);
                }
            }
        }
        learned.sets.truncate(usize::from(u8::MAX));
        learned
    }

    /// Whether the coarsest grids change less from frame to frame than along rows.
    fn top_moves(&self, levels: usize) -> bool {
        let Some(first) = self.references.first() else {
            return false;
        };
        let step = 1 << levels;
        let (mut still, mut moving) = (0.0, 0.0);
        for frame in 0..self.frames.len() {
            let Some(before) = self.frames.before(frame, first) else {
                continue;
            };
            for row in (0..self.frames.rows).step_by(step) {
                for column in (step..self.frames.columns).step_by(step) {
                    let along =
                        |f: usize| self.value(f, row, column) - self.value(f, row, column - step);
                    still += along(frame).abs();
                    moving += (along(frame) - along(before)).abs();
                }
            }
        }
        moving < still
    }

    fn value(&self, frame: usize, row: usize, column: usize) -> f64 {
        self.filled[frame * self.frames.size() + row * self.frames.columns + column].to_f64()
    }

    fn bands(&self, level: usize) -> usize {
        match self.bands {
            _ if level >= BAND_LEVELS => 1,
            0 if self.frames.size() >= LEAST_FOR_BANDS => USUAL_BANDS,
            0 => 1,
            asked => asked,
        }
    }

    /// The set for a job, if it pays.
    fn set(&self, job: Job) -> Option<Set> {
        let n = job.pass.taps(job.mask.count_ones());
        let bands = self.bands(job.level);
        let samples: Vec<(Samples, f64)> = (0..bands)
            .map(|band| self.collect(job, band, bands))
            .collect();
        let normals: Vec<Normal> = samples.iter().map(|(s, _)| normal_of(job, n, s)).collect();
        let mut all = Normal::new(n);
        normals.iter().for_each(|normal| all.merge(normal));
        if all.samples < LEAST_PER_TAP * n {
            return None;
        }
        let fixed = |taps: Vec<f64>| -> Vec<i16> { taps.into_iter().map(to_fixed).collect() };
        let common = fixed(all.solve()?);
        let own: Vec<Vec<i16>> = match bands {
            1 => vec![common.clone()],
            _ => normals
                .iter()
                .map(|normal| normal.solve().map_or_else(|| common.clone(), fixed))
                .collect(),
        };
        let gain = |taps: &dyn Fn(usize) -> Vec<i16>| -> f64 {
            samples
                .iter()
                .enumerate()
                .map(|(band, (s, share))| share * bits_saved(s, &taps(band), job.bound))
                .sum()
        };
        let cost = |bands: usize| (bands * n * 16 + 24) as f64 * self.scene.share;
        let (with_common, with_own) = (
            gain(&|_| common.clone()) - cost(1),
            gain(&|band| own[band].clone()) - cost(bands),
        );
        let taps = match (with_common > 0.0, with_own > with_common) {
            (_, true) if with_own > 0.0 => own,
            (true, _) => vec![common],
            _ => return None,
        };
        Some(Set {
            level: job.level,
            pass: job.pass,
            mask: job.mask,
            taps,
        })
    }

    /// Some rows of the band; also, how many samples of the pass each one stands for.
    fn collect(&self, job: Job, band: usize, bands: usize) -> (Samples, f64) {
        let step = 1 << job.level;
        let (rows, columns) = (
            self.frames.rows.div_ceil(step),
            self.frames.columns.div_ceil(step),
        );
        let inner: Range<usize> = match job.pass {
            Pass::Vertical => 3..rows.saturating_sub(3),
            Pass::Horizontal => 2..rows.saturating_sub(1),
        };
        let of_pass = |r: &usize| job.pass == Pass::Horizontal || r % 2 == 1;
        let mine: Vec<usize> = inner
            .filter(of_pass)
            .filter(|r| r * bands / rows == band)
            .collect();
        let per_row = columns / 2;
        let total = mine.len() * job.frames.len();
        let most = if bands > 1 {
            MOST_PER_BAND
        } else {
            MOST_SAMPLES
        };
        let least = WANTED_PER_TAP * job.pass.taps(job.mask.count_ones());
        let fit = (total * per_row / FIT_PART).clamp(least, most);
        let wanted = (fit / per_row.max(1)).max(4).min(total);
        let mut samples = Samples::default();
        for pick in 0..wanted {
            // The middle of each of `wanted` equal parts.
            let i = (2 * pick + 1) * total / (2 * wanted);
            let (frame, row) = (job.frames[i / mine.len()], mine[i % mine.len()]);
            self.add_row(job, frame, row, &mut samples);
        }
        let share = (total * per_row) as f64 / samples.targets.len().max(1) as f64;
        (samples, share)
    }

    fn add_row(&self, job: Job, frame: usize, row: usize, samples: &mut Samples) {
        let step = 1 << job.level;
        let columns = self.frames.columns.div_ceil(step);
        let befores: Vec<usize> = (self.references.iter().enumerate())
            .filter(|(k, _)| job.mask >> k & 1 == 1)
            .filter_map(|(_, r)| self.frames.before(frame, r))
            .collect();
        // Distances in samples, so that a place is one addition away.
        let away = |&(down, right): &(isize, isize)| {
            (down * self.frames.columns as isize + right) * step as isize
        };
        let own: Vec<isize> = job.pass.own().iter().map(away).collect();
        let around: Vec<isize> = job.pass.around().iter().map(away).collect();
        let start = |frame: usize| frame * self.frames.size() + row * step * self.frames.columns;
        let first = usize::from(job.pass == Pass::Horizontal);
        // Margins would need the edge rules; the middle of the row is enough.
        for column in (first..columns)
            .step_by(2)
            .filter(|c| *c >= 3 && c + 3 < columns)
        {
            let here = start(frame) + column * step;
            let target = self.originals[here];
            if !target.is_finite() {
                continue;
            }
            let value = |at: usize, away: isize| self.filled[at.wrapping_add_signed(away)];
            // Differences to a neighbour are small: nothing is lost in them.
            let near = value(here, own[0]);
            let base: T = (0..4).fold(T::ZERO, |sum, k| {
                sum + T::from_f64(own_base(k)) * (value(here, own[k]) - near)
            });
            let difference = |x: T| ((x - near) - base).to_f64() as f32;
            let features = own.iter().map(|&away| difference(value(here, away)));
            samples.features.extend(features);
            samples.targets.push(difference(target));
            for &before in &befores {
                let there = start(before) + column * step;
                let near = value(there, around[0]);
                let base: T = [0, 1, 9, 10].into_iter().fold(T::ZERO, |sum, k| {
                    sum + T::from_f64(reference_base(k)) * (value(there, around[k]) - near)
                });
                let around = around[..REFERENCE_TAPS].iter();
                let features = around.map(|&away| ((value(there, away) - near) - base).to_f64());
                samples.features.extend(features.map(|x| x as f32));
            }
        }
    }
}

fn normal_of(job: Job, n: usize, samples: &Samples) -> Normal {
    let own = job.pass.own().len();
    let noise = job.bound * job.bound / 3.0;
    let mut normal = Normal::new(n);
    let weight = |features: &[f32]| {
        // The differences of the nearest neighbours to the cubic tell how rough it is here.
        let activity: f64 = features[..8]
            .iter()
            .map(|f| f64::from(*f) * f64::from(*f))
            .sum::<f64>()
            / 8.0;
        1.0 / (0.05 * activity + 1.5 * noise + f64::MIN_POSITIVE.sqrt())
    };
    let weights: Vec<f64> = samples.features.chunks_exact(n).map(weight).collect();
    normal.add(&samples.features, &samples.targets, &weights);
    normal.expect_noise_around(0..own, NOISE * noise, own_base, true);
    for start in (own..n).step_by(REFERENCE_TAPS) {
        normal.expect_noise_around(
            start..start + REFERENCE_TAPS,
            NOISE * noise,
            reference_base,
            false,
        );
    }
    normal
}

/// Bits that taps save over the cubic, about.
fn bits_saved(samples: &Samples, taps: &[i16], bound: f64) -> f64 {
    let taps: Vec<f32> = taps
        .iter()
        .map(|t| from_fixed(i32::from(*t)) as f32)
        .collect();
    let floor = bound.max(f64::MIN_POSITIVE) as f32;
    let mut guesses = vec![0.0; samples.targets.len()];
    weigh(&taps, &samples.features, &mut guesses);
    let mut bits = 0.0;
    // One logarithm for several samples: their ratios multiply.
    for (guesses, targets) in guesses.chunks(16).zip(samples.targets.chunks(16)) {
        let pairs = guesses.iter().zip(targets);
        let ratio = pairs.fold(1.0, |ratio, (guess, target)| {
            ratio * f64::from((target.abs() + floor) / ((target - guess).abs() + floor))
        });
        bits += ratio.log2();
    }
    bits
}

crate::widest! {
    // The weighted sums of the features of each sample.
    fn weigh<F: AsRef<[f32]>>(taps: &F, features: &F, guesses: &mut [f32]) {
        const LANES: usize = 8;
        let (taps, features) = (taps.as_ref(), features.as_ref());
        let (eights, rest) = taps.as_chunks::<LANES>();
        for (features, guess) in features.chunks_exact(taps.len()).zip(guesses) {
            let (x, x_rest) = features.as_chunks::<LANES>();
            let mut sums = [0f32; LANES];
            for (x, taps) in x.iter().zip(eights) {
                for k in 0..LANES {
                    sums[k] += x[k] * taps[k];
                }
            }
            for (sum, (x, tap)) in sums.iter_mut().zip(x_rest.iter().zip(rest)) {
                *sum += x * tap;
            }
            *guess = sums.iter().sum();
        }
    }
}
