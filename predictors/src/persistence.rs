//! # `persistence`
//!
//! **Idea.** Tomorrow's weather is today's: a frame is guessed to equal the
//! reconstruction of the frame before it.
//!
//! **Formula.** `F(t) = R(t−1)`; the first frame has no guess and stands alone.
//!
//! **Side information.** None.
//!
//! **When it wins and loses.** Wins on short time steps and on everything that
//! orography imprints (surface pressure); loses where the flow moves things by more
//! than a grid cell per step. The weakest forecast, and the one every other has to beat.

use crate::candidate::{Candidate, Occasion};
use crate::error::Result;
use crate::frame::{FramePredictor, FrameWalk, Past, Teller};
use crate::predictor::Scene;
use crate::sample::Sample;

/// Predicts each frame to equal the one before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Persistence;

impl Persistence {
    pub(crate) fn candidates(chunk: &Occasion) -> Vec<Candidate> {
        if chunk.judged.is_terse() {
            return Vec::new();
        }
        match (chunk.times(1), chunk.structured) {
            (..=1, _) => Vec::new(),
            (_, true) => vec![Candidate::new("persistence+spline", 17.0)],
            (_, false) => vec![
                Candidate::new("persistence+spline", 3.0),
                Candidate::new("persistence+lorenzo:dims=2", 3.0),
            ],
        }
    }
}

impl<T: Sample> FramePredictor<T> for Persistence {
    fn window(&self) -> usize {
        1
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(*self))
    }
}

impl<T: Sample> FrameWalk<T> for Persistence {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let Some(last) = past.frames.first() else {
            return Ok(false);
        };
        frame.copy_from_slice(last);
        Ok(true)
    }
}
