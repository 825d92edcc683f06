//! What a place of the next frame is predicted from.

use std::ops::Range;

use crate::frame::Past;
use crate::padded::Padded;
use crate::sample::Sample;

/// Of one place.
pub(super) const TAPS: usize = 17;

/// Rows and columns of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Extent {
    /// Of the slices of frames of that shape.
    pub(super) fn of(shape: &[usize]) -> Self {
        let mut last = shape.iter().rev().copied();
        let columns = last.next().unwrap_or(1);
        Extent {
            rows: last.next().unwrap_or(1),
            columns,
        }
    }

    pub(super) fn size(self) -> usize {
        self.rows * self.columns
    }
}

/// The same slice of two successive frames.
#[derive(Default)]
pub(super) struct Places<T> {
    newer: Padded<T>,
    older: Padded<T>,
}

impl<T: Sample> Places<T> {
    /// Slice `slice` of the frames `back` and `back + 1` steps before the last one.
    pub(super) fn of(past: &Past<T>, back: usize, slice: usize, extent: Extent) -> Self {
        let mut places = Places::default();
        let part = |frame: usize| &past.frames[frame][slice * extent.size()..][..extent.size()];
        places.load(part(back), part(back + 1), extent);
        places
    }

    pub(super) fn load(&mut self, newer: &[T], older: &[T], extent: Extent) {
        self.newer.load(newer, extent.columns, T::ZERO, false);
        self.older.load(older, extent.columns, T::ZERO, false);
    }

    /// The features of places in a row, all differences to their bases.
    pub(super) fn run(&self, row: usize, columns: Range<usize>) -> Run {
        let place = |frame: &Padded<T>, r: isize, c: isize| {
            let places = &frame.shifted(row as isize + r, c)[columns.clone()];
            let values = places.first_chunk::<RUN>().copied();
            let values = values.unwrap_or_else(|| {
                std::array::from_fn(|k| places.get(k).copied().unwrap_or_default())
            });
            values.map(T::to_f64)
        };
        let bases = place(&self.newer, 0, 0);
        let mut features = [[0.0; RUN]; TAPS];
        let mut rest = features.iter_mut();
        for (frame, whole) in [(&self.newer, false), (&self.older, true)] {
            for (r, c) in (-1..=1).flat_map(|r| (-1..=1).map(move |c| (r, c))) {
                if (whole || r != 0 || c != 0)
                    && let Some(feature) = rest.next()
                {
                    *feature = place(frame, r, c);
                    feature.iter_mut().zip(&bases).for_each(|(x, b)| *x -= b);
                }
            }
        }
        Run { bases, features }
    }
}

/// The most places that are looked at together.
pub(super) const RUN: usize = 8;

/// Places side by side; those beyond the last are zero.
pub(super) struct Run {
    pub(super) bases: [f64; RUN],
    pub(super) features: [[f64; RUN]; TAPS],
}

impl Run {
    /// The forecasts.
    pub(super) fn weigh(&self, taps: &[f64; TAPS]) -> [f64; RUN] {
        let mut sums = self.bases;
        for (feature, tap) in self.features.iter().zip(taps) {
            for (sum, x) in sums.iter_mut().zip(feature) {
                *sum += tap * x;
            }
        }
        sums
    }
}

/// The columns of a row, a run at a time.
pub(super) fn runs(columns: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..columns).step_by(RUN);
    starts.map(move |start| start..(start + RUN).min(columns))
}
