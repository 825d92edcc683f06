//! foresz: error-bounded lossy compression of scientific fields, with
//! pluggable predictors.

mod auto;
mod blocks;
mod bound;
mod chunk;
mod coding;
mod compress;
mod container;
mod contest;
mod decompress;
mod effort;
mod entropy;
mod error;
mod fast;
mod grid;
mod lattice;
mod mask;
mod options;
mod relative;
mod report;
mod sweeps;
mod threads;
mod writer;

pub use bound::Bound;
pub use compress::{Compressed, compress};
pub use container::FORMAT_VERSION;
pub use decompress::{Decoded, Decompressor, Info, decompress, decompress_region, inspect};
pub use effort::Effort;
pub use entropy::Backend;
pub use error::{Error, Result, Section};
pub use foresz_predictors as predictors;
pub use foresz_predictors::Sample;
pub use options::{Choose, Options, Progress};
pub use report::Report;
pub use writer::Writer;
