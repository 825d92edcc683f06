//! Values as whole multiples of a step, and the only place where anything is lost.

use foresz_predictors::{Sample, widest};

use crate::check::Errors;

/// A step, and what it takes to keep to a bound with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale<T> {
    pub(super) step: T,
    inverse: T,
    /// Differences in `T` up to this are within the bound.
    tolerance: T,
    /// Multiples up to this are exact.
    limit: T,
}

/// How values fared, in lanes that are put together at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally<T> {
    largest: [T; LANES],
    /// In steps: squares of differences themselves could overflow.
    squares: [f64; LANES],
}

const LANES: usize = 8;
/// Runs up to this keep their sums of squares, in lanes of `T`, accurate.
pub(super) const LONGEST_RUN: usize = 256;
const LIMIT_OF_F64: f64 = (1 << 30) as f64;

impl<T: Sample> Scale<T> {
    /// The scale for a bound on values of about `largest` magnitude, unless it is too
    /// tight for them. The scale holds for larger values too, but may lose some.
    pub(super) fn new(bound: f64, largest: T) -> Option<Self> {
        let epsilon = T::from_bits64(T::ONE.to_bits64() + 1).to_f64() - 1.0;
        let largest = largest.to_f64();
        // 1/step, value/step and multiple·step are each rounded by at most ε/2 of the
        // value: half steps narrower by their sum (and a little, for the rounding of
        // the step) keep to the bound without exceptions.
        let half = (bound - 1.6 * epsilon * largest).min(T::MAX.to_f64() / 8.0);
        let step = T::from_f64(2.0 * half);
        let inverse = T::ONE / step;
        let limit = match T::BYTES {
            4 => T::CODE_LIMIT,
            _ => T::from_f64(LIMIT_OF_F64),
        };
        let usable = bound >= 4.0 * epsilon * largest
            && bound.is_finite()
            && step > T::ZERO
            && inverse.is_finite()
            && largest * inverse.to_f64() <= limit.to_f64();
        usable.then_some(Scale {
            step,
            inverse,
            tolerance: tolerance(bound),
            limit,
        })
    }

    /// Multiple nearest to a value, as a code and as what the decoder makes of it, and
    /// how far off that is, or infinity where it does not do.
    #[inline(always)]
    pub(super) fn nearest(&self, original: T) -> (i32, T, bool) {
        let scaled = original * self.inverse;
        let (rounded, code) = scaled.round_to_code();
        let off = (value(rounded, self.step) - original).abs();
        // Written so that a NaN anywhere fails it. The difference of two so close
        // numbers is exact.
        let kept = (off <= self.tolerance) & (scaled.abs() <= self.limit);
        (code, off, kept)
    }
}

/// The one formula for what a multiple means; encoder and decoder both call it.
#[inline(always)]
fn value<T: Sample>(multiple: T, step: T) -> T {
    multiple * step
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

impl<T: Sample> Tally<T> {
    pub(super) fn new() -> Self {
        Tally {
            largest: [T::ZERO; LANES],
            squares: [0.0; LANES],
        }
    }

    /// Adds one that was off by that much.
    pub(super) fn add(&mut self, scale: &Scale<T>, off: T) {
        let largest = &mut self.largest[0];
        *largest = if off > *largest { off } else { *largest };
        let part = off * scale.inverse;
        self.squares[0] += (part * part).to_f64();
    }

    pub(super) fn errors(&self, scale: &Scale<T>) -> Errors {
        let step = scale.step.to_f64();
        let largest = self.largest.map(T::to_f64);
        Errors {
            kept: true,
            largest: largest.into_iter().fold(0.0, f64::max),
            squares: self.squares.iter().sum::<f64>() * step * step,
        }
    }
}

widest! {
    /// Multiples of values, or false if some come from too far; only else are they
    /// added to the tally. `offs` is room to work in.
    fn quantise<T: Sample>(scale: &Scale<T>, originals: &[T], codes: &mut [i32], offs: &mut [T; LONGEST_RUN], tally: &mut Tally<T>) -> bool {
        let mut missed = 0;
        for ((x, code), off) in originals.iter().zip(codes).zip(offs.iter_mut()) {
            let (nearest, distance, kept) = scale.nearest(*x);
            (*code, *off) = (nearest, distance);
            missed |= u32::from(!kept);
        }
        if missed != 0 {
            return false;
        }
        let used = originals.len().next_multiple_of(LANES);
        offs[originals.len()..used].fill(T::ZERO);
        let mut squares = [T::ZERO; LANES];
        for off in offs[..used].as_chunks::<LANES>().0 {
            for k in 0..LANES {
                let largest = &mut tally.largest[k];
                *largest = if off[k] > *largest { off[k] } else { *largest };
            }
            for k in 0..LANES {
                let part = off[k] * scale.inverse;
                squares[k] = squares[k] + part * part;
            }
        }
        for k in 0..LANES {
            tally.squares[k] += squares[k].to_f64();
        }
        true
    }

    /// What codes mean, appended.
    fn restore<T: Sample>(step: T, codes: &[i32], out: &mut Vec<T>) {
        out.extend(codes.iter().map(|code| value(T::from_f64(f64::from(*code)), step)));
    }
}
