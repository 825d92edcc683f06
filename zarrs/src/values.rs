//! Values of a chunk, as zarrs has them: bytes in the order of the machine.

use std::num::NonZeroU64;
use std::ops::Range;

use foresz::{DType, Decompressor, Options, Sample, compress, inspect};
use ndarray::{ArrayViewD, IxDyn};
use zarrs_codec::CodecError;
use zarrs_data_type::{DataType, FillValue};
use zarrs_plugin::ZarrVersion;

/// What is said where the type is another one.
pub(crate) fn dtype(data_type: &DataType) -> Result<DType, CodecError> {
    match data_type.name(ZarrVersion::V3).as_deref() {
        Some("float32") => Ok(DType::F32),
        Some("float64") => Ok(DType::F64),
        _ => Err(CodecError::UnsupportedDataType(
            data_type.clone(),
            "foresz".into(),
        )),
    }
}

/// The fill value of an array, but for 0: that is the one where nobody asked for another.
pub(crate) fn fill(fill: &FillValue) -> Option<f64> {
    let bytes = fill.as_ne_bytes();
    let fill = match bytes.len() {
        4 => f32::from_ne_bytes(bytes.try_into().ok()?).into(),
        _ => f64::from_ne_bytes(bytes.try_into().ok()?),
    };
    Some(fill).filter(|x| *x != 0.0)
}

/// As the library takes it: an array without dimensions is one of a single value.
pub(crate) fn shape(shape: &[NonZeroU64]) -> Result<Vec<usize>, CodecError> {
    let lengths = shape.iter().map(|length| usize::try_from(length.get()));
    let lengths: Result<Vec<_>, _> = lengths.collect();
    let mut lengths = lengths.map_err(|e| said(&e))?;
    if lengths.is_empty() {
        lengths.push(1);
    }
    Ok(lengths)
}

pub(crate) fn encode<T: Sample>(
    bytes: &[u8],
    shape: &[usize],
    options: &Options,
) -> Result<Vec<u8>, CodecError> {
    let copy: Vec<T>;
    let values = if let Ok(values) = bytemuck::try_cast_slice(bytes) {
        values
    } else {
        copy = bytemuck::allocation::pod_collect_to_vec(bytes);
        &copy
    };
    let field = ArrayViewD::from_shape(IxDyn(shape), values).map_err(|e| said(&e))?;
    Ok(compress(field, options).map_err(|e| said(&e))?.bytes)
}

/// A chunk, or a region of it.
pub(crate) fn decode<T: Sample>(
    stream: &[u8],
    shape: &[usize],
    region: Option<&[Range<usize>]>,
) -> Result<Vec<u8>, CodecError> {
    let info = inspect(stream).map_err(|e| said(&e))?;
    if info.shape != shape || info.dtype.bytes() != T::BYTES {
        return Err(CodecError::Other(format!(
            "the stream of a chunk holds {} of the shape {:?}, where {} of the shape {shape:?} is expected",
            info.dtype,
            info.shape,
            T::NAME
        )));
    }
    let decoder = Decompressor::default().threads(1);
    let part = decoder.shape(stream, region).map_err(|e| said(&e))?;
    let mut values = vec![T::ZERO; part.iter().product()];
    let done = decoder.decode_into(stream, region, &mut values);
    done.map_err(|e| said(&e))?;
    Ok(bytemuck::cast_slice(&values).to_vec())
}

pub(crate) fn said(error: &impl std::fmt::Display) -> CodecError {
    CodecError::Other(error.to_string())
}
