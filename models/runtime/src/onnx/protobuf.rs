//! The wire format of protocol buffers: fields of a number and one of four kinds of
//! value. Everything borrows from the bytes read, so that nothing is allocated on the
//! word of a length.

use std::cell::Cell;

/// A message, read field by field.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// The value of a field.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

/// Bytes that what is read may still take up: a list in memory can be many times as long
/// as it is in the file.
pub(crate) struct Room {
    left: Cell<usize>,
    /// What was asked for in vain.
    lacking: Cell<Option<usize>>,
}

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: Cell::new(bytes),
            lacking: Cell::new(None),
        }
    }

    /// Bytes that there were left, and more that were asked for.
    pub(crate) fn lacking(&self) -> Option<(usize, usize)> {
        Some((self.left.get(), self.lacking.get()?))
    }

    pub(crate) fn take(&self, bytes: usize) -> Result<(), Wrong> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => self.left.set(left),
            None => {
                self.lacking.set(Some(bytes));
                return Err("there is no room for all that is in it".to_owned());
            }
        }
        Ok(())
    }
}

/// What is wrong with the bytes.
pub(crate) type Wrong = String;

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next field and its number, or `None` at the end.
    pub(crate) fn field(&mut self) -> Result<Option<(u64, Value<'a>)>, Wrong> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.array()?),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| cut())?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(self.array()?),
            kind => return Err(format!("field {} is of the unknown kind {kind}", key >> 3)),
        };
        Ok(Some((key >> 3, value)))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Wrong> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number has more than 64 bits".to_owned())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| cut())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Wrong> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Value<'a> {
    pub(crate) fn integer(self) -> Result<i64, Wrong> {
        match self {
            Self::Varint(value) => Ok(value.cast_signed()),
            _ => Err("a field that is a number is of another kind".to_owned()),
        }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], Wrong> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err("a field that is bytes is of another kind".to_owned()),
        }
    }

    pub(crate) fn text(self) -> Result<String, Wrong> {
        let bytes = self.bytes()?;
        let text = str::from_utf8(bytes).map_err(|_| "a name is not UTF-8".to_owned())?;
        Ok(text.to_owned())
    }

    pub(crate) fn float(self) -> Result<f32, Wrong> {
        match self {
            Self::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err("a field that is a float is of another kind".to_owned()),
        }
    }

    /// Adds the integers of a repeated field, packed or single.
    pub(crate) fn integers(self, into: &mut Vec<i64>, room: &Room) -> Result<(), Wrong> {
        let Self::Bytes(bytes) = self else {
            room.take(size_of::<i64>())?;
            into.push(self.integer()?);
            return Ok(());
        };
        // The last byte of a number is less than 128.
        let count = bytes.iter().filter(|byte| **byte < 0x80).count();
        room.take(count.saturating_mul(size_of::<i64>()))?;
        into.reserve_exact(count);
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            into.push(reader.varint()?.cast_signed());
        }
        Ok(())
    }

    /// Adds the floats of a repeated field, packed or single.
    pub(crate) fn floats(self, into: &mut Vec<f32>, room: &Room) -> Result<(), Wrong> {
        let Self::Bytes(bytes) = self else {
            room.take(size_of::<f32>())?;
            into.push(self.float()?);
            return Ok(());
        };
        let (words, []) = bytes.as_chunks::<4>() else {
            return Err("a list of floats ends within one".to_owned());
        };
        into.extend(words.iter().map(|&word| f32::from_le_bytes(word)));
        Ok(())
    }

    /// Adds the doubles of a repeated field, packed or single.
    pub(crate) fn doubles(self, into: &mut Vec<f64>, room: &Room) -> Result<(), Wrong> {
        match self {
            Self::Fixed64(word) => {
                room.take(size_of::<f64>())?;
                into.push(f64::from_le_bytes(word));
            }
            Self::Bytes(bytes) => {
                let (words, []) = bytes.as_chunks::<8>() else {
                    return Err("a list of doubles ends within one".to_owned());
                };
                into.extend(words.iter().map(|&word| f64::from_le_bytes(word)));
            }
            _ => return Err("a field that is a double is of another kind".to_owned()),
        }
        Ok(())
    }
}

fn cut() -> Wrong {
    "the file ends within a field".to_owned()
}
