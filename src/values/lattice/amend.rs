//! What is between a point of a lattice and the value that it stands for: none, as a rule, or an
//! ulp where values were unpacked by other arithmetic. Equal points stand for equal values, so
//! that a table of points says it.

use foresz_predictors::Sample;

use super::Lattice;
use crate::values::rounding::{from_ordered, ordered};

/// The table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Amendments {
    /// Number of the first point in it.
    pub(crate) first: f64,
    /// Distances in representable values, by point.
    pub(crate) ulps: Vec<i8>,
}

/// Of a distance.
const MOST_ULPS: u64 = 8;
/// Points of a table, of all values and for each.
const MOST: usize = 1 << 22;
const MOST_PER_VALUE: usize = 4;

impl Amendments {
    /// The most points of a table for so many values.
    pub(crate) fn most(values: usize) -> usize {
        MOST.min(values.saturating_mul(MOST_PER_VALUE))
    }

    /// The amendments that nearly all values need, and the points in place of these values.
    pub(super) fn of<T: Sample>(values: &[T], lattice: Lattice) -> Option<(Self, Vec<T>)> {
        let numbers = || {
            values
                .iter()
                .filter(|x| x.is_finite())
                .map(|x| lattice.number(x.to_f64()))
        };
        let first = numbers().fold(f64::INFINITY, f64::min);
        let last = numbers().fold(f64::NEG_INFINITY, f64::max);
        let count = last - first + 1.0;
        if !(1.0..=Self::most(values.len()) as f64).contains(&count) {
            return None;
        }
        // A point can stand for one value only. Those beyond the type stand for none.
        let mut table: Vec<Option<i64>> = vec![None; count as usize];
        let place = |x: &T| (lattice.number(x.to_f64()) - first) as usize;
        let off = |x: &T| {
            let point = lattice.nearest(*x);
            (x.is_finite() && point.is_finite()).then(|| ordered(*x).saturating_sub(ordered(point)))
        };
        for x in values {
            let Some(off) = off(x) else {
                continue;
            };
            let entry = &mut table[place(x)];
            *entry = match *entry {
                None if off.unsigned_abs() <= MOST_ULPS => Some(off),
                Some(other) if other == off => Some(off),
                _ => Some(0),
            };
        }
        let snapped = values.iter().map(|x| match off(x) {
            Some(off) if table[place(x)] == Some(off) => lattice.nearest(*x),
            _ => *x,
        });
        let snapped = snapped.collect();
        // What no value needs is as what is beside it.
        let mut before = 0;
        let ulps = table.iter().map(|entry| {
            before = entry.map_or(before, |off| off as i8);
            before
        });
        let ulps: Vec<i8> = ulps.collect();
        let any = ulps.iter().any(|ulps| *ulps != 0);
        any.then_some((Amendments { first, ulps }, snapped))
    }

    /// Puts values in place of the points that stand for them.
    pub(crate) fn apply<T: Sample>(&self, values: &mut [T], lattice: Lattice) {
        if self.ulps.is_empty() {
            return;
        }
        for x in values {
            let place = lattice.number(x.to_f64()) - self.first;
            // Written so that NaN fails it.
            let known = place >= 0.0 && place < self.ulps.len() as f64;
            let ulps = if known { self.ulps[place as usize] } else { 0 };
            if ulps != 0 && lattice.nearest(*x) == *x {
                *x = from_ordered(ordered(*x).wrapping_add(i64::from(ulps)));
            }
        }
    }
}
