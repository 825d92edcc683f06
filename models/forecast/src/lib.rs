//! Learned models as frame predictors of foresz.
//!
//! A model is an `.onnx` file and a contract, `model.toml`, in a folder or in memory, that says
//! which variables at which steps go into which tensor and what comes out. A
//! [`Runtime`] runs it: our own executor with the same bits everywhere, ONNX Runtime, or
//! a process of its own. What the latter two give is snapped to a grid with a guard
//! band, so that a stream decodes to the same bits wherever results differ by less. So is
//! what a [`Guest`] gives, a predictor of the program that uses foresz.

mod array;
pub mod autoencoder;
pub mod calendar;
pub mod contract;
mod entry;
mod error;
mod exact;
mod exchange;
mod fit;
pub mod forcing;
mod forecast;
mod found;
mod guest;
mod model;
#[cfg(feature = "ort")]
mod ort;
mod process;
mod runtime;
mod shelf;
mod snap;
mod source;
mod told;
mod trial;

pub use array::Array;
pub use contract::Contract;
pub use entry::{autoencoder as autoencoder_entry, forecast as entry};
pub use error::{Error, Result};
pub use exact::Exact;
pub use forecast::{Care, Forecast};
pub use found::{FORECAST, Found, Listed};
pub use guest::{Foreseen, Glimpse, Guest};
pub use model::Model;
#[cfg(feature = "ort")]
pub use ort::{Optimisation, Ort, OrtOptions};
pub use process::{Claim, Process, ProcessOptions};
pub use runtime::{Needs, Port, Runtime, Session, Step};
pub use shelf::{Engine, LARGEST_EXACT, Shelf, VARIABLE};
pub use source::{Held, Onnx, Source};
