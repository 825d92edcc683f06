//! Parts of variables.

use std::ops::Range;

use crate::error::{Error, Result};

/// Refuses a region that is not a part of something with this shape.
#[cfg(any(
    feature = "arrays",
    feature = "grib",
    feature = "netcdf",
    feature = "zarr"
))]
pub(crate) fn check(region: &[Range<usize>], shape: &[usize]) -> Result<()> {
    let inside = |(r, n): (&Range<usize>, &usize)| r.start < r.end && r.end <= *n;
    if region.len() == shape.len() && region.iter().zip(shape).all(inside) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "region {region:?} is not a part of shape {shape:?}"
    )))
}

/// Where the rows of a region start in an array of that shape, and how long they are.
pub(crate) fn rows(shape: &[usize], region: &[Range<usize>]) -> Result<(Vec<usize>, usize)> {
    let inside = |(r, n): (&Range<usize>, &usize)| r.start <= r.end && r.end <= *n;
    if shape.len() != region.len() || !region.iter().zip(shape).all(inside) {
        return Err(Error::Invalid(format!(
            "the region {region:?} leaves the shape {shape:?}"
        )));
    }
    let Some((last, before)) = region.split_last() else {
        return Ok((vec![0], 1));
    };
    let mut starts = vec![0];
    for (range, length) in before.iter().zip(shape) {
        let next = |start: &usize| {
            let start = start * length;
            range.clone().map(move |i| start + i)
        };
        starts = starts.iter().flat_map(next).collect();
    }
    let columns = shape[shape.len() - 1];
    starts
        .iter_mut()
        .for_each(|s| *s = *s * columns + last.start);
    Ok((starts, last.len()))
}

/// How many values a region has.
#[cfg(any(feature = "grib", feature = "zarr"))]
pub(crate) fn volume(region: &[Range<usize>]) -> usize {
    region.iter().map(Range::len).product()
}
