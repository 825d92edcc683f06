//! Sweeps over whole chunks, in lanes so that they vectorise; lanes are combined in
//! a fixed order.

use foresz_predictors::Sample;

use foresz_predictors::widest;

const LANES: usize = 8;

/// How far off the decoded values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Errors {
    /// Whether every value is within its bound, or the same to the bit.
    pub(crate) kept: bool,
    /// Largest absolute difference.
    pub(crate) largest: f64,
    /// Sum of squares.
    pub(crate) squares: f64,
}

impl Errors {
    /// Of nothing at all.
    pub(crate) const NONE: Errors = Errors {
        kept: true,
        largest: 0.0,
        squares: 0.0,
    };

    /// The same with others taken into account.
    fn with(self, kept: bool, largest: f64, squares: f64) -> Self {
        Errors {
            kept: self.kept & kept,
            largest: if largest > self.largest {
                largest
            } else {
                self.largest
            },
            squares: self.squares + squares,
        }
    }
}

/// Difference of two values, and whether it is allowed; none if they are the same
/// to the bit, as holes are.
#[inline(always)]
fn error<T: Sample>(x: T, y: T, absolute: f64, relative: f64) -> (bool, f64) {
    let same = x.to_bits64() == y.to_bits64();
    let (x, y) = (x.to_f64(), y.to_f64());
    let allowed = if relative > 0.0 {
        relative * x.abs()
    } else {
        absolute
    };
    // What is the same passes without a branch, which would keep loops from vectorising.
    let (off, allowed) = if same {
        (0.0, 0.0)
    } else {
        ((x - y).abs(), allowed)
    };
    // A NaN fails it.
    (off <= allowed, off)
}

widest! {
    /// Compares what will be decoded with the originals, independently of the
    /// quantiser, against an absolute bound or, if it is not 0, a relative one.
    fn errors<T: Sample>(originals: &[T], decoded: &[T], absolute: f64, relative: f64) -> Errors {
        let (mut kept, mut largest, mut squares) = ([true; LANES], [0.0f64; LANES], [0.0; LANES]);
        let (x8, x_rest) = originals.as_chunks::<LANES>();
        let (y8, y_rest) = decoded.as_chunks::<LANES>();
        for (x, y) in x8.iter().zip(y8) {
            for k in 0..LANES {
                let (allowed, off) = error(x[k], y[k], absolute, relative);
                kept[k] &= allowed;
                largest[k] = if off > largest[k] { off } else { largest[k] };
                squares[k] += off * off;
            }
        }
        let mut all = Errors::NONE;
        for k in 0..LANES {
            all = all.with(kept[k], largest[k], squares[k]);
        }
        for (x, y) in x_rest.iter().zip(y_rest) {
            let (kept, off) = error(*x, *y, absolute, relative);
            all = all.with(kept, off, off * off);
        }
        all
    }

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

    #[test]
    fn errors_are_those_of_a_plain_loop() {
        let x: Vec<f64> = (0..21).map(|i| f64::from(i) * 0.7).collect();
        let mut y = x.clone();
        y[3] += 0.5;
        y[20] -= 0.25;
        let found = errors(&x, &y, 0.5, 0.0);
        assert_eq!((found.kept, found.largest), (true, (y[3] - x[3]).abs()));
        assert!(!errors(&x, &y, 0.4, 0.0).kept);
        assert!(!errors(&x, &y, 1.0, 0.01).kept);
        assert!(errors(&[f64::NAN], &[f64::NAN], 0.1, 0.0).kept);
        assert!(!errors(&[1.0], &[f64::NAN], 0.1, 0.0).kept);
        assert!(!errors(&[f64::NAN], &[1.0], 0.1, 0.0).kept);
    }
}
