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

use crate::error::Result;
use crate::predictor::{FramePredictor, Past, Side};
use crate::sample::Sample;

/// Predicts each frame to equal the one before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Persistence;

impl<T: Sample> FramePredictor<T> for Persistence {
    fn window(&self) -> usize {
        1
    }

    fn predict(&self, _: &Side, past: &Past<T>, _: &mut Vec<f64>, frame: &mut [T]) -> Result<bool> {
        let Some(last) = past.frames.first() else {
            return Ok(false);
        };
        frame.copy_from_slice(last);
        Ok(true)
    }
}
