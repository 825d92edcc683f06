//! Tensors stored in a model.

use std::path::Path;

use super::external;
use super::message::TensorProto;
use crate::shape::count;
use crate::tensor::{Dtype, Element, Tensor};

/// The type that an ONNX number stands for; narrower integers are held as `i64`.
pub(crate) fn dtype(data_type: i64) -> Result<Dtype, String> {
    match data_type {
        1 => Ok(Dtype::F32),
        3 | 5 | 6 | 7 => Ok(Dtype::I64),
        9 => Ok(Dtype::Bool),
        11 => Ok(Dtype::F64),
        _ => Err(format!(
            "elements of type {} (float, double, int8, int16, int32, int64 and bool are supported)",
            name(data_type)
        )),
    }
}

fn name(data_type: i64) -> String {
    let names = [
        "undefined",
        "float",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "double",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
    ];
    let known = usize::try_from(data_type).ok().and_then(|i| names.get(i));
    known.map_or_else(|| format!("number {data_type}"), |&name| name.to_owned())
}

impl TensorProto<'_> {
    /// The bytes that the elements take in memory, of those stored elsewhere too.
    pub(crate) fn bytes(&self) -> Result<usize, String> {
        let bytes = (self.dims.iter())
            .map(|&d| usize::try_from(d).ok())
            .try_fold(8usize, |bytes, d| bytes.checked_mul(d?));
        bytes.ok_or_else(|| format!("tensor {} is too large", self.name))
    }

    /// The tensor, its bytes taken from beside the model where they are there.
    pub(crate) fn tensor(&self, folder: Option<&Path>) -> Result<Tensor, String> {
        let problem = |what: String| format!("tensor {}: {what}", self.name);
        self.read_elements(folder).map_err(problem)
    }

    fn read_elements(&self, folder: Option<&Path>) -> Result<Tensor, String> {
        if self.segmented {
            return Err("stored in segments, which is not supported".to_owned());
        }
        let dims: Option<Vec<usize>> = (self.dims.iter())
            .map(|&d| usize::try_from(d).ok())
            .collect();
        let dims = dims.ok_or("a negative length")?;
        let length = count(&dims)?;
        let kind = dtype(self.data_type)?;
        let width = match self.data_type {
            3 => 1,
            5 => 2,
            6 => 4,
            _ => kind.bytes(),
        };
        let bytes = length.checked_mul(width).ok_or("too large")?;
        let held: Vec<u8>;
        let raw = if self.is_external {
            held = external::read(folder, &self.external, bytes)?;
            Some(held.as_slice())
        } else {
            self.raw
        };
        if let Some(raw) = raw {
            if raw.len() != bytes {
                return Err(format!(
                    "{} bytes where the shape asks for {bytes}",
                    raw.len()
                ));
            }
            return Ok(from_raw(self.data_type, dims, raw));
        }
        match self.data_type {
            1 => listed(dims, length, self.floats.clone()),
            11 => listed(dims, length, self.doubles.clone()),
            7 => listed(dims, length, self.integers.clone()),
            9 => {
                let bits = self.narrow_integers.iter().map(|&i| i != 0);
                listed(dims, length, bits.collect::<Vec<bool>>())
            }
            _ => listed(dims, length, self.narrow_integers.clone()),
        }
    }
}

fn listed<T: Element>(dims: Vec<usize>, length: usize, values: Vec<T>) -> Result<Tensor, String> {
    if values.len() != length {
        return Err(format!(
            "{} values where the shape asks for {length}",
            values.len()
        ));
    }
    Ok(Tensor::unchecked(dims, values))
}

/// Elements from little-endian bytes, whose number has been checked.
fn from_raw(data_type: i64, dims: Vec<usize>, raw: &[u8]) -> Tensor {
    match data_type {
        1 => Tensor::unchecked(dims, words(raw, f32::from_le_bytes)),
        3 => Tensor::unchecked(dims, words(raw, |w| i64::from(i8::from_le_bytes(w)))),
        5 => Tensor::unchecked(dims, words(raw, |w| i64::from(i16::from_le_bytes(w)))),
        11 => Tensor::unchecked(dims, words(raw, f64::from_le_bytes)),
        7 => Tensor::unchecked(dims, words(raw, i64::from_le_bytes)),
        9 => Tensor::unchecked(dims, raw.iter().map(|&b| b != 0).collect::<Vec<_>>()),
        _ => Tensor::unchecked(dims, words(raw, |w| i64::from(i32::from_le_bytes(w)))),
    }
}

fn words<const N: usize, T>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks().0.iter().map(|&word| read(word)).collect()
}
