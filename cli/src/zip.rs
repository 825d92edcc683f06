//! Zip archives, as far as `.npz` files need them: members stored or deflated, found by
//! the directory at the end.

use std::borrow::Cow;

use super::failure::invalid;

/// First bytes of an archive that is not empty.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
/// Lengths without what has a length of its own.
const END_LENGTH: usize = 22;
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;
/// The end is looked for in so many bytes: a comment may follow it.
const LONGEST_COMMENT: usize = 0xffff;
/// Says that a number of 32 bits is somewhere else, with 64.
const ELSEWHERE: u64 = 0xffff_ffff;
const ENCRYPTED: u64 = 1;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
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
pub(crate) fn members(archive: &[u8]) -> anyhow::Result<Vec<Member>> {
    let (mut at, count) = directory(archive).ok_or_else(|| damaged("has no directory"))?;
    let mut members = Vec::new();
    for _ in 0..count {
        let (member, length) = entry(archive, at).ok_or_else(|| damaged("is cut short"))?;
        members.push(member);
        at += length;
    }
    Ok(members)
}

fn damaged(reason: &str) -> anyhow::Error {
    invalid(format!("the .npz file is damaged: it {reason}"))
}

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(width)?)?;
    Some(digits.iter().rev().fold(0, |n, d| n << 8 | u64::from(*d)))
}

/// Where the directory starts, and how many entries it has.
fn directory(archive: &[u8]) -> Option<(usize, u64)> {
    let first = archive.len().saturating_sub(END_LENGTH + LONGEST_COMMENT);
    let tail = archive.get(first..)?;
    let end = first + tail.windows(END.len()).rposition(|w| w == END)?;
    let comment = number(archive, end + 20, 2)? as usize;
    archive.get(end + END_LENGTH..end + END_LENGTH + comment)?;
    let (count, start) = (number(archive, end + 10, 2)?, number(archive, end + 16, 4)?);
    let locator = end.checked_sub(20);
    let large = locator.filter(|at| archive[*at..].starts_with(LOCATOR_64));
    let (count, start) = match large {
        Some(at) => {
            let end = usize::try_from(number(archive, at + 8, 8)?).ok()?;
            archive.get(end..)?.starts_with(END_64).then_some(())?;
            (number(archive, end + 32, 8)?, number(archive, end + 48, 8)?)
        }
        None => (count, start),
    };
    Some((usize::try_from(start).ok()?, count))
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
    /// Its bytes, checked.
    pub(crate) fn content<'a>(&self, archive: &'a [u8]) -> anyhow::Result<Cow<'a, [u8]>> {
        if self.locked {
            return Err(invalid(format!("{} is encrypted", self.name)));
        }
        let packed = self.packed(archive);
        let packed = packed.ok_or_else(|| damaged(&format!("ends within {}", self.name)))?;
        let content = match self.method {
            0 => Cow::Borrowed(packed),
            8 => Cow::Owned(self.inflated(packed)?),
            other => {
                return Err(invalid(format!(
                    "{} is packed by method {other}; stored and deflated members can be read",
                    self.name
                )));
            }
        };
        if content.len() as u64 != self.size || crc32fast::hash(&content) != self.checksum {
            return Err(damaged(&format!("has another {} than it says", self.name)));
        }
        Ok(content)
    }

    fn packed<'a>(&self, archive: &'a [u8]) -> Option<&'a [u8]> {
        let start = usize::try_from(self.start).ok()?;
        archive.get(start..)?.starts_with(MAGIC).then_some(())?;
        let (name, extra) = (
            number(archive, start + 26, 2)?,
            number(archive, start + 28, 2)?,
        );
        let from = start + LOCAL_LENGTH + name as usize + extra as usize;
        let to = from.checked_add(usize::try_from(self.packed).ok()?)?;
        archive.get(from..to)
    }

    fn inflated(&self, packed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let most = usize::try_from(self.size).unwrap_or(usize::MAX);
        miniz_oxide::inflate::decompress_to_vec_with_limit(packed, most)
            .map_err(|_| damaged(&format!("has a {} that cannot be unpacked", self.name)))
    }
}

#[cfg(test)]
mod tests {
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
            let members = members(&archive).unwrap();
            assert_eq!(members.len(), 1);
            assert_eq!(members[0].name, "data.npy");
            assert_eq!(*members[0].content(&archive).unwrap(), *b"hello");
        }
    }

    #[test]
    fn damage_is_an_error() {
        let good = archive("data.npy", 8, &HELLO, b"hello");
        for end in 0..good.len() {
            assert!(members(&good[..end]).is_err(), "{end}");
        }
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let Ok(members) = members(&bad) else { continue };
                for member in members {
                    if let Ok(content) = member.content(&bad) {
                        assert_eq!(*content, *b"hello");
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
            assert!(members(&bad).unwrap()[0].content(&bad).is_err());
        }
    }
}
