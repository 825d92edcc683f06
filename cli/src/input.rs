//! Fields and streams from files and standard input.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use foresz::Sample;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::args::{DType, is_stdio};
use super::failure::invalid;
use super::npy;
use super::npz;
use super::samples::{self, Endian};
use super::summary;
use super::zip;

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

/// Everything in a file, or on standard input.
pub(crate) fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if !is_stdio(path) {
        return std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    }
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(bytes)
}

/// The field in a file: `.npy` or `.npz` if it starts like one, else raw.
pub(crate) fn read_field(path: &Path, expected: &Expected) -> anyhow::Result<Field> {
    let bytes = read_bytes(path)?;
    let read = if bytes.starts_with(zip::MAGIC) {
        from_npz(&bytes, expected)
    } else if expected.variable.is_some() {
        Err(invalid("-v is for .npz files, and this is none"))
    } else if bytes.starts_with(npy::MAGIC) {
        from_npy(&bytes, expected)
    } else {
        from_raw(&bytes, path, expected)
    };
    read.with_context(|| name(path))
}

fn name(path: &Path) -> String {
    if is_stdio(path) {
        "standard input".into()
    } else {
        path.display().to_string()
    }
}

fn from_npz(bytes: &[u8], expected: &Expected) -> anyhow::Result<Field> {
    let taken = npz::take(bytes, expected.variable.as_deref())?;
    if !taken.left.is_empty() {
        let left = taken.left.join(", ");
        eprintln!("foresz: note: {} is taken, {left} left out", taken.name);
    }
    if !taken.npy.starts_with(npy::MAGIC) {
        return Err(invalid(format!("{} is no array", taken.name)));
    }
    from_npy(&taken.npy, expected).with_context(|| format!("array {}", taken.name))
}

fn from_npy(bytes: &[u8], expected: &Expected) -> anyhow::Result<Field> {
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
    let data = &bytes[header.length..];
    check_size(data.len(), &header.shape, header.dtype)?;
    array(
        data,
        &header.shape,
        header.dtype,
        header.endian,
        header.fortran,
    )
}

fn from_raw(bytes: &[u8], path: &Path, expected: &Expected) -> anyhow::Result<Field> {
    let Some(shape) = &expected.shape else {
        return Err(invalid(
            "raw samples do not tell their shape: give it with --shape, slowest dimension first, such as --shape 721x1440 \
             (a .npy file brings its own)",
        ));
    };
    let dtype = expected.dtype.unwrap_or_else(|| by_extension(path));
    check_size(bytes.len(), shape, dtype)?;
    array(bytes, shape, dtype, Endian::Little, false)
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

fn check_size(found: usize, shape: &[usize], dtype: DType) -> anyhow::Result<()> {
    let shown = summary::shape(shape);
    let Some(wanted) = size(shape, dtype) else {
        return Err(invalid(format!("no memory holds a field of shape {shown}")));
    };
    if found == wanted {
        return Ok(());
    }
    let other = if dtype == DType::F32 {
        DType::F64
    } else {
        DType::F32
    };
    let hint = if size(shape, other) == Some(found) {
        format!("; as {} it would fit", other.name())
    } else {
        String::new()
    };
    Err(invalid(format!(
        "the shape {shown} of {} takes {wanted} bytes, but there are {found}{hint}",
        dtype.name()
    )))
}

fn array(
    bytes: &[u8],
    shape: &[usize],
    dtype: DType,
    endian: Endian,
    fortran: bool,
) -> anyhow::Result<Field> {
    Ok(match dtype {
        DType::F32 => Field::F32(typed(bytes, shape, endian, fortran)?),
        DType::F64 => Field::F64(typed(bytes, shape, endian, fortran)?),
    })
}

fn typed<T: Sample>(
    bytes: &[u8],
    shape: &[usize],
    endian: Endian,
    fortran: bool,
) -> anyhow::Result<ArrayD<T>> {
    let values = samples::from_bytes(bytes, endian);
    ArrayD::from_shape_vec(IxDyn(shape).set_f(fortran), values).map_err(|e| invalid(e.to_string()))
}
