//! foresz: error-bounded lossy compression of scientific fields, with
//! pluggable predictors.

mod anatomy;
mod assembly;
mod blocks;
mod bound;
mod choose;
mod chunk;
mod coding;
mod compress;
mod container;
#[cfg(feature = "files")]
pub mod dataset;
mod decompress;
mod effort;
mod entropy;
mod error;
mod fast;
mod fences;
mod fills;
mod gather;
mod grid;
mod info;
mod lattice;
mod limits;
mod mask;
mod options;
mod originals;
mod registry;
mod relative;
mod report;
mod room;
mod selection;
#[cfg(feature = "shipped")]
mod shipped;
mod store;
mod stored;
mod sweeps;
mod threads;
mod used;
mod writer;

pub use anatomy::{ChunkAnatomy, CodePlane};
pub use bound::Bound;
pub use coding::{ESCAPE, HOLE};
pub use compress::{Compressed, compress};
pub use container::FORMAT_VERSION;
pub use decompress::{
    Decoded, Decompressor, Drift, Filled, decompress, decompress_preview, decompress_region,
};
pub use effort::Effort;
pub use entropy::Backend;
pub use error::{Error, Result, Section};
#[cfg(feature = "files")]
pub use foresz_files as files;
#[cfg(feature = "learned")]
pub use foresz_forecast as forecast;
pub use foresz_predictors as predictors;
pub use foresz_predictors::Sample;
pub use info::{Info, inspect};
pub use lattice::lattice_step;
pub use limits::Limits;
pub use options::{Choose, Options, Progress, time_dimension};
#[cfg(feature = "learned")]
pub use registry::registry;
pub use report::Report;
#[cfg(feature = "shipped")]
pub use shipped::stocked;
pub use store::{FileStore, Store};
pub use used::Used;
pub use writer::Writer;
