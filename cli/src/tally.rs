//! Originals held against decoded values, one by one.

use foresz::{Bound, Info, Sample};
use ndarray::ArrayD;

/// What has to hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// No error above this.
    Within(f64),
    /// No error above this part of the value.
    Relative(f64),
    /// The same bits.
    Exact,
    /// At least this PSNR, in dB.
    Psnr(f64),
}

impl Rule {
    /// The rule for a stream whose original spans `span`.
    pub(super) fn new(info: &Info, span: f64) -> Self {
        match info.asked {
            Bound::Absolute(bound) => Rule::Within(bound),
            // The stream's own idea of the bound is not trusted to be the right one.
            Bound::RangeRelative(part) => Rule::Within(info.bound.min(part * span)),
            Bound::PointwiseRelative(part) => Rule::Relative(part),
            Bound::Psnr(db) => Rule::Psnr(db),
            Bound::Lossless => Rule::Exact,
        }
    }

    /// The absolute bound, where there is one.
    pub(super) fn absolute(self) -> Option<f64> {
        match self {
            Rule::Within(bound) => Some(bound),
            _ => None,
        }
    }

    /// Whether the field as a whole is good enough.
    pub(super) fn reached(self, psnr: f64) -> bool {
        // The encoder adds squares up in another order: the last digits may differ.
        const ROUNDING_DB: f64 = 1e-9;
        match self {
            Rule::Psnr(db) => psnr >= db - ROUNDING_DB,
            _ => true,
        }
    }

    /// How bad an error is, compared to others, and whether it may be.
    fn weigh(self, x: f64, error: f64, same: bool) -> (f64, bool) {
        match self {
            Rule::Within(bound) => (error, error <= bound),
            Rule::Relative(_) if error == 0.0 => (0.0, true),
            Rule::Relative(part) => (error / x.abs(), error <= part * x.abs()),
            // A zero that lost its sign is off by nothing, but not the same.
            Rule::Exact => (
                if same {
                    0.0
                } else {
                    error.max(f64::MIN_POSITIVE)
                },
                same,
            ),
            Rule::Psnr(_) => (error, true),
        }
    }
}

fn is_number<T: Sample>(x: T, fills: &[T]) -> bool {
    x.is_finite() && !fills.contains(&x)
}

/// Largest minus smallest number of a field.
pub(super) fn span<T: Sample>(field: &ArrayD<T>, fills: &[T]) -> f64 {
    let numbers = field
        .iter()
        .filter(|x| is_number(**x, fills))
        .map(|x| x.to_f64());
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    if low <= high { high - low } else { 0.0 }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) numbers: usize,
    /// NaN, infinities and fill values.
    pub(super) specials: usize,
    /// Specials that did not come back bit for bit.
    pub(super) changed: usize,
    /// Numbers that break the rule.
    pub(super) broken: usize,
    pub(super) max_error: f64,
    squares: f64,
    /// Where the worst is, counted in C order.
    pub(super) worst: Option<usize>,
    worst_weight: f64,
}

impl Tally {
    /// Compares two fields of one shape.
    pub(super) fn count<T: Sample>(
        original: &ArrayD<T>,
        decoded: &ArrayD<T>,
        fills: &[T],
        rule: Rule,
    ) -> Self {
        let mut tally = Tally::default();
        for (position, (&x, &y)) in original.iter().zip(decoded).enumerate() {
            let same = x.to_bits64() == y.to_bits64();
            let weight = if is_number(x, fills) {
                tally.number(x.to_f64(), y.to_f64(), same, rule)
            } else {
                tally.special(same)
            };
            if weight > tally.worst_weight {
                (tally.worst, tally.worst_weight) = (Some(position), weight);
            }
        }
        tally
    }

    fn number(&mut self, x: f64, y: f64, same: bool, rule: Rule) -> f64 {
        let error = (x - y).abs();
        // A number that came back as NaN is as wrong as can be.
        let error = if error.is_nan() { f64::INFINITY } else { error };
        let (weight, kept) = rule.weigh(x, error, same);
        self.numbers += 1;
        self.broken += usize::from(!kept);
        self.max_error = self.max_error.max(error);
        self.squares += error * error;
        weight
    }

    fn special(&mut self, same: bool) -> f64 {
        self.specials += 1;
        self.changed += usize::from(!same);
        if same { 0.0 } else { f64::INFINITY }
    }

    /// Root of the mean square error of the numbers.
    pub(super) fn rms(&self) -> f64 {
        (self.squares / self.numbers.max(1) as f64).sqrt()
    }

    /// In dB; infinite if nothing was lost.
    pub(super) fn psnr(&self, span: f64) -> f64 {
        if self.squares == 0.0 {
            f64::INFINITY
        } else {
            20.0 * (span / self.rms()).log10()
        }
    }
}
