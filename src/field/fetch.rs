//! Bytes of chunks, read in batches.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::store::Store;

/// Bytes that are read together.
const TOGETHER: u64 = 1 << 23;

/// Ranges of a store that threads ask for. The first that wants any of a batch reads all of
/// it; what was taken is gone.
pub(super) struct Fetch<'a> {
    store: &'a dyn Store,
    ranges: Vec<Range<u64>>,
    /// Where each batch starts.
    starts: Vec<usize>,
    batches: Vec<Mutex<Batch<'a>>>,
}

/// What of a batch was not taken yet; empty before it is read.
type Batch<'a> = Vec<Option<Cow<'a, [u8]>>>;

impl<'a> Fetch<'a> {
    pub(super) fn new(store: &'a dyn Store, ranges: Vec<Range<u64>>) -> Self {
        let (mut starts, mut bytes) = (Vec::new(), TOGETHER);
        for (k, range) in ranges.iter().enumerate() {
            bytes += range.end - range.start;
            if bytes > TOGETHER {
                starts.push(k);
                bytes = range.end - range.start;
            }
        }
        Fetch {
            store,
            batches: starts.iter().map(|_| Mutex::default()).collect(),
            starts,
            ranges,
        }
    }

    /// The bytes of range `k`, which nobody has taken yet.
    pub(super) fn take(&self, k: usize) -> Result<Cow<'a, [u8]>> {
        let b = self.starts.partition_point(|start| *start <= k) - 1;
        let start = self.starts[b];
        let mut batch = self.batches[b]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if batch.is_empty() {
            let end = self.starts.get(b + 1).copied();
            let ranges = &self.ranges[start..end.unwrap_or(self.ranges.len())];
            let read = self.store.read_many(ranges)?;
            if !read
                .iter()
                .map(|bytes| bytes.len() as u64)
                .eq(ranges.iter().map(|r| r.end - r.start))
            {
                return Err(Error::Io(std::io::Error::other(
                    "the store gave other bytes than it was asked for",
                )));
            }
            *batch = read.into_iter().map(Some).collect();
        }
        Ok(batch[k - start].take().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is read.
    struct Counted(Vec<u8>, Mutex<Vec<usize>>);

    impl Store for Counted {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
            self.0.read(range)
        }

        fn read_many(&self, ranges: &[Range<u64>]) -> std::io::Result<Vec<Cow<'_, [u8]>>> {
            self.1.lock().unwrap().push(ranges.len());
            self.0.read_many(ranges)
        }
    }

    #[test]
    fn small_ranges_are_read_together() {
        let bytes: Vec<u8> = (0..3 << 22).map(|i: u32| (i % 251) as u8).collect();
        let store = Counted(bytes.clone(), Mutex::default());
        let ends = [0u64, 10, 10, 500, 1 << 22, (1 << 23) + 7, 3 << 22];
        let ranges: Vec<_> = ends.windows(2).map(|w| w[0]..w[1]).collect();
        let fetch = Fetch::new(&store, ranges.clone());
        for k in [5, 0, 4, 2, 1, 3] {
            let Range { start, end } = ranges[k].clone();
            assert_eq!(*fetch.take(k).unwrap(), bytes[start as usize..end as usize]);
        }
        assert_eq!(*store.1.lock().unwrap(), [2, 4]);
    }
}
