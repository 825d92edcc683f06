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
pub(crate) fn volume(region: &[Range<usize>]) -> usize {
    region.iter().map(Range::len).product()
}

/// Places of the chunks that have a part of a region, in C order.
pub(crate) fn chunks(region: &[Range<usize>], chunks: &[usize]) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new()];
    for (range, length) in region.iter().zip(chunks) {
        let along = range.start / length..range.end.div_ceil(*length);
        let next = |place: Vec<usize>| along.clone().map(move |p| [&place[..], &[p]].concat());
        places = places.into_iter().flat_map(next).collect();
    }
    places
}

/// What a region and a chunk have in common, counted from the first value of either.
pub(crate) struct Overlap {
    pub(crate) region: Vec<Range<usize>>,
    pub(crate) chunk: Vec<Range<usize>>,
}

/// What a region and the chunk at a place have in common.
pub(crate) fn overlap(region: &[Range<usize>], chunks: &[usize], place: &[usize]) -> Overlap {
    let mut found = Overlap {
        region: Vec::new(),
        chunk: Vec::new(),
    };
    for ((range, length), place) in region.iter().zip(chunks).zip(place) {
        let first = place * length;
        let start = range.start.max(first);
        let end = range.end.min(first + length);
        found.region.push(start - range.start..end - range.start);
        found.chunk.push(start - first..end - first);
    }
    found
}
