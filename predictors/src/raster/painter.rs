//! The prediction of rows.

use super::learned::Learned;
use super::{AROUND, NEIGHBOURS, OWN_TAPS, mask_of, pick, sources};
use crate::coder::{Coder, Recursion};
use crate::error::Result;
use crate::least::from_fixed;
use crate::padded::{PAD, Padded, pad_row, sum_terms};
use crate::predictor::Scene;
use crate::references::{Frames, Reference};
use crate::sample::Sample;

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
pub(super) struct Painter<'a, T> {
    learned: &'a Learned,
    references: Vec<Reference>,
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
    pub(super) fn new(learned: &'a Learned, frames: &'a Frames, scene: &Scene) -> Result<Self> {
        let row = vec![T::ZERO; frames.columns + 2 * PAD];
        Ok(Painter {
            learned,
            references: learned.references(frames)?,
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
        })
    }

    /// Codes a frame, for which there are these forecasts.
    pub(super) fn frame(
        &mut self,
        frame: usize,
        forecasts: &[Option<&[T]>],
        coder: &mut dyn Coder<T>,
    ) {
        self.load(frame, forecasts, coder.canvas());
        for row in 0..self.frames.rows {
            self.row(frame, row, coder);
        }
    }

    /// Chooses the set that uses most of what this frame can be compared with.
    fn load(&mut self, frame: usize, forecasts: &[Option<&[T]>], canvas: &[T]) {
        let sources = sources(self.frames, frame, &self.references, forecasts, canvas);
        let mask = mask_of(&sources);
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
        self.befores
            .resize_with(used.count_ones() as usize, Padded::default);
        for (padded, values) in self.befores.iter_mut().zip(pick(&sources, used)) {
            padded.load(values, self.frames.columns, self.center, self.periodic);
        }
    }

    fn row(&mut self, frame: usize, row: usize, coder: &mut dyn Coder<T>) {
        let bands = self.learned.bands;
        let band = self.frames.band(self.along, frame, row, bands);
        if row == 0 {
            // What lies above is taken from the first reference, or not there.
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
