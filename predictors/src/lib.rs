//! The predictors of foresz: the traits a predictor implements, the registry
//! that names them, and one file per predictor.
//!
//! > **Any deterministic predictor is correct; a bad one is only large.**
//!
//! A predictor offers guesses through a [`Coder`] and gets back the values the
//! decoder will hold. It never sees an original while it predicts, so whatever
//! it does the error bound holds and errors cannot accumulate. This crate knows
//! nothing of quantisers, entropy coders, files or command lines.

mod candidate;
mod climatology;
mod coder;
#[doc(hidden)]
pub mod cpu;
mod error;
mod frame;
mod least;
mod linear;
mod lorenzo;
mod padded;
mod parcel;
mod patches;
mod persistence;
mod plane;
mod predictor;
mod pyramid;
mod raster;
mod references;
mod registry;
mod residual;
mod sample;
mod side;
mod spec;
mod spline;
mod stencil;
mod zero;

pub use candidate::{Candidate, Judged, Occasion};
pub use climatology::Climatology;
pub use coder::{Coder, Recursion};
pub use error::{Error, Result};
pub use frame::{FramePredictor, FrameWalk, Originals, Past, Teller};
pub use linear::Linear;
pub use lorenzo::Lorenzo;
pub use parcel::{Allowance, Parcel, Supply};
pub use patches::OnPatches;
pub use persistence::Persistence;
pub use plane::{Axis, MAX_DIMS, Plane, RowOffsets, Rows};
pub use predictor::{Forecasted, Forecasts, Place, Predictor, Rehearsal, Scene, Side};
pub use pyramid::Pyramid;
pub use raster::Raster;
pub use registry::{AnyFrame, AnyPoint, Built, Entry, Pipeline, Registry};
pub use residual::OnForecast;
pub use sample::Sample;
pub use spec::{Params, Part, Spec};
pub use spline::Spline;
pub use stencil::Stencil;
pub use zero::Zero;
