//! Code planes: how a walk tells the back end what shape its codes have.

use crate::error::{Error, Result};

/// The most dimensions a field can have.
pub const MAX_DIMS: usize = 8;

/// The samples of a plane along one dimension of the field:
/// `start, start + step, …`, `count` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// First coordinate.
    pub start: usize,
    /// Distance between neighbours.
    pub step: usize,
    /// Number of samples.
    pub count: usize,
}

impl Axis {
    /// Every coordinate of a dimension of length `count`.
    pub const fn all(count: usize) -> Self {
        Axis {
            start: 0,
            step: 1,
            count,
        }
    }

    /// How many coordinates two axes have in common.
    fn shared(&self, other: &Axis) -> usize {
        let theirs = |at: usize| {
            let from_start = at.checked_sub(other.start);
            from_start.is_some_and(|d| {
                d.checked_rem(other.step) == Some(0) && d / other.step < other.count
            })
        };
        (0..self.count)
            .filter(|k| theirs(self.start + k * self.step))
            .count()
    }

    /// The last coordinate, if it can be told.
    fn last(&self) -> Option<usize> {
        self.count
            .checked_sub(1)?
            .checked_mul(self.step)?
            .checked_add(self.start)
    }

    /// The one coordinate `at`.
    pub const fn only(at: usize) -> Self {
        Axis {
            start: at,
            step: 1,
            count: 1,
        }
    }
}

/// A regular sub-lattice of the field that is coded in one go, row by row (the
/// last dimension is the row), with everything the back end may use to model it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// One axis per dimension of the field, slowest first.
    pub axes: Vec<Axis>,
    /// Pyramid level; 0 is the finest and the only one of predictors without levels.
    pub level: u8,
    /// Which pass of the level, counted from 0. Planes of the same level and class
    /// at successive times are each other's predecessors.
    pub class: u8,
    /// How many times smaller than asked the bound of this plane is (at least 1):
    /// values that many others are predicted from can be kept more exactly.
    pub tighten: f64,
}

impl Plane {
    /// The plane of the whole field in raster order.
    pub fn whole(shape: &[usize]) -> Self {
        Plane::along(shape.iter().map(|&n| Axis::all(n)).collect())
    }

    /// The plane of these axes, as of a predictor without levels.
    pub fn along(axes: Vec<Axis>) -> Self {
        Plane {
            axes,
            level: 0,
            class: 0,
            tighten: 1.0,
        }
    }

    /// How many samples two planes that fit the same field have in common.
    pub fn shared(&self, other: &Plane) -> usize {
        let both = self.axes.iter().zip(&other.axes);
        both.map(|(a, b)| a.shared(b)).product()
    }

    /// Samples in one row.
    #[inline]
    pub fn columns(&self) -> usize {
        self.axes.last().map_or(1, |a| a.count)
    }

    /// Number of rows, over all dimensions but the last.
    #[inline]
    pub fn rows(&self) -> usize {
        self.axes.iter().rev().skip(1).map(|a| a.count).product()
    }

    /// Number of samples.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows() * self.columns()
    }

    /// Whether there is nothing to code.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every coordinate lies inside a field of that shape.
    pub fn fits(&self, shape: &[usize]) -> bool {
        self.axes.len() == shape.len()
            && self.axes.iter().zip(shape).all(|(a, &n)| {
                a.count == 0 || (a.step > 0 && a.last().is_some_and(|last| last < n))
            })
    }

    /// Walks over the rows, giving where each starts in a field of that shape.
    #[inline]
    pub fn row_offsets(&self, shape: &[usize]) -> RowOffsets {
        let mut strides = vec![1; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d] * shape[d];
        }
        let outer = self.axes.len().saturating_sub(1);
        let offset = self
            .axes
            .iter()
            .zip(&strides)
            .map(|(a, s)| a.start * s)
            .sum();
        let steps = self.axes[..outer]
            .iter()
            .zip(&strides)
            .map(|(a, s)| (a.count, a.step * s))
            .collect();
        RowOffsets {
            steps,
            at: vec![0; outer],
            offset,
            left: self.rows(),
        }
    }

    /// Distance in the field between neighbours of a row.
    #[inline]
    pub fn row_step(&self) -> usize {
        self.axes.last().map_or(1, |a| a.step)
    }
}

/// Iterator over the row starts of a plane, see [`Plane::row_offsets`].
#[derive(Debug, Clone)]
pub struct RowOffsets {
    /// Count and distance in the field per outer dimension.
    steps: Vec<(usize, usize)>,
    at: Vec<usize>,
    offset: usize,
    left: usize,
}

impl Iterator for RowOffsets {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.offset;
        for (at, &(count, step)) in self.at.iter_mut().zip(&self.steps).rev() {
            *at += 1;
            self.offset += step;
            if *at < count {
                break;
            }
            self.offset -= *at * step;
            *at = 0;
        }
        Some(here)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// Where the rows of the plane being coded lie in a frame.
#[derive(Debug)]
pub struct Rows {
    shape: Vec<usize>,
    plane: Option<(RowOffsets, usize, usize)>,
}

impl Rows {
    /// Of frames of that shape.
    pub fn new(shape: &[usize]) -> Self {
        Rows {
            shape: shape.to_vec(),
            plane: None,
        }
    }

    /// Goes to the first row of a plane.
    pub fn begin(&mut self, plane: &Plane) -> Result<()> {
        if !plane.fits(&self.shape) {
            return Err(Error::Walk {
                reason: format!("the plane {plane:?} leaves the frame {:?}", self.shape),
            });
        }
        let offsets = plane.row_offsets(&self.shape);
        self.plane = Some((offsets, plane.row_step(), plane.columns()));
        Ok(())
    }

    /// Start and step of the next row; nothing if there is none of that width, which the
    /// coder of the values reports.
    #[inline]
    pub fn next(&mut self, width: usize) -> Option<(usize, usize)> {
        let (offsets, step, columns) = self.plane.as_mut()?;
        if width != *columns {
            return None;
        }
        Some((offsets.next()?, *step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_the_axes_say() {
        let plane = Plane {
            axes: vec![
                Axis {
                    start: 1,
                    step: 2,
                    count: 2,
                },
                Axis {
                    start: 0,
                    step: 3,
                    count: 2,
                },
                Axis {
                    start: 1,
                    step: 2,
                    count: 3,
                },
            ],
            level: 0,
            class: 0,
            tighten: 1.0,
        };
        let shape = [4, 5, 7];
        assert!(plane.fits(&shape));
        assert!(!plane.fits(&[3, 5, 7]));
        let starts: Vec<usize> = plane.row_offsets(&shape).collect();
        assert_eq!(starts, [35 + 1, 35 + 21 + 1, 105 + 1, 105 + 21 + 1]);
        assert_eq!((plane.len(), plane.columns(), plane.row_step()), (12, 3, 2));
    }

    #[test]
    fn planes_know_what_they_share() {
        let axis = |start, step, count| Axis { start, step, count };
        let thirds = Plane::along(vec![axis(1, 3, 4), axis(0, 1, 5)]);
        let evens = Plane::along(vec![axis(0, 2, 5), axis(4, 1, 3)]);
        // Rows 4 of 1, 4, 7, 10 and 0, 2, 4, 6, 8; column 4.
        assert_eq!((thirds.shared(&evens), evens.shared(&thirds)), (1, 1));
        assert_eq!(thirds.shared(&thirds), thirds.len());
        let nothing = Plane::along(vec![axis(0, 0, 0), axis(0, 1, 5)]);
        assert_eq!((thirds.shared(&nothing), nothing.shared(&thirds)), (0, 0));
    }
}
