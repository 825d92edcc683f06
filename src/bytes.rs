//! Numbers as bytes, and the reader that trusts none of them.

use foresz_predictors::Sample;

use crate::error::{Result, Section, corrupt};

/// Appends a whole number: seven bits a byte, low ones first, the top bit says
/// that more follow.
pub(crate) fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends bytes after their length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a sample.
pub(crate) fn put_sample<T: Sample>(out: &mut Vec<u8>, x: T) {
    out.extend_from_slice(&x.to_bits64().to_le_bytes()[..T::BYTES]);
}

/// The sample that as many bytes as it has stand for.
pub(crate) fn sample_of<T: Sample>(bytes: &[u8]) -> T {
    let mut eight = [0; 8];
    eight[..T::BYTES].copy_from_slice(bytes);
    T::from_bits64(u64::from_le_bytes(eight))
}

/// Takes numbers and byte strings off the front of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    section: Section,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`; errors name `section`.
    pub(crate) fn new(bytes: &'a [u8], section: Section) -> Self {
        Reader {
            rest: bytes,
            section,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(n) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => corrupt(
                self.section,
                format!("{n} bytes are announced, {} are there", self.rest.len()),
            ),
        }
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        corrupt(self.section, "a number does not fit 64 bits")
    }

    /// A number that counts things, of which there can be at most `most`.
    pub(crate) fn count(&mut self, most: usize, what: &str) -> Result<usize> {
        let n = self.number()?;
        match usize::try_from(n) {
            Ok(n) if n <= most => Ok(n),
            _ => corrupt(
                self.section,
                format!("{n} {what}, {most} at most are possible"),
            ),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let n = self.count(self.rest.len(), "bytes")?;
        self.take(n)
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        match std::str::from_utf8(self.bytes()?) {
            Ok(text) => Ok(text.into()),
            Err(_) => corrupt(self.section, "a name is not UTF-8"),
        }
    }

    pub(crate) fn sample<T: Sample>(&mut self) -> Result<T> {
        Ok(sample_of(self.take(T::BYTES)?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let mut four = [0; 4];
        four.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(four))
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        Ok(f64::from_le_bytes(eight))
    }

    /// Complains if anything is left.
    pub(crate) fn finish(self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            corrupt(self.section, format!("{} bytes too many", self.rest.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_too_large_ones_are_refused() {
        for n in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, n);
            let mut reader = Reader::new(&bytes, Section::Index);
            assert_eq!(reader.number().unwrap(), n);
            reader.finish().unwrap();
        }
        assert!(Reader::new(&[0xff; 11], Section::Index).number().is_err());
        assert!(
            Reader::new(
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
                Section::Index
            )
            .number()
            .is_err()
        );
        assert!(Reader::new(&[0x80], Section::Index).number().is_err());
        assert!(Reader::new(&[5, 1, 2], Section::Index).bytes().is_err());
    }
}
