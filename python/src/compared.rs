//! The command `foresz compare` for arrays and predictors of Python.

use std::ffi::OsString;
use std::path::PathBuf;

use foresz_cli::{Host, Own};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::guests::{Given, Guests};

/// What `foresz.compare` has found.
#[pyclass(frozen, module = "foresz._foresz")]
pub(crate) struct Compared(foresz_cli::Compared);

#[pymethods]
impl Compared {
    /// Runs a command line, `again` and `code` as those of `command`.
    #[new]
    fn new(
        py: Python<'_>,
        words: Vec<OsString>,
        again: Vec<OsString>,
        code: PathBuf,
        objects: Vec<Given>,
    ) -> PyResult<Self> {
        let guests = Guests::new(objects);
        let done = py.detach(|| {
            let stopped = || guests.stopped();
            let own = Own {
                guests: guests.all(),
                stopped: Some(&stopped),
            };
            foresz_cli::Compared::run(Host { again, code }, words, &own)
        });
        let told = |error| PyValueError::new_err(format!("{error:#}"));
        guests.outcome(done, told).map(Compared)
    }

    /// All results.
    fn json(&self) -> PyResult<String> {
        let json = self.0.json();
        json.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// A table and what it comes to.
    fn summary(&self) -> String {
        self.0.summary()
    }

    /// A page of HTML.
    fn page(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.page())
    }
}
