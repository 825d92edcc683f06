//! Where values come from.

use std::ops::Range;

use crate::dataset::Dataset;
use crate::error::Result;
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

    /// Shape of the pieces that the file stores a variable in, if it does: reading whole
    /// ones is fastest.
    fn pieces(&self, variable: usize) -> Option<Vec<usize>>;

    /// Refuses a variable whose values are stored in a way that cannot be read, as far as that
    /// can be told without reading any.
    fn check(&self, _variable: usize) -> Result<()> {
        Ok(())
    }

    /// Names of what the file has and the data set has not, each with the reason.
    fn skipped(&self) -> &[(String, String)] {
        &[]
    }
}
