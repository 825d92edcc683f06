//! Files by what they hold, or are called.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::source::Source;

/// Opens a file, of the format that its first bytes tell. A folder is Zarr.
pub fn open(path: &Path) -> Result<Box<dyn Source>> {
    if path.is_dir() {
        return zarr(path);
    }
    let mut magic = Vec::new();
    File::open(path)?.take(6).read_to_end(&mut magic)?;
    match magic.as_slice() {
        [b'G', b'R', b'I', b'B', ..] => grib(path),
        #[cfg(feature = "arrays")]
        head if crate::arrays::is_array(head) => {
            let layout = crate::arrays::Layout::default();
            Ok(Box::new(crate::arrays::open(path, &layout)?))
        }
        #[cfg(feature = "netcdf")]
        // Some HDF5 begins with something else: let its reader say that it is none.
        _ => crate::netcdf::open(path),
        #[cfg(not(feature = "netcdf"))]
        _ => missing("NetCDF"),
    }
}

#[cfg(feature = "grib")]
fn grib(path: &Path) -> Result<Box<dyn Source>> {
    Ok(Box::new(crate::grib::open(path)?))
}

#[cfg(not(feature = "grib"))]
fn grib(_: &Path) -> Result<Box<dyn Source>> {
    missing("GRIB")
}

#[cfg(feature = "zarr")]
fn zarr(path: &Path) -> Result<Box<dyn Source>> {
    Ok(Box::new(crate::zarr::open(path)?))
}

#[cfg(not(feature = "zarr"))]
fn zarr(_: &Path) -> Result<Box<dyn Source>> {
    missing("Zarr")
}

/// Starts a file, of the format that its name ends with.
#[cfg_attr(
    not(any(feature = "netcdf", feature = "zarr")),
    expect(
        unused_variables,
        reason = "without a format there is nothing to start"
    )
)]
pub fn create(path: &Path, dataset: &Dataset) -> Result<Box<dyn Sink>> {
    match path.extension().and_then(|e| e.to_str()) {
        #[cfg(feature = "netcdf")]
        Some("nc" | "nc4" | "h5" | "hdf5") => crate::netcdf::create(path, dataset),
        #[cfg(feature = "zarr")]
        Some("zarr") => crate::zarr::create(path, dataset),
        #[cfg(not(feature = "zarr"))]
        Some("zarr") => missing("Zarr"),
        Some("grib" | "grib2" | "grb") => missing("GRIB"),
        _ => Err(Error::Unsupported(format!(
            "{}: name an output that ends in .nc or .zarr",
            path.display()
        ))),
    }
}

fn missing<T>(format: &str) -> Result<T> {
    Err(Error::Unsupported(format!(
        "this program was built without {format}"
    )))
}
