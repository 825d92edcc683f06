//! Where a stream stands that is not finished yet.

use super::blob;
use super::directory::Directory;
use crate::bytes::{Reader, put_bytes, put_number};
use crate::entropy::{squeeze, stretch};
use crate::error::{Result, Section, corrupt};
use crate::store::Store;
use foresz_files::Values;

/// First bytes of a checkpoint, and its version.
const MAGIC: [u8; 5] = *b"FSZP\x01";
/// Bytes of a checkpoint, before they are squeezed.
const MOST_BYTES: usize = 1 << 27;
const LEVEL: i32 = 3;
/// Bytes of a stream that are looked at together.
const AT_ONCE: u64 = 1 << 22;

/// What of a stream is done, and of which values: all that it takes to
/// [go on](super::Coder::go_on) with it. It is kept apart from the stream, which so gets the
/// same bytes whether it was interrupted or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Bytes that are done, and their checksum.
    pub(crate) bytes: u64,
    pub(crate) sum: u32,
    /// Checksums of the values of each piece that is done, per variable.
    pub(crate) values: Vec<Vec<u32>>,
    /// Unfinished.
    pub(crate) directory: Directory,
}

/// Decides when checkpoints are worth their time, and keeps them.
pub trait Keeper {
    /// Whether to keep what is done by now. Asked whenever pieces were written.
    fn wants(&mut self) -> bool;

    /// Keeps a checkpoint. The sink was told to flush all that it speaks of.
    fn keep(&mut self, checkpoint: &Checkpoint) -> std::io::Result<()>;
}

impl Checkpoint {
    /// Bytes of the stream that are done. What follows them is to be written anew.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether any values are done.
    pub fn has_pieces(&self) -> bool {
        self.values.iter().any(|sums| !sums.is_empty())
    }

    /// Whether a store starts with the bytes that are done.
    pub fn is_of(&self, store: &dyn Store) -> Result<bool> {
        if store.size() < self.bytes {
            return Ok(false);
        }
        let mut sum = crc32fast::Hasher::new();
        let mut start = 0;
        while start < self.bytes {
            let end = (start + AT_ONCE).min(self.bytes);
            sum.update(&store.read(start..end)?);
            start = end;
        }
        Ok(sum.finalize() == self.sum)
    }

    /// As bytes, with what the caller has to say of the source.
    pub fn to_bytes(&self, origin: &str) -> Vec<u8> {
        let mut plain = Vec::new();
        put_bytes(&mut plain, origin.as_bytes());
        put_number(&mut plain, self.bytes);
        plain.extend(self.sum.to_le_bytes());
        put_number(&mut plain, self.values.len() as u64);
        for sums in &self.values {
            put_number(&mut plain, sums.len() as u64);
            plain.extend(sums.iter().flat_map(|sum| sum.to_le_bytes()));
        }
        plain.extend(self.directory.to_bytes());
        let mut out = MAGIC.to_vec();
        put_number(&mut out, plain.len() as u64);
        out.extend(squeeze(&plain, LEVEL));
        let sum = crc32fast::hash(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    /// Inverse of [`to_bytes`](Self::to_bytes): a checkpoint, and what was said of the source.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, String)> {
        const AT: Section = Section::Directory;
        let whole = bytes.split_last_chunk();
        let whole = whole.filter(|(rest, sum)| crc32fast::hash(rest) == u32::from_le_bytes(**sum));
        let Some(rest) = whole.and_then(|(rest, _)| rest.strip_prefix(&MAGIC)) else {
            return corrupt(AT, "this is no checkpoint, or a damaged one");
        };
        let mut reader = Reader::new(rest, AT);
        let length = reader.count(MOST_BYTES, "bytes of a checkpoint")?;
        let plain = stretch(reader.rest(), length, AT)?;
        let mut reader = Reader::new(&plain, AT);
        let origin = reader.text()?;
        let (done, sum) = (reader.number()?, reader.u32()?);
        let count = reader.count(reader.rest().len(), "variables")?;
        let sums = |reader: &mut Reader| {
            let count = reader.count(reader.rest().len() / 4, "pieces")?;
            (0..count).map(|_| reader.u32()).collect::<Result<_>>()
        };
        let values = (0..count)
            .map(|_| sums(&mut reader))
            .collect::<Result<Vec<Vec<u32>>>>()?;
        let directory = Directory::from_bytes(reader.rest(), done)?;
        let pieces = directory.entries.iter().map(|entry| entry.pieces.len());
        if !values.iter().map(Vec::len).eq(pieces) {
            return corrupt(AT, "a checkpoint lacks checksums");
        }
        let checkpoint = Checkpoint {
            bytes: done,
            sum,
            values,
            directory,
        };
        Ok((checkpoint, origin))
    }
}

/// The checksum of the values of a piece.
pub(crate) fn sum_of(values: &Values) -> u32 {
    crc32fast::hash(&blob::to_bytes(values))
}
