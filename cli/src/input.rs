//! Fields and streams from files and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use foresz::{FileStore, Sample, Store};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::args::is_stdio;
use super::failure::invalid;
use super::npy;
use super::npz;
use super::samples::{self, Endian};
use super::summary;
use super::zip;
use foresz::DType;

/// A field of either type.
pub(crate) enum Field {
    F32(ArrayD<f32>),
    F64(ArrayD<f64>),
}

/// What is known of a field before its file is read.
pub(crate) struct Expected {
    pub(crate) shape: Option<Vec<usize>>,
    pub(crate) dtype: Option<DType>,
    /// Which array of a `.npz` file it is.
    pub(crate) variable: Option<String>,
}

/// A stream, to be read in parts if it is in a file.
pub(crate) fn open_stream(path: &Path) -> anyhow::Result<Box<dyn Store>> {
    if is_stdio(path) {
        return Ok(Box::new(read_bytes(path)?));
    }
    let opened = FileStore::open(path);
    Ok(Box::new(opened.with_context(|| cannot_read(path))?))
}

/// Everything in a file, or on standard input.
pub(crate) fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if !is_stdio(path) {
        return std::fs::read(path).with_context(|| cannot_read(path));
    }
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    read.with_context(|| cannot_read(path))?;
    Ok(bytes)
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", name(path))
}

fn name(path: &Path) -> String {
    if is_stdio(path) {
        "standard input".into()
    } else {
        path.display().to_string()
    }
}

/// The field in a file: `.npy` or `.npz` if it starts like one, else raw. It is read into
/// the memory that it is used from: nowhere is there a second copy of it, unless a `.npz`
/// file comes on standard input.
pub(crate) fn read_field(path: &Path, expected: &Expected) -> anyhow::Result<Field> {
    let source = Source::open(path).with_context(|| cannot_read(path))?;
    let read = if source.head.starts_with(zip::MAGIC) {
        from_npz(path, source, expected)
    } else if expected.variable.is_some() {
        Err(invalid(
            "-v names an array of a .npz file; this is no .npz file",
        ))
    } else if source.head == npy::MAGIC {
        from_npy(&mut source.bytes(), expected)
    } else {
        from_raw(&mut source.bytes(), path, expected)
    };
    read.with_context(|| name(path))
}

/// A file being read.
struct Source {
    /// Its first bytes: they tell what it is.
    head: Vec<u8>,
    rest: Box<dyn Read>,
    /// `None` where the end shows only when it is reached.
    size: Option<u64>,
}

/// What is left of a source, and how much that is.
pub(crate) struct Bytes<'a> {
    reader: Box<dyn Read + 'a>,
    left: Option<u64>,
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        let (mut rest, size): (Box<dyn Read>, _) = if is_stdio(path) {
            (Box::new(io::stdin().lock()), None)
        } else {
            let file = File::open(path)?;
            let about = file.metadata()?;
            let size = about.is_file().then_some(about.len());
            (Box::new(file), size)
        };
        let mut head = Vec::new();
        let first = (&mut rest).take(npy::MAGIC.len() as u64);
        { first }.read_to_end(&mut head)?;
        Ok(Source { head, rest, size })
    }

    fn bytes(self) -> Bytes<'static> {
        Bytes {
            reader: Box::new(io::Cursor::new(self.head).chain(self.rest)),
            left: self.size,
        }
    }
}

impl<'a> Bytes<'a> {
    /// Of a reader that ends where it says.
    pub(crate) fn new(reader: impl Read + 'a, size: u64) -> Self {
        Bytes {
            reader: Box::new(reader),
            left: Some(size),
        }
    }

    /// The values that fill what is left, which is no more and no less.
    fn values<T: Sample>(&mut self, shape: &[usize], endian: Endian) -> anyhow::Result<Vec<T>> {
        let dtype = if T::BYTES == 4 {
            DType::F32
        } else {
            DType::F64
        };
        if let Some(left) = self.left {
            check_size(left, shape, dtype)?;
        }
        let wanted = size(shape, dtype).ok_or_else(|| too_large(shape))?;
        let count = shape.iter().product();
        let short = |()| foresz::Error::Memory {
            bytes: wanted,
            what: format!("a field of shape {}", summary::shape(shape)),
        };
        let mut values: Vec<T> = bytemuck::allocation::try_zeroed_vec(count).map_err(short)?;
        let mut found = 0;
        while found < wanted {
            let room = &mut bytemuck::cast_slice_mut::<T, u8>(&mut values)[found..];
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(read) => found += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        let more = io::copy(&mut self.reader, &mut io::sink())?;
        check_size(found as u64 + more, shape, dtype)?;
        samples::to_native(&mut values, endian);
        Ok(values)
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(room)?;
        self.left = self.left.map(|left| left.saturating_sub(read as u64));
        Ok(read)
    }
}

fn from_npz(path: &Path, source: Source, expected: &Expected) -> anyhow::Result<Field> {
    let archive: Box<dyn Store> = match source.size {
        Some(_) => Box::new(FileStore::open(path)?),
        None => {
            let mut bytes = Vec::new();
            source.bytes().read_to_end(&mut bytes)?;
            Box::new(bytes)
        }
    };
    let taken = npz::take(&archive, expected.variable.as_deref())?;
    if !taken.left.is_empty() {
        let left = taken.left.join(", ");
        eprintln!("foresz: note: {} is taken, {left} left out", taken.name);
    }
    let mut content = taken.member.content(&archive)?;
    let field = from_npy(&mut Bytes::new(&mut content, taken.member.size()), expected);
    let field = field.with_context(|| format!("array {}", taken.name))?;
    content.finish()?;
    Ok(field)
}

fn from_npy(bytes: &mut Bytes, expected: &Expected) -> anyhow::Result<Field> {
    let header = npy::read(bytes)?;
    if let Some(dtype) = expected.dtype.filter(|dtype| *dtype != header.dtype) {
        return Err(invalid(format!(
            "the .npy file holds {}, not {}",
            header.dtype.name(),
            dtype.name()
        )));
    }
    if let Some(shape) = expected
        .shape
        .as_ref()
        .filter(|shape| **shape != header.shape)
    {
        return Err(invalid(format!(
            "the .npy file has the shape {}, not {}",
            summary::shape(&header.shape),
            summary::shape(shape)
        )));
    }
    let layout = (header.endian, header.fortran);
    field(bytes, &header.shape, header.dtype, layout)
}

fn from_raw(bytes: &mut Bytes, path: &Path, expected: &Expected) -> anyhow::Result<Field> {
    let Some(shape) = &expected.shape else {
        return Err(invalid(
            "raw samples do not tell their shape: give it with --shape, slowest dimension first, such as --shape 721x1440 \
             (a .npy file brings its own)",
        ));
    };
    let dtype = expected.dtype.unwrap_or_else(|| by_extension(path));
    field(bytes, shape, dtype, (Endian::Little, false))
}

fn by_extension(path: &Path) -> DType {
    match path.extension().and_then(|e| e.to_str()) {
        Some("f64" | "d64") => DType::F64,
        _ => DType::F32,
    }
}

/// Bytes that a field takes, if that many can be counted.
fn size(shape: &[usize], dtype: DType) -> Option<usize> {
    shape
        .iter()
        .try_fold(dtype.bytes(), |n, length| n.checked_mul(*length))
}

fn too_large(shape: &[usize]) -> anyhow::Error {
    let shown = summary::shape(shape);
    invalid(format!("no memory holds a field of shape {shown}"))
}

fn check_size(found: u64, shape: &[usize], dtype: DType) -> anyhow::Result<()> {
    let shown = summary::shape(shape);
    let wanted = size(shape, dtype).ok_or_else(|| too_large(shape))?;
    if found == wanted as u64 {
        return Ok(());
    }
    let other = if dtype == DType::F32 {
        DType::F64
    } else {
        DType::F32
    };
    let hint = if size(shape, other).map(|n| n as u64) == Some(found) {
        format!("; as {} it would fit", other.name())
    } else {
        String::new()
    };
    Err(invalid(format!(
        "the shape {shown} of {} takes {wanted} bytes, but there are {found}{hint}",
        dtype.name()
    )))
}

fn field(
    bytes: &mut Bytes,
    shape: &[usize],
    dtype: DType,
    layout: (Endian, bool),
) -> anyhow::Result<Field> {
    Ok(match dtype {
        DType::F32 => Field::F32(array(bytes, shape, layout)?),
        DType::F64 => Field::F64(array(bytes, shape, layout)?),
    })
}

fn array<T: Sample>(
    bytes: &mut Bytes,
    shape: &[usize],
    (endian, fortran): (Endian, bool),
) -> anyhow::Result<ArrayD<T>> {
    let values = bytes.values(shape, endian)?;
    ArrayD::from_shape_vec(IxDyn(shape).set_f(fortran), values).map_err(|e| invalid(e.to_string()))
}
