//! Reductions of rows: sums and largest values in a fixed order, and what softmax and
//! the normalisations do with them.

use crate::cpu::widest;
use crate::math::exp;

/// Values are folded into this many lanes, value i into lane i mod 16; then lane i
/// with lane i + 8, i + 4, i + 2 and i + 1. Part of what every result is: a change
/// changes all bits.
pub(crate) const LANES: usize = 16;

/// Folds a function of the values of a row into one. Joining `start` must change
/// nothing.
#[inline(always)]
fn fold(
    row: &[f32],
    start: f32,
    value_of: impl Fn(f32) -> f32,
    join: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut lanes = [start; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for values in whole {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = join(*lane, value_of(*value));
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = join(*lane, value_of(*value));
    }
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = join(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The larger of two; NaN wins, whichever it is.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

/// The smaller of two; NaN wins, whichever it is.
#[inline(always)]
pub(crate) fn smaller(a: f32, b: f32) -> f32 {
    if a < b || a.is_nan() { a } else { b }
}

#[inline(always)]
fn add(a: f32, b: f32) -> f32 {
    a + b
}

#[inline(always)]
fn same(a: f32) -> f32 {
    a
}

/// Mean and variance of a row, the variance from the deviations.
#[inline(always)]
fn moments_of(row: &[f32]) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = fold(row, 0.0, same, add) / count;
    let variance = fold(row, 0.0, |v| (v - mean) * (v - mean), add) / count;
    (mean, variance)
}

widest! {
    pub(crate) fn sum[][](row: &[f32]) -> f32 {
        fold(row, 0.0, same, add)
    }

    pub(crate) fn product[][](row: &[f32]) -> f32 {
        fold(row, 1.0, same, |a, b| a * b)
    }

    pub(crate) fn largest[][](row: &[f32]) -> f32 {
        fold(row, f32::NEG_INFINITY, same, larger)
    }

    pub(crate) fn smallest[][](row: &[f32]) -> f32 {
        fold(row, f32::INFINITY, same, smaller)
    }

    pub(crate) fn sum_of_squares[][](row: &[f32]) -> f32 {
        fold(row, 0.0, |v| v * v, add)
    }

    /// Softmax of a row, in place.
    pub(crate) fn softmax[][](row: &mut [f32]) {
        let top = fold(row, f32::NEG_INFINITY, same, larger);
        for value in row.iter_mut() {
            *value = exp(*value - top);
        }
        let sum = fold(row, 0.0, same, add);
        for value in row.iter_mut() {
            *value /= sum;
        }
    }

    /// The mean of a row and one over its standard deviation.
    pub(crate) fn moments[][](row: &[f32], epsilon: f32) -> (f32, f32) {
        let (mean, variance) = moments_of(row);
        (mean, 1.0 / (variance + epsilon).sqrt())
    }

    /// A row shifted and scaled to mean 0 and deviation 1, then by a weight and a bias
    /// for each place.
    pub(crate) fn standardise[][](
        row: &[f32], moments: (f32, f32), weight: &[f32], bias: &[f32], out: &mut [f32],
    ) {
        for (((o, v), w), b) in out.iter_mut().zip(row).zip(weight).zip(bias) {
            *o = (*v - moments.0) * moments.1 * *w + *b;
        }
    }

    /// The same with one weight and one bias for all places.
    pub(crate) fn standardise_by[][](
        row: &[f32], moments: (f32, f32), affine: (f32, f32), out: &mut [f32],
    ) {
        for (o, v) in out.iter_mut().zip(row) {
            *o = (*v - moments.0) * moments.1 * affine.0 + affine.1;
        }
    }
}
