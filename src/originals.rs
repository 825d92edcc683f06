//! What is coded of the values of a chunk: holes taken out, and bins for the others.
//!
//! Decoded values are rounded to the stored type, and the largest round the coarsest:
//! a single 1e30 among values of order 1 leaves no room for bins, and all would be
//! coded exactly. Such outliers are better made holes, which come back to the bit too.

use std::borrow::Cow;

use foresz_predictors::Sample;

use crate::coding::{Quantiser, ulp};
use crate::lattice;
use crate::mask::Mask;
use crate::sweeps;

/// Values ready to be coded.
pub(crate) struct Originals<'a, T: Clone> {
    pub(crate) mask: Option<Mask>,
    /// NaN in holes.
    pub(crate) values: Cow<'a, [T]>,
    /// Of those that are numbers.
    pub(crate) range: (T, T),
    pub(crate) quantiser: Quantiser<T>,
}

impl<'a, T: Sample> Originals<'a, T> {
    pub(crate) fn new(values: &'a [T], fills: &[T], bound: f64) -> Self {
        Self::within(T::MAX, values, fills, bound)
    }

    /// The same with holes for outliers, if they alone forbid any loss.
    pub(crate) fn tame(&self, values: &'a [T], fills: &[T], bound: f64) -> Option<Self> {
        let forbidden = bound > 0.0 && self.quantiser == Quantiser::Exact;
        let most = forbidden.then(|| limit(&self.values, bound)).flatten()?;
        let tame = Self::within(most, values, fills, bound);
        (tame.quantiser != Quantiser::Exact).then_some(tame)
    }

    fn within(most: T, values: &'a [T], fills: &[T], bound: f64) -> Self {
        let mask = Mask::find(values, fills, most);
        let values = mask.as_ref().map_or(Cow::Borrowed(values), |mask| {
            let mut copy = values.to_vec();
            mask.holes().for_each(|i| copy[i] = T::from_f64(f64::NAN));
            Cow::Owned(copy)
        });
        let range = sweeps::range(&values).unwrap_or((T::ZERO, T::ZERO));
        let largest = if range.1 > -range.0 {
            range.1
        } else {
            -range.0
        };
        let quantiser = match lattice::find(&values, largest) {
            Some(lattice) => Quantiser::on_lattice(bound, largest, lattice),
            None => Quantiser::new(bound, largest),
        };
        Originals {
            mask,
            values,
            range,
            quantiser,
        }
    }
}

/// The largest magnitude that leaves room for bins under a bound, if some values are
/// larger, but not most; NaN is passed over.
fn limit<T: Sample>(values: &[T], bound: f64) -> Option<T> {
    // The ulp of a value is at most that of 1 times the value, and is to be at most half
    // of the bound.
    let limit = T::from_f64(0.5 * bound / ulp(T::ONE)).next_down();
    let (mut within, mut beyond) = (0, 0);
    for x in values.iter().filter(|x| !x.is_nan()) {
        if x.abs() <= limit {
            within += 1;
        } else {
            beyond += 1;
        }
    }
    (0 < beyond && beyond < within).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_leaves_room_for_bins() {
        for bound in [1e-30, 0.01, 3.7, 1e20] {
            let values = [0.0, bound as f32, f32::NAN, f32::MAX];
            let limit = limit(&values, bound).unwrap();
            let quantiser = Quantiser::new(bound, limit);
            assert!(matches!(quantiser, Quantiser::Linear { .. }), "{bound}");
        }
    }

    #[test]
    fn there_is_none_without_outliers_or_where_most_values_are_some() {
        assert_eq!(limit(&[1.0f64, 2.0, f64::NAN], 0.1), None);
        assert_eq!(limit(&[1.0, 1e30, -1e30], 0.1), None);
        assert_eq!(limit(&[1.0, f64::MAX, 1.0], 1e300), None);
        assert_eq!(limit::<f32>(&[], 0.1), None);
    }

    #[test]
    fn outliers_are_holes_only_where_they_forbid_a_loss() {
        let values = [0.5f32, 1e30, 0.25, 0.75];
        let tame = |bound| Originals::new(&values, &[], bound).tame(&values, &[], bound);
        let found = tame(0.01).unwrap();
        assert!(found.values[1].is_nan());
        assert_eq!(found.range, (0.25, 0.75));
        assert!(tame(0.0).is_none() && tame(1e28).is_none());
    }
}
