//! Values of variables and attributes, to Python and back.

use foresz::files::{Attribute, Values};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// Numbers become an array, characters bytes, and texts a list.
pub(crate) fn shown(py: Python<'_>, values: Values) -> PyResult<Bound<'_, PyAny>> {
    macro_rules! arrays {
        ($($variant:ident),*) => {
            match values {
                $(Values::$variant(v) => Ok(PyArray1::from_vec(py, v).into_any()),)*
                Values::Char(v) => Ok(PyBytes::new(py, &v).into_any()),
                Values::Text(v) => v.into_bound_py_any(py),
                #[allow(unreachable_patterns, reason = "types that a newer library may add")]
                _ => Err(PyValueError::new_err("values of an unknown type")),
            }
        };
    }
    arrays!(I8, U8, I16, U16, I32, U32, I64, U64, F32, F64)
}

/// Attributes as a dictionary, texts as such.
pub(crate) fn attributes(py: Python<'_>, all: Vec<Attribute>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for Attribute { name, value } in all {
        let object = match value.as_text() {
            Some(text) => text.into_bound_py_any(py)?,
            None => shown(py, value)?,
        };
        dict.set_item(name, object)?;
    }
    Ok(dict)
}

/// What [`shown`] and [`attributes`] show, taken back.
pub(crate) fn taken(object: &Bound<'_, PyAny>) -> PyResult<Values> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Values::Char(bytes.as_bytes().to_vec()));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Values::text(text.to_str()?));
    }
    if let Ok(texts) = object.cast::<PyList>() {
        return Ok(Values::Text(texts.extract()?));
    }
    macro_rules! arrays {
        ($($variant:ident: $type:ty),*) => {
            $(if let Ok(array) = object.cast::<PyArray1<$type>>() {
                let array = array.try_readonly().map_err(|_| {
                    PyValueError::new_err("another call is writing to the array")
                })?;
                return Ok(Values::$variant(array.as_slice()?.to_vec()));
            })*
        };
    }
    arrays!(
        I8: i8, U8: u8, I16: i16, U16: u16, I32: i32, U32: u32, I64: i64, U64: u64, F32: f32,
        F64: f64
    );
    Err(PyTypeError::new_err(format!(
        "expected numbers or texts, not {}",
        object.get_type()
    )))
}

/// Attributes that Python has.
pub(crate) fn attributes_of(pairs: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Vec<Attribute>> {
    let attribute = |(name, value): (String, Bound<'_, PyAny>)| {
        let value = taken(&value)?;
        Ok(Attribute { name, value })
    };
    pairs.into_iter().map(attribute).collect()
}
