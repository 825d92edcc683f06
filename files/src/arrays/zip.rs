//! Zip archives, as far as `.npz` files need them: members stored or deflated, found by
//! the directory at the end.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crc32fast::Hasher;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use crate::error::{Error, Result};
use crate::room;

/// The bytes of an archive.
pub(super) trait Archive: Read + Seek + Send {}

impl<A: Read + Seek + Send> Archive for A {}

/// First bytes of an archive that is not empty.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
/// Lengths without what has a length of its own.
const END_LENGTH: usize = 22;
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: u64 = 30;
const END_64_LENGTH: u64 = 56;
/// Bytes that are read at a time.
const AT_ONCE: usize = 1 << 20;
/// The end is looked for this far from the last byte: a comment may follow it.
const LONGEST_COMMENT: usize = 0xffff;
/// Says that a number of 32 bits is somewhere else, with 64.
const ELSEWHERE: u64 = 0xffff_ffff;
const ENCRYPTED: u64 = 1;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Whether its bytes are encrypted.
    locked: bool,
    method: u64,
    checksum: u32,
    /// In the archive, and unpacked.
    packed: u64,
    size: u64,
    start: u64,
}

/// All members, in the order of the directory.
pub(super) fn members(archive: &mut dyn Archive) -> Result<Vec<Member>> {
    let (directory, count) = directory(archive)?;
    let (mut at, mut members) = (0, Vec::new());
    for _ in 0..count {
        let (member, length) = entry(&directory, at).ok_or_else(|| damaged("is cut short"))?;
        members.push(member);
        at += length;
    }
    Ok(members)
}

fn damaged(reason: &str) -> Error {
    Error::Invalid(format!("the .npz file is damaged: it {reason}"))
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(width)?)?;
    Some(digits.iter().rev().fold(0, |n, d| n << 8 | u64::from(*d)))
}

/// A part of the archive.
fn part(archive: &mut dyn Archive, start: u64, length: u64) -> Result<Vec<u8>> {
    let end = start.checked_add(length);
    if end.is_none_or(|end| end > archive.seek(SeekFrom::End(0)).unwrap_or(0)) {
        return Err(damaged("is cut short"));
    }
    let mut bytes = room::zeros(length as usize)?;
    archive.seek(SeekFrom::Start(start))?;
    archive.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The directory, and how many entries it has.
fn directory(archive: &mut dyn Archive) -> Result<(Vec<u8>, u64)> {
    let size = archive.seek(SeekFrom::End(0))?;
    let first = size.saturating_sub((END_LENGTH + LONGEST_COMMENT) as u64);
    let tail = part(archive, first, size - first)?;
    let none = || damaged("has no directory");
    let (end, count, start) = end_of(&tail).ok_or_else(none)?;
    let locator = end.checked_sub(20);
    let large = locator.filter(|at| tail[*at..].starts_with(LOCATOR_64));
    let (count, start) = match large {
        Some(at) => {
            let at = number(&tail, at + 8, 8).ok_or_else(none)?;
            let end = part(archive, at, END_64_LENGTH)?;
            if !end.starts_with(END_64) {
                return Err(none());
            }
            let field = |at| number(&end, at, 8).ok_or_else(none);
            (field(32)?, field(48)?)
        }
        None => (count, start),
    };
    let length = (first + end as u64).checked_sub(start).ok_or_else(none)?;
    Ok((part(archive, start, length)?, count))
}

/// Where in the tail of an archive its end is told, and what it tells of the directory: the
/// number of entries and where it starts.
fn end_of(tail: &[u8]) -> Option<(usize, u64, u64)> {
    let end = tail.windows(END.len()).rposition(|w| w == END)?;
    let comment = number(tail, end + 20, 2)? as usize;
    tail.get(end + END_LENGTH..end + END_LENGTH + comment)?;
    Some((end, number(tail, end + 10, 2)?, number(tail, end + 16, 4)?))
}

/// The entry there, and its length.
fn entry(archive: &[u8], at: usize) -> Option<(Member, usize)> {
    archive.get(at..)?.starts_with(ENTRY).then_some(())?;
    let short = |offset| number(archive, at + offset, 2);
    let long = |offset| number(archive, at + offset, 4);
    let (name, extra) = (short(28)? as usize, short(30)? as usize);
    let length = ENTRY_LENGTH + name + extra + short(32)? as usize;
    let from = at + ENTRY_LENGTH;
    let bytes = archive.get(from..from + name)?;
    let mut large = large(archive.get(from + name..from + name + extra)?).unwrap_or_default();
    // In this order, and only those that are elsewhere.
    let mut full = |n: u64| {
        if n != ELSEWHERE {
            return Some(n);
        }
        let (eight, rest) = large.split_first_chunk()?;
        large = rest;
        Some(u64::from_le_bytes(*eight))
    };
    let (size, packed, start) = (full(long(24)?)?, full(long(20)?)?, full(long(42)?)?);
    let member = Member {
        name: String::from_utf8_lossy(bytes).into_owned(),
        locked: short(8)? & ENCRYPTED != 0,
        method: short(10)?,
        checksum: long(16)? as u32,
        packed,
        size,
        start,
    };
    Some((member, length))
}

/// The numbers of 64 bits in the extra field of an entry.
fn large(mut extra: &[u8]) -> Option<&[u8]> {
    const ID: u64 = 1;
    while let (Some(id), Some(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let end = 4 + length as usize;
        if id == ID {
            return extra.get(4..end);
        }
        extra = extra.get(end..)?;
    }
    None
}

impl Member {
    /// Its bytes, to be read one after the other.
    pub(super) fn content<'a>(&'a self, archive: &'a mut dyn Archive) -> Result<Content<'a>> {
        let size = archive.seek(SeekFrom::End(0))?;
        if self.locked {
            return Err(Error::Invalid(format!("{} is encrypted", self.name)));
        }
        let head = part(archive, self.start, LOCAL_LENGTH)?;
        let length = |at| number(&head, at, 2).filter(|_| head.starts_with(MAGIC));
        let (Some(name), Some(extra)) = (length(26), length(28)) else {
            return Err(damaged("is cut short"));
        };
        let from = self.start + LOCAL_LENGTH + name + extra;
        let to = from.checked_add(self.packed);
        let Some(to) = to.filter(|to| *to <= size) else {
            return Err(damaged(&format!("ends within {}", self.name)));
        };
        let packed = Packed {
            archive,
            range: from..to,
        };
        let plain: Box<dyn Read> = match self.method {
            0 => Box::new(packed),
            8 => Box::new(Inflated::new(packed)),
            other => {
                return Err(Error::Invalid(format!(
                    "{} is packed by method {other}; stored and deflated members can be read",
                    self.name
                )));
            }
        };
        Ok(Content {
            member: self,
            plain,
            read: 0,
            sum: Hasher::new(),
        })
    }
}

/// The bytes of a member.
pub(super) struct Content<'a> {
    member: &'a Member,
    plain: Box<dyn Read + 'a>,
    read: u64,
    sum: Hasher,
}

impl Read for Content<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(room)?;
        self.sum.update(&room[..read]);
        self.read += read as u64;
        Ok(read)
    }
}

impl Content<'_> {
    /// Complains if those that were read are not all, or not the right ones.
    pub(super) fn finish(mut self) -> Result<()> {
        let whole = self.read == self.member.size && self.plain.read(&mut [0])? == 0;
        if whole && self.sum.finalize() == self.member.checksum {
            return Ok(());
        }
        let name = &self.member.name;
        Err(damaged(&format!("has another {name} than it says")))
    }
}

/// Packed bytes.
struct Packed<'a> {
    archive: &'a mut dyn Archive,
    range: Range<u64>,
}

impl Read for Packed<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let left = self.range.end - self.range.start;
        let length = left.min(room.len().min(AT_ONCE) as u64);
        self.archive.seek(SeekFrom::Start(self.range.start))?;
        let read = self.archive.read(&mut room[..length as usize])?;
        self.range.start += read as u64;
        Ok(read)
    }
}

/// Packed bytes, unpacked as they are read.
struct Inflated<'a> {
    packed: Packed<'a>,
    state: Box<InflateState>,
    waiting: Vec<u8>,
    used: usize,
    over: bool,
}

impl<'a> Inflated<'a> {
    fn new(packed: Packed<'a>) -> Self {
        Inflated {
            packed,
            state: InflateState::new_boxed(DataFormat::Raw),
            waiting: Vec::new(),
            used: 0,
            over: false,
        }
    }
}

impl Read for Inflated<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while !self.over && !room.is_empty() {
            if self.used == self.waiting.len() {
                self.waiting.resize(AT_ONCE, 0);
                let read = self.packed.read(&mut self.waiting)?;
                self.waiting.truncate(read);
                self.used = 0;
            }
            let given = &self.waiting[self.used..];
            let step = inflate(&mut self.state, given, room, MZFlush::None);
            self.used += step.bytes_consumed;
            self.over = match step.status {
                Ok(status) => status == MZStatus::StreamEnd,
                // More is needed than there is.
                Err(_) if step.bytes_written + step.bytes_consumed > 0 => false,
                Err(_) => {
                    let reason = "the .npz file is damaged: it cannot be unpacked";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
            };
            if step.bytes_written > 0 {
                return Ok(step.bytes_written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// An archive of one member, its directory entry with numbers of 64 bits.
    fn archive(name: &str, method: u16, packed: &[u8], content: &[u8]) -> Vec<u8> {
        let sum = crc32fast::hash(content).to_le_bytes();
        let head = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        let mut out: Vec<u8> = MAGIC.to_vec();
        let local: Vec<u8> = head(&[45, 0, method, 0, 0]);
        out.extend(local);
        out.extend(sum);
        out.extend([0xff; 8]);
        let lengths: Vec<u8> = head(&[name.len() as u16, 0]);
        out.extend(lengths);
        out.extend(name.as_bytes());
        out.extend(packed);
        let start = out.len() as u32;
        out.extend(ENTRY);
        let entry: Vec<u8> = head(&[45, 45, 0, method, 0, 0]);
        out.extend(entry);
        out.extend(sum);
        out.extend([0xff; 8]);
        let lengths: Vec<u8> = head(&[name.len() as u16, 25, 0, 0, 0, 0, 0]);
        out.extend(lengths);
        out.extend(0u32.to_le_bytes());
        out.extend(name.as_bytes());
        out.extend([7, 0, 1, 0, 9, 1, 0, 16, 0]);
        out.extend((content.len() as u64).to_le_bytes());
        out.extend((packed.len() as u64).to_le_bytes());
        let length = out.len() as u32 - start;
        out.extend(END);
        let counts: Vec<u8> = head(&[0, 0, 1, 1]);
        out.extend(counts);
        out.extend(length.to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([2, 0, b'h', b'i']);
        out
    }

    /// `hello`, deflated by fixed codes.
    const HELLO: [u8; 7] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

    #[test]
    fn stored_and_deflated_members_are_read() {
        for (method, packed) in [(0, &b"hello"[..]), (8, &HELLO)] {
            let archive = archive("data.npy", method, packed, b"hello");
            let members = all(&archive).unwrap();
            assert_eq!(members.len(), 1);
            assert_eq!(members[0].name, "data.npy");
            assert_eq!(unpacked(&members[0], &archive).unwrap(), b"hello");
        }
    }

    fn all(archive: &[u8]) -> Result<Vec<Member>> {
        members(&mut Cursor::new(archive))
    }

    fn unpacked(member: &Member, archive: &[u8]) -> Result<Vec<u8>> {
        let mut archive = Cursor::new(archive);
        let mut content = member.content(&mut archive)?;
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        content.finish()?;
        Ok(bytes)
    }

    #[test]
    fn damage_is_an_error() {
        let good = archive("data.npy", 8, &HELLO, b"hello");
        for end in 0..good.len() {
            assert!(all(&good[..end]).is_err(), "{end}");
        }
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let Ok(members) = all(&bad) else { continue };
                for member in members {
                    if let Ok(content) = unpacked(&member, &bad) {
                        assert_eq!(content, b"hello");
                    }
                }
            }
        }
        for (method, packed, content) in [
            (12, &b"hello"[..], &b"hello"[..]),
            (8, &HELLO, b"hell"),
            (8, &HELLO, b"hello!"),
            (0, b"hello", b"hallo"),
        ] {
            let bad = archive("data.npy", method, packed, content);
            assert!(unpacked(&all(&bad).unwrap()[0], &bad).is_err());
        }
    }
}
