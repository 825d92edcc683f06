//! The command `foresz`, run by a Python interpreter.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use foresz_cli::Host;
use pyo3::prelude::*;

/// Runs a command line and returns its exit code. `again` starts the command anew, and
/// `code` is the file of this module.
#[pyfunction]
pub(crate) fn command(
    py: Python<'_>,
    words: Vec<OsString>,
    again: Vec<OsString>,
    code: PathBuf,
) -> u8 {
    let host = Host { again, code };
    let done = py.detach(|| foresz_cli::main_within(host, words));
    // An exit code can be compared, not read.
    let number = (0..=u8::MAX).find(|n| ExitCode::from(*n) == done);
    number.unwrap_or(1)
}
