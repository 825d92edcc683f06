//! Data sets in files: `NetCDF`, GRIB, Zarr and bare arrays, read in parts and written in parts.
//!
//! A file becomes a [`Dataset`] (dimensions, variables, attributes, as they are stored) and
//! a [`Source`] of values; a [`Sink`] takes both back. Nothing here knows of compression.

#[cfg(feature = "arrays")]
pub mod arrays;
mod dataset;
mod error;
#[cfg(feature = "grib")]
pub mod grib;
mod memory;
#[cfg(feature = "netcdf")]
pub mod netcdf;
mod open;
mod region;
#[cfg(any(
    feature = "arrays",
    feature = "grib",
    feature = "netcdf",
    feature = "zarr"
))]
mod room;
mod sink;
mod source;
pub mod time;
mod values;
#[cfg(feature = "zarr")]
pub mod zarr;

pub use dataset::{Attribute, Dataset, Dimension, Variable};
pub use error::{Error, Result};
pub use memory::Memory;
pub use open::{create, open};
pub use sink::Sink;
pub use source::Source;
pub use values::{Kind, Values};
