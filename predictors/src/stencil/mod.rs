//! # `stencil`
//!
//! **Idea.** The next frame is a weighted sum of the surroundings of the same place in
//! the two frames before: drift, decay and waves are all of that form, and least
//! squares finds the weights.
//!
//! **Formula.** With `b = R(t−1)` at the place itself,
//! `F(t) = b + Σ tapᵢ · (valueᵢ − b)` over the other 8 of 3 × 3 places in R(t−1) and
//! all 9 in R(t−2), row by row, in `f64`; frames repeat their outermost samples beyond
//! their edges. What lies before the last two dimensions of a frame (levels) is
//! predicted slice by slice.
//!
//! **`fit=local`** (the default). Taps for every tile of 8 × 8 places, fitted to what
//! encoder and decoder both have: how R(t−1) followed from the two frames before it,
//! with what was so earlier fading out. See [`local`].
//!
//! **`fit=stored`.** One set of taps, fitted to the originals of the series.
//!
//! **Side information.** None with `fit=local`. With `fit=stored` that of the third
//! frame has the taps, `i16` in units of 2^−13, in the order above; that of the others
//! is empty.
//!
//! **When it wins and loses.** The local fit is the best forecast here on series of
//! dozens of frames; it starts with nothing and needs some frames to learn. The stored
//! one knows everything from the start, but only one law for the whole map. Neither
//! pays where the bound is so tight that what is left is noise.

mod local;
mod places;
mod stored;
mod sums;

use crate::error::Result;
use crate::frame::{FramePredictor, FrameWalk};
use crate::predictor::Scene;
use crate::sample::Sample;
use crate::spec::{Params, Part};

/// Least squares over the two frames before.
#[derive(Debug, Clone, Copy)]
pub struct Stencil {
    stored: bool,
}

impl Stencil {
    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let stored = params.choice("fit", &["local", "stored"])? == 1;
        params.finish(&["fit"])?;
        Ok(Stencil { stored })
    }
}

impl<T: Sample> FramePredictor<T> for Stencil {
    fn window(&self) -> usize {
        if self.stored { 2 } else { 3 }
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(if self.stored {
            Box::<stored::Stored>::default()
        } else {
            Box::<local::Local>::default()
        })
    }
}
