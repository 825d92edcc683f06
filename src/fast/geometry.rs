//! A chunk as frames of rows, and the order in which its numbers are worked through.

use super::planes::BLOCK;

/// Shorter rows are worked through as one with the next dimension.
const SHORTEST_ROW: usize = 16;

/// Sizes of a chunk as `fast` sees it: the last dimension is the row, the one before
/// counts rows, all others count frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) frames: usize,
    pub(super) rows: usize,
    pub(super) width: usize,
}

/// Numbers of one row and one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Of the first number, in its frame and in its row.
    pub(super) place: usize,
    pub(super) column: usize,
    pub(super) length: usize,
}

impl Geometry {
    /// None if there are no samples, or more than can be counted.
    pub(super) fn new(shape: &[usize]) -> Option<Self> {
        let mut outer = shape;
        let mut width = 1usize;
        while let Some((last, rest)) = outer.split_last()
            && width < SHORTEST_ROW
        {
            width = width.checked_mul(*last)?;
            outer = rest;
        }
        let (rows, outer) = outer.split_last().map_or((1, outer), |(r, o)| (*r, o));
        let frames = outer
            .iter()
            .try_fold(1usize, |n, size| n.checked_mul(*size))?;
        let samples = frames.checked_mul(rows)?.checked_mul(width)?;
        (samples > 0).then_some(Geometry {
            frames,
            rows,
            width,
        })
    }

    pub(super) fn frame(&self) -> usize {
        self.rows * self.width
    }

    pub(super) fn samples(&self) -> usize {
        self.frames * self.frame()
    }

    /// The runs of a frame, of which blocks and rows are made.
    pub(super) fn runs(self, frame: usize) -> impl Iterator<Item = Run> {
        let start = frame * self.frame();
        let mut place = 0;
        std::iter::from_fn(move || {
            let column = place % self.width;
            let in_block = BLOCK - (start + place) % BLOCK;
            let run = Run {
                place,
                column,
                length: in_block.min(self.width - column),
            };
            place += run.length;
            (run.place < self.frame()).then_some(run)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_become_frames_of_rows_that_are_not_too_short() {
        let sizes = |shape: &[usize]| Geometry::new(shape).map(|g| (g.frames, g.rows, g.width));
        assert_eq!(sizes(&[7]), Some((1, 1, 7)));
        assert_eq!(sizes(&[721, 1440]), Some((1, 721, 1440)));
        assert_eq!(sizes(&[5, 4, 3, 100]), Some((20, 3, 100)));
        assert_eq!(sizes(&[5, 400, 3]), Some((1, 5, 1200)));
        assert_eq!(sizes(&[5, 6, 1, 16]), Some((30, 1, 16)));
        assert_eq!(sizes(&[3, 0]), None);
        assert_eq!(sizes(&[usize::MAX, 5, 100]), None);
    }

    #[test]
    fn runs_cover_every_number_once_and_stay_in_their_block_and_row() {
        for shape in [vec![1000], vec![3, 41, 41], vec![2, 3, 700], vec![4, 256]] {
            let geometry = Geometry::new(&shape).unwrap();
            let mut next = 0;
            for frame in 0..geometry.frames {
                for run in geometry.runs(frame) {
                    assert_eq!(frame * geometry.frame() + run.place, next);
                    assert!(run.length > 0 && run.column + run.length <= geometry.width);
                    assert_eq!(next / BLOCK, (next + run.length - 1) / BLOCK);
                    next += run.length;
                }
            }
            assert_eq!(next, geometry.samples());
        }
    }
}
