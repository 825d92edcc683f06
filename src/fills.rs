//! Values that have to come back exactly.

use foresz_predictors::Sample;

use crate::chunk::Loss;

/// Values that mark missing ones, each with what a bound could turn into it: a number so
/// near to one could be decoded as a missing value, and so comes back exactly, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fills {
    ranges: Vec<(f64, f64)>,
}

impl Fills {
    /// `exact` are values that others may well turn into. Decoders let nothing through
    /// below `least`, so that nothing can become a fill value there.
    pub(crate) fn new<T: Sample>(
        fills: &[f64],
        exact: &[f64],
        least: Option<f64>,
        loss: Loss,
    ) -> Self {
        // As samples have them.
        let held = |x: &f64| T::from_f64(*x).to_f64();
        let around = |fill: f64| {
            let (low, high) = match loss {
                _ if least.is_some_and(|least| fill < least) => (fill, fill),
                Loss::Absolute(bound) => (fill - bound, fill + bound),
                Loss::Relative(part) => (fill / (1.0 + part), fill / (1.0 - part)),
            };
            if low <= high {
                (low, high)
            } else {
                (high, low)
            }
        };
        let exact = exact.iter().map(held).map(|x| (x, x));
        Fills {
            ranges: fills.iter().map(held).map(around).chain(exact).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether a value has to come back exactly.
    pub(crate) fn contains<T: Sample>(&self, x: &T) -> bool {
        let x = x.to_f64();
        self.ranges
            .iter()
            .any(|(low, high)| *low <= x && x <= *high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_become_a_fill_value_counts_as_one() {
        let fills = Fills::new::<f32>(&[-32767.0], &[0.0], None, Loss::Absolute(11.0));
        for exact in [-32767.0f32, -32756.0, -32778.0, 0.0] {
            assert!(fills.contains(&exact), "{exact}");
        }
        for free in [-32755.0f32, 1.0, f32::NAN] {
            assert!(!fills.contains(&free), "{free}");
        }
        let fills = Fills::new::<f32>(&[-32767.0], &[], Some(-32766.0), Loss::Absolute(11.0));
        assert!(!fills.contains(&-32766.0f32));
        let fills = Fills::new::<f64>(&[-9.0], &[], None, Loss::Relative(0.1));
        assert!(fills.contains(&-9.9f64) && fills.contains(&-8.2f64) && !fills.contains(&-8.0f64));
        let fills = Fills::new::<f32>(&[1e20], &[], None, Loss::Absolute(0.1));
        assert!(fills.contains(&1e20f32) && !fills.contains(&9e19f32));
    }
}
