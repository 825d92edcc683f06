//! Bytes of a file and of its sections, never more than there are.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, Result};
use crate::room;

/// A file that is read by position.
pub(super) struct Bytes {
    file: File,
    length: u64,
}

/// Where some bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) length: u64,
}

impl Bytes {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Bytes { file, length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes of a span, which the file has to have.
    pub(super) fn read(&mut self, span: Span) -> Result<Vec<u8>> {
        let Span { start, length } = span;
        let end = start.checked_add(length).filter(|e| *e <= self.length);
        if end.is_none() {
            return Err(Error::Damaged(format!(
                "{length} bytes at byte {start} are not there: the file is cut short or damaged"
            )));
        }
        self.file.seek(SeekFrom::Start(start))?;
        let mut bytes = room::zeros(length as usize)?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The bytes of a section, counted from 1 as the manuals of GRIB count them.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a>(pub(super) &'a [u8]);

impl Octets<'_> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The octets `first..first + N`.
    fn take<const N: usize>(&self, first: usize) -> Result<[u8; N]> {
        let start = first.saturating_sub(1);
        let found = self.0.get(start..start.saturating_add(N));
        found.and_then(|b| b.try_into().ok()).ok_or_else(|| {
            Error::Damaged(format!(
                "a section of {} bytes ends before octet {first}",
                self.len()
            ))
        })
    }

    pub(super) fn u8(&self, octet: usize) -> Result<u8> {
        Ok(self.take::<1>(octet)?[0])
    }

    pub(super) fn u16(&self, octet: usize) -> Result<u16> {
        Ok(u16::from_be_bytes(self.take(octet)?))
    }

    pub(super) fn u24(&self, octet: usize) -> Result<u32> {
        let [a, b, c] = self.take(octet)?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    pub(super) fn u32(&self, octet: usize) -> Result<u32> {
        Ok(u32::from_be_bytes(self.take(octet)?))
    }

    /// Eight bits, the highest of them a sign.
    pub(super) fn i8(&self, octet: usize) -> Result<i64> {
        Ok(signed(u32::from(self.u8(octet)?), 8))
    }

    /// Sixteen bits, the highest of them a sign.
    pub(super) fn i16(&self, octet: usize) -> Result<i64> {
        Ok(signed(u32::from(self.u16(octet)?), 16))
    }

    /// Twenty-four bits, the highest of them a sign.
    pub(super) fn i24(&self, octet: usize) -> Result<i64> {
        Ok(signed(self.u24(octet)?, 24))
    }

    /// Thirty-two bits, the highest of them a sign.
    pub(super) fn i32(&self, octet: usize) -> Result<i64> {
        Ok(signed(self.u32(octet)?, 32))
    }

    /// Single precision as IEEE has it.
    pub(super) fn ieee(&self, octet: usize) -> Result<f64> {
        Ok(f64::from(f32::from_bits(self.u32(octet)?)))
    }

    /// Single precision as IBM had it: a fraction of 24 bits times a power of 16.
    pub(super) fn ibm(&self, octet: usize) -> Result<f64> {
        let bits = self.u32(octet)?;
        let power = i32::try_from((bits >> 24) & 0x7f).unwrap_or(0) - 64;
        let fraction = f64::from(bits & 0x00ff_ffff) / f64::from(1 << 24);
        let sign = if bits >> 31 == 1 { -1.0 } else { 1.0 };
        Ok(sign * fraction * 16f64.powi(power))
    }
}

fn signed(number: u32, bits: u32) -> i64 {
    let sign = 1u32 << (bits - 1);
    let magnitude = i64::from(number & (sign - 1));
    if number & sign == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_worlds() {
        let octets = Octets(&[0x80, 0x05, 0xc2, 0x76, 0xa0, 0x00]);
        assert_eq!(octets.i16(1).unwrap(), -5);
        assert_eq!(octets.u24(1).unwrap(), 0x0080_05c2);
        assert_eq!(octets.ibm(3).unwrap(), -118.625);
        assert!(octets.u32(4).is_err(), "past the end");
        assert!(octets.u8(7).is_err(), "past the end");
    }
}
