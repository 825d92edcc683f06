//! What is learned from.

use crate::error::{Error, Result};

/// A field whose first dimension is divided into a part to learn from and a later one to
/// validate on: time, where it has any.
#[derive(Debug, Clone)]
pub struct Series {
    values: Vec<f32>,
    shape: Vec<usize>,
}

impl Series {
    /// Values in row-major order. NaN, infinities and fills mean "nothing here".
    pub fn new(mut values: Vec<f32>, shape: Vec<usize>, fills: &[f64]) -> Result<Self> {
        if shape.iter().product::<usize>() != values.len() || values.is_empty() {
            return Err(Error::Series(format!(
                "a series of the shape {shape:?} does not have {} values",
                values.len()
            )));
        }
        for value in &mut values {
            if !value.is_finite() || fills.iter().any(|fill| *fill == f64::from(*value)) {
                *value = f32::NAN;
            }
        }
        Ok(Series { values, shape })
    }

    /// Without what comes from index `until` of the first dimension on.
    #[must_use]
    pub fn until(mut self, until: usize) -> Self {
        let inner: usize = self.shape[1..].iter().product();
        self.shape[0] = self.shape[0].min(until);
        self.values.truncate(self.shape[0] * inner);
        self
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Values per index of the first dimension.
    pub(crate) fn stride(&self) -> usize {
        self.shape[1..].iter().product()
    }

    /// Smallest and largest value; an error if nothing can be learned.
    pub(crate) fn range(&self) -> Result<(f32, f32)> {
        let finite = || self.values.iter().copied().filter(|x| !x.is_nan());
        let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        if low > high {
            return Err(Error::Series(
                "every value is NaN, infinite or a fill: there is nothing to learn".into(),
            ));
        }
        if low == high {
            return Err(Error::Series(format!(
                "every value is {low}: there is nothing to learn"
            )));
        }
        Ok((low, high))
    }
}

/// Where the part for validation begins, in a first dimension of `length`.
pub(crate) fn cut(length: usize, validation: f64) -> usize {
    let kept = ((length as f64) * (1.0 - validation)).round() as usize;
    kept.min(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_learned_from() {
        assert!(Series::new(vec![1.0; 5], vec![2, 3], &[]).is_err());
        assert!(Series::new(Vec::new(), vec![0, 3], &[]).is_err());
        let constant = Series::new(vec![1.0; 6], vec![2, 3], &[]).unwrap();
        assert!(
            constant
                .range()
                .unwrap_err()
                .to_string()
                .contains("every value is 1")
        );
        let fills = Series::new(vec![1.0; 6], vec![2, 3], &[1.0]).unwrap();
        assert!(fills.range().unwrap_err().to_string().contains("NaN"));
    }

    #[test]
    fn infinities_do_not_widen_the_range() {
        let values = vec![1.0, f32::INFINITY, 2.0, f32::NAN, 1e20, 0.0];
        let series = Series::new(values, vec![6], &[f64::from(1e20_f32)]).unwrap();
        assert_eq!(series.range().unwrap(), (0.0, 2.0));
        assert_eq!(series.until(1).values(), [1.0]);
    }
}
