//! # `raster`
//!
//! **Idea.** Row by row, a weighted sum of neighbours already coded and of the
//! surroundings of the same place in earlier frames (the time before, the level
//! above), with weights fitted to this very field by least squares.
//!
//! **Formula.** With taps over
//! ```text
//!              −2   −1    0   +1   +2
//!  row −2      nn   nn   nn   nn   nn
//!  row −1 (n)  from −3 to +4
//!  row  0      w2   w     x
//! ```
//! that add up to 1, and over the 3 × 3 places around x in each reference frame that
//! add up to 0. The fit knows that the decoder sees reconstructions, not originals:
//! noise of the quantiser's variance is expected in every value.
//!
//! **Side information.**
//!
//! | bytes | what |
//! |---|---|
//! | 8 | centre: subtracted from all values to keep sums small, `f64` |
//! | 1 | references; then for each its steps back, a byte per outer dimension |
//! | 1 | bands that each have taps of their own: of rows, or of levels (see below) |
//! | 1 | sets; then for each which references it uses (a byte of bits), and per band its taps, two bytes each in units of 2^−13: current frame without n, then per reference without the place above |
//!
//! In frames of at least 250 000 samples bands are of rows; in smaller ones they are of indices along the
//! last dimension before the frames' that is not time, if that has at least 4, else of rows.
//! Of *n* rows or indices, *i* is in band *i*·bands / *n*, rounded down.
//!
//! A frame uses the set for the references it has; the first row of a frame
//! without references is predicted from its western neighbour alone, and its first
//! sample from the centre.
//!
//! **When it wins and loses.** Wins on series, on rough fields and at tight bounds.
//! Loses to `spline` on smooth single fields at loose bounds, where every neighbour
//! carries an error as large as what is to be predicted.
//!
//! **References.** Wu, Memon: CALIC, 1996, and Ye, Hou: least-squares prediction in
//! lossless image coding, for the idea of fitted taps.

use crate::coder::{Coder, Recursion};
use crate::error::{Error, Result};
use crate::least::{Normal, fill_holes, from_fixed, to_fixed};
use crate::padded::{PAD, Padded, pad_row, sum_terms};
use crate::plane::Plane;
use crate::predictor::{Predictor, Scene, Side};
use crate::references::{Frames, MOST_REFERENCES, ROWS_IN_BANDS, Reference};
use crate::sample::Sample;
use crate::spec::{Params, Part};

/// Least squares over neighbours and references in raster order.
#[derive(Debug, Clone, Copy)]
pub struct Raster {
    bands: usize,
    past: usize,
}

/// Row and column of the current frame's taps but w2, w and n, relative to x.
const NEIGHBOURS: [(isize, isize); 12] = [
    (-1, -3),
    (-1, -2),
    (-1, -1),
    (-1, 1),
    (-1, 2),
    (-1, 3),
    (-1, 4),
    (-2, -2),
    (-2, -1),
    (-2, 0),
    (-2, 1),
    (-2, 2),
];
/// Row and column of a reference's taps but the one above.
const AROUND: [(isize, isize); 8] = [
    (-1, -1),
    (-1, 1),
    (0, -1),
    (0, 0),
    (0, 1),
    (1, -1),
    (1, 0),
    (1, 1),
];
/// w and w2 come first.
const OWN_TAPS: usize = 2 + NEIGHBOURS.len();

const MOST_BANDS: usize = 12;
/// Bands in frames with enough samples for them.
const USUAL_BANDS: usize = 6;
const LEAST_PER_BAND: usize = 40_000;
/// Samples to fit a set on: this part of all, but neither fewer per tap nor more than
/// that.
const FIT_PART: usize = 8;
const LEAST_PER_TAP: usize = 32;
const MOST_SAMPLES: usize = 12_000;
/// Bands have less each to describe.
const MOST_PER_BAND: usize = 4_000;

impl Raster {
    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let bands = params.integer("bands", 0, 0..=MOST_BANDS)?;
        let past = params.integer("past", 2, 0..=2)?;
        params.finish(&["bands", "past"])?;
        Ok(Raster { bands, past })
    }

    fn bands_for(self, frames: &Frames, scene: &Scene) -> usize {
        let along = frames.bands_along(scene);
        let most = frames.band_positions(along);
        match self.bands {
            0 if along.is_some() || frames.size() >= ROWS_IN_BANDS => {
                let samples = frames.len() * frames.size();
                (samples / LEAST_PER_BAND).clamp(1, USUAL_BANDS.min(most))
            }
            0 => 1,
            asked => asked.min(most),
        }
    }
}

/// Taps for frames that have certain references, one row per band.
#[derive(Debug, Clone, PartialEq)]
struct Set {
    mask: u8,
    taps: Vec<Vec<i16>>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
struct Learned {
    center: f64,
    references: Vec<Vec<u8>>,
    bands: usize,
    sets: Vec<Set>,
}

fn taps_of(mask: u8) -> usize {
    OWN_TAPS + AROUND.len() * mask.count_ones() as usize
}

impl Learned {
    fn to_side(&self) -> Side {
        let mut out = self.center.to_le_bytes().to_vec();
        out.push(self.references.len() as u8);
        self.references.iter().for_each(|back| out.extend(back));
        out.extend([self.bands as u8, self.sets.len() as u8]);
        for set in &self.sets {
            out.push(set.mask);
            set.taps
                .iter()
                .flatten()
                .for_each(|t| out.extend(t.to_le_bytes()));
        }
        Side(out)
    }

    fn from_side(side: &Side, outer: usize) -> Result<Self> {
        let damaged = |reason: &str| Error::Side {
            reason: reason.into(),
        };
        let mut rest = side.0.as_slice();
        let mut take = |n: usize| {
            let (taken, after) = rest
                .split_at_checked(n)
                .ok_or_else(|| damaged("it is too short"))?;
            rest = after;
            Ok(taken)
        };
        let mut eight = [0; 8];
        eight.copy_from_slice(take(8)?);
        let center = f64::from_le_bytes(eight);
        let count = usize::from(take(1)?[0]);
        if count > MOST_REFERENCES {
            return Err(damaged("it has too many references"));
        }
        let references = (0..count)
            .map(|_| Ok(take(outer)?.to_vec()))
            .collect::<Result<_>>()?;
        let (bands, sets) = (usize::from(take(1)?[0]), usize::from(take(1)?[0]));
        if bands == 0 || bands > MOST_BANDS || sets > 1 << MOST_REFERENCES {
            return Err(damaged("its bands or sets cannot be"));
        }
        let sets = (0..sets).map(|_| {
            let mask = take(1)?[0];
            if u32::from(mask) >> count != 0 {
                return Err(damaged("a set uses a reference that is not there"));
            }
            let taps = (0..bands).map(|_| {
                Ok(take(2 * taps_of(mask))?
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|t| i16::from_le_bytes(*t))
                    .collect())
            });
            Ok(Set {
                mask,
                taps: taps.collect::<Result<_>>()?,
            })
        });
        let sets = sets.collect::<Result<_>>()?;
        if rest.is_empty() {
            Ok(Learned {
                center,
                references,
                bands,
                sets,
            })
        } else {
            Err(damaged("it is too long"))
        }
    }
}

impl<T: Sample> Predictor<T> for Raster {
    fn learn(&self, originals: &[T], scene: &Scene) -> Result<Side> {
        let frames = Frames::new(&scene.shape);
        let (filled, center) = fill_holes(originals);
        let references = frames.references(scene, self.past);
        let mut learned = Learned {
            center,
            references: references.iter().map(|r| r.bytes().to_vec()).collect(),
            bands: self.bands_for(&frames, scene),
            sets: Vec::new(),
        };
        let mut masks: Vec<u8> = (0..frames.len())
            .map(|f| frames.mask(f, &references))
            .collect();
        masks.sort_unstable();
        masks.dedup();
        for mask in masks {
            let fit = Fit {
                originals,
                filled: &filled,
                frames: &frames,
                references: &references,
                scene,
                mask,
            };
            if let Some(taps) = fit.taps(learned.bands) {
                learned.sets.push(Set { mask, taps });
            }
        }
        Ok(learned.to_side())
    }

    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let frames = Frames::new(&scene.shape);
        let learned = Learned::from_side(side, frames.outer())?;
        let references = learned.references.iter().map(|back| {
            frames.reference(back).ok_or_else(|| Error::Side {
                reason: "a reference lies outside the field".into(),
            })
        });
        let references: Vec<Reference> = references.collect::<Result<_>>()?;
        coder.begin(&Plane::whole(&scene.shape))?;
        let mut painter = Painter::new(&learned, &frames, scene);
        for frame in 0..frames.len() {
            painter.load_references(frame, &references, coder.canvas());
            for row in 0..frames.rows {
                painter.row(frame, row, coder);
            }
        }
        Ok(())
    }
}

/// The fit of one set.
struct Fit<'a, T> {
    originals: &'a [T],
    filled: &'a [T],
    frames: &'a Frames,
    references: &'a [Reference],
    scene: &'a Scene,
    mask: u8,
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
    fn taps(&self, bands: usize) -> Option<Vec<Vec<i16>>> {
        let n = taps_of(self.mask);
        let mut normals = vec![Normal::new(n); bands];
        let mut samples: Samples;
        let mut changing = false;
        for (band, normal) in normals.iter_mut().enumerate() {
            samples = self.collect(band, bands);
            changing |= samples.targets.iter().any(|t| *t != 0.0);
            let noise = self.scene.bound * self.scene.bound / 3.0;
            let weights: Vec<f64> = samples
                .features
                .chunks_exact(n)
                .map(|f| weight(f, noise))
                .collect();
            normal.add(&samples.features, &samples.targets, &weights);
            normal.expect_noise(0..OWN_TAPS, noise, true);
            for start in (OWN_TAPS..n).step_by(AROUND.len()) {
                normal.expect_noise(start..start + AROUND.len(), noise, false);
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
        let along = self.frames.bands_along(self.scene);
        let of_band = |frame: usize, row: usize| self.frames.band(along, frame, row, bands) == band;
        let frames: Vec<usize> = (0..self.frames.len())
            .filter(|f| self.frames.mask(*f, self.references) == self.mask)
            .filter(|f| along.is_none() || of_band(*f, 0))
            .collect();
        let first = |row: &usize| along.is_some() || of_band(0, *row);
        let rows: Vec<usize> = (0..self.frames.rows).filter(first).collect();
        let total = frames.len() * rows.len();
        let most = if bands > 1 {
            MOST_PER_BAND
        } else {
            MOST_SAMPLES
        };
        let least = LEAST_PER_TAP * taps_of(self.mask);
        let samples = (total * self.frames.columns / FIT_PART).clamp(least, most);
        let wanted = (samples / self.frames.columns).max(4);
        let mut samples = Samples::default();
        let mut neighbourhood = Neighbourhood::default();
        for pick in 0..wanted.min(total) {
            // The middle of each of `wanted` equal parts.
            let i = (2 * pick + 1) * total / (2 * wanted.min(total));
            let (frame, row) = (frames[i / rows.len()], rows[i % rows.len()]);
            if row > 0 || self.frames.rows == 1 {
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
        let frames = self.frames;
        let own = &self.filled[frame * frames.size()..][..frames.size()];
        let befores: Vec<&[T]> = self
            .references
            .iter()
            .enumerate()
            .filter(|(k, _)| self.mask >> k & 1 == 1)
            .filter_map(|(_, r)| frames.before(frame, r))
            .map(|f| &self.filled[f * frames.size()..][..frames.size()])
            .collect();
        neighbourhood.load(own, &befores, row, frames, self.scene.periodic);
        let targets =
            &self.originals[frame * frames.size() + row * frames.columns..][..frames.columns];
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
    fn load(&mut self, own: &[T], others: &[&[T]], row: usize, frames: &Frames, periodic: bool) {
        let columns = frames.columns;
        let load = |frame: &[T], r: usize, out: &mut Vec<T>| {
            out.resize(columns + 2 * PAD, T::ZERO);
            pad_row(
                &frame[r * columns..(r + 1) * columns],
                T::ZERO,
                periodic,
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
            load(frame, (row + 1).min(frames.rows - 1), &mut out[2]);
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

/// What taps come to.
#[derive(Default)]
struct Weights<T> {
    west: T,
    west2: T,
    /// Of n and the other neighbours, and in each reference of the place above and the others.
    others: Vec<T>,
}

impl<T: Sample> Weights<T> {
    fn of(taps: &[i16]) -> Self {
        let weight = |fixed: i32| T::from_f64(from_fixed(fixed));
        let plain = |tap: &i16| weight(i32::from(*tap));
        let sum = |taps: &[i16]| taps.iter().map(|t| i32::from(*t)).sum::<i32>();
        let (own, references) = taps.split_at(OWN_TAPS);
        let mut others = vec![weight((1 << 13) - sum(own))];
        others.extend(own[2..].iter().map(plain));
        for reference in references.chunks_exact(AROUND.len()) {
            others.push(weight(-sum(reference)));
            others.extend(reference.iter().map(plain));
        }
        Weights {
            west: plain(&own[0]),
            west2: plain(&own[1]),
            others,
        }
    }
}

/// Predicts the rows of frame after frame.
struct Painter<'a, T> {
    learned: &'a Learned,
    frames: &'a Frames,
    /// What bands are of.
    along: Option<usize>,
    periodic: bool,
    center: T,
    befores: Vec<Padded<T>>,
    set: Option<usize>,
    /// The weights of this set and band, and what they are.
    weights: Weights<T>,
    weighed: Option<(usize, usize)>,
    /// The last rows with margins, newest first.
    above: [Vec<T>; 2],
    partial: Vec<T>,
}

impl<'a, T: Sample> Painter<'a, T> {
    fn new(learned: &'a Learned, frames: &'a Frames, scene: &Scene) -> Self {
        let row = vec![T::ZERO; frames.columns + 2 * PAD];
        Painter {
            learned,
            frames,
            along: frames.bands_along(scene),
            periodic: scene.periodic,
            center: T::from_f64(learned.center),
            befores: Vec::new(),
            set: None,
            weights: Weights::default(),
            weighed: None,
            above: [row.clone(), row],
            partial: vec![T::ZERO; frames.columns],
        }
    }

    /// Chooses the set that uses most of the references this frame has.
    fn load_references(&mut self, frame: usize, references: &[Reference], canvas: &[T]) {
        let mask = self.frames.mask(frame, references);
        let sets = self
            .learned
            .sets
            .iter()
            .enumerate()
            .filter(|(_, s)| s.mask & !mask == 0);
        self.set = sets
            .max_by_key(|(_, s)| s.mask.count_ones())
            .map(|(i, _)| i);
        let used = self.set.map_or(0, |i| self.learned.sets[i].mask);
        let wanted = references
            .iter()
            .enumerate()
            .filter(|(k, _)| used >> k & 1 == 1);
        let wanted: Vec<usize> = wanted
            .filter_map(|(_, r)| self.frames.before(frame, r))
            .collect();
        self.befores.resize_with(wanted.len(), Padded::default);
        for (padded, f) in self.befores.iter_mut().zip(wanted) {
            padded.load(
                &canvas[f * self.frames.size()..][..self.frames.size()],
                self.frames.columns,
                self.center,
                self.periodic,
            );
        }
    }

    fn row(&mut self, frame: usize, row: usize, coder: &mut dyn Coder<T>) {
        let bands = self.learned.bands;
        let band = self.frames.band(self.along, frame, row, bands);
        if row == 0 {
            // What lies above is taken from the newest reference, or not there.
            if let Some(before) = self.befores.first() {
                let above = before.shifted(0, 0).to_vec();
                self.above
                    .iter_mut()
                    .for_each(|a| pad_row(&above, T::ZERO, self.periodic, a));
            }
        }
        let known = row > 0 || !self.befores.is_empty();
        let recursion = match self.set.filter(|_| known) {
            Some(set) => {
                if self.weighed != Some((set, band)) {
                    self.weights = Weights::of(&self.learned.sets[set].taps[band]);
                    self.weighed = Some((set, band));
                }
                self.fitted(row)
            }
            None => self.plain(row),
        };
        coder.recur(recursion, &mut self.partial);
        let [newest, older] = &mut self.above;
        std::mem::swap(newest, older);
        pad_row(&self.partial, self.center, self.periodic, newest);
        if row == 0 {
            older.clone_from(newest);
        }
    }

    /// First-order Lorenzo.
    fn plain(&mut self, row: usize) -> Recursion<T> {
        if row == 0 {
            self.partial.fill(T::ZERO);
            self.partial[0] = self.center;
        } else {
            let above = &self.above[0][PAD - 1..];
            for (p, n) in self.partial.iter_mut().zip(above.windows(2)) {
                *p = n[1] - n[0];
            }
            self.partial[0] = above[1] + self.center;
        }
        Recursion {
            west: T::ONE,
            west2: T::ZERO,
        }
    }

    fn fitted(&mut self, row: usize) -> Recursion<T> {
        let Weights { west, west2, .. } = self.weights;
        let columns = self.frames.columns;
        let mut weights = self.weights.others.iter().copied();
        let mut terms: Vec<(T, &[T])> = Vec::with_capacity(weights.len());
        let own = std::iter::once(&(-1, 0)).chain(&NEIGHBOURS);
        terms.extend(weights.by_ref().zip(own).map(|(weight, (r, c))| {
            let start = PAD.wrapping_add_signed(*c);
            let above = &self.above[(-r - 1) as usize];
            (weight, &above[start..start + columns])
        }));
        for before in &self.befores {
            let around = std::iter::once(&(-1, 0)).chain(&AROUND);
            let place = |(r, c): &(isize, isize)| before.shifted(row as isize + r, *c);
            terms.extend(weights.by_ref().zip(around.map(place)));
        }
        let offset = self.center * (T::ONE - (west + west2));
        sum_terms(&terms, offset, &mut self.partial);
        // West of the row lies what lies above it there.
        let edge = self.above[0][PAD] + self.center;
        self.partial[0] = self.partial[0] + (west + west2) * edge;
        if let Some(second) = self.partial.get_mut(1) {
            *second = *second + west2 * edge;
        }
        Recursion { west, west2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_information_round_trips_and_damage_is_noticed() {
        let learned = Learned {
            center: 271.5,
            references: vec![vec![1, 0], vec![0, 1]],
            bands: 2,
            sets: vec![
                Set {
                    mask: 0,
                    taps: vec![vec![5; OWN_TAPS]; 2],
                },
                Set {
                    mask: 3,
                    taps: vec![vec![-7; OWN_TAPS + 16]; 2],
                },
            ],
        };
        let side = learned.to_side();
        assert_eq!(Learned::from_side(&side, 2).unwrap(), learned);
        for cut in 0..side.0.len() {
            assert!(Learned::from_side(&Side(side.0[..cut].to_vec()), 2).is_err());
        }
        assert!(Learned::from_side(&Side([side.0, vec![0]].concat()), 2).is_err());
    }
}
