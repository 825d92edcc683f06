//! Sweeps over whole chunks, in lanes so that they vectorise; lanes are combined in
//! a fixed order.

use foresz_predictors::Sample;

use foresz_predictors::widest;

const LANES: usize = 8;

/// The end of a range that is farther from 0, without its sign.
pub(crate) fn farthest<T: Sample>((low, high): (T, T)) -> T {
    if high > -low { high } else { -low }
}

widest! {
    /// The smallest and largest of the values that are numbers.
    fn range<T: Sample>(values: &[T]) -> Option<(T, T)> {
        // NaN compares false and is passed over.
        let lower = |a: T, b: T| if b < a { b } else { a };
        let higher = |a: T, b: T| if b > a { b } else { a };
        let (mut low, mut high) = ([T::MAX; 4 * LANES], [-T::MAX; 4 * LANES]);
        let (chunks, rest) = values.as_chunks::<{ 4 * LANES }>();
        for x in chunks {
            for k in 0..4 * LANES {
                low[k] = lower(low[k], x[k]);
                high[k] = higher(high[k], x[k]);
            }
        }
        let low = low.iter().chain(rest).fold(T::MAX, |a, b| lower(a, *b));
        let high = high.iter().chain(rest).fold(-T::MAX, |a, b| higher(a, *b));
        (low <= high).then_some((low, high))
    }

    /// Whether all values are finite.
    fn all_finite<T: Sample>(values: &[T]) -> bool {
        values.iter().fold(true, |all, x| all & x.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_pass_over_what_is_not_a_number() {
        let mut values: Vec<f32> = (0..37).map(|i| ((i * 29) % 37) as f32 - 5.0).collect();
        values[7] = f32::NAN;
        assert_eq!(range(&values), Some((-5.0, 31.0)));
        assert_eq!(range(&[f32::NAN; 9]), None);
        assert_eq!(range(&[3.0f64]), Some((3.0, 3.0)));
        assert!(!all_finite(&values) && all_finite(&[1.0f32; 20]));
    }
}
