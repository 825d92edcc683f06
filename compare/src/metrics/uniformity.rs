//! Errors against what a quantiser without structure leaves: anything between the bounds,
//! equally often.

use serde::{Deserialize, Serialize};

/// How far errors are from equally spread between the bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uniformity {
    /// Errors per bin, from minus the bound to the bound; those outside are in the outermost.
    pub histogram: Vec<u64>,
    /// Chi-square over its degrees of freedom: 1 by chance, more where bins differ.
    pub chi_square: f64,
    /// Kolmogorov and Smirnov's distance between the distributions: 0 to 1.
    pub distance: f64,
    /// The standard deviation over that of equally spread errors, the bound over √3.
    pub deviation: f64,
}

impl Uniformity {
    /// `None` without errors or a bound.
    pub fn of(errors: &[f64], bound: f64, bins: usize) -> Option<Self> {
        let mut sorted: Vec<f64> = errors.iter().copied().filter(|e| e.is_finite()).collect();
        if sorted.is_empty() || bound <= 0.0 || bins < 2 {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let share = |error: f64| f64::midpoint(error / bound, 1.0).clamp(0.0, 1.0);
        let mut histogram = vec![0u64; bins];
        for error in &sorted {
            histogram[((share(*error) * bins as f64) as usize).min(bins - 1)] += 1;
        }
        let expected = count / bins as f64;
        let chi = |n: &u64| (*n as f64 - expected) * (*n as f64 - expected) / expected;
        let gap = |(i, error): (usize, &f64)| {
            let (below, through) = (i as f64 / count, (i + 1) as f64 / count);
            (share(*error) - below).max(through - share(*error))
        };
        let mean = sorted.iter().sum::<f64>() / count;
        let variance = sorted.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / count;
        Some(Uniformity {
            chi_square: histogram.iter().map(chi).sum::<f64>() / (bins - 1) as f64,
            histogram,
            distance: sorted.iter().enumerate().map(gap).fold(0.0, f64::max),
            deviation: (3.0 * variance).sqrt() / bound,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_scipy_has_it() {
        let (x, y) = fields();
        let errors: Vec<f64> = x.iter().zip(&y).map(|(x, y)| (y - x) * 0.9).collect();
        let found = Uniformity::of(&errors, 0.05, 7).unwrap();
        close(found.distance, 0.050_416_666_666_666_33);
        close(found.chi_square, 16.259_027_777_777_778);
        assert_eq!(found.histogram, [176, 86, 175, 87, 175, 87, 174]);
    }

    #[test]
    fn equal_steps_are_uniform_and_one_value_is_not() {
        let steps: Vec<f64> = (0..1000)
            .map(|i| (f64::from(i) + 0.5) / 500.0 - 1.0)
            .collect();
        let even = Uniformity::of(&steps, 1.0, 10).unwrap();
        assert_eq!(even.histogram, [100; 10]);
        close(even.distance, 0.0005);
        assert!((even.deviation - 1.0).abs() < 1e-6 && even.chi_square == 0.0);
        let same = Uniformity::of(&[0.0; 50], 1.0, 10).unwrap();
        assert_eq!((same.distance, same.deviation), (0.5, 0.0));
        assert_eq!(Uniformity::of(&[f64::NAN], 1.0, 10), None);
        assert_eq!(Uniformity::of(&[0.0], 0.0, 10), None);
    }
}
