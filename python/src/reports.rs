//! What the library has to say, as dictionaries. The package makes reports of them.

use foresz::dataset::{Ladder, VariableInfo, Verified};
use foresz::{Bound as Limit, Info, Report};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::settings::named;

/// Sets keys of a dictionary.
macro_rules! fields {
    ($dict:expr, $from:expr, $($name:ident),* $(,)?) => {
        $($dict.set_item(stringify!($name), $from.$name.clone())?;)*
    };
}

fn set_bound(dict: &Bound<'_, PyDict>, asked: Limit) -> PyResult<()> {
    let (mode, bound) = named(asked);
    dict.set_item("mode", mode)?;
    dict.set_item("asked", bound)
}

fn tuple<'py, T: IntoPyObject<'py> + Clone>(
    py: Python<'py>,
    values: &[T],
) -> PyResult<Bound<'py, PyTuple>> {
    let objects = values.iter().cloned().map(|v| v.into_bound_py_any(py));
    PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
}

pub(crate) fn info<'py>(py: Python<'py>, info: &Info) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let dtype = if info.dtype.bytes() == 4 {
        "float32"
    } else {
        "float64"
    };
    dict.set_item("dtype", dtype)?;
    dict.set_item("shape", tuple(py, &info.shape)?)?;
    dict.set_item("dims", tuple(py, &info.dims)?)?;
    dict.set_item("chunk", tuple(py, &info.chunk)?)?;
    set_bound(&dict, info.asked)?;
    fields!(
        dict, info, bound, max_error, lattice, time, periodic, chunks
    );
    dict.set_item("fills", tuple(py, &info.fills)?)?;
    dict.set_item("effort", info.effort.name())?;
    let predictors = PyDict::new(py);
    for (spec, chunks) in &info.predictors {
        predictors.set_item(spec, chunks)?;
    }
    dict.set_item("predictors", predictors)?;
    dict.set_item("backends", tuple(py, &info.backends)?)?;
    let models = info.models.iter().map(|model| model.name.clone());
    dict.set_item("models", tuple(py, &models.collect::<Vec<_>>())?)?;
    fields!(
        dict,
        info,
        preview_levels,
        raw_bytes,
        stream_bytes,
        ratio,
        bits_per_value
    );
    let attributes = PyDict::new(py);
    for (key, value) in &info.attributes {
        attributes.set_item(key, value)?;
    }
    dict.set_item("attributes", attributes)?;
    dict.set_item("format_version", info.format_version)?;
    Ok(dict)
}

pub(crate) fn report<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    fields!(
        dict,
        report,
        input_bytes,
        output_bytes,
        ratio,
        bits_per_value
    );
    set_bound(&dict, report.asked)?;
    fields!(dict, report, bound, max_error, lattice, predictor, backend);
    dict.set_item("effort", report.effort.name())?;
    fields!(dict, report, cpu_seconds, wall_seconds);
    Ok(dict)
}

pub(crate) fn verified<'py>(
    py: Python<'py>,
    found: &Verified,
    asked: &[Limit],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    fields!(
        dict,
        found,
        values,
        numbers,
        broken,
        specials,
        specials_changed
    );
    dict.set_item("asked", bounds(py, asked)?)?;
    fields!(dict, found, bound, max_error, rms_error, psnr);
    let worst = found.worst.as_ref().map(|worst| {
        let dict = PyDict::new(py);
        dict.set_item("index", tuple(py, &worst.index)?)?;
        fields!(dict, worst, original, decoded, error);
        PyResult::Ok(dict)
    });
    dict.set_item("worst", worst.transpose()?)?;
    Ok(dict)
}

pub(crate) fn about<'py>(py: Python<'py>, info: &VariableInfo) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    fields!(dict, info, name);
    dict.set_item("dtype", info.kind)?;
    dict.set_item("dims", tuple(py, &info.dims)?)?;
    dict.set_item("shape", tuple(py, &info.shape)?)?;
    fields!(dict, info, units);
    dict.set_item("asked", bounds(py, &info.asked)?)?;
    fields!(dict, info, max_error, step);
    dict.set_item("predictors", tuple(py, &info.predictors)?)?;
    dict.set_item("backends", tuple(py, &info.backends)?)?;
    fields!(dict, info, pieces, raw_bytes, stream_bytes, ratio);
    Ok(dict)
}

pub(crate) fn ladder<'py>(py: Python<'py>, ladder: &Ladder) -> PyResult<Bound<'py, PyDict>> {
    let rungs = PyList::empty(py);
    for rung in &ladder.rungs {
        let dict = PyDict::new(py);
        fields!(
            dict,
            rung,
            bound,
            ratio,
            bits_per_value,
            psnr,
            max_error,
            gradient_change
        );
        rungs.append(dict)?;
    }
    let dict = PyDict::new(py);
    dict.set_item("rungs", rungs)?;
    fields!(dict, ladder, step, gentle);
    Ok(dict)
}

/// Bounds as pairs of mode and number.
fn bounds<'py>(py: Python<'py>, all: &[Limit]) -> PyResult<Bound<'py, PyTuple>> {
    tuple(
        py,
        &all.iter().map(|bound| named(*bound)).collect::<Vec<_>>(),
    )
}
