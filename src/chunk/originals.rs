//! What is coded of the values of a chunk: holes taken out, and bins for the others.
//!
//! Decoded values are rounded to the stored type, and the largest round the coarsest:
//! a single 1e30 among values of order 1 leaves no room for bins, and all would be
//! coded exactly. Others are beyond the reach of codes and spoil what predictors learn.
//! Such outliers are better made holes, which come back to the bit too.

use std::borrow::Cow;

use foresz_predictors::Sample;

use crate::coding::{Lesson, Quantiser};
use crate::values::fills::Fills;
use crate::values::lattice::Lattices;
use crate::values::mask::Mask;
use crate::values::rounding::ulp;
use crate::values::sweeps;

/// Values ready to be coded.
pub(crate) struct Originals<'a, T: Clone> {
    pub(crate) mask: Option<Mask>,
    /// NaN in holes.
    pub(crate) values: Cow<'a, [T]>,
    /// The same as they are coded, if that differs: points of lattices in place of the values
    /// that are put there afterwards.
    points: Option<Vec<T>>,
    /// Of those that are numbers.
    pub(crate) range: (T, T),
    pub(crate) quantiser: Quantiser<T>,
}

impl<'a, T: Sample> Originals<'a, T> {
    /// What predictors learn from.
    pub(crate) fn lesson(&self) -> Lesson<'_, T> {
        Lesson {
            originals: self.points.as_deref().unwrap_or(&self.values),
            quantiser: &self.quantiser,
            range: self.range,
        }
    }

    /// Values of a chunk of a shape.
    pub(crate) fn new(values: &'a [T], fills: &Fills, bound: f64, shape: &[usize]) -> Self {
        Self::within(T::MAX, values, fills, bound, slice(shape))
    }

    /// The same with holes for outliers, if there are any.
    pub(crate) fn tame(
        &self,
        values: &'a [T],
        fills: &Fills,
        bound: f64,
        shape: &[usize],
    ) -> Option<Self> {
        let most = self.limit(bound)?;
        let tame = Self::within(most, values, fills, bound, slice(shape));
        (tame.quantiser != Quantiser::Exact).then_some(tame)
    }

    /// The largest magnitude that is no outlier, if some values are larger.
    fn limit(&self, bound: f64) -> Option<T> {
        let few = limit(self, bound * REACH, FEWEST_PER_OUTLIER);
        // The ulp of a value is at most that of 1 times the value, and is to be at most
        // half of the bound.
        let forbidden = bound > 0.0 && self.quantiser == Quantiser::Exact;
        few.or_else(|| limit(self, 0.5 * bound / ulp(T::ONE), 1).filter(|_| forbidden))
    }

    fn within(most: T, values: &'a [T], fills: &Fills, bound: f64, slice: Option<usize>) -> Self {
        let mask = Mask::find(values, fills, most);
        let values = mask.as_ref().map_or(Cow::Borrowed(values), |mask| {
            let mut copy = values.to_vec();
            mask.holes().for_each(|i| copy[i] = T::from_f64(f64::NAN));
            Cow::Owned(copy)
        });
        let range = sweeps::range(&values).unwrap_or((T::ZERO, T::ZERO));
        let largest = sweeps::farthest(range);
        let plain = Quantiser::new(bound, largest);
        let slice = slice.filter(|_| bound * LEVELS_IN_SLICE < (range.1 - range.0).to_f64());
        let is_of_use = |step| plain.is_narrower(bound, step);
        let lattices = Lattices::find(&values, largest, slice, is_of_use);
        let (quantiser, points) = match lattices {
            Some(lattices) if plain == Quantiser::Exact => {
                let (lattices, points) = lattices.to_the_bit(&values);
                (Quantiser::to_the_bit(lattices), points)
            }
            Some(lattices) => {
                let on = plain.on_lattices(bound, largest, lattices);
                (on.unwrap_or(plain), None)
            }
            None => (plain, None),
        };
        Originals {
            mask,
            values,
            points,
            range,
            quantiser,
        }
    }
}

/// Messages are packed in more levels than these: 12 bits, as a rule, and 16. Under looser bounds
/// nothing is to be had from their lattices.
const LEVELS_IN_SLICE: f64 = 1024.0;

/// Values for which it can pay to have a lattice of their own.
pub(super) const FEWEST_IN_SLICE: usize = 64;

/// Values that a message of GRIB has, which may be packed in its own way: those of the last two
/// dimensions, if there are others.
fn slice(shape: &[usize]) -> Option<usize> {
    let (outer, inner) = shape.split_at(shape.len().saturating_sub(2));
    let samples: usize = inner.iter().product();
    (outer.iter().product::<usize>() > 1 && samples >= FEWEST_IN_SLICE).then_some(samples)
}

/// What codes can reach, in bounds: about half of it.
const REACH: f64 = (1u32 << 22) as f64;
/// Values beyond it are outliers if they are at most one in so many. If they forbid
/// any loss, they may be up to half of all.
const FEWEST_PER_OUTLIER: usize = 100;

/// The largest magnitude below `limit`, if some values are larger, but not more than one
/// for each `fewest` others.
fn limit<T: Sample>(originals: &Originals<T>, limit: f64, fewest: usize) -> Option<T> {
    let limit = T::from_f64(limit).next_down();
    let (low, high) = originals.range;
    if high <= limit && -low <= limit {
        return None;
    }
    let (mut within, mut beyond) = (0, 0);
    // NaN, which holes are, is neither.
    for x in originals.values.iter() {
        within += usize::from(x.abs() <= limit);
        beyond += usize::from(x.abs() > limit);
    }
    (beyond * fewest < within).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken for a hole under a bound.
    fn outliers<T: Sample>(values: &[T], bound: f64) -> Vec<usize> {
        let tame = Originals::new(values, &Fills::default(), bound, &[values.len()]).tame(
            values,
            &Fills::default(),
            bound,
            &[values.len()],
        );
        let mask = tame.and_then(|tame| tame.mask);
        mask.map_or(Vec::new(), |mask| mask.holes().collect())
    }

    #[test]
    fn outliers_that_forbid_any_loss_may_be_many() {
        for bound in [1e-30, 0.01, 3.7, 1e20] {
            let values = [0.0, bound as f32, 3.0 * bound as f32, f32::MAX];
            assert_eq!(outliers(&values, bound), [3], "{bound}");
        }
        assert_eq!(outliers(&[1.0, 1.5, 2.0, 1e30, -1e30], 0.1), [3, 4]);
        assert!(outliers(&[1.0, 1e30, -1e30], 0.1).is_empty());
    }

    #[test]
    fn others_have_to_be_rare_and_far() {
        let with = |spike: f64, count: usize| {
            let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.01).collect();
            values[..count].fill(spike);
            values
        };
        assert_eq!(outliers(&with(1e10, 2), 0.1), [0, 1]);
        assert!(outliers(&with(1e10, 20), 0.1).is_empty());
        assert!(outliers(&with(1e5, 2), 0.1).is_empty());
        assert!(outliers(&with(1e30, 2), 0.0).is_empty());
        assert!(outliers(&with(1e30, 2), 1e28).is_empty());
        assert!(outliers::<f32>(&[1.0, 2.0, f32::NAN], 0.1).is_empty());
    }

    #[test]
    fn outliers_are_not_in_the_range() {
        let values = [0.5f32, 1e30, 0.25, 0.75];
        let tame = Originals::new(&values, &Fills::default(), 0.01, &[4]).tame(
            &values,
            &Fills::default(),
            0.01,
            &[4],
        );
        let tame = tame.unwrap();
        assert!(tame.values[1].is_nan());
        assert_eq!(tame.range, (0.25, 0.75));
    }
}
