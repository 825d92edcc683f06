//! Autoencoders: tiles of a field from a few numbers each.

mod adaptive;
mod choice;
mod contract;
mod cost;
mod latents;
mod model;
mod network;
mod paint;
mod predictor;
mod scaling;
mod tiles;
mod told;
mod trial;

pub use contract::{Autoencoder, Code, Coding, Contract, Network, Normalise, Scaling};
pub use model::{AUTOENCODER, Model};
pub use predictor::Autoencoding;
pub use trial::Trial;
