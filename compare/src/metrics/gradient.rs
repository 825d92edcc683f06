//! Differences between neighbours, which fronts and derived quantities live on.

use serde::{Deserialize, Serialize};

use super::frames::pairs;

/// Differences of neighbours along the last two dimensions, original against decoded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gradients {
    /// Root of the mean square of the original's differences.
    pub original: f64,
    /// Root of the mean square of what decoded differences err by.
    pub error: f64,
    /// Largest error of a difference.
    pub max_error: f64,
}

impl Gradients {
    /// `None` where nothing has neighbours.
    pub fn between(original: &[f64], decoded: &[f64], shape: &[usize]) -> Option<Self> {
        let (mut links, mut squares, mut errors, mut max_error) = (0usize, 0.0, 0.0, 0.0f64);
        for dimension in shape.len().saturating_sub(2)..shape.len() {
            let (apart, places) = pairs(shape, dimension, 1);
            for i in places {
                let difference = original[i + apart] - original[i];
                let error = decoded[i + apart] - decoded[i] - difference;
                if error.is_finite() {
                    links += 1;
                    squares += difference * difference;
                    errors += error * error;
                    max_error = max_error.max(error.abs());
                }
            }
        }
        let root = |sum: f64| (sum / links as f64).sqrt();
        (links > 0).then(|| Gradients {
            original: root(squares),
            error: root(errors),
            max_error,
        })
    }

    /// The error as a part of the original's differences.
    pub fn relative(&self) -> Option<f64> {
        (self.original > 0.0).then(|| self.error / self.original)
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_them() {
        let (x, y) = fields();
        let found = Gradients::between(&x, &y, &[24, 40]).unwrap();
        close(found.original, 3.639_446_126_539_345_6);
        close(found.error, 0.051_927_813_788_253_896);
        close(found.max_error, 0.08);
    }

    #[test]
    fn a_shift_of_everything_changes_no_difference() {
        let x = [1.0, 4.0, f64::NAN, 9.0];
        let y = x.map(|x| x + 2.0);
        let found = Gradients::between(&x, &y, &[4]).unwrap();
        assert_eq!((found.original, found.relative()), (3.0, Some(0.0)));
        assert_eq!(Gradients::between(&[1.0], &[1.0], &[1, 1]), None);
    }
}
