//! What a place of the next frame is predicted from.

use crate::padded::Padded;
use crate::predictor::Past;
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

    /// The features of every place in a row, all differences to its base: calls `take`
    /// with column, base and features.
    pub(super) fn row(
        &self,
        row: usize,
        columns: std::ops::Range<usize>,
        mut take: impl FnMut(usize, f64, &[f64; TAPS]),
    ) {
        let row = row as isize;
        let at =
            |frame: &Padded<T>, r: isize, c: isize, j: usize| frame.shifted(row + r, c)[j].to_f64();
        for j in columns {
            let base = at(&self.newer, 0, 0, j);
            let mut features = [0.0; TAPS];
            let mut places = features.iter_mut();
            for (frame, whole) in [(&self.newer, false), (&self.older, true)] {
                for r in -1..=1 {
                    for c in -1..=1 {
                        if (whole || r != 0 || c != 0)
                            && let Some(place) = places.next()
                        {
                            *place = at(frame, r, c, j) - base;
                        }
                    }
                }
            }
            take(j, base, &features);
        }
    }
}

/// The forecast at a place.
pub(super) fn weigh(base: f64, features: &[f64; TAPS], taps: &[f64; TAPS]) -> f64 {
    let mut sum = base;
    for (x, tap) in features.iter().zip(taps) {
        sum += tap * x;
    }
    sum
}
