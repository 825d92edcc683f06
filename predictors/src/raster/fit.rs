//! The fit of taps to originals.

use super::learned::taps_of;
use super::{AROUND, NEIGHBOURS, OWN_TAPS, pick, sources};
use crate::least::{Normal, to_fixed};
use crate::padded::{PAD, pad_row};
use crate::predictor::Scene;
use crate::references::{Frames, Reference};
use crate::sample::Sample;

/// Samples to fit a set on: this part of all, but neither fewer per tap nor more than
/// that.
const FIT_PART: usize = 8;
const LEAST_PER_TAP: usize = 32;
const MOST_SAMPLES: usize = 12_000;
/// So many times more on a rehearsal.
const CLOSER: usize = 4;
/// Bands have less each to describe.
const MOST_PER_BAND: usize = 4_000;

/// The fit of one set.
pub(super) struct Fit<'a, T> {
    pub(super) field: &'a Field<'a, T>,
    pub(super) mask: u8,
    /// The frames to fit on.
    pub(super) frames: Vec<usize>,
}

/// What is fitted to.
pub(super) struct Field<'a, T> {
    pub(super) originals: &'a [T],
    /// What features are taken from.
    pub(super) seen: &'a [T],
    /// Whether that has the noise of coding already.
    pub(super) rehearsed: bool,
    pub(super) frames: &'a Frames,
    pub(super) references: &'a [Reference],
    /// Of each frame.
    pub(super) forecasts: &'a [Vec<Option<&'a [T]>>],
    pub(super) scene: &'a Scene,
}

impl<T: Sample> Field<'_, T> {
    /// What a frame can be compared with.
    pub(super) fn sources(&self, frame: usize) -> Vec<Option<&[T]>> {
        sources(
            self.frames,
            frame,
            self.references,
            &self.forecasts[frame],
            self.seen,
        )
    }
}

/// Features and targets of some samples.
#[derive(Default)]
struct Samples {
    features: Vec<f32>,
    targets: Vec<f32>,
}

impl<T: Sample> Fit<'_, T> {
    /// Taps per band, the same for all if that is as good; nothing if there is too
    /// little to go by.
    pub(super) fn taps(&self, bands: usize) -> Option<Vec<Vec<i16>>> {
        let n = taps_of(self.mask);
        let mut normals = vec![Normal::new(n); bands];
        let mut samples: Samples;
        let mut changing = false;
        for (band, normal) in normals.iter_mut().enumerate() {
            samples = self.collect(band, bands);
            changing |= samples.targets.iter().any(|t| *t != 0.0);
            let noise = self.field.scene.bound * self.field.scene.bound / 3.0;
            let weights: Vec<f64> = samples
                .features
                .chunks_exact(n)
                .map(|f| weight(f, noise))
                .collect();
            normal.add(&samples.features, &samples.targets, &weights);
            if !self.field.rehearsed {
                normal.expect_noise(0..OWN_TAPS, noise, true);
                for start in (OWN_TAPS..n).step_by(AROUND.len()) {
                    normal.expect_noise(start..start + AROUND.len(), noise, false);
                }
            }
        }
        if !changing {
            return None;
        }
        let mut all = Normal::new(n);
        normals.iter().for_each(|normal| all.merge(normal));
        let common: Vec<i16> = all.solve()?.into_iter().map(to_fixed).collect();
        if bands == 1 {
            return Some(vec![common]);
        }
        let fixed = |taps: Vec<f64>| taps.into_iter().map(to_fixed).collect();
        Some(
            normals
                .iter()
                .map(|normal| normal.solve().map_or_else(|| common.clone(), fixed))
                .collect(),
        )
    }

    /// Some rows of the band out of all frames with these references.
    fn collect(&self, band: usize, bands: usize) -> Samples {
        let all = self.field.frames;
        let along = all.bands_along(self.field.scene);
        let of_band = |frame: usize, row: usize| all.band(along, frame, row, bands) == band;
        let frames = self.frames.iter().copied();
        let frames: Vec<usize> = frames
            .filter(|f| along.is_none() || of_band(*f, 0))
            .collect();
        let of_rows = |row: &usize| along.is_some() || of_band(0, *row);
        let rows: Vec<usize> = (0..all.rows).filter(of_rows).collect();
        let columns = all.columns;
        let total = frames.len() * rows.len();
        let most = if bands > 1 {
            MOST_PER_BAND
        } else {
            MOST_SAMPLES
        };
        // Who rehearses has the time to look closer.
        let closer = if self.field.rehearsed { CLOSER } else { 1 };
        let least = closer * LEAST_PER_TAP * taps_of(self.mask);
        let samples = (closer * total * columns / FIT_PART).clamp(least, closer * most);
        let wanted = (samples / columns).max(4);
        let mut samples = Samples::default();
        let mut neighbourhood = Neighbourhood::default();
        for pick in 0..wanted.min(total) {
            // The middle of each of `wanted` equal parts.
            let i = (2 * pick + 1) * total / (2 * wanted.min(total));
            let (frame, row) = (frames[i / rows.len()], rows[i % rows.len()]);
            if row > 0 || all.rows == 1 {
                self.add_row(frame, row, &mut neighbourhood, &mut samples);
            }
        }
        samples
    }

    fn add_row(
        &self,
        frame: usize,
        row: usize,
        neighbourhood: &mut Neighbourhood<T>,
        samples: &mut Samples,
    ) {
        let frames = self.field.frames;
        let sources = self.field.sources(frame);
        let befores: Vec<&[T]> = pick(&sources, self.mask).collect();
        let start = frame * frames.size();
        let own = &self.field.seen[start..][..frames.size()];
        neighbourhood.load(own, &befores, row, self.field);
        let targets = &self.field.originals[start + row * frames.columns..][..frames.columns];
        for (j, target) in targets.iter().enumerate().filter(|(_, x)| x.is_finite()) {
            let base = neighbourhood.features(j, &mut samples.features);
            samples.targets.push((*target - base).to_f64() as f32);
        }
    }
}

/// Being off by a little matters where the field is calm, and not below the bound.
fn weight(features: &[f32], noise: f64) -> f64 {
    // w, n−1 and n+1, less n.
    let activity: f64 = [features[0], features[4], features[5]]
        .iter()
        .map(|f| f64::from(*f) * f64::from(*f))
        .sum();
    1.0 / (0.05 * activity / 3.0 + 1.5 * noise + f64::MIN_POSITIVE.sqrt())
}

/// The padded rows around a row, for fitting.
#[derive(Default)]
struct Neighbourhood<T> {
    /// Rows −2, −1 and 0.
    own: [Vec<T>; 3],
    /// Rows −1, 0 and 1 of each reference.
    others: Vec<[Vec<T>; 3]>,
}

impl<T: Sample> Neighbourhood<T> {
    fn load(&mut self, own: &[T], others: &[&[T]], row: usize, field: &Field<T>) {
        let (columns, rows) = (field.frames.columns, field.frames.rows);
        let load = |frame: &[T], r: usize, out: &mut Vec<T>| {
            out.resize(columns + 2 * PAD, T::ZERO);
            pad_row(
                &frame[r * columns..(r + 1) * columns],
                T::ZERO,
                field.scene.periodic,
                out,
            );
        };
        self.others.resize_with(others.len(), Default::default);
        for (back, out) in [2, 1, 0].into_iter().zip(&mut self.own) {
            load(own, row.saturating_sub(back), out);
        }
        for (frame, out) in others.iter().zip(&mut self.others) {
            load(frame, row.saturating_sub(1), &mut out[0]);
            load(frame, row, &mut out[1]);
            load(frame, (row + 1).min(rows - 1), &mut out[2]);
        }
    }

    /// Appends the features of column `j`, in the order of the taps; returns the base
    /// that own features and target are differences to.
    fn features(&self, j: usize, out: &mut Vec<f32>) -> T {
        let at = |rows: &[Vec<T>; 3], r: usize, c: isize| rows[r][(j + PAD).wrapping_add_signed(c)];
        let base = at(&self.own, 1, 0);
        let own = [(0, -1), (0, -2)].into_iter().chain(NEIGHBOURS);
        out.extend(
            own.map(|(r, c)| (at(&self.own, r.wrapping_add(2) as usize, c) - base).to_f64() as f32),
        );
        for rows in &self.others {
            let above = at(rows, 0, 0);
            out.extend(
                AROUND.map(|(r, c)| (at(rows, (r + 1) as usize, c) - above).to_f64() as f32),
            );
        }
        base
    }
}
