//! Arrays of numpy, lent without a copy.

use foresz::DType;
use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn,
    PyReadwriteArrayDyn, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// The bytes of a stream: any buffer, which the package shows as an array of bytes.
pub(crate) type Stream<'py> = PyReadonlyArray1<'py, u8>;

/// Bytes that lie together.
pub(crate) fn bytes<'a>(stream: &'a Stream<'_>) -> PyResult<&'a [u8]> {
    let bytes = stream.as_slice();
    bytes.map_err(|_| PyValueError::new_err("the bytes of the stream do not lie together"))
}

/// The type of an array, which the package has made sure of.
pub(crate) fn dtype(array: &Bound<'_, PyAny>) -> PyResult<DType> {
    let array = array.cast::<PyUntypedArray>()?;
    let code = array.dtype();
    let py = array.py();
    if code.is_equiv_to(&f32::get_dtype(py)) {
        Ok(DType::F32)
    } else if code.is_equiv_to(&f64::get_dtype(py)) {
        Ok(DType::F64)
    } else {
        Err(PyTypeError::new_err(format!(
            "expected an array of float32 or float64, not of {code}"
        )))
    }
}

/// An array to be read.
pub(crate) fn lent<'py, T: Element>(
    array: &Bound<'py, PyAny>,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    let array = array.cast::<PyArrayDyn<T>>()?;
    let lent = array.try_readonly();
    lent.map_err(|_| PyValueError::new_err("another call is writing to the array"))
}

/// An array to be written.
pub(crate) fn lent_to_write<'py, T: Element>(
    array: &Bound<'py, PyAny>,
) -> PyResult<PyReadwriteArrayDyn<'py, T>> {
    let array = array.cast::<PyArrayDyn<T>>()?;
    let lent = array.try_readwrite();
    lent.map_err(|e| PyValueError::new_err(format!("out cannot be written to: {e}")))
}

/// Does the same with the type that an array has.
macro_rules! typed {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            foresz::DType::F32 => {
                type $type = f32;
                $body
            }
            foresz::DType::F64 => {
                type $type = f64;
                $body
            }
        }
    };
}
pub(crate) use typed;
