//! Parts of chunks.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use foresz::DType;
use zarrs_chunk_grid::Indexer;
use zarrs_codec::{
    ArrayBytes, ArrayPartialDecoderTraits, BytesPartialDecoderTraits, CodecError, CodecOptions,
};
use zarrs_data_type::{DataType, FillValue};
use zarrs_storage::StorageError;

use crate::values;

/// A chunk that is decoded part by part.
pub(crate) struct Partial {
    stream: Arc<dyn BytesPartialDecoderTraits>,
    shape: Vec<usize>,
    dims: usize,
    dtype: DType,
    data_type: DataType,
    fill: FillValue,
}

impl Partial {
    pub(crate) fn new(
        stream: Arc<dyn BytesPartialDecoderTraits>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
    ) -> Result<Self, CodecError> {
        Ok(Partial {
            stream,
            shape: values::shape(shape)?,
            dims: shape.len(),
            dtype: values::dtype(data_type)?,
            data_type: data_type.clone(),
            fill: fill.clone(),
        })
    }

    fn decode(
        &self,
        stream: &[u8],
        region: Option<&[Range<usize>]>,
    ) -> Result<ArrayBytes<'static>, CodecError> {
        let values = match self.dtype {
            DType::F32 => values::decode::<f32>(stream, &self.shape, region),
            DType::F64 => values::decode::<f64>(stream, &self.shape, region),
        };
        values.map(ArrayBytes::new_flen)
    }
}

/// What is asked for, if it is a box with something in it.
fn region(indexer: &dyn Indexer) -> Option<Vec<Range<usize>>> {
    let subset = indexer.as_array_subset()?;
    let (start, shape) = (subset.start(), subset.shape());
    let range = |(start, length): (&u64, &u64)| {
        let start = usize::try_from(*start).ok()?;
        let end = start.checked_add(usize::try_from(*length).ok()?)?;
        Some(start..end).filter(|range| !range.is_empty())
    };
    let ranges: Option<Vec<_>> = start.iter().zip(shape.iter()).map(range).collect();
    ranges.filter(|ranges| !ranges.is_empty())
}

impl ArrayPartialDecoderTraits for Partial {
    fn data_type(&self) -> &DataType {
        &self.data_type
    }

    fn exists(&self) -> Result<bool, StorageError> {
        self.stream.exists()
    }

    fn size_held(&self) -> usize {
        self.stream.size_held()
    }

    fn partial_decode(
        &self,
        indexer: &dyn Indexer,
        options: &CodecOptions,
    ) -> Result<ArrayBytes<'_>, CodecError> {
        let Some(stream) = self.stream.decode(options)? else {
            let fill = ArrayBytes::new_fill_value(&self.data_type, indexer.len(), &self.fill);
            return Ok(fill?);
        };
        if let Some(region) = region(indexer) {
            return self.decode(&stream, Some(&region));
        }
        let shape: Vec<u64> = self.shape.iter().map(|n| *n as u64).collect();
        let chunk = self.decode(&stream, None)?;
        let part = chunk.extract_array_subset(indexer, &shape[..self.dims], &self.data_type)?;
        Ok(part.into_owned())
    }

    fn supports_partial_decode(&self) -> bool {
        true
    }
}
