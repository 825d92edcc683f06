//! Streams written frame by frame.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use foresz::{DType, Error, Options, Report, Result, Sample};
use numpy::Element;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{dtype, lent, typed};
use crate::errors::raised;
use crate::file::Sink;
use crate::guests::Guests;
use crate::reports;
use crate::settings::Settings;

/// A writer of either type, as long as it is open.
enum Inner {
    F32(Box<foresz::Writer<Sink, f32>>),
    F64(Box<foresz::Writer<Sink, f64>>),
}

/// What `foresz.Writer` writes with.
#[pyclass(frozen, module = "foresz._foresz")]
pub(crate) struct Writer {
    inner: Mutex<Option<Inner>>,
    guests: Guests,
}

#[pymethods]
impl Writer {
    /// A writer of frames that look like one of them.
    #[new]
    #[pyo3(signature = (path, object, frame, frames, settings))]
    fn new(
        path: Option<PathBuf>,
        object: Option<Bound<'_, PyAny>>,
        frame: &Bound<'_, PyAny>,
        frames: Option<usize>,
        mut settings: Settings,
    ) -> PyResult<Self> {
        let guests = settings.guests();
        let sink = Sink::new(path.as_deref(), object)?;
        let shape = frame.getattr("shape")?.extract::<Vec<usize>>()?;
        let inner = match dtype(frame)? {
            DType::F32 => Inner::F32(Box::new(begun(
                sink,
                &shape,
                frames,
                settings.options(&guests),
            )?)),
            DType::F64 => Inner::F64(Box::new(begun(
                sink,
                &shape,
                frames,
                settings.options(&guests),
            )?)),
        };
        Ok(Writer {
            inner: Mutex::new(Some(inner)),
            guests,
        })
    }

    /// Appends a frame.
    fn push(&self, frame: &Bound<'_, PyAny>) -> PyResult<()> {
        typed!(dtype(frame)?, T => self.pushed::<T>(frame))
    }

    /// Writes what is left, and the index.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let inner = py.detach(|| self.lock().take());
        let inner = inner.ok_or_else(|| PyValueError::new_err("the writer is closed"))?;
        let report = py.detach(|| match inner {
            Inner::F32(writer) => finished(*writer),
            Inner::F64(writer) => finished(*writer),
        });
        reports::report(py, &self.guests.outcome(report, raised)?)
    }

    /// Gives the stream up.
    fn abandon(&self, py: Python<'_>) {
        py.detach(|| drop(self.lock().take()));
    }
}

impl Writer {
    /// To be taken without the interpreter, which others need to let go of it.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Inner>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pushed<T: Frame>(&self, frame: &Bound<'_, PyAny>) -> PyResult<()> {
        let array = lent::<T>(frame)?;
        let view = array.as_array();
        let done = frame.py().detach(|| {
            let mut held = self.lock();
            let Some(inner) = held.as_mut() else {
                return Err(Error::Invalid("the writer is closed".into()));
            };
            match T::writer(inner) {
                Some(writer) => writer.push(view),
                None => Err(Error::Invalid(format!(
                    "a frame of {} where the frames before were of another type",
                    T::NAME
                ))),
            }
        });
        self.guests.outcome(done, raised)
    }
}

/// A type of samples that there is a writer for.
trait Frame: Sample + Element {
    fn writer(inner: &mut Inner) -> Option<&mut foresz::Writer<Sink, Self>>;
}

impl Frame for f32 {
    fn writer(inner: &mut Inner) -> Option<&mut foresz::Writer<Sink, f32>> {
        match inner {
            Inner::F32(writer) => Some(writer),
            Inner::F64(_) => None,
        }
    }
}

impl Frame for f64 {
    fn writer(inner: &mut Inner) -> Option<&mut foresz::Writer<Sink, f64>> {
        match inner {
            Inner::F64(writer) => Some(writer),
            Inner::F32(_) => None,
        }
    }
}

fn begun<T: Sample>(
    sink: Sink,
    frame: &[usize],
    frames: Option<usize>,
    options: Result<Options>,
) -> PyResult<foresz::Writer<Sink, T>> {
    let writer = options.and_then(|options| match frames {
        Some(frames) => foresz::Writer::with_length(sink, frames, frame, options),
        None => foresz::Writer::new(sink, frame, options),
    });
    writer.map_err(raised)
}

fn finished<T: Sample>(writer: foresz::Writer<Sink, T>) -> Result<Report> {
    let (mut sink, report) = writer.finish()?;
    sink.flush()?;
    Ok(report)
}
