//! How finely a type tells values apart.

use foresz_predictors::Sample;

/// Distance from |x| to the next larger value.
pub(crate) fn ulp<T: Sample>(x: T) -> f64 {
    let x = x.abs();
    let up = T::from_bits64(x.to_bits64() + 1);
    if up.is_finite() {
        up.to_f64() - x.to_f64()
    } else {
        x.to_f64() - x.next_down().to_f64()
    }
}
