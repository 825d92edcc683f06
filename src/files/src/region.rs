//! Parts of variables.

use std::ops::Range;

use crate::error::{Error, Result};

/// Refuses a region that is not a part of something with this shape.
pub(crate) fn check(region: &[Range<usize>], shape: &[usize]) -> Result<()> {
    let inside = |(r, n): (&Range<usize>, &usize)| r.start < r.end && r.end <= *n;
    if region.len() == shape.len() && region.iter().zip(shape).all(inside) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "region {region:?} is not a part of shape {shape:?}"
    )))
}
