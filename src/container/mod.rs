//! The stream: `docs/format.md` is the authority on every byte here.

pub(crate) mod bytes;
mod index;

pub(crate) use index::{Chunk, Dim, Index, Stored};

use crate::error::{Error, Result, Section, corrupt};
use bytes::Reader;

/// First bytes of every stream.
const HEAD: [u8; 4] = *b"FSZ\x1a";
/// Last bytes of every stream.
const END: [u8; 4] = *b"\x1aZSF";
/// Format written by this version; it reads all up to this one.
pub const FORMAT_VERSION: u8 = 1;
/// Length of the head: magic and version.
pub(crate) const HEAD_BYTES: usize = 5;
/// Length of the tail: length and checksum of the index, end mark.
const TAIL_BYTES: usize = 12;

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
pub(crate) fn open(stream: &[u8]) -> Result<Index> {
    if stream.len() < HEAD.len() || stream[..HEAD.len()] != HEAD {
        return corrupt(Section::Head, "these bytes are not a foresz stream");
    }
    match stream.get(HEAD.len()) {
        Some(&FORMAT_VERSION) => {}
        Some(&0) => return corrupt(Section::Head, "there is no format version 0"),
        Some(&newer) => {
            return Err(Error::Unsupported(format!(
                "the stream has format version {newer}, this foresz reads up to {FORMAT_VERSION}: install a newer one"
            )));
        }
        None => return corrupt(Section::Head, "the stream is cut short"),
    }
    let Some(body_end) = stream
        .len()
        .checked_sub(TAIL_BYTES)
        .filter(|end| *end >= HEAD_BYTES)
    else {
        return corrupt(Section::Tail, "the stream is cut short");
    };
    let mut tail = Reader::new(&stream[body_end..], Section::Tail);
    let (length, sum, end) = (tail.u32()? as usize, tail.u32()?, tail.take(4)?);
    if end != END {
        return corrupt(
            Section::Tail,
            "the end mark is missing: the stream is cut short, or something was added to it",
        );
    }
    let Some(start) = body_end
        .checked_sub(length)
        .filter(|start| *start >= HEAD_BYTES)
    else {
        return corrupt(Section::Tail, "the index is longer than the stream");
    };
    let bytes = &stream[start..body_end];
    if crc32fast::hash(bytes) != sum {
        return corrupt(Section::Index, "its checksum does not match");
    }
    Index::from_bytes(bytes, start - HEAD_BYTES)
}
