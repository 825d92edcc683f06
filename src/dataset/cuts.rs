//! How a variable is cut into pieces, each a stream or a blob of its own.

use std::ops::Range;

/// Where pieces end along each dimension, the last one at the length: together they are
/// the boxes of a grid, and so cover the variable once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cuts {
    pub(crate) ends: Vec<Vec<usize>>,
}

impl Cuts {
    /// One piece, or none where a dimension is empty.
    pub(crate) fn whole(shape: &[usize]) -> Self {
        let ends = |n: &usize| if *n == 0 { Vec::new() } else { vec![*n] };
        Cuts {
            ends: shape.iter().map(ends).collect(),
        }
    }

    /// Pieces of at most `room` values: runs along the slowest dimension, or single places
    /// of it and runs along the next.
    pub(crate) fn fitting(shape: &[usize], room: usize) -> Self {
        let mut cuts = Cuts::whole(shape);
        for (d, &length) in shape.iter().enumerate() {
            let rest: usize = shape[d + 1..].iter().product();
            if rest.saturating_mul(length) <= room || length == 0 {
                break;
            }
            let run = (room / rest.max(1)).max(1);
            let runs = length.div_ceil(run);
            // Balanced, so that the last one is not a stub.
            let run = length.div_ceil(runs);
            cuts.ends[d] = (1..=runs).map(|k| (k * run).min(length)).collect();
            cuts.ends[d].dedup();
            if run > 1 {
                break;
            }
        }
        cuts
    }

    /// Cuts at more places along one dimension.
    pub(crate) fn cut(mut self, dimension: usize, ends: &[usize]) -> Self {
        self.ends[dimension].extend(ends);
        self.ends[dimension].sort_unstable();
        self.ends[dimension].dedup();
        self
    }

    /// Number of pieces; none if they cannot be counted.
    pub(crate) fn count(&self) -> Option<usize> {
        let mut counts = self.ends.iter().map(Vec::len);
        counts.try_fold(1usize, usize::checked_mul)
    }

    /// The box of piece `i`; the last dimension is the fastest.
    pub(crate) fn piece(&self, i: usize) -> Vec<Range<usize>> {
        let mut rest = i;
        let mut piece = vec![0..0; self.ends.len()];
        for (range, ends) in piece.iter_mut().zip(&self.ends).rev() {
            let k = rest % ends.len();
            *range = k.checked_sub(1).map_or(0, |k| ends[k])..ends[k];
            rest /= ends.len();
        }
        piece
    }

    /// The pieces that hold anything of a region.
    pub(crate) fn touching(&self, region: &[Range<usize>]) -> Vec<usize> {
        let along = |(range, ends): (&Range<usize>, &Vec<usize>)| {
            let first = ends.partition_point(|end| *end <= range.start);
            let last = ends.partition_point(|end| *end < range.end);
            first..(last + 1).min(ends.len())
        };
        let ranges = region.iter().zip(&self.ends).map(along);
        ranges
            .zip(&self.ends)
            .fold(vec![0], |found, (range, ends)| {
                let next = |i: &usize| {
                    let i = *i;
                    range.clone().map(move |k| i * ends.len() + k)
                };
                found.iter().flat_map(next).collect()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(region: &[Range<usize>]) -> usize {
        region.iter().map(ExactSizeIterator::len).product()
    }

    #[test]
    fn pieces_cover_the_variable_once() {
        for shape in [
            &[7, 5, 3][..],
            &[100, 2, 2],
            &[1],
            &[2, 1, 9, 9],
            &[],
            &[4, 0],
        ] {
            for room in [1, 4, 10, 1000] {
                let cuts = Cuts::fitting(shape, room);
                let pieces = (0..cuts.count().unwrap()).map(|i| cuts.piece(i));
                let total: usize = pieces.map(|p| volume(&p)).sum();
                assert_eq!(total, shape.iter().product::<usize>(), "{shape:?} {room}");
            }
        }
        assert_eq!(Cuts::fitting(&[10, 10, 10], 300).ends[0], [3, 6, 9, 10]);
        assert_eq!(
            Cuts::fitting(&[2, 10, 10], 30).ends,
            [vec![1, 2], vec![3, 6, 9, 10], vec![10]]
        );
        assert_eq!(Cuts::whole(&[]).count(), Some(1));
    }

    #[test]
    fn regions_touch_what_holds_them() {
        let cuts = Cuts::whole(&[10, 6]).cut(0, &[4, 7]).cut(1, &[2]);
        assert_eq!(cuts.ends, [vec![4, 7, 10], vec![2, 6]]);
        for (region, wanted) in [
            ([0..10, 0..6], vec![0, 1, 2, 3, 4, 5]),
            ([4..7, 0..2], vec![2]),
            ([3..5, 1..3], vec![0, 1, 2, 3]),
            ([9..10, 5..6], vec![5]),
        ] {
            assert_eq!(cuts.touching(&region), wanted, "{region:?}");
        }
        assert_eq!(cuts.piece(3), [4..7, 2..6]);
    }
}
