#![doc = include_str!("../README.md")]

mod bound;
mod bytes;
pub mod check;
mod choose;
mod chunk;
mod coding;
mod container;
#[cfg(feature = "files")]
pub mod dataset;
mod dtype;
mod effort;
mod entropy;
mod error;
mod fast;
mod field;
pub mod hdf5;
mod limits;
mod options;
mod registry;
mod room;
#[cfg(feature = "shipped")]
mod shipped;
mod store;
mod threads;
mod values;

pub use bound::Bound;
pub use container::FORMAT_VERSION;
pub use container::used::Used;
pub use dtype::DType;
pub use effort::Effort;
pub use entropy::Backend;
pub use entropy::{ESCAPE, HOLE};
pub use error::{Error, Result, Section};
pub use field::anatomy::{ChunkAnatomy, CodePlane};
pub use field::compress::{Compressed, compress};
pub use field::decompress::{
    AnyField, Decoded, Decompressor, Drift, Filled, decompress, decompress_preview,
    decompress_region,
};
pub use field::info::{Info, inspect};
pub use field::report::Report;
pub use field::writer::Writer;
#[cfg(feature = "files")]
pub use foresz_files as files;
#[cfg(feature = "learned")]
pub use foresz_forecast as forecast;
pub use foresz_predictors as predictors;
pub use foresz_predictors::Sample;
pub use limits::Limits;
pub use options::{Choose, Options, Progress, time_dimension};
#[cfg(feature = "learned")]
pub use registry::registry;
#[cfg(feature = "shipped")]
pub use shipped::stocked;
pub use store::{FileStore, Store};
pub use values::lattice::lattice_step;
