//! Earlier frames that a frame can be compared with.
//!
//! A frame is the last two dimensions of a field. Coded before it, and close to it:
//! the frames one step back along each of the other dimensions (the time before, the
//! level above, …) and the one two steps back in time.

use crate::predictor::Scene;

/// A step back along a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Steps back along each outer dimension.
    stride: usize,
    pub(crate) axis: u8,
    pub(crate) back: u8,
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

    /// A reference by its dimension and number of steps, if the field has such frames.
    pub(crate) fn reference(&self, axis: u8, back: u8) -> Option<Reference> {
        let d = usize::from(axis);
        let inside = back > 0 && self.outer.get(d).is_some_and(|n| *n > usize::from(back));
        inside.then(|| Reference {
            stride: self.outer[d + 1..].iter().product(),
            axis,
            back,
        })
    }

    /// All that a field offers, the most promising first; of time up to `past` steps.
    pub(crate) fn references(&self, scene: &Scene, past: usize) -> Vec<Reference> {
        let time = scene.time.filter(|t| *t < self.outer.len());
        let steps = time
            .into_iter()
            .flat_map(|t| (1..=past).map(move |back| (t, back)));
        let others = (0..self.outer.len())
            .rev()
            .filter(|d| Some(*d) != time)
            .map(|d| (d, 1));
        steps
            .chain(others)
            .filter_map(|(axis, back)| self.reference(axis as u8, back as u8))
            .take(MOST_REFERENCES)
            .collect()
    }

    /// The frame that a reference means for frame `frame`.
    pub(crate) fn before(&self, frame: usize, reference: Reference) -> Option<usize> {
        let at = frame / reference.stride % self.outer[usize::from(reference.axis)];
        (at >= usize::from(reference.back))
            .then(|| frame - reference.stride * usize::from(reference.back))
    }

    /// Which of the references a frame has, as bits.
    pub(crate) fn mask(&self, frame: usize, references: &[Reference]) -> u8 {
        references.iter().enumerate().fold(0, |mask, (k, r)| {
            mask | u8::from(self.before(frame, *r).is_some()) << k
        })
    }
}

/// More references than this cost more time than they save bits.
pub(crate) const MOST_REFERENCES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_before_are_found_along_each_dimension() {
        let scene = Scene {
            shape: vec![3, 2, 4, 5],
            time: Some(0),
            periodic: false,
            bound: 0.1,
        };
        let frames = Frames::new(&scene.shape);
        assert_eq!((frames.len(), frames.size()), (6, 20));
        let references = frames.references(&scene, 2);
        let steps: Vec<_> = references.iter().map(|r| (r.axis, r.back)).collect();
        assert_eq!(steps, [(0, 1), (0, 2), (1, 1)]);
        assert_eq!(frames.before(5, references[0]), Some(3));
        assert_eq!(frames.before(5, references[1]), Some(1));
        assert_eq!(frames.before(5, references[2]), Some(4));
        assert_eq!(
            (0..6)
                .map(|f| frames.mask(f, &references))
                .collect::<Vec<_>>(),
            [0, 4, 1, 5, 3, 7]
        );
        assert!(frames.reference(2, 1).is_none() && frames.reference(0, 3).is_none());
    }
}
