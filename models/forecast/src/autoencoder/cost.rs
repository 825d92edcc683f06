//! About how many bits what is left will take: the choice between tiles with and without
//! an autoencoder needs no more.

/// Binary logarithm of a positive number, up to 0.01 off: a parabola between powers of
/// two. Libraries differ in the last bits between machines, and so would choices.
pub(crate) fn log2(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as f64 - 1023.0;
    let part = (bits & MANTISSA) as f64 / (MANTISSA + 1) as f64;
    exponent + part * (1.3465 - 0.3465 * part)
}

/// Bits of an error, among neighbours that are themselves off by up to the bound.
fn bits(error: f64, unit: f64) -> f64 {
    const NOISE: f64 = 0.2;
    let x = error / unit;
    let square = x * x + NOISE;
    let bits = 0.25 * log2(1.0 + 16.0 * square * square);
    if bits < MOST_BITS { bits } else { MOST_BITS }
}

const MOST_BITS: f64 = 64.0;

/// Interpolates as `spline` does, from coarse to fine, but from the field itself, and
/// calls `take` with each place and the bits of its error.
pub(crate) fn each_error(
    field: &[f64],
    shape: [usize; 4],
    unit: f64,
    mut take: impl FnMut(usize, f64),
) {
    let strides = [
        shape[1] * shape[2] * shape[3],
        shape[2] * shape[3],
        shape[3],
        1,
    ];
    let longest = shape[1..].iter().copied().max().unwrap_or(1);
    // The index that no level reaches.
    let top = usize::BITS - longest.saturating_sub(1).leading_zeros();
    for (place, value) in field.iter().enumerate() {
        let at: [usize; 4] = std::array::from_fn(|d| place / strides[d] % shape[d]);
        let level = |d: usize| {
            if at[d] == 0 {
                top
            } else {
                at[d].trailing_zeros().min(top)
            }
        };
        let (finest, along) = (1..4).fold((top, 3), |(finest, along), d| {
            if shape[d] > 1 && level(d) <= finest {
                (level(d), d)
            } else {
                (finest, along)
            }
        });
        let error = if finest == top {
            0.0
        } else {
            let step = 1usize << finest;
            let there = |steps: isize| {
                let to = at[along].checked_add_signed(steps * step as isize)?;
                let moved = steps * (step * strides[along]) as isize;
                (to < shape[along]).then(|| field[place.wrapping_add_signed(moved)])
            };
            value - between(there(-3), there(-1), there(1), there(3))
        };
        take(place, bits(error, unit));
    }
}

/// What lies between four neighbours, or those that there are.
fn between(a: Option<f64>, b: Option<f64>, c: Option<f64>, d: Option<f64>) -> f64 {
    match (a, b, c, d) {
        (Some(a), Some(b), Some(c), Some(d)) => (9.0 * (b + c) - (a + d)) / 16.0,
        (_, Some(b), Some(c), _) => 0.5 * (b + c),
        (Some(a), Some(b), None, _) => 1.5 * b - 0.5 * a,
        (_, b, c, _) => b.or(c).unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_close() {
        for x in [1e-9, 0.3, 1.0, 1.5, 7.0, 1e12] {
            assert!((log2(x) - x.log2()).abs() < 0.01, "{x}");
        }
        assert_eq!(log2(8.0), 3.0);
    }

    #[test]
    fn every_place_is_taken_once_and_smooth_fields_cost_little() {
        for shape in [[1, 1, 1, 9], [2, 1, 5, 8], [1, 4, 6, 7], [3, 1, 1, 1]] {
            let len = shape.iter().product();
            let field: Vec<f64> = (0..len).map(|i| (i % shape[3]) as f64).collect();
            let mut seen = vec![0; len];
            let mut sum = 0.0;
            each_error(&field, shape, 1e-3, |place, bits| {
                seen[place] += 1;
                sum += bits;
            });
            assert!(seen.iter().all(|n| *n == 1));
            assert!(sum < 16.0 * len as f64);
        }
    }
}
