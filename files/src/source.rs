//! Where values come from.

use std::ops::Range;

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::values::Values;

/// An open file. Values are read in parts: a variable may be larger than memory.
pub trait Source: Send {
    /// The name of the format, for people: `NetCDF-4`, `GRIB edition 1`.
    fn format(&self) -> String;

    /// What the file says of itself.
    fn dataset(&self) -> &Dataset;

    /// Values of a part of a variable (one range per dimension, none of them empty, within
    /// its shape), as stored, in C order.
    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values>;

    /// All values of a variable, without a second copy of any that are in memory already.
    fn take(mut self: Box<Self>, variable: usize) -> Result<Values> {
        let found = self.dataset().variables.get(variable);
        let found = found.ok_or_else(|| Error::Invalid(format!("no variable {variable}")))?;
        let shape = self.dataset().shape(found);
        if shape.contains(&0) {
            return Ok(Values::zeros(found.kind, 0));
        }
        let whole: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
        self.read(variable, &whole)
    }

    /// Shape of the pieces that the file stores a variable in, if it does: reading whole
    /// ones is fastest.
    fn pieces(&self, variable: usize) -> Option<Vec<usize>>;

    /// Names of what the file has and the data set has not, each with the reason.
    fn skipped(&self) -> &[(String, String)] {
        &[]
    }
}
