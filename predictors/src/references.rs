//! Earlier frames that a frame can be compared with.
//!
//! A frame is the last two dimensions of a field. Coded before it, and close to it:
//! the frames one step back along each of the other dimensions (the time before, the
//! level above, …), those one step back along time and another, and the one two
//! steps back in time.

use crate::predictor::Scene;

/// Steps back along the outer dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    back: Vec<u8>,
    /// Distance in frames.
    distance: usize,
}

impl Reference {
    /// The stored form: steps back per outer dimension.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.back
    }
}

/// The frames of a field.
#[derive(Debug, Clone)]
pub(crate) struct Frames {
    outer: Vec<usize>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Frames {
    pub(crate) fn new(shape: &[usize]) -> Self {
        let columns = shape[shape.len() - 1];
        let rows = if shape.len() > 1 {
            shape[shape.len() - 2]
        } else {
            1
        };
        Frames {
            outer: shape[..shape.len().saturating_sub(2)].to_vec(),
            rows,
            columns,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.outer.iter().product()
    }

    /// Samples of a frame.
    pub(crate) fn size(&self) -> usize {
        self.rows * self.columns
    }

    /// Outer dimensions: the length of a reference's stored form.
    pub(crate) fn outer(&self) -> usize {
        self.outer.len()
    }

    /// The outer dimension that bands are of where they are not of rows: frames are small,
    /// and differ from level to level more than from row to row.
    pub(crate) fn bands_along(&self, scene: &Scene) -> Option<usize> {
        let level = (0..self.outer.len()).rev().find(|d| Some(*d) != scene.time);
        level.filter(|d| self.size() < ROWS_IN_BANDS && self.outer[*d] >= LEVELS_IN_BANDS)
    }

    /// Rows, or indices along that dimension.
    pub(crate) fn band_positions(&self, along: Option<usize>) -> usize {
        along.map_or(self.rows, |d| self.outer[d])
    }

    /// The band of a row of a frame.
    pub(crate) fn band(
        &self,
        along: Option<usize>,
        frame: usize,
        row: usize,
        bands: usize,
    ) -> usize {
        let position = along.map_or(row, |d| {
            let inner: usize = self.outer[d + 1..].iter().product();
            frame / inner % self.outer[d]
        });
        position * bands / self.band_positions(along)
    }

    /// A reference by its steps back, if the field has such frames.
    pub(crate) fn reference(&self, back: &[u8]) -> Option<Reference> {
        let inside = back.len() == self.outer.len()
            && back
                .iter()
                .zip(&self.outer)
                .all(|(b, n)| usize::from(*b) < *n);
        let distance = back
            .iter()
            .zip(&self.outer)
            .fold(0, |d, (b, n)| d * n + usize::from(*b));
        (inside && distance > 0).then(|| Reference {
            back: back.to_vec(),
            distance,
        })
    }

    /// The frames at each time.
    pub(crate) fn steps(&self, time: usize) -> Vec<Vec<usize>> {
        let inner: usize = self.outer[time + 1..].iter().product();
        let mut steps = vec![Vec::new(); self.outer[time]];
        for frame in 0..self.len() {
            steps[frame / inner % self.outer[time]].push(frame);
        }
        steps
    }

    /// All that a field offers, the most promising first: of time up to `past` steps,
    /// then a step along each other dimension, alone and together with one in time.
    pub(crate) fn references(&self, scene: &Scene, past: usize) -> Vec<Reference> {
        let time = scene.time.filter(|t| *t < self.outer.len());
        let steps = |along: &[(usize, u8)]| {
            let mut back = vec![0; self.outer.len()];
            along.iter().for_each(|(d, b)| back[*d] = *b);
            self.reference(&back)
        };
        let mut found = Vec::new();
        let earlier = time.filter(|_| past > 0);
        found.extend(earlier.and_then(|t| steps(&[(t, 1)])));
        for d in (0..self.outer.len()).rev().filter(|d| Some(*d) != time) {
            found.extend(steps(&[(d, 1)]));
            found.extend(earlier.and_then(|t| steps(&[(t, 1), (d, 1)])));
        }
        found.extend(time.filter(|_| past > 1).and_then(|t| steps(&[(t, 2)])));
        found.truncate(MOST_REFERENCES);
        found
    }

    /// The frame that a reference means for frame `frame`.
    pub(crate) fn before(&self, frame: usize, reference: &Reference) -> Option<usize> {
        let mut rest = frame;
        for (n, back) in self.outer.iter().zip(&reference.back).rev() {
            if rest % n < usize::from(*back) {
                return None;
            }
            rest /= n;
        }
        Some(frame - reference.distance)
    }

    /// Which of the references a frame has, as bits.
    pub(crate) fn mask(&self, frame: usize, references: &[Reference]) -> u8 {
        references.iter().enumerate().fold(0, |mask, (k, r)| {
            mask | u8::from(self.before(frame, r).is_some()) << k
        })
    }
}

/// Frames of so many samples have bands of rows.
pub(crate) const ROWS_IN_BANDS: usize = 250_000;

/// So many levels have bands: fewer are told apart by the references they have.
const LEVELS_IN_BANDS: usize = 4;

/// More references than this cost more time than they save bits.
pub(crate) const MOST_REFERENCES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictor::Place;

    #[test]
    fn frames_before_are_found_along_each_dimension() {
        let scene = Scene {
            shape: vec![3, 2, 4, 5],
            time: Some(0),
            periodic: false,
            bound: 0.1,
            share: 1.0,
            place: Place::default(),
        };
        let frames = Frames::new(&scene.shape);
        assert_eq!((frames.len(), frames.size()), (6, 20));
        let references = frames.references(&scene, 2);
        let steps: Vec<_> = references.iter().map(Reference::bytes).collect();
        assert_eq!(steps, [[1, 0], [0, 1], [1, 1], [2, 0]]);
        let before: Vec<_> = references.iter().map(|r| frames.before(5, r)).collect();
        assert_eq!(before, [Some(3), Some(4), Some(2), Some(1)]);
        let masks: Vec<_> = (0..6).map(|f| frames.mask(f, &references)).collect();
        assert_eq!(masks, [0, 2, 1, 7, 9, 15]);
        assert!(
            frames.reference(&[3, 0]).is_none()
                && frames.reference(&[0, 0]).is_none()
                && frames.reference(&[1]).is_none()
        );
    }
}
