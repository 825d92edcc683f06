//! The lattices of a chunk: one for all of it, or one for each of its slices, as messages of
//! GRIB have.

use std::ops::Range;

use foresz_predictors::Sample;

use super::amend::Amendments;
use super::{Lattice, find};
use crate::values::sweeps;

/// Where the values of a chunk can lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lattices {
    /// One, or one for each slice.
    pub(crate) each: Vec<Lattice>,
    /// Values in a slice.
    pub(crate) samples: usize,
    pub(crate) amendments: Amendments,
}

impl Lattices {
    /// The lattices that values lie on; `slice` is how many may have one of their own.
    /// Those with steps of no use are not looked for to the end.
    pub(crate) fn find<T: Sample>(
        values: &[T],
        largest: T,
        slice: Option<usize>,
        is_of_use: impl Fn(f64) -> bool,
    ) -> Option<Self> {
        match find(values, largest, &is_of_use) {
            Some(lattice) => Some(Lattices::new(vec![lattice], values.len())),
            None => Lattices::of_slices(values, slice?, is_of_use),
        }
    }

    pub(crate) fn new(each: Vec<Lattice>, samples: usize) -> Self {
        Lattices {
            each,
            samples,
            amendments: Amendments::default(),
        }
    }

    fn of_slices<T: Sample>(
        values: &[T],
        samples: usize,
        is_of_use: impl Fn(f64) -> bool,
    ) -> Option<Self> {
        let slices: Vec<&[T]> = values.chunks(samples).collect();
        let found = |slice: &&[T]| {
            let largest = sweeps::farthest(sweeps::range(slice)?);
            find(slice, largest, &is_of_use)
        };
        // A slice of one value lies on any lattice.
        let is_varied = |slice: &&&[T]| sweeps::range(slice).is_some_and(|(low, high)| low < high);
        let varied: Vec<&&[T]> = slices.iter().filter(is_varied).collect();
        let last = varied.len().checked_sub(1)?;
        // Most fields show in few slices that they have none.
        found(varied[last / 3])?;
        found(varied[2 * last / 3])?;
        let mut like = found(varied[0])?;
        let mut each = Vec::with_capacity(slices.len());
        for slice in &slices {
            like = found(slice).or_else(|| around(slice, like))?;
            each.push(like);
        }
        Some(Lattices::new(each, samples))
    }

    /// Places of the values that each lattice is for.
    pub(crate) fn parts(&self, samples: usize) -> impl Iterator<Item = (Range<usize>, Lattice)> {
        let starts = (0..samples).step_by(self.samples);
        let each = starts.zip(&self.each);
        each.map(move |(start, lattice)| (start..(start + self.samples).min(samples), *lattice))
    }

    /// The smallest step.
    pub(crate) fn step(&self) -> f64 {
        self.each
            .iter()
            .fold(f64::INFINITY, |step, lattice| step.min(lattice.step))
    }

    /// Whether all values that were looked at are points to the bit.
    pub(crate) fn exact(&self) -> bool {
        self.each.iter().all(|lattice| lattice.exact)
    }

    /// The same, so that as many values as possible are points to the bit, and with amendments
    /// for those that are not. Also the points that stand for such values.
    pub(crate) fn to_the_bit<T: Sample>(&self, values: &[T]) -> (Self, Option<Vec<T>>) {
        let parts = self.parts(values.len());
        let each = parts
            .map(|(places, lattice)| lattice.polished(&values[places]))
            .collect();
        let mut lattices = Lattices::new(each, self.samples);
        let snapped = match lattices.each.as_slice() {
            [lattice] if !lattice.exact => Amendments::of(values, *lattice),
            _ => None,
        };
        let snapped = snapped.map(|(amendments, snapped)| {
            lattices.amendments = amendments;
            snapped
        });
        (lattices, snapped)
    }
}

/// A lattice for values that are all the same, or none at all.
fn around<T: Sample>(values: &[T], like: Lattice) -> Option<Lattice> {
    let (low, high) = sweeps::range(values).unwrap_or((T::ZERO, T::ZERO));
    (low == high).then_some(Lattice {
        origin: low.to_f64(),
        exact: true,
        ..like
    })
}
