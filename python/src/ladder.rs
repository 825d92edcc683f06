//! What bounds would do to an array.

use foresz::{Sample, dataset};
use numpy::Element;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{dtype, lent, typed};
use crate::errors::raised;
use crate::reports;
use crate::settings::Settings;

/// Tries bounds, and says what each of them does.
#[pyfunction]
pub(crate) fn suggest<'py>(
    field: &Bound<'py, PyAny>,
    settings: Settings,
) -> PyResult<Bound<'py, PyDict>> {
    typed!(dtype(field)?, T => climbed::<T>(field, settings))
}

fn climbed<'py, T: Sample + Element>(
    field: &Bound<'py, PyAny>,
    mut settings: Settings,
) -> PyResult<Bound<'py, PyDict>> {
    let (py, array) = (field.py(), lent::<T>(field)?);
    let (view, guests) = (array.as_array(), settings.guests());
    let ladder = py.detach(|| dataset::ladder(view, &settings.options(&guests)?));
    reports::ladder(py, &guests.outcome(ladder, raised)?)
}
