//! Means and the largest of errors.

use serde::{Deserialize, Serialize};

/// What a decoded field errs by. Means are weighted; the largest error is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Numbers compared.
    pub count: usize,
    /// Largest absolute error; infinite if a number did not come back as one.
    pub max: f64,
    /// Mean error: decoded less original.
    pub bias: f64,
    /// Mean absolute error.
    pub mean_absolute: f64,
    /// Root of the mean square error.
    pub rms: f64,
}

impl Errors {
    /// Of the numbers of `original`. Without weights all count alike.
    pub fn between(original: &[f64], decoded: &[f64], weights: Option<&[f64]>) -> Self {
        let mut errors = Errors::default();
        let mut total = 0.0;
        for (i, (x, y)) in original.iter().zip(decoded).enumerate() {
            if x.is_nan() {
                continue;
            }
            errors.count += 1;
            let error = y - x;
            if !error.is_finite() {
                errors.max = f64::INFINITY;
                continue;
            }
            let weight = weights.map_or(1.0, |w| w[i]);
            errors.max = errors.max.max(error.abs());
            errors.bias += weight * error;
            errors.mean_absolute += weight * error.abs();
            errors.rms += weight * error * error;
            total += weight;
        }
        if total > 0.0 {
            errors.bias /= total;
            errors.mean_absolute /= total;
            errors.rms = (errors.rms / total).sqrt();
        }
        errors
    }

    /// Peak signal-to-noise ratio in dB, the peak being `range`; infinite if nothing was lost.
    pub fn psnr(&self, range: f64) -> f64 {
        20.0 * (range / self.rms).log10()
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_them() {
        let (x, y) = fields();
        let errors = Errors::between(&x, &y, None);
        assert_eq!(errors.count, 24 * 40);
        close(errors.max, 0.05);
        close(errors.bias, -8.333_333_333_333_219e-5);
        close(errors.mean_absolute, 0.027_270_833_333_333_23);
        close(errors.rms, 0.031_619_482_390_871_97);
        close(errors.psnr(11.5), 51.214_861_681_503_905);
    }

    #[test]
    fn weights_weigh_and_holes_do_not_count() {
        let x = [1.0, f64::NAN, 3.0, 4.0];
        let y = [1.5, 7.0, 2.0, 4.0];
        let errors = Errors::between(&x, &y, Some(&[1.0, 9.0, 2.0, 1.0]));
        assert_eq!((errors.count, errors.max), (3, 1.0));
        close(errors.bias, (0.5 - 2.0) / 4.0);
        close(errors.mean_absolute, 2.5 / 4.0);
        close(errors.rms, (2.25f64 / 4.0).sqrt());
    }

    #[test]
    fn a_lost_number_is_as_wrong_as_can_be() {
        let errors = Errors::between(&[1.0, 2.0], &[1.0, f64::NAN], None);
        assert_eq!((errors.max, errors.rms), (f64::INFINITY, 0.0));
        assert_eq!(errors.psnr(1.0), f64::INFINITY);
    }
}
