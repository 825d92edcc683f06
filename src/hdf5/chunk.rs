//! Streams back to chunks.

use foresz_predictors::Sample;

use super::{MOST_BYTES, ORDER, order, values};
use crate::dtype::DType;
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::field::decompress::Decompressor;
use crate::field::info::inspect;

/// The stream of a chunk. It says itself what the chunk is.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    stream: &'a [u8],
    dtype: DType,
    big_endian: bool,
    bytes: usize,
}

impl<'a> Chunk<'a> {
    /// Reads what there is to know before decoding it.
    pub fn open(stream: &'a [u8]) -> Result<Self> {
        let info = inspect(stream)?;
        let times = |n: usize, length: &usize| n.checked_mul(*length);
        let bytes = info.shape.iter().try_fold(info.dtype.bytes(), times);
        let Some(bytes) = bytes.filter(|bytes| *bytes <= MOST_BYTES) else {
            return corrupt(Section::Index, "it has more values than a chunk of HDF5");
        };
        let is_order = |(key, value): &(String, String)| key == ORDER.0 && value == ORDER.1;
        Ok(Chunk {
            stream,
            dtype: info.dtype,
            big_endian: info.attributes.iter().any(is_order),
            bytes,
        })
    }

    /// Refuses a stream of more or fewer bytes than the numbers say that the filter was
    /// configured with. Numbers that say nothing are no reason to refuse it.
    pub fn expected_by(self, values: &[u32]) -> Result<Self> {
        match values::bytes(values) {
            Some(expected) if expected != self.bytes => corrupt(
                Section::Index,
                format!(
                    "it is of a chunk with {} bytes, where one with {expected} is expected",
                    self.bytes
                ),
            ),
            _ => Ok(self),
        }
    }

    /// How many bytes the chunk has.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes of the chunk, in the byte order that they were encoded from.
    pub fn decode(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        out.try_reserve_exact(self.bytes)
            .map_err(|_| Error::Memory {
                bytes: self.bytes,
                what: "a chunk of HDF5".into(),
            })?;
        out.resize(self.bytes, 0);
        self.decode_into(&mut out)?;
        Ok(out)
    }

    /// The same into memory that is there already.
    pub fn decode_into(&self, out: &mut [u8]) -> Result<()> {
        if out.len() != self.bytes {
            return invalid(format!(
                "there is room for {} bytes, and the chunk has {}",
                out.len(),
                self.bytes
            ));
        }
        match self.dtype {
            DType::F32 => self.decode_as::<f32>(out),
            DType::F64 => self.decode_as::<f64>(out),
        }
    }

    fn decode_as<T: Sample>(&self, out: &mut [u8]) -> Result<()> {
        let decoder = Decompressor::default().threads(1);
        if let Ok(values) = bytemuck::try_cast_slice_mut::<u8, T>(out) {
            decoder.decode_into(self.stream, None, values)?;
        } else {
            let values = decoder.field::<T>(self.stream)?.into_raw_vec_and_offset().0;
            out.copy_from_slice(bytemuck::cast_slice(&values));
        }
        order::<T>(out, self.big_endian);
        Ok(())
    }
}
