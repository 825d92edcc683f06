//! Gaussian latitudes: where the Legendre polynomial of a degree is zero.

use crate::error::{Error, Result};

/// Models have 1280 latitudes from pole to equator, experiments some thousands.
const MOST: usize = 1 << 14;

/// The `2 * half` latitudes from north to south, in degrees.
pub(super) fn latitudes(half: usize) -> Result<Vec<f64>> {
    if half == 0 || half > MOST {
        return Err(Error::Unsupported(format!(
            "a Gaussian grid with {half} latitudes from pole to equator; up to {MOST} are supported"
        )));
    }
    let north = (0..half).map(|i| zero(2 * half, i).asin().to_degrees());
    let north: Vec<f64> = north.collect();
    let south = north.iter().rev().map(|x| -x);
    Ok(north.iter().copied().chain(south).collect())
}

/// The zero of a degree, counted from the pole, by Newton's method.
fn zero(degree: usize, place: usize) -> f64 {
    let n = degree as f64;
    let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (n + 0.5)).cos();
    for _ in 0..10 {
        let (mut before, mut value) = (1.0, x);
        for k in 2..=degree {
            let k = k as f64;
            let next = ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k;
            (before, value) = (value, next);
        }
        let slope = n * (x * value - before) / (x * x - 1.0);
        let step = value / slope;
        x -= step;
        if step.abs() < 1e-15 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_published() {
        let n32 = latitudes(32).unwrap();
        assert_eq!(n32.len(), 64);
        for (place, published) in [(0, 87.8638), (1, 85.0965), (31, 1.3953), (63, -87.8638)] {
            assert!((n32[place] - published).abs() < 5e-5, "{}", n32[place]);
        }
        assert!(latitudes(0).is_err());
        assert!(latitudes(1 << 20).is_err());
    }
}
