//! # `linear`
//!
//! **Idea.** What changed from one frame to the next changes as much again.
//!
//! **Formula.** `F(t) = R(t−1) + (R(t−1) − R(t−2))`; the first two frames have no guess
//! and stand alone.
//!
//! **Side information.** None.
//!
//! **When it wins and loses.** Wins over `persistence` where frames follow each other
//! closely and the bound is tight. It adds up the errors of both reconstructions, the
//! newer one doubled: at loose bounds it loses to everything.

use crate::error::Result;
use crate::frame::{FramePredictor, FrameWalk, Past, Teller};
use crate::predictor::Scene;
use crate::sample::Sample;

/// Predicts that the last change goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linear;

impl<T: Sample> FramePredictor<T> for Linear {
    fn window(&self) -> usize {
        2
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(*self))
    }
}

impl<T: Sample> FrameWalk<T> for Linear {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let [last, before, ..] = past.frames else {
            return Ok(false);
        };
        for ((guess, &a), &b) in frame.iter_mut().zip(last).zip(before) {
            *guess = a + (a - b);
        }
        Ok(true)
    }
}
