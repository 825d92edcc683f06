//! Files of Python as stores and sinks.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use foresz::{FileStore, Store};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Anything with `seek` and `read`.
pub(crate) struct Seekable {
    object: Py<PyAny>,
    size: u64,
    /// Held from `seek` to the end of `read`. It is taken before the interpreter is, never the
    /// other way round, or two threads would wait for each other.
    place: Mutex<()>,
}

impl Seekable {
    pub(crate) fn new(object: Bound<'_, PyAny>) -> PyResult<Self> {
        const END: u8 = 2;
        object.call_method1("seek", (0, END))?;
        let size = object.call_method0("tell")?.extract()?;
        Ok(Seekable {
            object: object.unbind(),
            size,
            place: Mutex::new(()),
        })
    }
}

impl Store for Seekable {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let _held = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let length = (range.end - range.start) as usize;
        let read = Python::attach(|py| {
            let object = self.object.bind(py);
            object.call_method1("seek", (range.start,))?;
            let mut bytes: Vec<u8> = Vec::new();
            while bytes.len() < length {
                let more = object.call_method1("read", (length - bytes.len(),))?;
                let Ok(more) = more.cast::<PyBytes>() else {
                    return Err(PyValueError::new_err(
                        "read() gave no bytes; open the file in binary mode",
                    ));
                };
                if more.as_bytes().is_empty() {
                    let reason = format!("the file ended at byte {}", range.start);
                    return Err(PyOSError::new_err(reason));
                }
                bytes.extend_from_slice(more.as_bytes());
            }
            bytes.truncate(length);
            Ok(bytes)
        });
        Ok(Cow::Owned(read?))
    }
}

/// Where the bytes of a stream that is open come from.
pub(crate) type AnyStore = Box<dyn Store + Send + Sync>;

/// A file by its path, or an object that is one.
pub(crate) fn store(path: Option<&Path>, object: Option<Bound<'_, PyAny>>) -> PyResult<AnyStore> {
    match (path, object) {
        (Some(path), _) => match File::open(path) {
            Ok(_) => {
                let store = FileStore::open(path).map_err(crate::errors::raised)?;
                Ok(Box::new(store))
            }
            Err(error) => Err(about_path(&error, path)),
        },
        (None, Some(object)) => Ok(Box::new(Seekable::new(object)?)),
        (None, None) => Err(PyValueError::new_err("expected a path or a file")),
    }
}

/// The error of the system, as Python has it: with a number and the path.
fn about_path(error: &io::Error, path: &Path) -> PyErr {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, text.to_owned(), path.as_os_str().to_owned())),
        None => PyOSError::new_err(format!("{}: {text}", path.display())),
    }
}

/// Where a stream is written to.
pub(crate) enum Sink {
    File(BufWriter<File>),
    /// Anything with `write`.
    Object(Py<PyAny>),
}

impl Sink {
    pub(crate) fn new(path: Option<&Path>, object: Option<Bound<'_, PyAny>>) -> PyResult<Self> {
        match (path, object) {
            (Some(path), _) => {
                let file = File::create(path).map_err(|e| about_path(&e, path))?;
                Ok(Sink::File(BufWriter::new(file)))
            }
            (None, Some(object)) => Ok(Sink::Object(object.unbind())),
            (None, None) => Err(PyValueError::new_err("expected a path or a file")),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::File(file) => file.write(bytes),
            Sink::Object(object) => Python::attach(|py| {
                let written = object
                    .bind(py)
                    .call_method1("write", (PyBytes::new(py, bytes),))?;
                // Raw files may take a part, and some objects do not say.
                let count = written.extract::<Option<usize>>()?;
                Ok(count.unwrap_or(bytes.len()))
            }),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::File(file) => {
                file.flush()?;
                file.get_ref().sync_all()
            }
            Sink::Object(_) => Ok(()),
        }
    }
}
