//! The only place where information is lost, and where the bound is kept.

use std::sync::Arc;

use foresz_predictors::Sample;

use crate::entropy::{ESCAPE, HOLE};
use crate::values::lattice::{Lattice, Lattices, SLACK};
use crate::values::rounding::{from_ordered, ordered, ulp};

/// How codes and values relate in a chunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Quantiser<T> {
    /// Bins of width `2·half` around the prediction; `bound` is what is checked.
    Linear { half: T, bound: f64 },
    /// No loss: the code is the number of representable values in between.
    Exact,
    /// Values of a lattice: bins of `2·k + 1` of its points, none farther than `radius` from
    /// the middle; `bound` is what is checked.
    Lattice {
        lattices: Arc<Lattices>,
        radius: f64,
        bound: f64,
    },
}

/// What a code means: the pair of formulas that the row kernels are built around.
pub(super) trait Kernel<T: Sample>: Copy {
    /// Code and decoder's value for an original; NaN originals are holes.
    fn encode(&self, original: T, prediction: T) -> (i32, T);
    /// The decoder's value, unless the code is an escape.
    fn decode(&self, code: i32, prediction: T) -> T;
    /// As [`Kernel::encode`], for the middle of a recursion: `known` is the part of the
    /// prediction that does not depend on the value just coded. Shortens the way from
    /// one value to the next; may choose another code, never another value for it.
    #[inline(always)]
    fn encode_next(&self, original: T, known: T, tap: T, west: T) -> (i32, T) {
        let _ = (known, tap, west);
        self.encode(original, known + tap * west)
    }
}

/// A linear quantiser made ready for one plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear<T> {
    step: T,
    inverse: T,
    tolerance: T,
    range: (T, T),
}

impl<T: Sample> Quantiser<T> {
    /// The quantiser for a bound (0: exact) on values of at most `largest` magnitude.
    ///
    /// Rounding the result to the stored type can move it by half an ulp, so bins are
    /// narrower than the bound by that much. When little or nothing would be left of
    /// them, coding exactly is both safe and smaller.
    pub(crate) fn new(bound: f64, largest: T) -> Self {
        let half = T::from_f64(bound - 0.5 * ulp(largest));
        let usable = bound >= 2.0 * ulp(largest)
            && (half + half).is_finite()
            && (T::ONE / (half + half)).is_finite();
        if bound > 0.0 && usable {
            Quantiser::Linear { half, bound }
        } else {
            Quantiser::Exact
        }
    }
}

impl<T: Sample> Quantiser<T> {
    /// The quantiser for values on lattices, if that has wider bins than this one.
    pub(crate) fn on_lattices(&self, bound: f64, largest: T, lattices: Lattices) -> Option<Self> {
        // Points are known up to the rounding of the stored type.
        let slack = if lattices.exact() {
            bound * 1e-6
        } else {
            SLACK * ulp(largest)
        };
        let radius = bound - slack;
        let wider = |lattice: &&Lattice| radius > 0.0 && self.is_narrower(radius, lattice.step);
        let most = lattices.each.iter().filter(wider);
        (2 * most.count() > lattices.each.len()).then(|| Quantiser::Lattice {
            lattices: Arc::new(lattices),
            radius,
            bound,
        })
    }

    /// Whether its bins are no wider than those that lattices of a step have within a radius.
    pub(crate) fn is_narrower(&self, radius: f64, step: f64) -> bool {
        match self {
            Quantiser::Linear { half, .. } => {
                points(radius, step) * step >= MUCH * 2.0 * half.to_f64()
            }
            _ => true,
        }
    }

    /// The quantiser without loss for values on lattices.
    pub(crate) fn to_the_bit(lattices: Lattices) -> Self {
        Quantiser::Lattice {
            lattices: Arc::new(lattices),
            radius: 0.0,
            bound: 0.0,
        }
    }

    /// The slice that a sample is in, if slices have lattices of their own.
    pub(super) fn slice(&self, sample: usize) -> usize {
        match self {
            Quantiser::Lattice { lattices, .. } if lattices.each.len() > 1 => {
                (sample / lattices.samples.max(1)).min(lattices.each.len() - 1)
            }
            _ => 0,
        }
    }

    /// Puts values in place of the points of lattices that stand for them.
    pub(crate) fn amend(&self, values: &mut [T]) {
        if let Quantiser::Lattice { lattices, .. } = self
            && let [lattice] = lattices.each.as_slice()
        {
            lattices.amendments.apply(values, *lattice);
        }
    }

    /// What says the same wherever in a chunk a value is.
    pub(super) fn anywhere(&self) -> Self {
        match self {
            Quantiser::Lattice { lattices, .. } if lattices.each.len() > 1 => Quantiser::Exact,
            same => same.clone(),
        }
    }
}

/// What bins of a lattice have to be wider by: they take longer.
const MUCH: f64 = 1.03;

/// Points of a lattice within a radius around one of them.
fn points(radius: f64, step: f64) -> f64 {
    2.0 * (radius / step).floor() + 1.0
}

impl<T: Sample> Linear<T> {
    /// `low` and `high` keep predictions for holes within the values of the chunk.
    pub(crate) fn new(half: T, bound: f64, tighten: f64, range: (T, T)) -> Self {
        let half = T::from_f64(half.to_f64() / tighten);
        let step = half + half;
        Linear {
            step,
            inverse: T::ONE / step,
            tolerance: tolerance(bound),
            range,
        }
    }

    /// The one formula for what a code means. Encoder and decoder both call it.
    #[inline(always)]
    fn value(&self, prediction: T, code: T) -> T {
        prediction + code * self.step
    }
}

/// What stands in a hole so that neighbours can be predicted through it.
#[inline(always)]
fn hole<T: Sample>(prediction: T, (low, high): (T, T)) -> T {
    // Written so that a NaN prediction becomes `low`.
    let above = if prediction > low { prediction } else { low };
    if above < high { above } else { high }
}

impl<T: Sample> Kernel<T> for Linear<T> {
    #[inline(always)]
    fn encode(&self, original: T, prediction: T) -> (i32, T) {
        let scaled = (original - prediction) * self.inverse;
        let (rounded, code) = scaled.round_to_code();
        let value = self.value(prediction, rounded);
        // Written so that a NaN anywhere fails it.
        let kept = (value - original).abs() <= self.tolerance && scaled.abs() <= T::CODE_LIMIT;
        let (code, value) = if kept {
            (code, value)
        } else {
            (ESCAPE, original)
        };
        if original.is_nan() {
            (HOLE, hole(prediction, self.range))
        } else {
            (code, value)
        }
    }

    #[inline(always)]
    fn encode_next(&self, original: T, known: T, tap: T, west: T) -> (i32, T) {
        let prediction = known + tap * west;
        let scaled = (original - known) * self.inverse - (tap * self.inverse) * west;
        let (rounded, code) = scaled.round_to_code();
        let value = self.value(prediction, rounded);
        if (value - original).abs() <= self.tolerance && scaled.abs() <= T::CODE_LIMIT {
            (code, value)
        } else {
            // Rare, so that the branch is free and the selects stay off the way.
            self.encode(original, prediction)
        }
    }

    #[inline(always)]
    fn decode(&self, code: i32, prediction: T) -> T {
        let value = self.value(prediction, T::from_f64(f64::from(code)));
        if code == HOLE {
            hole(prediction, self.range)
        } else {
            value
        }
    }
}

/// A threshold in `T` such that a difference that rounds to at most it is at most
/// `bound` exactly: rounding moves a difference by less than one step of `T`.
fn tolerance<T: Sample>(bound: f64) -> T {
    let mut t = T::from_f64(bound);
    if t.to_f64() > bound || !t.is_finite() {
        t = t.next_down();
    }
    t.next_down()
}

/// A lattice quantiser made ready for one plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnLattice<T> {
    origin: f64,
    step: f64,
    inverse: f64,
    /// Points per bin.
    width: f64,
    tolerance: T,
    range: (T, T),
}

/// The largest number of a lattice point that the formulas below get right.
const MOST_POINTS: f64 = (1u64 << 45) as f64;

impl<T: Sample> OnLattice<T> {
    pub(crate) fn new(
        Lattice { origin, step, .. }: Lattice,
        (radius, bound): (f64, f64),
        tighten: f64,
        range: (T, T),
    ) -> Self {
        let width = points(radius / tighten, step);
        let tolerance = if bound > 0.0 {
            tolerance(bound)
        } else {
            T::ZERO
        };
        OnLattice {
            origin,
            step,
            inverse: 1.0 / step,
            width,
            tolerance,
            range,
        }
    }

    /// The number of the point nearest to a value; ties to even.
    #[inline(always)]
    fn point(&self, x: T) -> f64 {
        ((x.to_f64() - self.origin) * self.inverse)
            .round_to_code()
            .0
    }

    /// The one formula for what a code means.
    #[inline(always)]
    fn value(&self, prediction: T, code: f64) -> T {
        T::from_f64(self.origin + (self.point(prediction) + code * self.width) * self.step)
    }
}

impl<T: Sample> Kernel<T> for OnLattice<T> {
    #[inline(always)]
    fn encode(&self, original: T, prediction: T) -> (i32, T) {
        let (from, to) = (self.point(prediction), self.point(original));
        let (rounded, code) = ((to - from) / self.width).round_to_code();
        let value = self.value(prediction, rounded);
        let kept = if self.tolerance > T::ZERO {
            (value - original).abs() <= self.tolerance
        } else {
            value.to_bits64() == original.to_bits64()
        };
        let sane =
            rounded.abs() <= 4_000_000.0 && from.abs() <= MOST_POINTS && to.abs() <= MOST_POINTS;
        let (code, value) = if kept && sane {
            (code, value)
        } else {
            (ESCAPE, original)
        };
        if original.is_nan() {
            (HOLE, hole(prediction, self.range))
        } else {
            (code, value)
        }
    }

    #[inline(always)]
    fn decode(&self, code: i32, prediction: T) -> T {
        let value = self.value(prediction, f64::from(code));
        if code == HOLE {
            hole(prediction, self.range)
        } else {
            value
        }
    }
}

/// A quantiser without loss.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact<T> {
    range: (T, T),
}

impl<T: Sample> Exact<T> {
    pub(crate) fn new(range: (T, T)) -> Self {
        Exact { range }
    }
}

impl<T: Sample> Kernel<T> for Exact<T> {
    #[inline(always)]
    fn encode(&self, original: T, prediction: T) -> (i32, T) {
        if original.is_nan() {
            return (HOLE, hole(prediction, self.range));
        }
        let difference = ordered(original).wrapping_sub(ordered(anchor(prediction)));
        match i32::try_from(difference) {
            Ok(code) if code.unsigned_abs() <= 1 << 30 => (code, original),
            _ => (ESCAPE, original),
        }
    }

    #[inline(always)]
    fn decode(&self, code: i32, prediction: T) -> T {
        if code == HOLE {
            return hole(prediction, self.range);
        }
        from_ordered(ordered(anchor(prediction)).wrapping_add(i64::from(code)))
    }
}

/// Predictions that are not a number count as zero: their bits differ between machines.
#[inline(always)]
fn anchor<T: Sample>(prediction: T) -> T {
    if prediction.is_nan() {
        T::ZERO
    } else {
        prediction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_is_below_the_bound_and_close_to_it() {
        for bound in [0.01, 1e-30, 0.1f64, 3.0, f64::from(f32::MAX) * 2.0] {
            let t = tolerance::<f32>(bound);
            assert!(
                f64::from(t) < bound && f64::from(t) > bound * 0.4,
                "{bound} {t}"
            );
        }
    }

    // 0.010009766 for 0.01: rounding to f32 after reconstruction breaks the bound
    // unless it is checked in the stored type.
    #[test]
    fn the_bound_holds_in_the_stored_type_at_every_scale() {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        for scale in [1e-3f32, 1.0, 300.0, 1e5, 1e30] {
            for bound in [1e-2, 1e-4, 1e-6].map(|r| r * f64::from(scale)) {
                let Quantiser::Linear { half, bound } = Quantiser::new(bound, scale) else {
                    continue;
                };
                let linear = Linear::new(half, bound, 1.1, (-scale, scale));
                for _ in 0..2000 {
                    let (x, p) = (next() * scale, next() * scale);
                    let (code, value) = linear.encode(x, p);
                    assert!(
                        (f64::from(value) - f64::from(x)).abs() <= bound,
                        "{x} {p} {bound}"
                    );
                    if code != ESCAPE {
                        assert_eq!(linear.decode(code, p).to_bits(), value.to_bits());
                    }
                }
            }
        }
    }

    #[test]
    fn lattice_bins_keep_the_bound_and_the_lattice() {
        let lattice = Lattice {
            origin: 250.0,
            step: 1.0 / 512.0,
            exact: true,
        };
        for (bound, width) in [(0.0, 1.0), (0.0005, 1.0), (0.0021, 3.0)] {
            let kernel = OnLattice::new(lattice, (bound, bound), 1.0, (200.0f32, 300.0));
            assert_eq!(kernel.width, width);
            for i in 0..2000 {
                let x = (250.0 + f64::from(i * 7 % 3001) / 512.0) as f32;
                let p = 251.3 + (i as f32 * 0.37) % 3.0;
                let (code, value) = kernel.encode(x, p);
                assert!(code != ESCAPE && (f64::from(value) - f64::from(x)).abs() <= bound);
                assert_eq!(kernel.decode(code, p).to_bits(), value.to_bits());
            }
        }
    }

    #[test]
    fn lattices_are_used_where_they_have_wider_bins() {
        let on = |bound: f64, exact| {
            let lattice = Lattice {
                origin: 250.0,
                step: 1.0 / 512.0,
                exact,
            };
            let plain = Quantiser::new(bound, 300.0f32);
            let lattices = Lattices::new(vec![lattice], 100);
            plain.on_lattices(bound, 300.0, lattices).is_some()
        };
        assert!(on(0.0005, true) && on(0.0021, true) && on(0.0005, false));
        // Bins of five steps of the lattice would be narrower than the bound allows.
        assert!(!on(0.0056, true));
    }

    #[test]
    fn awkward_predictions_never_break_anything() {
        let linear = Linear::new(0.5f32, 0.5, 1.0, (-1.0, 1.0));
        for p in [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            -f32::MAX,
        ] {
            assert_eq!(linear.encode(0.25, p), (ESCAPE, 0.25));
            let (code, value) = linear.encode(f32::NAN, p);
            assert_eq!((code, value.abs()), (HOLE, 1.0));
        }
    }
}
