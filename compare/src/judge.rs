//! Holds a decoded field against its original.

use std::collections::BTreeMap;

use crate::metrics::{
    Errors, Gradients, Similarity, Spread, Uniformity, autocorrelation, cosines, morans_i, numbers,
    pearson, power_spectrum, resolved,
};
use foresz::Sample;
use foresz::check::{Promise, Rule};

use super::map;
use super::results::{Quality, Spectrum};

const BINS: usize = 32;
const LAGS: usize = 8;
const BANDS: usize = 24;

/// An original, with what every contender on it is held against.
pub struct Original<T> {
    values: Vec<T>,
    shape: Vec<usize>,
    fills: Vec<f64>,
    /// NaN where there is none.
    pub numbers: Vec<f64>,
    /// Its range and quantiles; none if it holds no numbers.
    pub spread: Option<Spread>,
    /// How alike neighbours are.
    pub morans_i: Option<f64>,
    weights: Option<Vec<f64>>,
    spectrum: Option<Vec<f64>>,
}

impl<T: Sample> Original<T> {
    /// Measures what every contender is held against. `latitudes` are those of the first and
    /// the last row, by whose cosines means are weighted.
    pub fn new(
        values: Vec<T>,
        shape: &[usize],
        fills: &[f64],
        latitudes: Option<(f64, f64)>,
    ) -> Self {
        let numbers = numbers(&values, fills);
        Original {
            spread: Spread::of(&numbers),
            morans_i: morans_i(&numbers, shape),
            weights: latitudes.map(|(first, last)| cosines(shape, first, last)),
            spectrum: power_spectrum(&numbers, shape),
            shape: shape.to_vec(),
            fills: fills.to_vec(),
            numbers,
            values,
        }
    }

    /// A picture of its first frame.
    pub fn map(&self) -> Option<String> {
        let spread = self.spread?;
        map::of_field(&self.numbers, (spread.min, spread.max), &self.shape)
    }

    /// The numbers of a decoded field where the original has numbers; none if it has another
    /// length.
    pub fn decoded(&self, decoded: &[T]) -> Option<Vec<f64>> {
        (decoded.len() == self.values.len()).then(|| {
            let there = |(x, y): (&f64, &T)| if x.is_nan() { f64::NAN } else { y.to_f64() };
            self.numbers.iter().zip(decoded).map(there).collect()
        })
    }

    /// None if the decoded field has another length.
    pub fn judge(&self, decoded: &[T], bound: f64) -> Option<Quality> {
        let y = self.decoded(decoded)?;
        let (x, shape) = (&self.numbers, &self.shape[..]);
        let weights = self.weights.as_deref();
        let rule = Rule::new(Promise::Within(bound)).fills(&self.fills);
        let means = Errors::between(x, &y, weights);
        let errors: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
        let range = self.spread.map_or(0.0, |spread| spread.range());
        let spread = Spread::of(&y);
        let finite = |x: f64| x.is_finite().then_some(x);
        Some(Quality {
            kept: rule.judge(&self.values, decoded).into(),
            max_error: finite(means.max),
            max_over_bound: finite(means.max / bound),
            bias: means.bias,
            mean_absolute: means.mean_absolute,
            rms: means.rms,
            psnr: finite(means.psnr(range)),
            pearson: pearson(x, &y, weights),
            dssim: Similarity::climate(x, &y, shape),
            ssim: Similarity::classic(x, &y, shape),
            gradient_error: Gradients::between(x, &y, shape).and_then(|g| g.relative()),
            spread,
            spread_shift: spread
                .zip(self.spread)
                .map(|(ours, theirs)| ours.shift(&theirs)),
            errors: Uniformity::of(&errors, bound, BINS),
            autocorrelation: lags(&errors, shape),
            spectrum: self.spectrum.as_deref().and_then(|field| {
                let error = power_spectrum(&errors, shape)?;
                Some(in_bands(field, &error))
            }),
            map: map::of_errors(&errors, bound, shape),
        })
    }
}

fn lags(errors: &[f64], shape: &[usize]) -> BTreeMap<String, Vec<Option<f64>>> {
    let last = shape.len() - 1;
    let mut dimensions = vec![("along rows", last)];
    if last > 0 {
        dimensions.push(("along columns", last - 1));
    }
    if last > 1 {
        dimensions.push(("along the first dimension", 0));
    }
    let of = |(name, dimension): (&str, usize)| {
        let most = LAGS.min(shape[dimension].saturating_sub(1));
        let lags = 1..=most;
        let found = lags.map(|lag| autocorrelation(errors, shape, dimension, lag));
        (name.to_owned(), found.collect())
    };
    dimensions.into_iter().map(of).collect()
}

fn in_bands(field: &[f64], error: &[f64]) -> Spectrum {
    let last = field.len();
    let mut edges = vec![1];
    for k in 1..=BANDS {
        let edge = (last as f64).powf(k as f64 / BANDS as f64).round() as usize;
        if edge > edges[edges.len() - 1] {
            edges.push(edge);
        }
    }
    let mean = |power: &[f64], band: &[usize]| {
        power[band[0]..band[1]].iter().sum::<f64>() / (band[1] - band[0]) as f64
    };
    Spectrum {
        field: edges.windows(2).map(|band| mean(field, band)).collect(),
        error: edges.windows(2).map(|band| mean(error, band)).collect(),
        resolved: resolved(field, error),
        wavenumbers: last - 1,
        from: edges[..edges.len() - 1].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original() -> (Original<f32>, Vec<f32>) {
        let value = |i: u16| (f32::from(i % 40) * 0.3).sin() + f32::from(i / 40) * 0.2;
        let mut values: Vec<f32> = (0..24 * 40).map(value).collect();
        values[7] = f32::NAN;
        (
            Original::new(values.clone(), &[24, 40], &[], Some((90.0, -90.0))),
            values,
        )
    }

    #[test]
    fn the_same_field_is_perfect() {
        let (original, values) = original();
        let quality = original.judge(&values, 0.1).unwrap();
        assert!(quality.kept.all() && quality.kept.specials == 1);
        assert_eq!((quality.max_error, quality.psnr), (Some(0.0), None));
        assert_eq!(quality.dssim.unwrap().worst, 1.0);
        let spectrum = quality.spectrum.unwrap();
        assert_eq!((spectrum.resolved, spectrum.wavenumbers), (20, 20));
        assert_eq!(spectrum.from.len(), spectrum.field.len());
    }

    #[test]
    fn errors_are_found_and_other_lengths_refused() {
        let (original, mut values) = original();
        values[300] += 0.3;
        let quality = original.judge(&values, 0.1).unwrap();
        assert_eq!(quality.kept.broken, 1);
        assert!((quality.max_over_bound.unwrap() - 3.0).abs() < 1e-5);
        assert!(original.judge(&[0.0; 2], 0.1).is_none());
        values[7] = 0.0;
        let changed = original.judge(&values, 1.0).unwrap();
        assert!(!changed.kept.all() && changed.kept.changed == 1);
    }
}
