//! Where values go.

use std::ops::Range;

use crate::error::Result;
use crate::values::Values;

/// A file that is being written: its data set is known from the start.
pub trait Sink {
    /// Writes a part of a variable (one range per dimension), in C order. Parts of a
    /// variable come in order along its first dimension and cover it once.
    fn write(&mut self, variable: usize, region: &[Range<usize>], values: &Values) -> Result<()>;

    /// Writes what is left. Without it there is no file.
    fn finish(self: Box<Self>) -> Result<()>;
}
