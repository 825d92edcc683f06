//! What codes would take, roughly: their order-0 entropy.

use std::collections::BTreeMap;

/// Bits that all codes together take, the table left out.
pub(crate) fn bits(codes: impl IntoIterator<Item = i64>) -> f64 {
    let mut counts = BTreeMap::new();
    let mut all = 0_u64;
    for code in codes {
        *counts.entry(code).or_insert(0_u64) += 1;
        all += 1;
    }
    let of = |n: u64| n as f64 * (all as f64 / n as f64).log2();
    counts.into_values().map(of).sum()
}

/// The code of a residual under a bound.
pub(crate) fn code(residual: f64, bound: f64) -> i64 {
    (residual / (2.0 * bound)).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_known_counts() {
        assert!(bits([5; 100]).abs() < 1e-12);
        assert!((bits([0, 1, 2, 3]) - 8.0).abs() < 1e-12);
        assert!((bits([0, 0, 0, 1]) - (4.0 * 2.0 - 3.0 * 3_f64.log2())).abs() < 1e-12);
    }

    #[test]
    fn residuals_within_the_bound_are_0() {
        assert_eq!(
            [-0.99, 0.0, 0.99, 1.01, -3.5].map(|r| code(r, 1.0)),
            [0, 0, 0, 1, -2]
        );
    }
}
