//! Files of Python as stores and sinks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use foresz::{FileStore, Store};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Bytes at the end that are read when a file is opened: an index is there.
const END: u64 = 1 << 14;
/// Reads up to this length are remembered: they are of indexes, which are read again and again.
const SHORT: usize = 1 << 16;
/// How many reads are remembered.
const MANY: usize = 256;

/// Anything with `seek` and `read`, which may be far away.
pub(crate) struct Seekable {
    object: Py<PyAny>,
    size: u64,
    /// The last bytes.
    end: Vec<u8>,
    /// Short reads. It is held from `seek` to the end of `read`, and taken before the
    /// interpreter is, never the other way round, or two threads would wait for each other.
    read: Mutex<HashMap<(u64, usize), Vec<u8>>>,
}

impl Seekable {
    pub(crate) fn new(object: Bound<'_, PyAny>) -> PyResult<Self> {
        const FROM_END: u8 = 2;
        object.call_method1("seek", (0, FROM_END))?;
        let size: u64 = object.call_method0("tell")?.extract()?;
        let start = size.saturating_sub(END);
        Ok(Seekable {
            end: read(&object, start, (size - start) as usize)?,
            object: object.unbind(),
            size,
            read: Mutex::default(),
        })
    }
}

/// So many bytes of a file from a place on.
fn read(object: &Bound<'_, PyAny>, start: u64, length: usize) -> PyResult<Vec<u8>> {
    object.call_method1("seek", (start,))?;
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < length {
        let more = object.call_method1("read", (length - bytes.len(),))?;
        let Ok(more) = more.cast::<PyBytes>() else {
            return Err(PyValueError::new_err(
                "read() gave no bytes; open the file in binary mode",
            ));
        };
        if more.as_bytes().is_empty() {
            let reason = format!("the file ended at byte {start}");
            return Err(PyOSError::new_err(reason));
        }
        bytes.extend_from_slice(more.as_bytes());
    }
    bytes.truncate(length);
    Ok(bytes)
}

impl Store for Seekable {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let length = (range.end - range.start) as usize;
        let end = self.size - self.end.len() as u64;
        if let Some(skip) = range.start.checked_sub(end) {
            let skip = skip as usize;
            return Ok(Cow::Borrowed(&self.end[skip..skip + length]));
        }
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (range.start, length);
        if let Some(bytes) = known.get(&key) {
            return Ok(Cow::Owned(bytes.clone()));
        }
        let bytes = Python::attach(|py| read(self.object.bind(py), range.start, length))?;
        if length <= SHORT {
            if known.len() >= MANY {
                known.clear();
            }
            known.insert(key, bytes.clone());
        }
        Ok(Cow::Owned(bytes))
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
