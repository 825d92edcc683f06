//! The rule in the encoder: all values of a chunk at once, in lanes so that they vectorise;
//! lanes are combined in a fixed order.

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
            largest: self.largest.max(largest),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Promise, Rule};

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

    #[test]
    fn the_sweep_finds_what_the_rule_finds() {
        let x: Vec<f32> = (0..997u16)
            .map(|i| f32::from(i * 31 % 97) - 40.25)
            .collect();
        let off = |i: usize| (i * 17 % 13) as f32 * 0.01;
        let y: Vec<f32> = x.iter().enumerate().map(|(i, x)| x + off(i)).collect();
        for bound in [0.05, 0.1201, 0.2] {
            for (promise, absolute, relative) in [
                (Promise::Within(bound), bound, 0.0),
                (Promise::Relative(bound), 0.0, bound),
            ] {
                let found = errors(&x, &y, absolute, relative);
                let told = Rule::new(promise).judge(&x, &y);
                assert_eq!(found.kept, told.kept(), "{promise:?}");
                assert_eq!(found.largest, told.max_error);
                assert!((found.squares - told.squares).abs() < 1e-9 * told.squares);
            }
        }
    }
}
