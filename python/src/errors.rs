//! Errors of the library as exceptions.

use foresz::{Error, predictors};
use pyo3::create_exception;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    foresz,
    CorruptError,
    PyValueError,
    "The bytes are damaged, or are not a foresz stream."
);
create_exception!(
    foresz,
    UnsupportedError,
    PyValueError,
    "The stream needs a newer foresz, or something that is not installed."
);

/// An error that the caller of a compression meets.
pub(crate) fn raised(error: Error) -> PyErr {
    match error {
        Error::Corrupt { .. } => CorruptError::new_err(error.to_string()),
        Error::Unsupported(reason) => UnsupportedError::new_err(reason),
        Error::Memory { .. } | Error::Predictor(predictors::Error::Limit { .. }) => {
            PyMemoryError::new_err(error.to_string())
        }
        // What Python raised inside of `read` and `write` comes out as it was.
        Error::Io(error) => error.into(),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// An error met while decoding: the caller did not choose the predictor, whoever wrote the
/// stream did.
pub(crate) fn raised_on_decoding(error: Error) -> PyErr {
    use predictors::Error as Fault;
    match error {
        Error::Predictor(fault @ (Fault::Side { .. } | Fault::Walk { .. })) => {
            CorruptError::new_err(format!("the stream is damaged in its chunk: {fault}"))
        }
        Error::Predictor(fault @ (Fault::Model { .. } | Fault::Differs { .. })) => {
            UnsupportedError::new_err(fault.to_string())
        }
        Error::Predictor(
            fault @ (Fault::Unknown { .. } | Fault::Parameter { .. } | Fault::Syntax { .. }),
        ) => UnsupportedError::new_err(format!(
            "this foresz lacks a predictor that the stream was coded with: {fault}"
        )),
        other => raised(other),
    }
}
