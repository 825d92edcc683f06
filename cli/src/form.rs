//! What decompression writes.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::args::is_stdio;
use crate::decompress::Decompress;
use crate::failure::invalid;
use crate::input::is_named_like_data;
use crate::output::with_ending;

/// What decompression writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Little-endian samples and nothing else
    Raw,
    /// A .npy file, with its shape
    Npy,
    /// A NetCDF-4 file, with coordinates and attributes
    Netcdf,
    /// A Zarr store, with coordinates and attributes
    Zarr,
}

impl Format {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Npy => "npy",
            Format::Netcdf => "netcdf",
            Format::Zarr => "zarr",
        }
    }
}

/// The format that the name of an output tells.
fn by_name(target: &Path) -> Option<Format> {
    let extension = target.extension().and_then(|e| e.to_str());
    match extension?.to_ascii_lowercase().as_str() {
        "npy" => Some(Format::Npy),
        "zarr" => Some(Format::Zarr),
        "nc" | "nc4" | "cdf" | "h5" | "hdf5" => Some(Format::Netcdf),
        "raw" | "bin" | "dat" | "f32" | "f64" | "d64" => Some(Format::Raw),
        _ => None,
    }
}

/// Whether a stream is written as an array, as nothing that is asked for has names.
fn is_array(args: &Decompress, bare: bool) -> bool {
    bare && args.variables.names.is_empty() && args.sel.is_empty() && !args.repack
}

/// The format of an output: the one asked for, or the one that its name tells.
pub(crate) fn of(args: &Decompress, target: &Path, bare: bool) -> anyhow::Result<Format> {
    let known = args.format.or_else(|| by_name(target));
    let raw = is_stdio(target) || is_array(args, bare);
    known.or_else(|| raw.then_some(Format::Raw)).ok_or_else(|| {
        invalid(format!(
            "the name {} does not say which format to write: end it in .nc, .zarr, .npy or .raw, or give --format",
            target.display()
        ))
    })
}

/// Where to write: what was asked for, or the name of the stream without its ending, and of a
/// data set with one that says what it is.
pub(crate) fn target(args: &Decompress, bare: bool) -> anyhow::Result<PathBuf> {
    if let Some(path) = &args.output.output {
        return Ok(path.clone());
    }
    if is_stdio(&args.stream) || args.stream.extension().is_none_or(|e| e != "fsz") {
        return Err(invalid(format!(
            "{} does not end in .fsz, so no output name follows from it: give one with -o",
            args.stream.display()
        )));
    }
    let name = args.stream.with_extension("");
    let extension = match args.format {
        Some(Format::Zarr) => "zarr",
        Some(Format::Npy) if !is_array(args, bare) => "npy",
        Some(Format::Npy | Format::Raw) => return Ok(name),
        Some(Format::Netcdf) => "nc",
        None if is_array(args, bare) => return Ok(name),
        None => match name.extension().and_then(|e| e.to_str()) {
            Some("nc" | "nc4" | "zarr" | "npy") => return Ok(name),
            _ => "nc",
        },
    };
    // `era5.2019` has no ending of a file: another one would drop the year.
    if is_named_like_data(&name) || by_name(&name).is_some() {
        Ok(name.with_extension(extension))
    } else {
        Ok(with_ending(&name, &format!(".{extension}")))
    }
}
