//! How alike values are that lie some distance apart.

use super::frames::pairs;

/// The autocorrelation of a field along a dimension, at a distance of `lag` samples: the mean
/// product of deviations over pairs of numbers, over the variance. `None` where there are no
/// pairs or nothing varies.
pub fn autocorrelation(
    values: &[f64],
    shape: &[usize],
    dimension: usize,
    lag: usize,
) -> Option<f64> {
    let numbers = values.iter().filter(|x| x.is_finite());
    let count = numbers.clone().count() as f64;
    let mean = numbers.clone().sum::<f64>() / count;
    let variance = numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let (apart, places) = pairs(shape, dimension, lag);
    let (mut found, mut sum) = (0usize, 0.0);
    for i in places {
        let product = (values[i] - mean) * (values[i + apart] - mean);
        if product.is_finite() {
            found += 1;
            sum += product;
        }
    }
    (found > 0 && variance > 0.0).then(|| sum / found as f64 / variance)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_it() {
        let (x, y) = fields();
        let errors: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
        close(
            autocorrelation(&errors, &[24, 40], 1, 1).unwrap(),
            -0.199_723_551_597_916_08,
        );
        close(
            autocorrelation(&errors, &[24, 40], 0, 3).unwrap(),
            -0.399_486_794_280_115_9,
        );
    }

    #[test]
    fn an_alternating_field_is_its_own_opposite() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
        close(autocorrelation(&x, &[4, 10], 1, 1).unwrap(), -1.0);
        close(autocorrelation(&x, &[4, 10], 1, 2).unwrap(), 1.0);
        assert_eq!(autocorrelation(&x, &[4, 10], 0, 4), None);
        assert_eq!(autocorrelation(&[2.0; 40], &[4, 10], 0, 1), None);
    }
}
