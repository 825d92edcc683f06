//! Errors of the HDF5 reader as ours.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hdf5_reader::error::Error as Hdf5Error;

use crate::error::{Error, Result};

/// Runs something that meets bytes of a file. A reader that panics on damage which it
/// did not foresee must not end the program.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::Damaged(
            "the file is damaged in a way that its reader did not foresee".into(),
        ))
    })
}

impl From<Hdf5Error> for Error {
    fn from(error: Hdf5Error) -> Self {
        use Hdf5Error as E;
        match error {
            E::Io(error) => Error::Io(error),
            E::InvalidMagic => Error::Damaged(
                "neither a NetCDF nor an HDF5 file: the first bytes are others".into(),
            ),
            E::UnexpectedEof { .. } | E::OffsetOutOfBounds(_) => {
                Error::Damaged(format!("the file is cut short or damaged: {error}"))
            }
            E::ResourceLimit(_) | E::UnsupportedEncoding(_) | E::UnsupportedFilter(_) => {
                Error::Unsupported(error.to_string())
            }
            E::Context { path, source } => match Error::from(*source) {
                Error::Damaged(why) => Error::Damaged(format!("{path}: {why}")),
                Error::Unsupported(why) => Error::Unsupported(format!("{path}: {why}")),
                other => other,
            },
            other => Error::Damaged(format!("the file is damaged: {other}")),
        }
    }
}

impl From<netcdf_reader::Error> for Error {
    fn from(error: netcdf_reader::Error) -> Self {
        match error {
            netcdf_reader::Error::Hdf5(error) => error.into(),
            netcdf_reader::Error::Io(error) => Error::Io(error),
            other => Error::Damaged(format!("the file is damaged: {other}")),
        }
    }
}
