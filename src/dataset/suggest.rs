//! What bounds do to a field: a ladder of them, tried on it.

use foresz_predictors::Sample;
use ndarray::{ArrayD, ArrayViewD, Axis, Slice};
use serde::Serialize;

use crate::bound::Bound;
use crate::compress::compress;
use crate::decompress::Decompressor;
use crate::error::Result;
use crate::lattice::lattice_step;
use crate::options::Options;

/// What a bound does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rung {
    /// The absolute bound.
    pub bound: f64,
    /// Bytes of samples over bytes of stream.
    pub ratio: f64,
    /// Bits of stream per sample.
    pub bits_per_value: f64,
    /// In dB; none where nothing is lost.
    pub psnr: Option<f64>,
    /// Largest error.
    pub max_error: f64,
    /// Root of the mean square change of the differences between neighbours, over that of the
    /// differences.
    pub gradient_change: f64,
}

/// A field under a ladder of bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ladder {
    /// From the loosest to the tightest.
    pub rungs: Vec<Rung>,
    /// Step that the field was rounded to before, if it was.
    pub step: Option<f64>,
    /// The largest bound that changes gradients by [`GRADIENTS`] at most; where even the
    /// tightest changes more, or the field was rounded more coarsely before, half that step.
    pub gentle: Option<f64>,
}

/// What gradients may change by.
pub const GRADIENTS: f64 = 0.05;

/// Rungs per decade.
const PER_DECADE: [f64; 3] = [1.0, 2.0, 5.0];
/// Bounds tried: parts of the range.
const LOOSEST: f64 = 1e-2;
const DECADES: i32 = 5;

/// Tries bounds on a field, which may well be a part of a larger one. The bound of the
/// options is not used.
pub fn ladder<T: Sample>(field: ArrayViewD<T>, options: &Options) -> Result<Ladder> {
    let numbers: Vec<T> = field.iter().copied().collect();
    let is_number = |x: &f64| x.is_finite() && !options.fills.contains(x);
    let ends = numbers.iter().map(|x| x.to_f64()).filter(is_number);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    let step = lattice_step(&numbers, &options.fills);
    let span = if low < high { high - low } else { 0.0 };
    let mut ladder = Ladder {
        rungs: Vec::new(),
        step,
        gentle: None,
    };
    for bound in bounds(span) {
        let rung = try_out(&field, bound, span, options)?;
        let lossless = rung.max_error == 0.0;
        ladder.rungs.push(rung);
        if lossless {
            // All tighter bounds do the same.
            break;
        }
    }
    let gentle = ladder.rungs.iter().find(|r| r.gradient_change <= GRADIENTS);
    let least = step.map_or(0.0, |step| step / 2.0);
    ladder.gentle = gentle.map(|r| r.bound.max(least)).or(step.map(|s| s / 2.0));
    Ok(ladder)
}

/// Round numbers from the loosest on.
fn bounds(span: f64) -> Vec<f64> {
    if span <= 0.0 || !span.is_finite() {
        return Vec::new();
    }
    let top = (span * LOOSEST).log10().floor() as i32;
    let decade = |exponent: i32| {
        // Written as text, so that 0.05 is 0.05 and not a neighbour.
        let bound = move |m: &f64| format!("{m}e{exponent}").parse().unwrap_or(0.0);
        PER_DECADE.iter().rev().map(bound).collect::<Vec<f64>>()
    };
    let all = (top - DECADES + 1..=top).rev().flat_map(decade);
    all.filter(|b| *b > 0.0 && *b <= span * LOOSEST * 1.000_001)
        .collect()
}

fn try_out<T: Sample>(
    field: &ArrayViewD<T>,
    bound: f64,
    span: f64,
    options: &Options,
) -> Result<Rung> {
    let options = Options {
        bound: Bound::Absolute(bound),
        ..options.clone()
    };
    let stream = compress(field.view(), &options)?;
    let decoder = Decompressor::default()
        .threads(options.threads)
        .registry(options.registry.clone());
    let decoded: ArrayD<T> = decoder.field(&stream.bytes)?;
    let is_number = |x: f64| x.is_finite() && !options.fills.contains(&x);
    let (mut squares, mut count) = (0.0, 0usize);
    for (x, y) in field.iter().zip(&decoded) {
        let (x, y) = (x.to_f64(), y.to_f64());
        if is_number(x) {
            squares += (x - y) * (x - y);
            count += 1;
        }
    }
    let rms = (squares / count.max(1) as f64).sqrt();
    let psnr = 20.0 * (span / rms).log10();
    Ok(Rung {
        bound,
        ratio: stream.report.ratio,
        bits_per_value: stream.report.bits_per_value,
        psnr: psnr.is_finite().then_some(psnr),
        max_error: stream.report.max_error,
        gradient_change: gradient_change(field, &decoded.view(), is_number),
    })
}

/// Along the last two dimensions.
fn gradient_change<T: Sample>(
    field: &ArrayViewD<T>,
    decoded: &ArrayViewD<T>,
    is_number: impl Fn(f64) -> bool,
) -> f64 {
    let (mut changes, mut gradients) = (0.0, 0.0);
    let last = field.ndim();
    for d in last.saturating_sub(2)..last {
        let step = |array: &ArrayViewD<T>, from: isize, to: isize| -> Vec<f64> {
            let to = (to != 0).then_some(to);
            let part = array.slice_axis(Axis(d), Slice::new(from, to, 1));
            part.iter().map(|x| x.to_f64()).collect()
        };
        let pairs = |array: &ArrayViewD<T>| (step(array, 0, -1), step(array, 1, 0));
        let ((a, b), (c, d)) = (pairs(field), pairs(decoded));
        for k in 0..a.len() {
            if is_number(a[k]) && is_number(b[k]) {
                let (was, is) = (b[k] - a[k], d[k] - c[k]);
                gradients += was * was;
                changes += (was - is) * (was - is);
            }
        }
    }
    if gradients > 0.0 {
        (changes / gradients).sqrt()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_are_round_numbers() {
        let bounds = bounds(70.0);
        assert_eq!(bounds[..4], [0.5, 0.2, 0.1, 0.05]);
        assert!(bounds.len() > 12 && bounds.is_sorted_by(|a, b| a > b));
        assert!(super::bounds(0.0).is_empty() && super::bounds(f64::INFINITY).is_empty());
    }

    #[test]
    fn tighter_bounds_change_less() {
        let field = ArrayD::from_shape_fn(&[40, 60][..], |at| {
            ((at[0] as f32 * 0.3).sin() + (at[1] as f32 * 0.2).cos()) * 10.0
        });
        let ladder = ladder(field.view(), &Options::new(Bound::Lossless).threads(1)).unwrap();
        for pair in ladder.rungs.windows(2) {
            assert!(pair[0].gradient_change >= 0.5 * pair[1].gradient_change);
            assert!(pair[0].bound > pair[1].bound && pair[1].max_error <= pair[1].bound);
        }
        let gentle = ladder.gentle.unwrap();
        let rung = ladder.rungs.iter().find(|r| r.bound == gentle).unwrap();
        assert!(rung.gradient_change <= GRADIENTS);
        assert_eq!(ladder.step, None);
    }

    #[test]
    fn what_was_rounded_needs_no_tighter_bound() {
        let field = ArrayD::from_shape_fn(&[40, 60][..], |at| {
            ((at[0] as f32 * 0.3).sin() * 80.0).round() * 0.25
        });
        let ladder = ladder(field.view(), &Options::new(Bound::Lossless).threads(1)).unwrap();
        assert!((ladder.step.unwrap() - 0.25).abs() < 1e-9);
        assert!(ladder.gentle.unwrap() >= 0.125);
        assert_eq!(ladder.rungs.last().unwrap().max_error, 0.0);
    }
}
