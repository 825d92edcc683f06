//! Trains autoencoders and forecasters, and writes them as models that foresz reads:
//! a contract and ONNX files.
//!
//! Training itself is ordinary floating-point work on [candle](candle_core): the same
//! seed on the same machine gives the same model, and nothing more is promised. What a
//! decoder repeats is the ONNX file alone, which the exact runtime runs to the bit.

mod adam;
mod attention;
mod autoencoder;
mod checkpoint;
mod convolution;
mod dense;
mod error;
mod estimate;
mod folder;
mod forecaster;
mod frames;
mod gdn;
mod layer;
mod loss;
mod network;
mod onnx;
mod plot;
mod quantise;
mod random;
mod record;
mod run;
mod series;
mod settings;
mod tiles;

pub use error::{Error, Result};
pub use foresz_forecast::autoencoder::Scaling;
pub use record::{Epoch, Record};
pub use run::{End, Report, train};
pub use series::Series;
pub use settings::{Family, Loss, Settings, WeightFormat};
