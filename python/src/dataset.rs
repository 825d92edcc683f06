//! Streams that are open for reading.

use std::path::PathBuf;

use foresz::dataset::{DatasetReader, View};
use foresz::files::{Attribute, Values};
use numpy::PyArray1;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::codec::ranges;
use crate::errors::raised_on_decoding;
use crate::file::{AnyStore, store};
use crate::guests::{Given, Guests};
use crate::{kept, reports};

/// What `foresz.open` reads with.
#[pyclass(frozen, module = "foresz._foresz")]
pub(crate) struct Reader {
    stream: DatasetReader<AnyStore>,
    view: View,
    guests: Guests,
}

#[pymethods]
impl Reader {
    #[new]
    #[pyo3(signature = (path, object, packed, objects))]
    fn new(
        py: Python<'_>,
        path: Option<PathBuf>,
        object: Option<Bound<'_, PyAny>>,
        packed: bool,
        objects: Vec<Given>,
    ) -> PyResult<Self> {
        let store = store(path.as_deref(), object)?;
        let reader = py.detach(|| DatasetReader::open(store));
        let view = if packed { View::Stored } else { View::Unpacked };
        Ok(Reader {
            stream: reader.map_err(raised_on_decoding)?,
            view,
            guests: Guests::new(objects),
        })
    }

    /// Bytes of the stream, and bytes behind it that an interruption left.
    fn bytes(&self) -> (u64, u64) {
        (self.stream.bytes(), self.stream.lost())
    }

    /// Program and version that wrote it; empty for the stream of a single field.
    fn writer(&self) -> &str {
        self.stream.writer()
    }

    /// Name, length, and whether it is unlimited, of each dimension.
    fn dimensions(&self) -> Vec<(String, usize, bool)> {
        let dataset = self.stream.dataset(self.view);
        let dimensions = dataset.dimensions.into_iter();
        dimensions
            .map(|d| (d.name, d.length, d.unlimited))
            .collect()
    }

    /// Attributes of the whole.
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        attributes(py, self.stream.dataset(self.view).attributes)
    }

    /// Every variable: name, type, dimensions, shape, attributes.
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let dataset = self.stream.dataset(self.view);
        let all = PyList::empty(py);
        for variable in &dataset.variables {
            let dict = PyDict::new(py);
            dict.set_item("name", &variable.name)?;
            dict.set_item("kind", variable.kind.name())?;
            dict.set_item("dims", dataset.dims(variable))?;
            dict.set_item("shape", dataset.shape(variable))?;
            dict.set_item("attributes", attributes(py, variable.attributes.clone())?)?;
            all.append(dict)?;
        }
        Ok(all)
    }

    /// Values of a part of a variable, in C order.
    #[pyo3(signature = (variable, region, threads))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        variable: usize,
        region: Vec<(usize, usize)>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let guests = self.guests.anew();
        let decoder = guests.decoder(threads);
        let region = ranges(region);
        let read = py.detach(|| self.stream.read(variable, &region, self.view, &decoder));
        values(py, guests.outcome(read, raised_on_decoding)?)
    }

    /// What became of a variable.
    fn about<'py>(&self, py: Python<'py>, variable: usize) -> PyResult<Bound<'py, PyDict>> {
        let about = py.detach(|| self.stream.about(variable));
        reports::about(py, &about.map_err(raised_on_decoding)?)
    }

    /// Shape of the first chunk of a variable that is coded in streams.
    fn chunk(&self, py: Python<'_>, variable: usize) -> PyResult<Option<Vec<usize>>> {
        let streams = py.detach(|| self.stream.streams(variable));
        let streams = streams.map_err(raised_on_decoding)?;
        Ok(streams.into_iter().next().map(|info| info.chunk))
    }

    /// Holds an array against a variable.
    #[pyo3(signature = (variable, field, threads))]
    fn verify<'py>(
        &self,
        variable: usize,
        field: &Bound<'py, PyAny>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        kept::against(
            &self.stream,
            variable,
            field,
            (threads, &self.guests.anew()),
        )
    }
}

fn attributes(py: Python<'_>, all: Vec<Attribute>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for Attribute { name, value } in all {
        let object = match value.as_text() {
            Some(text) => text.into_bound_py_any(py)?,
            None => values(py, value)?,
        };
        dict.set_item(name, object)?;
    }
    Ok(dict)
}

/// Numbers become an array, characters bytes, and texts a list.
fn values(py: Python<'_>, values: Values) -> PyResult<Bound<'_, PyAny>> {
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
