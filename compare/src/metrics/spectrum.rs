//! How much of a field there is at each scale.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Power by wavenumber along the last dimension, the mean over all rows without holes: how
/// often a wave fits into the row is its place in the result, which starts at 0. Rows are
/// freed of their mean and tapered by a Hann window of mean square 1, so that ends that do not
/// meet are no scale of their own.
///
/// `None` if rows are shorter than 8 samples, or none is whole.
pub fn power_spectrum(values: &[f64], shape: &[usize]) -> Option<Vec<f64>> {
    const SHORTEST: usize = 8;
    let columns = *shape.last()?;
    if columns < SHORTEST {
        return None;
    }
    let window = hann(columns);
    let transform = FftPlanner::new().plan_fft_forward(columns);
    let mut power = vec![0.0; columns / 2 + 1];
    let mut rows = 0usize;
    let mut waves = Vec::with_capacity(columns);
    for row in values.chunks_exact(columns) {
        let mean = row.iter().sum::<f64>() / columns as f64;
        if !mean.is_finite() {
            continue;
        }
        waves.clear();
        let tapered = row.iter().zip(&window).map(|(x, w)| (x - mean) * w);
        waves.extend(tapered.map(|x| Complex::new(x, 0.0)));
        transform.process(&mut waves);
        for (k, power) in power.iter_mut().enumerate() {
            let twice = if k == 0 || 2 * k == columns { 1.0 } else { 2.0 };
            *power += twice * waves[k].norm_sqr() / (columns * columns) as f64;
        }
        rows += 1;
    }
    power.iter_mut().for_each(|p| *p /= rows as f64);
    (rows > 0).then_some(power)
}

fn hann(length: usize) -> Vec<f64> {
    let turn = std::f64::consts::TAU / length as f64;
    let window = (0..length).map(|i| 0.5 - 0.5 * (turn * (i as f64 + 0.5)).cos());
    // The mean square of a Hann window is 3/8.
    window.map(|w| w / 0.375f64.sqrt()).collect()
}

/// The largest wavenumber up to which the error has less than a tenth of the power of the
/// field: finer scales are more error than signal is worth.
pub fn resolved(field: &[f64], error: &[f64]) -> usize {
    let drowned = |(signal, noise): (&f64, &f64)| *noise > 0.1 * signal;
    let scales = field.iter().zip(error).skip(1);
    scales.clone().position(drowned).unwrap_or(scales.len())
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_it() {
        let (x, _) = fields();
        let power = power_spectrum(&x, &[24, 40]).unwrap();
        assert_eq!(power.len(), 21);
        for (k, expected) in [
            (0, 0.313_227_033_882_440_3),
            (1, 1.505_667_891_579_168_4),
            (5, 0.032_654_153_837_539_14),
            (13, 0.032_622_829_544_975_49),
            (20, 0.013_259_104_402_112_367),
        ] {
            close(power[k], expected);
        }
    }

    #[test]
    fn powers_add_up_to_the_variance_of_what_was_tapered() {
        let wave = |i: usize| (i as f64 * std::f64::consts::TAU * 12.0 / 96.0).sin();
        let x: Vec<f64> = (0..96).map(wave).collect();
        let power = power_spectrum(&x, &[96]).unwrap();
        let peak = power.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        assert_eq!(peak.unwrap().0, 12);
        close(power.iter().sum(), 0.5);
    }

    #[test]
    fn rows_with_holes_are_left_out() {
        let mut x: Vec<f64> = (0..32).map(|i| f64::from(i % 5)).collect();
        let whole = power_spectrum(&x[..16], &[1, 16]);
        x[20] = f64::NAN;
        assert_eq!(power_spectrum(&x, &[2, 16]), whole);
        assert_eq!(power_spectrum(&x[16..], &[1, 16]), None);
        assert_eq!(power_spectrum(&[1.0; 6], &[6]), None);
    }

    #[test]
    fn scales_count_as_resolved_up_to_the_first_that_is_not() {
        assert_eq!(resolved(&[9.0, 8.0, 4.0, 1.0], &[0.0, 0.1, 0.3, 0.2]), 2);
        assert_eq!(resolved(&[9.0, 8.0, 4.0], &[0.0, 0.0, 0.0]), 2);
    }
}
