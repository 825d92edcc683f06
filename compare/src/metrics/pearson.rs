//! Correlation.

/// Pearson's correlation of two fields where both are numbers; `None` where either does not
/// vary.
pub fn pearson(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Option<f64> {
    let triples = || {
        let pairs = x.iter().zip(y).enumerate();
        pairs
            .filter(|(_, (a, b))| a.is_finite() && b.is_finite())
            .map(|(i, (a, b))| (*a, *b, weights.map_or(1.0, |w| w[i])))
    };
    let (mut total, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for (a, b, w) in triples() {
        total += w;
        mean_x += w * a;
        mean_y += w * b;
    }
    mean_x /= total;
    mean_y /= total;
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b, w) in triples() {
        let (a, b) = (a - mean_x, b - mean_y);
        xx += w * a * a;
        yy += w * b * b;
        xy += w * a * b;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_it() {
        let (x, y) = fields();
        let found = pearson(&x, &y, None).unwrap();
        assert!((found - 0.999_934_862_155_833_8).abs() < 1e-13, "{found}");
    }

    #[test]
    fn a_line_correlates_perfectly_and_a_constant_not_at_all() {
        let x = [1.0, 2.0, f64::NAN, 4.0];
        let line = [-2.0, -4.0, 5.0, -8.0];
        close(
            pearson(&x, &line, Some(&[1.0, 0.5, 1.0, 2.0])).unwrap(),
            -1.0,
        );
        assert_eq!(pearson(&x, &[3.0; 4], None), None);
        assert_eq!(pearson(&[f64::NAN], &[1.0], None), None);
    }
}
