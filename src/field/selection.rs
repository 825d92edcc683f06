//! Which samples of a field are asked for, and where each chunk's share of them is.

use std::ops::Range;

use foresz_predictors::{Axis, Plane};

use crate::error::{Result, invalid};

/// A region of a field, or every so many-th row and column of it.
pub(crate) struct Selection {
    axes: Vec<Axis>,
}

/// What a part of the field has of a selection.
pub(crate) struct Share {
    /// Where it lies in the part.
    pub(crate) plane: Plane,
    /// Where it lies in the selection.
    pub(crate) to: Vec<Range<usize>>,
}

/// The level of previews that leaves one sample of each frame.
pub(crate) fn last_level(shape: &[usize]) -> u8 {
    let longest = shape.iter().rev().take(2).copied().max().unwrap_or(1);
    (usize::BITS - (longest - 1).leading_zeros()) as u8
}

impl Selection {
    /// The samples of a region whose coordinates along the last two dimensions are
    /// multiples of 2^level. The region has to lie in a field of that shape.
    pub(crate) fn new(region: &[Range<usize>], level: u8, shape: &[usize]) -> Result<Self> {
        let last = last_level(shape);
        if level > last {
            return invalid(format!(
                "there is no preview of level {level}: level {last} leaves one sample of each frame"
            ));
        }
        let frame = region.len().saturating_sub(2);
        let axis = |(d, range): (usize, &Range<usize>)| {
            let step = if d < frame { 1 } else { 1 << level };
            let start = range.start.next_multiple_of(step);
            Axis {
                start,
                step,
                count: range.end.saturating_sub(start).div_ceil(step),
            }
        };
        let axes: Vec<Axis> = region.iter().enumerate().map(axis).collect();
        if axes.iter().any(|a| a.count == 0) {
            return invalid(format!(
                "the region has no sample of level {level}: those lie on rows and columns whose numbers are multiples of {}",
                1u64 << level
            ));
        }
        Ok(Selection { axes })
    }

    pub(crate) fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|a| a.count).collect()
    }

    /// What a part of the field has of it, if anything.
    pub(crate) fn share_of(&self, part: &[Range<usize>]) -> Option<Share> {
        let (mut axes, mut to) = (Vec::new(), Vec::new());
        for (axis, part) in self.axes.iter().zip(part) {
            let before = |end: usize| {
                let count = end.saturating_sub(axis.start).div_ceil(axis.step);
                count.min(axis.count)
            };
            let (first, end) = (before(part.start), before(part.end));
            if first == end {
                return None;
            }
            axes.push(Axis {
                start: axis.start + first * axis.step - part.start,
                step: axis.step,
                count: end - first,
            });
            to.push(first..end);
        }
        Some(Share {
            plane: Plane::along(axes),
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coordinates of a row that are selected, part by part.
    fn coordinates(region: Range<usize>, level: u8, length: usize, part: usize) -> Vec<usize> {
        let selection = Selection::new(&[region], level, &[length]).unwrap();
        let mut found = Vec::new();
        for start in (0..length).step_by(part) {
            let part = start..(start + part).min(length);
            if let Some(share) = selection.share_of(std::slice::from_ref(&part)) {
                assert!(share.plane.fits(&[part.len()]));
                assert_eq!(share.to[0], found.len()..found.len() + share.plane.len());
                let axis = share.plane.axes[0];
                found.extend((0..axis.count).map(|k| start + axis.start + k * axis.step));
            }
        }
        assert_eq!(selection.shape(), [found.len()]);
        found
    }

    #[test]
    fn parts_share_out_every_selected_sample() {
        for length in 1..20 {
            for part in 1..=length {
                for level in 0..=last_level(&[length]) {
                    for start in 0..length {
                        let region = start..length;
                        let wanted: Vec<usize> = region
                            .clone()
                            .filter(|i| i.is_multiple_of(1 << level))
                            .collect();
                        if wanted.is_empty() {
                            assert!(Selection::new(&[region], level, &[length]).is_err());
                        } else {
                            assert_eq!(coordinates(region, level, length, part), wanted);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_last_level_leaves_one_sample_of_a_frame() {
        let shapes = [&[1][..], &[2], &[3], &[9, 1, 1], &[9, 5, 2], &[721, 1440]];
        for (shape, level) in shapes.into_iter().zip([0, 1, 2, 0, 3, 11]) {
            assert_eq!(last_level(shape), level);
            let whole: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
            let left = Selection::new(&whole, level, shape).unwrap().shape();
            assert!(left.iter().rev().take(2).all(|n| *n == 1));
            assert!(Selection::new(&whole, level + 1, shape).is_err());
        }
    }
}
