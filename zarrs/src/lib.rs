//! The codec `foresz` for the crate [zarrs](https://docs.rs/zarrs): arrays of `float32` and
//! `float64` in Zarr 3, with a bound on the error of every value.
//!
//! It is an array-to-bytes codec, takes the same configuration as the codec of the Python
//! package `foresz`, and reads and writes the same bytes:
//!
//! ```json
//! {"name": "foresz", "configuration": {"bound": 0.05, "mode": "abs"}}
//! ```
//!
//! Linking this crate registers it with zarrs, which then opens arrays that use it. Name
//! something of it, or the linker leaves it out: `use foresz_zarrs as _;`.
//!
//! Leave out codecs from bytes to bytes: streams are compressed already and have checksums.
//! Where a part of a chunk is read, only the parts of its stream that hold any of it are
//! decoded; the option `chunk` is their shape.

mod codec;
mod config;
mod partial;
mod values;

pub use codec::ForeszCodec;
pub use config::{Config, Mode};
