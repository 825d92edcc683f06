//! Fences: gaps that no number gets into or across.
//!
//! A bound alone lets a number drift anywhere near its original: below a least value, out of
//! a valid range, onto a fill value. A fence is a pair of neighbouring values with nothing
//! between them that a number may be. What is decoded on the wrong side of a fence, or in it,
//! is moved to the nearest end of it that lies on the right side. That never takes a number
//! further from its original, which lies on that side too.

mod mend;

use std::borrow::Cow;

use foresz_predictors::Sample;

use crate::bound::Loss;
use crate::check;
use crate::error::{Result, invalid};
use crate::options::Options;
use crate::values::fills::Fills;
use crate::values::sweeps;

pub(crate) use mend::mend;
use mend::{Mend, Side};

const MOST_RANGES: usize = 8;

/// The last value on one side and the first on the other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fence<T> {
    below: T,
    above: T,
}

/// All that numbers of a field keep to, whatever the bound.
#[derive(Debug, Clone)]
pub(crate) struct Fences<T> {
    /// What every number ends up in, even if it was a little outside.
    limits: (T, T),
    all: Vec<Fence<T>>,
}

/// How values follow on each other.
#[derive(Clone, Copy)]
struct Steps<'a> {
    /// Whole numbers only, from the first to the second.
    whole: Option<(f64, f64)>,
    fills: &'a [f64],
}

impl Steps<'_> {
    /// Whether a number could be this at all.
    fn can_be(self, x: f64) -> bool {
        match self.whole {
            Some((first, last)) => first <= x && x <= last && x.fract() == 0.0,
            None => x.is_finite(),
        }
    }

    fn up<T: Sample>(self, x: T) -> T {
        if self.whole.is_some() {
            x + T::ONE
        } else {
            -(-x).next_down()
        }
    }

    fn down<T: Sample>(self, x: T) -> T {
        if self.whole.is_some() {
            x - T::ONE
        } else {
            x.next_down()
        }
    }

    fn is_fill<T: Sample>(self, x: T) -> bool {
        self.can_be(x.to_f64()) && self.fills.contains(&x.to_f64())
    }

    /// The first value from `x` on that numbers may be.
    fn from<T: Sample>(self, mut x: T) -> T {
        while self.is_fill(x) {
            x = self.up(x);
        }
        x
    }

    /// The last one up to `x`.
    fn up_to<T: Sample>(self, mut x: T) -> T {
        while self.is_fill(x) {
            x = self.down(x);
        }
        x
    }

    /// The first value of the type that is no less than `x`.
    fn at_least<T: Sample>(self, x: f64) -> T {
        let x = if self.whole.is_some() { x.ceil() } else { x };
        let near = T::from_f64(x);
        if near.to_f64() < x {
            self.up(near)
        } else {
            near
        }
    }

    /// The last one that is no more.
    fn at_most<T: Sample>(self, x: f64) -> T {
        -Steps { fills: &[], ..self }.at_least::<T>(-x)
    }
}

impl<T: Sample> Fences<T> {
    /// What the options ask for, in the type of the field; refused where that type has no
    /// such values.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let held = |x: &f64| T::from_f64(*x).to_f64();
        let fills: Vec<f64> = options.fills.iter().map(held).collect();
        let steps = Steps {
            whole: options.whole,
            fills: &fills,
        };
        let limits: (T, T) = limits(options, steps)?;
        // NaN is in no order.
        let in_order = |(low, high): &(f64, f64)| low <= high;
        if options.valid.len() > MOST_RANGES || !options.valid.iter().all(in_order) {
            return invalid(format!(
                "a valid range goes from a number up to another, and there are at most {MOST_RANGES}"
            ));
        }
        let mut all = Vec::new();
        let mut add = |below: T, above: T| {
            let fence = Fence { below, above };
            if below < above && !all.contains(&fence) {
                all.push(fence);
            }
        };
        // Limits first: what was outside has a side of the others only then.
        if limits.0.is_finite() {
            add(steps.down(limits.0), limits.0);
        }
        if limits.1.is_finite() {
            add(limits.1, steps.up(limits.1));
        }
        for (low, high) in &options.valid {
            // A reader may well compare with the end as the type of the field has it.
            for low in [steps.at_least(*low), T::from_f64(*low)] {
                add(steps.down(low), low);
            }
            for high in [steps.at_most(*high), T::from_f64(*high)] {
                add(high, steps.up(high));
            }
        }
        for fill in fills.iter().filter(|x| steps.can_be(**x)) {
            let fill = T::from_f64(*fill);
            add(steps.up_to(fill), steps.from(fill));
        }
        Ok(Fences { limits, all })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The first of the limits, if there is one.
    pub(crate) fn least(&self) -> Option<f64> {
        Some(self.limits.0.to_f64()).filter(|x| x.is_finite())
    }

    /// Where a number may end up that is next to it.
    fn aim(&self, x: T) -> T {
        if x < self.limits.0 {
            self.limits.0
        } else if x > self.limits.1 {
            self.limits.1
        } else {
            x
        }
    }

    /// What stands for the values of a chunk where they come back exactly: they
    /// themselves, but for numbers outside of the limits. Refuses a chunk whose numbers are
    /// further outside than they may err.
    pub(crate) fn held<'a>(
        &self,
        values: &'a [T],
        fills: &Fills,
        loss: Loss,
    ) -> Result<Cow<'a, [T]>> {
        let inside = |x: &T| !x.is_finite() || (self.limits.0 <= *x && *x <= self.limits.1);
        if self.all.is_empty() || values.iter().all(|x| inside(x) || fills.contains(x)) {
            return Ok(Cow::Borrowed(values));
        }
        let mut held = values.to_vec();
        for x in &mut held {
            if !inside(x) && !fills.contains(x) {
                let aim = self.aim(*x);
                let (absolute, relative) = match loss {
                    Loss::Absolute(bound) => (bound, 0.0),
                    Loss::Relative(part) => (0.0, part),
                };
                if !check::errors(&[*x], &[aim], absolute, relative).kept {
                    return invalid(format!(
                        "a value of {x} is beyond the limit of {aim} by more than the bound: decoded values could not keep both; leave the limit out or loosen the bound"
                    ));
                }
                *x = aim;
            }
        }
        Ok(Cow::Owned(held))
    }

    /// Moves decoded numbers to where they belong, as the decoder will, and appends what it
    /// has to know for that. `numbers` are the originals, NaN where there are none. Whether
    /// anything had to be moved.
    pub(crate) fn mend(&self, numbers: &[T], decoded: &mut [T], out: &mut Vec<u8>) -> bool {
        if self.all.is_empty() {
            return false;
        }
        let Some((low, high)) = sweeps::range(numbers) else {
            return false;
        };
        let mut mends = Vec::new();
        let (low, high) = (self.aim(low), self.aim(high));
        // Of what stands in holes, too: at worst that means looking closely in vain.
        let (lowest, highest) = sweeps::range(decoded).unwrap_or_default();
        for fence in &self.all {
            let clear = (fence.above <= low && fence.above <= lowest)
                || (high <= fence.below && highest <= fence.below);
            if clear {
                continue;
            }
            if let Some(mend) = self.needed(*fence, numbers, decoded) {
                mend.apply(decoded);
                mends.push(mend);
            }
        }
        if !mends.is_empty() {
            mend::write(&mends, out);
        }
        !mends.is_empty()
    }

    /// What a fence has to do, if it has anything to do.
    fn needed(&self, fence: Fence<T>, numbers: &[T], decoded: &[T]) -> Option<Mend<T>> {
        let Fence { below, above } = fence;
        let (mut moves, mut any_below, mut any_above) = (false, false, false);
        let mut turned = vec![0u8; numbers.len().div_ceil(8)];
        for (i, (x, y)) in numbers.iter().zip(decoded).enumerate() {
            if !x.is_finite() {
                continue;
            }
            let is_above = self.aim(*x) >= above;
            any_above |= is_above;
            any_below |= !is_above;
            moves |= if is_above { *y < above } else { *y > below };
            turned[i / 8] |= u8::from(is_above != (*y > below)) << (i % 8);
        }
        let side = match (any_below, any_above) {
            (true, false) => Side::Below,
            (false, true) => Side::Above,
            _ => Side::Turned(turned),
        };
        moves.then_some(Mend { fence, side })
    }
}

/// What every number has to end up in; infinite where nothing is asked for.
fn limits<T: Sample>(options: &Options, steps: Steps) -> Result<(T, T)> {
    let (first, last) = options.whole.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    for limit in [options.least, options.most].into_iter().flatten() {
        if !limit.is_finite() || !T::from_f64(limit).is_finite() {
            return invalid(format!(
                "a limit must be a number that {} can hold, not {limit}",
                T::NAME
            ));
        }
    }
    let least = options.least.map_or(first, |x| x.max(first));
    let most = options.most.map_or(last, |x| x.min(last));
    let (low, high): (T, T) = (
        steps.from(steps.at_least(least)),
        steps.up_to(steps.at_most(most)),
    );
    let numbers = (options.least.is_none() || low.is_finite())
        && (options.most.is_none() || high.is_finite());
    if low <= high && numbers {
        Ok((low, high))
    } else {
        invalid(format!(
            "no number of {} lies from {least} to {most} that is not a fill value",
            T::NAME
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::Bound;
    use crate::bytes::Reader;
    use crate::error::Section;

    fn fences(options: Options) -> Vec<(f32, f32)> {
        let fences = Fences::<f32>::new(&options).unwrap();
        fences.all.iter().map(|f| (f.below, f.above)).collect()
    }

    fn asked() -> Options {
        Options::new(Bound::Absolute(1.0))
    }

    #[test]
    fn fences_stand_between_neighbours() {
        assert!(fences(asked()).is_empty());
        assert_eq!(fences(asked().least(0.0)), [(-1e-45, 0.0)]);
        assert_eq!(fences(asked().most(2.0)), [(2.0, 2.0f32.next_up())]);
        let low = 0.7f32.next_up();
        assert_eq!(fences(asked().least(0.7)), [(0.7, low)]);
        // Ends as they are, and as the type has them.
        let valid = fences(asked().valid(0.7, f64::INFINITY));
        assert_eq!(valid, [(0.7, low), (0.7f32.next_down(), 0.7)]);
        assert_eq!(fences(asked().fill(0.0)), [(-1e-45, 1e-45)]);
    }

    #[test]
    fn whole_numbers_have_whole_neighbours() {
        let whole = Options {
            whole: Some((-9.0, 9.0)),
            ..asked()
        };
        let kind = [(-10.0, -9.0), (9.0, 10.0)];
        assert_eq!(fences(whole.clone()), kind);
        // Both fill values have the same neighbours.
        let filled = fences(whole.clone().fill(3.0).fill(4.0));
        assert_eq!(filled[2..], [(2.0, 5.0)]);
        let odd = whole.clone().fill(0.5).fill(1e20).fill(f64::NAN);
        assert_eq!(fences(odd), kind);
        assert_eq!(fences(whole.least(2.5).fill(3.0))[0], (3.0, 4.0));
    }

    #[test]
    fn what_is_written_is_what_is_done() {
        let options = asked().least(0.0).fill(5.0);
        let fences = Fences::<f32>::new(&options).unwrap();
        let numbers = [0.0, 4.5, 5.5, f32::NAN, 9.0];
        let decoded = [-0.5, 5.0, 5.0, -7.0, f32::MAX];
        let (mut mended, mut bytes) = (decoded, Vec::new());
        assert!(fences.mend(&numbers, &mut mended, &mut bytes));
        let (down, up) = (5.0f32.next_down(), 5.0f32.next_up());
        assert_eq!(mended, [0.0, down, up, 0.0, f32::MAX]);
        let mut again = decoded;
        let mut reader = Reader::new(&bytes, Section::Chunk);
        mend(&mut reader, &mut again).unwrap();
        assert!(reader.is_empty());
        assert_eq!(again, mended);
        assert!(!fences.mend(&numbers, &mut mended, &mut bytes));
    }
}
