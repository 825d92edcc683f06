//! `NumPy` files: their header, read in all its versions and written in the oldest.

use std::io::{self, Read, Write};

use super::gather::Form;
use crate::error::{Error, Result};
use crate::values::Kind;

/// First bytes of every such file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads the header of a file, up to where its samples start.
pub(super) fn read(file: &mut dyn Read) -> Result<Form> {
    let bytes = text_of(file)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged("is not text"))?;
    let (kind, big_endian) = kind(value(text, "descr")?)?;
    let fortran = match value(text, "fortran_order")? {
        order if order.starts_with("True") => true,
        order if order.starts_with("False") => false,
        _ => return Err(damaged("has neither True nor False as fortran_order")),
    };
    Ok(Form {
        kind,
        big_endian,
        fortran,
        shape: shape(value(text, "shape")?)?,
    })
}

/// The text of the header.
fn text_of(file: &mut dyn Read) -> Result<Vec<u8>> {
    if taken(file, MAGIC.len() as u64).ok().as_deref() != Some(MAGIC) {
        return Err(Error::Invalid("it is no array".into()));
    }
    let version = taken(file, 2)?;
    let width = match version[0] {
        1 => 2,
        2 | 3 => 4,
        version => {
            return Err(Error::Invalid(format!(
                "the .npy file has version {version}; 1 to 3 can be read"
            )));
        }
    };
    let digits = taken(file, width)?;
    let length = digits.iter().rev().fold(0, |n, d| n << 8 | u64::from(*d));
    taken(file, length)
}

/// The next bytes, for which room is made as they come.
fn taken(file: &mut dyn Read, count: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == count {
        Ok(bytes)
    } else {
        Err(damaged("is cut short"))
    }
}

fn damaged(reason: &str) -> Error {
    Error::Invalid(format!("the header of the .npy file {reason}"))
}

/// The text from the value of `key` onwards.
fn value<'a>(text: &'a str, key: &str) -> Result<&'a str> {
    let missing = || damaged(&format!("has no {key}"));
    let at = ['\'', '"']
        .iter()
        .find_map(|quote| text.find(&format!("{quote}{key}{quote}")));
    let after = &text[at.ok_or_else(missing)? + key.len() + 2..];
    Ok(after
        .trim_start()
        .strip_prefix(':')
        .ok_or_else(missing)?
        .trim_start())
}

/// Type of the values, and whether they are big-endian.
fn kind(value: &str) -> Result<(Kind, bool)> {
    let quoted = value
        .strip_prefix(['\'', '"'])
        .and_then(|rest| rest.split(['\'', '"']).next());
    let (order, letters) = match quoted.map(|text| text.split_at(text.len().min(1))) {
        Some((order @ ("<" | ">" | "=" | "|"), letters)) => (order, letters),
        _ => ("=", quoted.unwrap_or_default()),
    };
    let kind = match letters {
        "i1" => Kind::I8,
        "u1" | "b1" => Kind::U8,
        "i2" => Kind::I16,
        "u2" => Kind::U16,
        "i4" => Kind::I32,
        "u4" => Kind::U32,
        "i8" => Kind::I64,
        "u8" => Kind::U64,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => {
            let what = quoted.map_or("a structured type".into(), |q| format!("type {q:?}"));
            return Err(Error::Invalid(format!(
                "the .npy file holds {what}; f4, f8 and integers can be read: convert it, for instance with .astype(\"f4\")"
            )));
        }
    };
    let big_endian = order == ">" || (order == "=" && cfg!(target_endian = "big"));
    Ok((kind, big_endian))
}

fn shape(value: &str) -> Result<Vec<usize>> {
    let inner = value
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .ok_or_else(|| damaged("has a shape that is not a tuple"))?
        .0;
    let lengths = inner.split(',').map(str::trim).filter(|n| !n.is_empty());
    // Python 2 wrote long integers with an L.
    lengths
        .map(|n| {
            n.trim_end_matches('L')
                .parse()
                .map_err(|_| damaged(&format!("has {n:?} in its shape")))
        })
        .collect()
}

/// Writes the header of a C-ordered, little-endian file.
pub fn write_header(kind: Kind, shape: &[usize], sink: &mut dyn Write) -> io::Result<()> {
    let letter = match kind {
        Kind::F32 | Kind::F64 => 'f',
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => 'u',
        Kind::Char | Kind::Text => 'S',
        _ => 'i',
    };
    let bytes = kind.bytes().unwrap_or(0);
    let order = if bytes == 1 { '|' } else { '<' };
    let mut lengths = shape
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if shape.len() == 1 {
        // In Python a tuple of one has a comma.
        lengths.push(',');
    }
    let mut text = format!(
        "{{'descr': '{order}{letter}{bytes}', 'fortran_order': False, 'shape': ({lengths}), }}"
    );
    // Samples start at a multiple of 64, for the sake of memory maps.
    let room = (text.len() + 11).next_multiple_of(64) - 11;
    text = format!("{text:<room$}\n");
    sink.write_all(MAGIC)?;
    sink.write_all(&[1, 0])?;
    // Room for eight dimensions of twenty digits: far below what 16 bits can say.
    sink.write_all(&(text.len() as u16).to_le_bytes())?;
    sink.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, text: &str) -> Vec<u8> {
        let mut bytes = [MAGIC, &[version, 0]].concat();
        if version == 1 {
            bytes.extend((text.len() as u16).to_le_bytes());
        } else {
            bytes.extend((text.len() as u32).to_le_bytes());
        }
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn headers_of_all_versions() {
        let text = "{\"shape\": (3, 4L), 'fortran_order': True, 'descr': '>f8'}\n";
        for version in 1..=3 {
            let bytes = file(version, text);
            let mut rest = bytes.as_slice();
            let header = read(&mut rest).unwrap();
            let wanted = Form {
                kind: Kind::F64,
                big_endian: true,
                fortran: true,
                shape: vec![3, 4],
            };
            assert_eq!(header, wanted);
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for shape in [vec![7], vec![2, 3], vec![1; 8]] {
            let mut bytes = Vec::new();
            write_header(Kind::F32, &shape, &mut bytes).unwrap();
            let mut rest = bytes.as_slice();
            let header = read(&mut rest).unwrap();
            assert_eq!((header.shape, bytes.len() % 64), (shape, 0));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn damage_is_named() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
        for (bad, word) in [
            (good.replace("<f4", "<c8"), "astype"),
            (good.replace("'<f4'", "[('a', '<f4')]"), "structured"),
            (good.replace("shape", "shade"), "no shape"),
            (good.replace("2,", "-2,"), "-2"),
            (good.replace("(2,)", "2"), "tuple"),
            (good.replace("False", "Maybe"), "fortran_order"),
        ] {
            let text = read(&mut file(1, &bad).as_slice()).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
        for cut in 0..10 + good.len() {
            assert!(read(&mut &file(1, good)[..cut]).is_err());
        }
        assert!(
            read(&mut file(9, good).as_slice())
                .unwrap_err()
                .to_string()
                .contains("version 9")
        );
    }
}
