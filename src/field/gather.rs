//! The values that are asked for, put together from the chunks that hold any of them.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foresz_predictors::{Pipeline, Sample};

use crate::chunk::{Drifted, Wish};
use crate::container::{HEAD_BYTES, Index};
use crate::error::{Result, invalid};
use crate::field::decompress::{Decompressor, Drift, check_type, decode_chunk, starts};
use crate::field::fetch::Fetch;
use crate::field::selection::{Selection, Share};
use crate::room;
use crate::store::Store;
use crate::threads;
use crate::values::blocks;

/// What may do where memory is short.
const IN_PARTS: &str = "decode it region by region";
/// Bytes that decoding takes for each sample of a chunk, beside what is decoded; the largest
/// that predictors and back ends were seen to take.
const SCRATCH: usize = 48;

/// A part of a field that is asked for.
pub(crate) struct Order<'a> {
    decoder: &'a Decompressor,
    stream: &'a dyn Store,
    index: &'a Index,
    region: Vec<Range<usize>>,
    selection: Selection,
    /// Where each chunk starts after the head.
    starts: Vec<usize>,
    /// The chunks that hold any of it, and what of it.
    shares: Vec<(usize, Share)>,
    anyway: bool,
}

impl<'a> Order<'a> {
    /// Without a region, all of the field.
    pub(crate) fn new<T: Sample>(
        decoder: &'a Decompressor,
        stream: &'a dyn Store,
        index: &'a Index,
        region: Option<&[Range<usize>]>,
    ) -> Result<Self> {
        check_type::<T>(index)?;
        let whole = || index.dims.iter().map(|d| 0..d.length).collect();
        let region = region.map_or_else(whole, <[_]>::to_vec);
        check_region(index, &region)?;
        let selection = Selection::new(&region, decoder.preview, &index.shape())?;
        let grid = index.grid();
        let share = |i: usize| Some((i, selection.share_of(&grid.part(i))?));
        let shares = grid.touching(&region).into_iter().filter_map(share);
        Ok(Order {
            decoder,
            stream,
            index,
            starts: starts(&index.chunks),
            shares: shares.collect(),
            region,
            selection,
            anyway: false,
        })
    }

    /// The same, whether forecasts are the encoder's or not.
    pub(crate) fn anyway(mut self, anyway: bool) -> Self {
        self.anyway = anyway;
        self
    }

    /// Of what is asked for.
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.selection.shape()
    }

    /// The values, in memory that is asked for first.
    pub(crate) fn decode<T: Sample>(&self) -> Result<(Vec<T>, Vec<Drift>)> {
        if let [(i, share)] = self.shares.as_slice() {
            // Nothing to put together.
            self.threads::<T>()?;
            let bytes = self.stream.read(self.bytes_of(*i))?;
            let (values, drift) = self.share((*i, &bytes), share, &self.pipelines()?)?;
            return Ok((values, drift.into_iter().collect()));
        }
        let mut values = room::zeros(self.shape().iter().product(), IN_PARTS)?;
        let drifts = self.decode_into(&mut values)?;
        Ok((values, drifts))
    }

    /// The values, put where the caller wants them.
    pub(crate) fn decode_into<T: Sample>(&self, out: &mut [T]) -> Result<Vec<Drift>> {
        let shape = self.shape();
        let samples: usize = shape.iter().product();
        if out.len() != samples {
            return invalid(format!(
                "the buffer holds {} values, but {samples} are decoded",
                out.len()
            ));
        }
        let pipelines = self.pipelines()?;
        let bands = Bands::new(out, &shape, &self.shares);
        let chunks = self.shares.iter().map(|(i, _)| self.bytes_of(*i));
        let fetch = Fetch::new(self.stream, chunks.collect());
        let decode = |k: usize| {
            let (i, share) = &self.shares[k];
            let (values, drift) = self.share((*i, &fetch.take(k)?), share, &pipelines)?;
            bands.put(&values, share);
            Ok(drift)
        };
        let drifts = threads::map(self.threads::<T>()?, self.shares.len(), decode)?;
        Ok(drifts.into_iter().flatten().collect())
    }

    /// Where the bytes of a chunk are.
    fn bytes_of(&self, i: usize) -> Range<u64> {
        let start = (HEAD_BYTES + self.starts[i]) as u64;
        start..start + self.index.chunks[i].bytes as u64
    }

    fn pipelines(&self) -> Result<Vec<Option<Pipeline>>> {
        let chunks = self.shares.iter().map(|(i, _)| *i);
        self.decoder.pipelines(self.stream, self.index, chunks)
    }

    /// As many threads as are asked for and memory has room for.
    fn threads<T: Sample>(&self) -> Result<usize> {
        let largest = |d: &crate::container::Dim| d.chunk.min(d.length);
        let samples: usize = self.index.dims.iter().map(largest).product();
        let work = room::Work {
            chunks: self.shares.len(),
            samples,
            bytes_each: SCRATCH + T::BYTES,
        };
        room::threads(self.decoder.threads, work)
    }

    /// What a chunk has of the values.
    fn share<T: Sample>(
        &self,
        (i, bytes): (usize, &[u8]),
        share: &Share,
        pipelines: &[Option<Pipeline>],
    ) -> Result<(Vec<T>, Option<Drift>)> {
        let index = self.index;
        let wish = Wish {
            wanted: Some(&share.plane).filter(|_| self.decoder.preview > 0),
            anyway: self.anyway,
            least: index.least,
        };
        let decoding = decode_chunk::<T>(index, (i, bytes), pipelines, wish, None)?;
        let part = index.grid().part(i);
        let drift = decoding.drift.and_then(|drifted| {
            let time = index.time?;
            drift_within(&self.region[time], i, &part[time], drifted)
        });
        let part: Vec<usize> = part.iter().map(ExactSizeIterator::len).collect();
        let values = blocks::pick(decoding.values, &part, &share.plane);
        if let Some(progress) = &self.decoder.progress {
            progress(values.len());
        }
        Ok((values, drift))
    }
}

fn check_region(index: &Index, region: &[Range<usize>]) -> Result<()> {
    if region.len() != index.dims.len() {
        return invalid(format!(
            "the region has {} dimensions, the field {}",
            region.len(),
            index.dims.len()
        ));
    }
    for (range, dim) in region.iter().zip(&index.dims) {
        if range.start >= range.end || range.end > dim.length {
            return invalid(format!(
                "the region {}:{} is empty or leaves a dimension of length {}",
                range.start, range.end, dim.length
            ));
        }
    }
    Ok(())
}

/// The frames of a chunk that drifted, if the region has any of them.
fn drift_within(
    region: &Range<usize>,
    chunk: usize,
    part: &Range<usize>,
    drifted: Drifted,
) -> Option<Drift> {
    let first = (part.start + drifted.frame).max(region.start);
    let frames = first..part.end.min(region.end);
    (!frames.is_empty()).then_some(Drift {
        chunk,
        frames,
        bound: drifted.bound,
        reason: drifted.reason,
    })
}

/// A field cut along its first dimension as its chunks are. Threads that are at different
/// ones do not wait for each other.
struct Bands<'a, T> {
    /// Of a band, but for its first length.
    shape: &'a [usize],
    /// Where each starts.
    starts: Vec<usize>,
    values: Vec<Mutex<&'a mut [T]>>,
}

impl<'a, T: Sample> Bands<'a, T> {
    fn new(field: &'a mut [T], shape: &'a [usize], shares: &[(usize, Share)]) -> Self {
        let mut starts: Vec<usize> = shares.iter().map(|(_, share)| share.to[0].start).collect();
        starts.sort_unstable();
        starts.dedup();
        let row: usize = shape[1..].iter().product();
        let ends = starts.iter().skip(1).chain(&shape[..1]);
        let mut rest = field;
        let mut values = Vec::with_capacity(starts.len());
        for (start, end) in starts.iter().zip(ends) {
            let (band, more) = rest.split_at_mut((end - start) * row);
            rest = more;
            values.push(Mutex::new(band));
        }
        Bands {
            shape,
            starts,
            values,
        }
    }

    /// Puts the values of a share where they belong.
    fn put(&self, values: &[T], share: &Share) {
        let Ok(k) = self.starts.binary_search(&share.to[0].start) else {
            return;
        };
        let mut to = share.to.clone();
        to[0] = 0..to[0].len();
        let mut shape = self.shape.to_vec();
        shape[0] = to[0].len();
        // Whoever panicked has left the values of other shares as they were.
        let mut band = self.values[k]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if values.len() == band.len() {
            band.copy_from_slice(values);
        } else {
            blocks::put(values, &mut band, &shape, &to);
        }
    }
}
