//! What it means that a bound is kept: the rule for each value, and the verdict on many.
//!
//! Encoder, `verify`, `compare` and the tests all ask here.

mod sweep;

use foresz_predictors::Sample;

use crate::bound::Bound;

pub(crate) use sweep::{Errors, errors};

/// What was promised of the numbers of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Promise {
    /// The same bits.
    Exact,
    /// No error above this.
    Within(f64),
    /// No error above this part of the value.
    Relative(f64),
    /// At least this PSNR in dB, of the field as a whole.
    Psnr(f64),
}

impl Promise {
    /// What a bound promises of numbers that span so much.
    pub fn of(bound: Bound, span: f64) -> Self {
        match bound {
            Bound::Absolute(bound) => Promise::Within(bound),
            Bound::RangeRelative(part) => Promise::Within(part * span),
            Bound::PointwiseRelative(part) => Promise::Relative(part),
            Bound::Psnr(db) => Promise::Psnr(db),
            Bound::Lossless => Promise::Exact,
        }
    }

    /// The absolute bound, where there is one.
    pub fn absolute(self) -> Option<f64> {
        match self {
            Promise::Within(bound) => Some(bound),
            _ => None,
        }
    }

    /// How bad an error is, compared to others, and whether it may be.
    fn weigh(self, x: f64, error: f64, same: bool) -> (f64, bool) {
        match self {
            Promise::Within(bound) => (error, error <= bound),
            Promise::Relative(_) if error == 0.0 => (0.0, true),
            Promise::Relative(part) => (error / x.abs(), error <= part * x.abs()),
            Promise::Exact if same => (0.0, true),
            // A zero that lost its sign is off by nothing, but not the same.
            Promise::Exact => (error.max(f64::MIN_POSITIVE), false),
            Promise::Psnr(_) => (error, error.is_finite()),
        }
    }
}

/// What has to hold of each value.
#[derive(Clone, Copy)]
pub struct Rule<'a> {
    promise: Promise,
    fills: &'a [f64],
    keep: &'a [f64],
    allows: Option<&'a dyn Fn(f64, f64) -> bool>,
}

impl<'a> Rule<'a> {
    /// Numbers keep a promise; NaN and infinities come back bit for bit.
    pub fn new(promise: Promise) -> Self {
        Rule {
            promise,
            fills: &[],
            keep: &[],
            allows: None,
        }
    }

    /// Fill values, in the type of the field, come back bit for bit and are no numbers.
    pub fn fills(self, fills: &'a [f64]) -> Self {
        Rule { fills, ..self }
    }

    /// Numbers that are the same where they are.
    pub fn keep(self, keep: &'a [f64]) -> Self {
        Rule { keep, ..self }
    }

    /// Says whether a number may have become another, whatever the bound: whether it left
    /// a range.
    pub fn allows(self, allows: &'a dyn Fn(f64, f64) -> bool) -> Self {
        Rule {
            allows: Some(allows),
            ..self
        }
    }

    /// Compares values one by one, in the type that they are stored in. An error is a
    /// difference in `f64`, so that rounding hides nothing.
    pub fn judge<'v, T: Sample>(
        &self,
        originals: impl IntoIterator<Item = &'v T>,
        decoded: impl IntoIterator<Item = &'v T>,
    ) -> Verdict {
        let fills: Vec<T> = self.fills.iter().map(|fill| T::from_f64(*fill)).collect();
        let mut verdict = Verdict::default();
        for (position, (&x, &y)) in originals.into_iter().zip(decoded).enumerate() {
            let same = x.to_bits64() == y.to_bits64();
            let weight = if is_number(x, &fills) {
                self.number(&mut verdict, x.to_f64(), y.to_f64(), same)
            } else {
                verdict.specials += 1;
                verdict.changed += usize::from(!same);
                if same { 0.0 } else { f64::INFINITY }
            };
            if weight > verdict.weight {
                (verdict.worst, verdict.weight) = (Some(position), weight);
            }
        }
        verdict
    }

    fn number(&self, verdict: &mut Verdict, x: f64, y: f64, same: bool) -> f64 {
        let error = (x - y).abs();
        // A number that came back as NaN is as wrong as can be.
        let error = if error.is_nan() { f64::INFINITY } else { error };
        let (weight, within) = self.promise.weigh(x, error, same);
        let stays = x == y || !self.keep.contains(&x);
        let kept = within && stays && self.allows.is_none_or(|allows| allows(x, y));
        verdict.numbers += 1;
        verdict.broken += usize::from(!kept);
        verdict.max_error = verdict.max_error.max(error);
        verdict.squares += error * error;
        weight
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// Numbers.
    pub numbers: usize,
    /// Numbers that break the rule.
    pub broken: usize,
    /// NaN, infinities and fill values.
    pub specials: usize,
    /// Specials that did not come back bit for bit.
    pub changed: usize,
    /// Largest absolute error of a number.
    pub max_error: f64,
    /// Sum of the squares of errors.
    pub squares: f64,
    /// Where the worst is, counted in the order of the values; none if nothing is off.
    pub worst: Option<usize>,
    weight: f64,
}

impl Verdict {
    /// Whether every value is as promised. The PSNR is left to [`reaches`](Self::reaches).
    pub fn kept(&self) -> bool {
        self.broken == 0 && self.changed == 0
    }

    /// Root of the mean square error of the numbers.
    pub fn rms(&self) -> f64 {
        (self.squares / self.numbers.max(1) as f64).sqrt()
    }

    /// In dB, of numbers that span so much; infinite if nothing was lost.
    pub fn psnr(&self, span: f64) -> f64 {
        if self.squares == 0.0 {
            f64::INFINITY
        } else {
            20.0 * (span / self.rms()).log10()
        }
    }

    /// Whether a field whose numbers span so much is good enough as a whole.
    pub fn reaches(&self, promise: Promise, span: f64) -> bool {
        // The encoder adds squares up in another order: the last digits may differ.
        const ROUNDING_DB: f64 = 1e-9;
        match promise {
            Promise::Psnr(db) => self.psnr(span) >= db - ROUNDING_DB,
            _ => true,
        }
    }
}

/// Whether a value is neither special nor a fill value.
pub(crate) fn is_number<T: Sample>(x: T, fills: &[T]) -> bool {
    x.is_finite() && !fills.contains(&x)
}

/// Smallest and largest number among values.
pub(crate) fn range<'v, T: Sample>(
    values: impl IntoIterator<Item = &'v T>,
    fills: &[f64],
) -> Option<(f64, f64)> {
    let fills: Vec<T> = fills.iter().map(|fill| T::from_f64(*fill)).collect();
    let numbers = values.into_iter().filter(|x| is_number(**x, &fills));
    let ends = numbers.map(|x| x.to_f64());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    (low <= high).then_some((low, high))
}

/// Largest minus smallest number among values; 0 if there is none.
pub fn span<'v, T: Sample>(values: impl IntoIterator<Item = &'v T>, fills: &[f64]) -> f64 {
    range(values, fills).map_or(0.0, |(low, high)| high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_promise() {
        let x = [1.0f32, -2.0, 0.0];
        let y = [1.1f32, -2.0, 0.0];
        let within = |bound| Rule::new(Promise::Within(bound)).judge(&x, &y);
        assert!(within(0.11).kept() && !within(0.09).kept());
        let relative = |part| Rule::new(Promise::Relative(part)).judge(&x, &y);
        assert!(relative(0.11).kept() && relative(0.09).broken == 1);
        let exact = Rule::new(Promise::Exact).judge(&[0.0f32], &[-0.0]);
        assert_eq!((exact.broken, exact.worst), (1, Some(0)));
        let psnr = Rule::new(Promise::Psnr(20.0)).judge(&x, &y);
        assert!(psnr.kept() && psnr.reaches(Promise::Psnr(20.0), 3.0));
        assert!(!psnr.reaches(Promise::Psnr(90.0), 3.0));
        assert_eq!(span(&x, &[-2.0]), 1.0);
    }

    #[test]
    fn the_bound_itself_is_allowed_and_no_more() {
        let kept = |y: f64, promise, (absolute, relative)| {
            let told = Rule::new(promise).judge(&[2.0], &[y]).kept();
            assert_eq!(errors(&[2.0], &[y], absolute, relative).kept, told, "{y}");
            told
        };
        let within = |y| kept(y, Promise::Within(0.5), (0.5, 0.0));
        let relative = |y| kept(y, Promise::Relative(0.25), (0.0, 0.25));
        assert!(within(2.5) && relative(2.5) && within(1.5) && relative(1.5));
        assert!(!within(2.5f64.next_up()) && !relative(2.5f64.next_up()));
        assert!(!within(1.5f64.next_down()) && !relative(1.5f64.next_down()));
    }

    #[test]
    fn specials_come_back_bit_for_bit() {
        let other = f64::from_bits(f64::NAN.to_bits() ^ 1);
        let x = [f64::NAN, f64::INFINITY, -9999.0, 3.0];
        let rule = Rule::new(Promise::Within(1.0)).fills(&[-9999.0]);
        let verdict = rule.judge(&x, &x);
        assert_eq!((verdict.numbers, verdict.specials), (1, 3));
        assert!(verdict.kept());
        assert_eq!(rule.judge(&x, &[other, x[1], x[2], 3.5]).changed, 1);
        assert_eq!(rule.judge(&x, &[x[0], 1.0, -9998.5, f64::NAN]).changed, 2);
        let lost = rule.judge(&x, &[x[0], x[1], x[2], f64::NAN]);
        assert_eq!((lost.broken, lost.max_error), (1, f64::INFINITY));
    }

    #[test]
    fn what_is_kept_and_where_numbers_may_be() {
        let rule = Rule::new(Promise::Within(0.5)).keep(&[0.0]);
        assert_eq!(rule.judge(&[0.0, 1.0], &[0.1, 1.1]).broken, 1);
        let not_negative = |_: f64, y: f64| y >= 0.0;
        let rule = Rule::new(Promise::Within(0.5)).allows(&not_negative);
        assert_eq!(rule.judge(&[0.1, 1.0], &[-0.1, 1.1]).broken, 1);
    }
}
