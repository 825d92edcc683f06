//! Autoencoders: tiles of a field from a few numbers each.

mod contract;

pub use contract::{Autoencoder, Code, Coding, Contract, Network, Normalise, Scaling};
