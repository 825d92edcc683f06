//! What follows from two components.

/// Wind speed from its components.
pub fn speed(u: &[f64], v: &[f64]) -> Vec<f64> {
    u.iter().zip(v).map(|(u, v)| u.hypot(*v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_four_five() {
        let found = speed(&[3.0, -5.0, f64::NAN], &[4.0, 12.0, 1.0]);
        assert_eq!(found[..2], [5.0, 13.0]);
        assert!(found[2].is_nan());
    }
}
