//! What decompression writes.

use std::path::{Path, PathBuf};

use crate::cli::args::{Decompress, Format, is_stdio};
use crate::cli::failure::invalid;

/// The format of an output: the one asked for, or the one that its name tells.
pub(super) fn of(args: &Decompress, target: &Path) -> Format {
    let extension = target.extension().and_then(|e| e.to_str());
    let by_name = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("npy") => Format::Npy,
        Some("zarr") => Format::Zarr,
        Some("nc" | "nc4" | "cdf" | "h5") => Format::Netcdf,
        _ => Format::Raw,
    };
    args.format.unwrap_or(by_name)
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
    Ok(name.with_extension(extension))
}
