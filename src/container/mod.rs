//! The stream: `docs/format/format.md` is the authority on every byte here.

pub(crate) mod grid;
mod index;
pub(crate) mod used;

pub(crate) use index::{Chunk, Dim, Index, Stored};
#[cfg(feature = "files")]
pub(crate) use index::{put_bound, read_bound};

use crate::bytes::Reader;
use crate::error::{Error, Result, Section, corrupt};
use crate::store::Store;

/// First bytes of every stream.
const HEAD: [u8; 4] = *b"FSZ\x1a";
/// Last bytes of every stream.
pub(crate) const END: [u8; 4] = *b"\x1aZSF";
/// Format written by this version; it reads all up to this one.
pub const FORMAT_VERSION: u8 = 1;
/// Length of the head: magic and version.
pub(crate) const HEAD_BYTES: usize = 5;
/// Length of the tail: length and checksum of the index, end mark.
pub(crate) const TAIL_BYTES: u64 = 12;

/// The bytes before the first chunk.
pub(crate) fn head() -> [u8; HEAD_BYTES] {
    [HEAD[0], HEAD[1], HEAD[2], HEAD[3], FORMAT_VERSION]
}

/// The bytes after the last chunk.
pub(crate) fn closing(index: &Index) -> Vec<u8> {
    let mut out = index.to_bytes();
    let (length, sum) = (out.len() as u32, crc32fast::hash(&out));
    out.extend(length.to_le_bytes());
    out.extend(sum.to_le_bytes());
    out.extend(END);
    out
}

/// Reads the index of a whole stream.
pub(crate) fn open(stream: &dyn Store) -> Result<Index> {
    check_head(stream)?;
    let size = stream.size();
    let Some(body_end) = size
        .checked_sub(TAIL_BYTES)
        .filter(|end| *end >= HEAD_BYTES as u64)
    else {
        return corrupt(Section::Tail, "the stream is cut short");
    };
    let tail = stream.read(body_end..size)?;
    let mut tail = Reader::new(&tail, Section::Tail);
    let (length, sum, end) = (u64::from(tail.u32()?), tail.u32()?, tail.take(4)?);
    if end != END {
        return corrupt(
            Section::Tail,
            "the end mark is missing: the stream is cut short, or something was added to it",
        );
    }
    let Some(start) = body_end
        .checked_sub(length)
        .filter(|start| *start >= HEAD_BYTES as u64)
    else {
        return corrupt(Section::Tail, "the index is longer than the stream");
    };
    let bytes = stream.read(start..body_end)?;
    if crc32fast::hash(&bytes) != sum {
        return corrupt(Section::Index, "its checksum does not match");
    }
    let Ok(body) = usize::try_from(start) else {
        return Err(Error::Unsupported(
            "the stream is too large for this machine".into(),
        ));
    };
    Index::from_bytes(&bytes, body - HEAD_BYTES)
}

/// Whether these are the first bytes of a stream, of this version or an older one.
pub(crate) fn check_head(stream: &dyn Store) -> Result<()> {
    let head = stream.read(0..stream.size().min(HEAD_BYTES as u64))?;
    if !head.starts_with(&HEAD) {
        return corrupt(Section::Head, "these bytes are not a foresz stream");
    }
    match head.get(HEAD.len()) {
        Some(&FORMAT_VERSION) => Ok(()),
        Some(&0) => corrupt(Section::Head, "there is no format version 0"),
        Some(&newer) => Err(Error::Unsupported(format!(
            "the stream has format version {newer}, this foresz reads up to {FORMAT_VERSION}: install a newer one"
        ))),
        None => corrupt(Section::Head, "the stream is cut short"),
    }
}
