//! Chunks that a region has a part in.

use std::ops::Range;

/// Places of the chunks that have a part of a region, in C order.
pub(super) fn places(region: &[Range<usize>], chunks: &[usize]) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new()];
    for (range, length) in region.iter().zip(chunks) {
        let along = range.start / length..range.end.div_ceil(*length);
        let next = |place: Vec<usize>| along.clone().map(move |p| [&place[..], &[p]].concat());
        places = places.into_iter().flat_map(next).collect();
    }
    places
}

/// What a region and a chunk have in common, counted from the first value of either.
pub(super) struct Overlap {
    pub(super) region: Vec<Range<usize>>,
    pub(super) chunk: Vec<Range<usize>>,
}

/// What a region and the chunk at a place have in common.
pub(super) fn overlap(region: &[Range<usize>], chunks: &[usize], place: &[usize]) -> Overlap {
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
