//! How a field is cut into chunks.

use std::ops::Range;

use crate::error::{Result, invalid};

/// The most samples of a chunk that the format allows.
pub(crate) const MOST_CHUNK_SAMPLES: usize = 1 << 25;
/// Samples of a chunk that the codec aims for: enough for its statistics, few
/// enough that a 100 MB series keeps two threads busy to the end.
const USUAL_CHUNK_SAMPLES: usize = 1 << 22;

/// A field's shape and the shape of its chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    shape: Vec<usize>,
    chunk: Vec<usize>,
}

impl Grid {
    /// Chunks of that shape (smaller at the far edges). Nothing may be zero.
    pub(crate) fn new(shape: &[usize], chunk: &[usize]) -> Self {
        Grid {
            shape: shape.to_vec(),
            chunk: chunk.to_vec(),
        }
    }

    /// Chunks per dimension.
    fn counts(&self) -> Vec<usize> {
        self.shape
            .iter()
            .zip(&self.chunk)
            .map(|(n, c)| n.div_ceil(*c))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.counts().iter().product()
    }

    /// The part of the field that chunk `i` holds; chunks are in raster order.
    pub(crate) fn part(&self, i: usize) -> Vec<Range<usize>> {
        let counts = self.counts();
        let mut rest = i;
        let mut part = vec![0..0; counts.len()];
        for d in (0..counts.len()).rev() {
            let start = rest % counts[d] * self.chunk[d];
            part[d] = start..(start + self.chunk[d]).min(self.shape[d]);
            rest /= counts[d];
        }
        part
    }

    /// The chunks that hold anything of a region.
    pub(crate) fn touching(&self, region: &[Range<usize>]) -> Vec<usize> {
        let counts = self.counts();
        let ranges = region
            .iter()
            .zip(&self.chunk)
            .map(|(r, c)| r.start / c..r.end.div_ceil(*c));
        ranges.zip(&counts).fold(vec![0], |found, (range, count)| {
            found
                .iter()
                .flat_map(|i| range.clone().map(move |k| i * count + k))
                .collect()
        })
    }
}

/// The shape of the chunks the codec would choose: whole frames (the last two
/// dimensions) as long as they fit, then as much of time as fits, then the others.
pub(crate) fn usual_chunk(shape: &[usize], time: Option<usize>) -> Vec<usize> {
    let frame = shape.len().saturating_sub(2);
    let rest = (0..frame).rev().filter(|d| Some(*d) != time);
    let order = (frame..shape.len())
        .rev()
        .chain(time.filter(|t| *t < frame))
        .chain(rest);
    let mut chunk = vec![1; shape.len()];
    let mut room = USUAL_CHUNK_SAMPLES;
    for d in order {
        let pieces = shape[d].div_ceil(room.max(1));
        chunk[d] = shape[d].div_ceil(pieces);
        room /= chunk[d];
    }
    chunk
}

/// The least frames from key frame to key frame if nobody says: a forecast needs a past.
const LEAST_RUN: usize = 16;

/// The shape of the chunks for frame predictors: everything but time in one piece, and
/// `keyframe` frames of it, or as many as the codec would choose.
pub(crate) fn series_chunk(shape: &[usize], time: usize, keyframe: Option<usize>) -> Vec<usize> {
    // A series that is still being written has no end: its time is left out.
    let frame: usize = shape[..time].iter().chain(&shape[time + 1..]).product();
    let usual = || {
        let most = (USUAL_CHUNK_SAMPLES / frame).max(LEAST_RUN);
        shape[time].div_ceil(shape[time].div_ceil(most))
    };
    let mut chunk = shape.to_vec();
    chunk[time] = keyframe.map_or_else(usual, |frames| frames.min(shape[time]));
    chunk
}

/// Refuses chunk shapes that do not suit the field.
pub(crate) fn check_chunk(chunk: &[usize], shape: &[usize]) -> Result<()> {
    if chunk.len() != shape.len() {
        return invalid(format!(
            "the chunk shape {chunk:?} has {} dimensions, the field {}",
            chunk.len(),
            shape.len()
        ));
    }
    if chunk.contains(&0) {
        return invalid("a chunk cannot be 0 long; leave the chunk shape out to let foresz choose");
    }
    if chunk
        .iter()
        .try_fold(1usize, |n, c| n.checked_mul(*c))
        .is_none_or(|n| n > MOST_CHUNK_SAMPLES)
    {
        return invalid(format!(
            "chunks can have at most {MOST_CHUNK_SAMPLES} samples"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_field_once() {
        let grid = Grid::new(&[5, 4, 3], &[2, 4, 2]);
        let mut seen = vec![0; 60];
        for i in 0..grid.len() {
            let part = grid.part(i);
            for a in part[0].clone() {
                for b in part[1].clone() {
                    part[2].clone().for_each(|c| seen[(a * 4 + b) * 3 + c] += 1);
                }
            }
        }
        assert!(seen.iter().all(|n| *n == 1));
        assert_eq!(grid.touching(&[2..5, 0..1, 0..2]), [2, 4]);
        assert_eq!(
            grid.touching(&[0..5, 0..4, 0..3]),
            (0..6).collect::<Vec<_>>()
        );
    }

    #[test]
    fn usual_chunks_are_whole_frames_in_balanced_runs() {
        assert_eq!(usual_chunk(&[721, 1440], None), [721, 1440]);
        assert_eq!(usual_chunk(&[25, 721, 1440], Some(0)), [4, 721, 1440]);
        assert_eq!(
            usual_chunk(&[744, 37, 721, 1440], Some(0)),
            [4, 1, 721, 1440]
        );
        assert_eq!(usual_chunk(&[24, 22, 41, 41], Some(0)), [24, 22, 41, 41]);
        assert_eq!(
            usual_chunk(&[10, 4, 2, 61, 120], Some(1)),
            [10, 4, 2, 61, 120]
        );
        assert_eq!(
            series_chunk(&[25, 2, 721, 1440], 0, None),
            [13, 2, 721, 1440]
        );
        assert_eq!(series_chunk(&[3, 30, 40], 1, None), [3, 30, 40]);
        assert_eq!(series_chunk(&[3, 30, 40], 1, Some(24)), [3, 24, 40]);
        assert_eq!(usual_chunk(&[1 << 23], None), [1 << 22]);
        assert_eq!(usual_chunk(&[20_000, 20_000], None), [209, 20_000]);
    }
}
