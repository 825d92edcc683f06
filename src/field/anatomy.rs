//! What a stream is made of, down to its codes: for whoever wants to know why it has the size
//! it has.

use std::ops::Range;

use foresz_predictors::Plane;

use crate::chunk::{Record, Wish};
use crate::container::{self, HEAD_BYTES};
use crate::entropy::Backend;
use crate::error::Result;
use crate::field::decompress::{Decompressor, decode_chunk, starts};
use crate::store::Store;

/// Codes of one plane.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CodePlane {
    /// Which samples of the chunk, at what level and in which pass.
    pub plane: Plane,
    /// Row by row; [`ESCAPE`](crate::ESCAPE) where the value is stored literally,
    /// [`HOLE`](crate::HOLE) where there is none.
    pub codes: Vec<i32>,
}

/// What one chunk is made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChunkAnatomy {
    /// Which part of the field it is.
    pub part: Vec<Range<usize>>,
    /// What it was coded with.
    pub predictor: String,
    /// How its codes became bytes.
    pub backend: Backend,
    /// All of its bytes.
    pub bytes: usize,
    /// Bytes of what its predictors learned.
    pub side_bytes: usize,
    /// Bytes of where there are no numbers.
    pub hole_bytes: usize,
    /// Bytes of values stored as they are.
    pub literal_bytes: usize,
    /// Bytes of codes.
    pub code_bytes: usize,
    /// In the order they were coded; none in chunks packed by the fast effort.
    pub planes: Vec<CodePlane>,
}

impl ChunkAnatomy {
    /// The codes at their places in the chunk, in C order.
    pub fn codes(&self) -> Vec<i32> {
        let shape: Vec<usize> = self.part.iter().map(ExactSizeIterator::len).collect();
        let mut codes = vec![0; shape.iter().product()];
        for CodePlane { plane, codes: row } in &self.planes {
            if row.is_empty() {
                continue;
            }
            let starts = plane.row_offsets(&shape);
            for (start, row) in starts.zip(row.chunks_exact(plane.columns())) {
                let places = (start..).step_by(plane.row_step());
                places.zip(row).for_each(|(at, code)| codes[at] = *code);
            }
        }
        codes
    }
}

impl Decompressor {
    /// Takes a stream apart, chunk by chunk, on one thread.
    ///
    /// ```
    /// use foresz::{Bound, Decompressor, Options, compress};
    /// use ndarray::Array;
    ///
    /// let field = Array::from_shape_fn((30, 40), |(i, j)| (i + j) as f32);
    /// let options = Options::new(Bound::Absolute(0.1)).predictor("lorenzo")?;
    /// let stream = compress(field.view().into_dyn(), &options)?;
    /// let chunks = Decompressor::default().anatomy(&stream.bytes)?;
    /// let zeros = chunks[0].codes().iter().filter(|code| **code == 0).count();
    /// assert!(zeros > 1000, "{zeros}");
    /// # Ok::<(), foresz::Error>(())
    /// ```
    pub fn anatomy(&self, stream: &[u8]) -> Result<Vec<ChunkAnatomy>> {
        let stream: &dyn Store = &stream;
        let index = container::open(stream)?;
        let pipelines = self.pipelines(stream, &index, 0..index.chunks.len())?;
        let (grid, starts) = (index.grid(), starts(&index.chunks));
        let dissect = |i: usize| {
            let entry = &index.chunks[i];
            let start = (HEAD_BYTES + starts[i]) as u64;
            let bytes = stream.read(start..start + entry.bytes as u64)?;
            let wish = Wish {
                wanted: None,
                anyway: false,
                least: None,
            };
            let mut record = Record::default();
            let (chunk, noted) = ((i, &*bytes), Some(&mut record));
            match index.sample_bytes {
                4 => drop(decode_chunk::<f32>(&index, chunk, &pipelines, wish, noted)?),
                _ => drop(decode_chunk::<f64>(&index, chunk, &pipelines, wish, noted)?),
            }
            let plane = |(plane, codes)| CodePlane { plane, codes };
            Ok(ChunkAnatomy {
                part: grid.part(i),
                predictor: index.choices[entry.choice].clone(),
                backend: entry.backend,
                bytes: entry.bytes,
                side_bytes: record.side,
                hole_bytes: record.holes,
                literal_bytes: record.literals,
                code_bytes: record.codes,
                planes: record.planes.into_iter().map(plane).collect(),
            })
        };
        (0..index.chunks.len()).map(dissect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bound, HOLE, Options, compress};
    use ndarray::Array;

    fn field() -> ndarray::ArrayD<f32> {
        let value = |(t, i, j): (usize, usize, usize)| {
            if (i, j) == (3, 4) {
                f32::NAN
            } else {
                ((t + i * 7 + j * j) % 50) as f32 * 0.11
            }
        };
        Array::from_shape_fn((4, 20, 30), value).into_dyn()
    }

    #[test]
    fn every_sample_has_one_code_and_every_byte_a_part() {
        for predictor in ["lorenzo", "pyramid", "spline", "raster", "persistence+zero"] {
            let options = Options::new(Bound::Absolute(0.01))
                .predictor(predictor)
                .unwrap();
            let options = options.chunk([2, 20, 30]);
            let stream = compress(field().view(), &options).unwrap().bytes;
            let chunks = Decompressor::default().anatomy(&stream).unwrap();
            assert_eq!(chunks.len(), 2);
            for chunk in chunks {
                let coded: usize = chunk.planes.iter().map(|p| p.codes.len()).sum();
                assert_eq!(coded, 1200, "{predictor}");
                let holes = chunk.codes().iter().filter(|c| **c == HOLE).count();
                assert_eq!(holes, 2, "{predictor}");
                let parts = chunk.side_bytes + chunk.hole_bytes + chunk.literal_bytes;
                let rest = chunk.bytes - parts - chunk.code_bytes;
                assert!(chunk.hole_bytes > 0 && (5..64).contains(&rest), "{rest}");
            }
        }
    }

    #[test]
    fn codes_are_at_their_places() {
        let mut field = Array::from_elem((30, 40), 5.0f64).into_dyn();
        field[[7, 9]] = 8.0;
        field[[20, 30]] = f64::NAN;
        let options = Options::new(Bound::Absolute(2.0))
            .predictor("zero")
            .unwrap();
        let stream = compress(field.view(), &options).unwrap().bytes;
        let chunks = Decompressor::default().anatomy(&stream).unwrap();
        let codes = chunks[0].codes();
        assert_eq!(codes[20 * 40 + 30], HOLE);
        assert_eq!((codes[7 * 40 + 9], codes[0], codes[1199]), (2, 1, 1));
    }
}
