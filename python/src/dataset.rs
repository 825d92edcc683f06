//! Streams that are open for reading.

use std::path::PathBuf;

use foresz::dataset::{DatasetReader, View};
use foresz::files::Dataset;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::codec::ranges;
use crate::errors::raised_on_decoding;
use crate::file::{AnyStore, store};
use crate::guests::{Given, Guests};
use crate::settings::named;
use crate::values::{attributes, shown};
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
        let (dataset, unpacked) = (self.stream.dataset(self.view), self.unpacked());
        let all = PyList::empty(py);
        for (v, variable) in dataset.variables.iter().enumerate() {
            let variable = match self.shown(v) {
                View::Stored => variable,
                View::Unpacked => &unpacked.variables[v],
            };
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
        let view = self.shown(variable);
        let read = py.detach(|| self.stream.read(variable, &region, view, &decoder));
        shown(py, guests.outcome(read, raised_on_decoding)?)
    }

    /// What became of a variable.
    fn about<'py>(&self, py: Python<'py>, variable: usize) -> PyResult<Bound<'py, PyDict>> {
        let about = py.detach(|| self.stream.about(variable));
        reports::about(py, &about.map_err(raised_on_decoding)?)
    }

    /// Shape of the chunks of a variable that is coded in streams.
    fn chunk(&self, py: Python<'_>, variable: usize) -> PyResult<Option<Vec<usize>>> {
        let chunk = py.detach(|| self.stream.chunk(variable));
        chunk.map_err(raised_on_decoding)
    }

    /// Where the parts end that a variable is decoded in, along each dimension.
    fn chunk_ends(&self, py: Python<'_>, variable: usize) -> PyResult<Vec<Vec<usize>>> {
        let ends = py.detach(|| self.stream.chunk_ends(variable));
        ends.map_err(raised_on_decoding)
    }

    /// What was asked for of a variable, as texts; nothing if nothing is lost.
    fn asked(&self, variable: usize) -> Vec<String> {
        let asked = self.stream.asked(variable);
        let lossy = asked.iter().any(|bound| named(*bound).1.is_some());
        let asked = asked.iter().filter(|_| lossy);
        asked.map(ToString::to_string).collect()
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

impl Reader {
    fn unpacked(&self) -> Dataset {
        self.stream.dataset(View::Unpacked)
    }

    /// How a variable is shown: as integers only if the stream has them.
    fn shown(&self, variable: usize) -> View {
        match self.view {
            View::Stored if self.stream.keeps_stored(variable) => View::Stored,
            _ => View::Unpacked,
        }
    }
}
