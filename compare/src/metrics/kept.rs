//! Is the bound kept?

use foresz::Sample;
use serde::{Deserialize, Serialize};

/// A field held against its original, value by value, in the type it is stored in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Numbers.
    pub numbers: usize,
    /// Numbers that are further off than the bound, or none any more.
    pub broken: usize,
    /// NaN, infinities and fill values.
    pub specials: usize,
    /// Specials that came back as something else.
    pub changed: usize,
}

impl Kept {
    /// Counts. An error is a difference in `f64`, so that rounding hides nothing.
    pub fn count<T: Sample>(original: &[T], decoded: &[T], fills: &[f64], bound: f64) -> Self {
        let fills: Vec<T> = fills.iter().map(|fill| T::from_f64(*fill)).collect();
        let mut kept = Kept::default();
        for (x, y) in original.iter().zip(decoded) {
            if x.is_finite() && !fills.contains(x) {
                let error = (x.to_f64() - y.to_f64()).abs();
                kept.numbers += 1;
                kept.broken += usize::from(error.is_nan() || error > bound);
            } else {
                kept.specials += 1;
                kept.changed += usize::from(x != y && !(x.is_nan() && y.is_nan()));
            }
        }
        kept
    }

    /// Whether all is as promised.
    pub fn all(&self) -> bool {
        self.broken == 0 && self.changed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_itself_is_allowed_and_no_more() {
        let x = [0.0f64, 1.0, 2.0, 3.0];
        let kept = Kept::count(&x, &[0.5, 0.5, 2.5, 3.0], &[], 0.5);
        assert!(kept.all() && kept.numbers == 4);
        let off = [0.5f64.next_up(), 1.0, f64::NAN, 3.0];
        assert_eq!(Kept::count(&x, &off, &[], 0.5).broken, 2);
    }

    #[test]
    fn specials_have_to_come_back() {
        let x = [f32::NAN, f32::INFINITY, 1e20, 1.0, f32::NAN];
        let y = [f32::NAN, f32::NEG_INFINITY, 1e20, 1.0, 0.0];
        let kept = Kept::count(&x, &y, &[1e20], 0.1);
        assert_eq!((kept.numbers, kept.specials, kept.changed), (1, 4, 2));
        assert!(!kept.all());
    }
}
