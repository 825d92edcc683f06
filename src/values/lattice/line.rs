//! The lattice that gives back the most values to the bit.

use foresz_predictors::Sample;

/// A point that a lattice has to have: its number, and the ends of what is rounded to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) n: f64,
    low: f64,
    high: f64,
}

impl Point {
    pub(super) fn new<T: Sample>(n: f64, x: T) -> Self {
        let (below, above) = (x.next_down().to_f64(), -((-x).next_down().to_f64()));
        let x = x.to_f64();
        // Beyond the largest value lies infinity, and beyond the smallest.
        let half = 0.5 * (x - below).min(above - x);
        Point {
            n,
            low: x - half,
            high: x + half,
        }
    }
}

/// Origin and step of the lattice that passes through the points with the most room to spare, and
/// whether it does. The room is a concave function of the step; it is looked for within `doubt`
/// of `step`.
pub(super) fn through(points: &[Point], step: f64, doubt: f64) -> (f64, f64, bool) {
    let (mut low, mut high) = (step - doubt, step + doubt);
    for _ in 0..ROUNDS {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if room(points, a).0 < room(points, b).0 {
            low = a;
        } else {
            high = b;
        }
    }
    let step = 0.5 * (low + high);
    let (room, origin) = room(points, step);
    (origin, step, room >= 0.0)
}

/// Each leaves two thirds.
const ROUNDS: usize = 60;

/// By how much a lattice of this step can be moved, and the middle of where it can be.
pub(super) fn room(points: &[Point], step: f64) -> (f64, f64) {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for point in points {
        let at = point.n * step;
        low = low.max(point.low - at);
        high = high.min(point.high - at);
    }
    (high - low, 0.5 * (low + high))
}
