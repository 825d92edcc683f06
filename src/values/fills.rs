//! Values that have to come back exactly.

use foresz_predictors::Sample;

/// Values that mark missing ones, and others that have to come back as they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fills {
    values: Vec<f64>,
}

impl Fills {
    /// `exact` are values that others may well turn into; what keeps numbers from turning
    /// into `fills` are [fences](crate::chunk::fences).
    pub(crate) fn new<T: Sample>(fills: &[f64], exact: &[f64]) -> Self {
        // As samples have them.
        let held = |x: &f64| T::from_f64(*x).to_f64();
        Fills {
            values: fills.iter().chain(exact).map(held).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether a value has to come back exactly.
    pub(crate) fn contains<T: Sample>(&self, x: &T) -> bool {
        self.values.contains(&x.to_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_values_are_those_of_the_type() {
        let fills = Fills::new::<f32>(&[1e20, 0.1], &[0.0]);
        for exact in [1e20f32, 0.1, 0.0, -0.0] {
            assert!(fills.contains(&exact), "{exact}");
        }
        assert!(!fills.contains(&0.1f64) && !fills.contains(&f32::NAN));
        assert!(Fills::default().is_empty() && !fills.is_empty());
    }
}
