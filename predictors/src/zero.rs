//! # `zero`
//!
//! **Idea.** Predict nothing: every sample is guessed to be zero.
//!
//! **Formula.** `p = 0`.
//!
//! **Side information.** None.
//!
//! **When it wins and loses.** Wins on noise around zero. Its purpose is to come
//! after a frame predictor, where it leaves the plain residual of the forecast.

use crate::candidate::{Candidate, Occasion};
use crate::coder::Coder;
use crate::error::Result;
use crate::plane::Plane;
use crate::predictor::{Predictor, Scene, Side};
use crate::sample::Sample;

/// Predicts zero everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zero;

impl Zero {
    pub(crate) fn candidates(_: &Occasion) -> Vec<Candidate> {
        vec![Candidate::new("zero", 15.0)]
    }
}

impl<T: Sample> Predictor<T> for Zero {
    fn looks_around(&self) -> bool {
        false
    }

    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let plane = Plane::whole(&scene.shape);
        coder.begin(&plane)?;
        let mut row = vec![T::ZERO; plane.columns()];
        for _ in 0..plane.rows() {
            row.fill(T::ZERO);
            coder.row(&mut row);
        }
        Ok(())
    }
}
