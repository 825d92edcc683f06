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

/// Numbers the values of `T` in ascending order, −0 just below +0.
#[inline(always)]
pub(crate) fn ordered<T: Sample>(x: T) -> i64 {
    let sign = 1 << (T::BYTES * 8 - 1);
    let bits = x.to_bits64();
    if bits & sign == 0 {
        bits as i64
    } else {
        -((bits ^ sign) as i64) - 1
    }
}

/// Inverse of [`ordered`]; numbers beyond the type wrap to some value of it.
#[inline(always)]
pub(crate) fn from_ordered<T: Sample>(n: i64) -> T {
    let sign = 1 << (T::BYTES * 8 - 1);
    let bits = if n >= 0 {
        n as u64
    } else {
        (-(n + 1)) as u64 ^ sign
    };
    T::from_bits64(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_the_order_of_values_and_inverts() {
        let ascending = [
            f32::NEG_INFINITY,
            -f32::MAX,
            -1.0,
            -f32::MIN_POSITIVE,
            -1e-45,
            -0.0,
            0.0,
            1e-45,
            2.5,
            f32::MAX,
        ];
        for pair in ascending.windows(2) {
            assert!(ordered(pair[0]) < ordered(pair[1]), "{pair:?}");
        }
        for x in ascending {
            assert_eq!(from_ordered::<f32>(ordered(x)).to_bits(), x.to_bits());
            assert_eq!(
                from_ordered::<f64>(ordered(f64::from(x))).to_bits(),
                f64::from(x).to_bits()
            );
        }
        assert_eq!(ordered(0.0f32) - ordered(-0.0f32), 1);
    }
}
