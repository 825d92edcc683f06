//! One array there and back.

use std::ops::Range;

use foresz::dataset::{DatasetReader, View};
use foresz::{DType, Decompressor, Error, Sample};
use numpy::{Element, PyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::arrays::{Stream, bytes, dtype, lent, lent_to_write, typed};
use crate::errors::{raised, raised_on_decoding};
use crate::guests::{Given, Guests};
use crate::reports;
use crate::settings::Settings;

/// A part of a field, as first and last place, the last one left out.
type Region = Option<Vec<(usize, usize)>>;

pub(crate) fn ranges(region: Vec<(usize, usize)>) -> Vec<Range<usize>> {
    region.into_iter().map(|(start, end)| start..end).collect()
}

/// An error met while decoding one array. The stream of a data set is not damaged because it
/// is the stream of something else.
fn told(bytes: &[u8], error: Error) -> PyErr {
    if let Error::Corrupt { .. } = error
        && let Ok(reader) = DatasetReader::open(bytes)
        && !reader.is_single_field()
    {
        let variables = reader.dataset(View::Stored).variables.len();
        return PyValueError::new_err(format!(
            "the bytes are those of a data set with {variables} variables; open it with foresz.open"
        ));
    }
    raised_on_decoding(error)
}

/// The stream of an array.
#[pyfunction]
pub(crate) fn compress<'py>(
    field: &Bound<'py, PyAny>,
    settings: Settings,
) -> PyResult<Bound<'py, PyBytes>> {
    typed!(dtype(field)?, T => encoded::<T>(field, settings))
}

fn encoded<'py, T: Sample + Element>(
    field: &Bound<'py, PyAny>,
    mut settings: Settings,
) -> PyResult<Bound<'py, PyBytes>> {
    let (py, array) = (field.py(), lent::<T>(field)?);
    let (view, guests) = (array.as_array(), settings.guests());
    let done = py.detach(|| foresz::compress(view, &settings.options(&guests)?));
    Ok(PyBytes::new(py, &guests.outcome(done, raised)?.bytes))
}

/// Type and shape of what [`decode_into`] writes.
#[pyfunction]
#[pyo3(signature = (stream, region, level))]
pub(crate) fn layout(
    py: Python<'_>,
    stream: Stream<'_>,
    region: Region,
    level: u8,
) -> PyResult<(&'static str, Vec<usize>)> {
    let (bytes, region) = (bytes(&stream)?, region.map(ranges));
    let decoder = Decompressor::default().preview(level);
    let found = py.detach(|| {
        let shape = decoder.shape(bytes, region.as_deref())?;
        Ok((foresz::inspect(bytes)?.dtype, shape))
    });
    let (dtype, shape) = found.map_err(|e| told(bytes, e))?;
    let name = match dtype {
        DType::F32 => "float32",
        DType::F64 => "float64",
    };
    Ok((name, shape))
}

/// Decodes into an array of its own: the memory that the values were decoded in.
#[pyfunction]
#[pyo3(signature = (stream, region, level, threads, objects))]
pub(crate) fn decode<'py>(
    py: Python<'py>,
    stream: Stream<'_>,
    region: Region,
    level: u8,
    threads: usize,
    objects: Vec<Given>,
) -> PyResult<Bound<'py, PyAny>> {
    let guests = Guests::new(objects);
    let decoder = guests.decoder(threads).preview(level);
    let (bytes, region) = (bytes(&stream)?, region.map(ranges));
    let info = foresz::inspect(bytes).map_err(|e| told(bytes, e))?;
    typed!(info.dtype, T => {
        let done = py.detach(|| decoder.decode::<T>(bytes, region.as_deref()));
        let decoded = guests.outcome(done, |e| told(bytes, e))?;
        Ok(PyArrayDyn::from_owned_array(py, decoded.field).into_any())
    })
}

/// Decodes into an array in C order.
#[pyfunction]
#[pyo3(signature = (stream, region, level, out, threads, objects))]
pub(crate) fn decode_into(
    stream: Stream<'_>,
    region: Region,
    level: u8,
    out: &Bound<'_, PyAny>,
    threads: usize,
    objects: Vec<Given>,
) -> PyResult<()> {
    let guests = Guests::new(objects);
    let decoder = guests.decoder(threads).preview(level);
    let (bytes, region) = (bytes(&stream)?, region.map(ranges));
    let done = typed!(dtype(out)?, T => decoded::<T>(bytes, region.as_deref(), &decoder, out)?);
    guests.outcome(done, raised_on_decoding)
}

fn decoded<T: Sample + Element>(
    bytes: &[u8],
    region: Option<&[Range<usize>]>,
    decoder: &Decompressor,
    out: &Bound<'_, PyAny>,
) -> PyResult<Result<(), Error>> {
    let mut array = lent_to_write::<T>(out)?;
    let values = array.as_slice_mut()?;
    let done = out
        .py()
        .detach(|| decoder.decode_into(bytes, region, values));
    Ok(done.map(|_| ()))
}

/// What a stream holds.
#[pyfunction]
pub(crate) fn inspect<'py>(py: Python<'py>, stream: Stream<'_>) -> PyResult<Bound<'py, PyDict>> {
    let bytes = bytes(&stream)?;
    let info = py.detach(|| foresz::inspect(bytes));
    reports::info(py, &info.map_err(|e| told(bytes, e))?)
}
