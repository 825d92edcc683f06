//! Files that hold data sets.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use foresz::dataset::DatasetReader;
use foresz::files::{self, Source};
use foresz::{Error, FileStore, Store};

use crate::cli::args::is_stdio;

/// First bytes of files, and of streams.
const OF_DATA_SETS: [&[u8]; 3] = [b"CDF", b"\x89HDF", b"GRIB"];
const OF_STREAMS: &[u8] = b"FSZ\x1a";
/// GRIB files can start with something else.
const EXTENSIONS: [&str; 10] = [
    "nc", "nc4", "cdf", "h5", "hdf5", "grib", "grb", "grib1", "grib2", "zarr",
];

fn first_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What cannot be read now will be read, and reported, later.
        let _ = file.take(8).read_to_end(&mut bytes);
    }
    bytes
}

/// Whether a path leads to a file, or a folder, of variables with names.
pub(crate) fn is_data_set(path: &Path) -> bool {
    if is_stdio(path) {
        return false;
    }
    let extension = path.extension().and_then(|e| e.to_str());
    let named = extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
    let bytes = first_bytes(path);
    named || path.is_dir() || OF_DATA_SETS.iter().any(|magic| bytes.starts_with(magic))
}

/// Whether a path leads to a stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    !is_stdio(path) && first_bytes(path).starts_with(OF_STREAMS)
}

/// Opens a file of variables.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn Source>> {
    let source = files::open(path).map_err(plain);
    source.with_context(|| format!("cannot read {}", path.display()))
}

/// Opens a stream, and says so if something is left of what was interrupted.
pub(crate) fn open_stream(path: &Path) -> anyhow::Result<DatasetReader<FileStore>> {
    opened(FileStore::open(path).and_then(DatasetReader::open), path)
}

/// A stream that was opened, or not.
pub(super) fn opened<S: Store>(
    opened: foresz::Result<DatasetReader<S>>,
    path: &Path,
) -> anyhow::Result<DatasetReader<S>> {
    let reader = opened.with_context(|| path.display().to_string())?;
    if reader.lost() > 0 {
        eprintln!(
            "foresz: warning: {}: adding to it was interrupted; what was there before is read, and {} bytes behind it are not",
            path.display(),
            reader.lost()
        );
    }
    Ok(reader)
}

/// An error of a file as one of ours, so that it gets the right exit code.
pub(crate) fn plain(error: files::Error) -> Error {
    match error {
        files::Error::Io(error) => Error::Io(error),
        files::Error::Unsupported(reason) => Error::Unsupported(reason),
        other => Error::Invalid(other.to_string()),
    }
}
