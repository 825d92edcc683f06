//! What decompression writes.

use std::path::{Path, PathBuf};

use super::source;
use crate::args::{Decompress, Format, is_stdio};
use crate::failure::invalid;
use crate::output::with_ending;

/// The format that the name of an output tells.
pub(crate) fn by_name(target: &Path) -> Option<Format> {
    let extension = target.extension().and_then(|e| e.to_str());
    match extension?.to_ascii_lowercase().as_str() {
        "npy" => Some(Format::Npy),
        "zarr" => Some(Format::Zarr),
        "nc" | "nc4" | "cdf" | "h5" | "hdf5" => Some(Format::Netcdf),
        "raw" | "bin" | "dat" | "f32" | "f64" | "d64" => Some(Format::Raw),
        _ => None,
    }
}

/// The format of an output: the one asked for, or the one that its name tells.
pub(super) fn of(args: &Decompress, target: &Path) -> anyhow::Result<Format> {
    let known = args.format.or_else(|| by_name(target));
    known.or_else(|| is_stdio(target).then_some(Format::Raw)).ok_or_else(|| {
        invalid(format!(
            "the name {} does not say which format to write: end it in .nc, .zarr, .npy or .raw, or give --format",
            target.display()
        ))
    })
}

/// Where to write: what was asked for, or the name of the stream without its ending, and
/// with one that says what it is.
pub(super) fn target(args: &Decompress) -> anyhow::Result<PathBuf> {
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
        Some(Format::Npy) => "npy",
        Some(Format::Raw) => return Ok(name),
        Some(Format::Netcdf) => "nc",
        None => match name.extension().and_then(|e| e.to_str()) {
            Some("nc" | "nc4" | "zarr" | "npy") => return Ok(name),
            _ => "nc",
        },
    };
    // `era5.2019` has no ending of a file: another one would drop the year.
    if source::is_named_like_data(&name) || by_name(&name).is_some() {
        Ok(name.with_extension(extension))
    } else {
        Ok(with_ending(&name, &format!(".{extension}")))
    }
}
