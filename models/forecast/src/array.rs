use crate::error::{Error, Result};

/// Values as models take and give them, the last axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Array {
    /// An array of that shape.
    ///
    /// # Errors
    /// If the shape asks for another number of values.
    pub fn new(shape: &[usize], values: Vec<f32>) -> Result<Self> {
        let wanted = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
        if wanted != Some(values.len()) {
            return Err(Error::Shape(format!(
                "{} values do not fill the shape {shape:?}",
                values.len()
            )));
        }
        Ok(Array {
            shape: shape.to_vec(),
            values,
        })
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values, no longer an array.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }
}
