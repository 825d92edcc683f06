//! What the benches share: fields made of arithmetic, and how results are named.

#![allow(dead_code, reason = "every bench uses its own part")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on should say so"
)]

use criterion::Throughput;
use foresz::{Bound, Options};
use ndarray::{ArrayD, IxDyn};

/// One global frame at a quarter of a degree.
pub(crate) const FRAME: [usize; 2] = [721, 1440];

/// Temperatures of sorts: a parabola from pole to pole, waves of three sizes that move
/// with `time`, and noise of a few hundredths. Polynomials and whole numbers only.
pub(crate) fn value(time: usize, row: usize, column: usize) -> f32 {
    let y = row as f32 / 360.0 - 1.0;
    // A parabola per half wave stands for a sine.
    let wave = |at: usize, length: usize| {
        let phase = (at % length) as f32 / length as f32 * 2.0 - 1.0;
        4.0 * phase * (1.0 - phase.abs())
    };
    let large = wave(column + 3 * time + row / 4, 480);
    let middle = wave(2 * row + column + 5 * time, 120) * wave(column, 90);
    let small = wave(3 * column + 7 * row + time, 23);
    let hash = (row * 1440 + column + time * 7919).wrapping_mul(0x9e37_79b9) as u32;
    let noise = (hash ^ hash >> 15).wrapping_mul(0x85eb_ca6b) >> 16;
    let noise = noise as f32 / 65_536.0 - 0.5;
    300.0 - 55.0 * y * y + 6.0 * large + 2.0 * middle + 0.3 * small + 0.06 * noise
}

/// A frame.
pub(crate) fn frame() -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(&FRAME), |at| value(0, at[0], at[1]))
}

/// A series of smaller frames.
pub(crate) fn series() -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(&[8, 181, 360]), |at| {
        value(at[0], at[1] * 4, at[2] * 4)
    })
}

pub(crate) fn bytes(field: &ArrayD<f32>) -> Throughput {
    Throughput::Bytes(field.len() as u64 * 4)
}

/// One thread: the layers are measured, not the machine.
pub(crate) fn options(bound: Bound, spec: &str) -> Options {
    Options::new(bound).predictor(spec).unwrap().threads(1)
}
