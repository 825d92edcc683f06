//! `NetCDF`: classic files, those that are HDF5, and plain HDF5.
//!
//! Variables and attributes of groups are named `group/name`.

mod attributes;
mod classic;
mod contents;
mod filters;
mod guard;
mod hdf5;
mod writer;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::dataset::Dataset;
use crate::error::Result;
use crate::sink::Sink;
use crate::source::Source;

pub use filters::{Filter, Undo, add_filter};
pub use writer::Settings;

/// Opens a file that is `NetCDF` of any kind.
pub fn open(path: &Path) -> Result<Box<dyn Source>> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(if magic.starts_with(b"CDF") {
        Box::new(classic::Classic::open(path)?)
    } else {
        Box::new(hdf5::Hdf5::open(path)?)
    })
}

/// Starts a `NetCDF`-4 file.
pub fn create(path: &Path, dataset: &Dataset) -> Result<Box<dyn Sink>> {
    create_with(path, dataset, Settings::default())
}

/// Starts a `NetCDF`-4 file, written as told.
pub fn create_with(path: &Path, dataset: &Dataset, settings: Settings) -> Result<Box<dyn Sink>> {
    Ok(Box::new(writer::Writer::create(path, dataset, settings)?))
}
