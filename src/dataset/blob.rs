//! Values stored without loss and without a model: coordinates, texts, small things.

use foresz_files::{Kind, Values};

use crate::bytes::{Reader, put_bytes, put_number};
use crate::entropy::{squeeze, stretch};
use crate::error::{Error, Result, Section, corrupt, invalid};

/// The most bytes that a blob stands for.
pub(crate) const MOST_BYTES: usize = 1 << 26;
/// Blobs are few and small: the best that zstd can do.
const LEVEL: i32 = 19;
const QUICK: i32 = 1;

/// How bytes lie before they are squeezed.
const PLAIN: u8 = 0;
/// First bytes of all values, then second bytes, and so on.
const PLANES: u8 = 1;
/// The same of differences from value to value.
const STEPS: u8 = 2;
/// The same of differences of differences: axes are evenly spaced.
const BENDS: u8 = 3;
/// Where a look at more bytes than this finds nothing to gain, there is no second one.
const LARGE: usize = 1 << 16;

/// Values as bytes, with a checksum: at most 20 bytes more than they are.
pub(crate) fn write(values: &Values) -> Result<Vec<u8>> {
    let bytes = to_bytes(values);
    if bytes.len() > MOST_BYTES {
        return invalid(format!(
            "texts take {} bytes together, {MOST_BYTES} are the most",
            bytes.len()
        ));
    }
    let width = values.kind().bytes().unwrap_or(1);
    let ways: &[u8] = match values.kind() {
        Kind::Char | Kind::Text => &[PLAIN],
        _ => &[PLAIN, PLANES, STEPS, BENDS],
    };
    // A look at the fast levels tells which way is best; the slow one then works once.
    let quick = |way: &u8| (squeeze(&arrange(&bytes, width, *way), QUICK).len(), *way);
    let (length, way) = ways.iter().map(quick).min().unwrap_or((0, PLAIN));
    let is_noise = length > bytes.len() && bytes.len() > LARGE;
    let level = if is_noise { QUICK } else { LEVEL };
    let squeezed = squeeze(&arrange(&bytes, width, way), level);
    let mut out = vec![way];
    if values.kind() == Kind::Text {
        put_number(&mut out, bytes.len() as u64);
    }
    put_bytes(&mut out, &squeezed);
    out.extend(crc32fast::hash(&bytes).to_le_bytes());
    Ok(out)
}

/// Inverse of [`write`], for so many values of a kind.
pub(crate) fn read(bytes: &[u8], kind: Kind, count: usize) -> Result<Values> {
    let mut reader = Reader::new(bytes, Section::Blob);
    let way = reader.byte()?;
    let length = match kind.bytes() {
        Some(width) => count.checked_mul(width),
        None => Some(reader.count(MOST_BYTES, "bytes of texts")?),
    };
    let Some(length) = length.filter(|n| *n <= MOST_BYTES) else {
        return corrupt(Section::Blob, format!("{count} values are too many"));
    };
    if way > BENDS {
        return Err(Error::Unsupported(format!(
            "a blob arranged in way {way}: install a newer foresz"
        )));
    }
    let arranged = stretch(reader.bytes()?, length, Section::Blob)?;
    let plain = restore(&arranged, kind.bytes().unwrap_or(1), way);
    if crc32fast::hash(&plain) != reader.u32()? {
        return corrupt(Section::Blob, "its checksum does not match");
    }
    reader.finish()?;
    from_bytes(&plain, kind, count)
}

fn number(bytes: &[u8]) -> u64 {
    let byte = |n: u64, b: &u8| n << 8 | u64::from(*b);
    bytes.iter().rev().fold(0, byte)
}

/// Differences of little-endian numbers, modulo what fits them.
fn steps(bytes: &[u8], width: usize) -> Vec<u8> {
    let mut before = 0u64;
    let step = |value: &[u8]| {
        let n = number(value);
        let step = n.wrapping_sub(before);
        before = n;
        step.to_le_bytes()
    };
    let steps = bytes.chunks_exact(width).map(step);
    steps.flat_map(|s| s.into_iter().take(width)).collect()
}

fn sums(bytes: &[u8], width: usize) -> Vec<u8> {
    let mut total = 0u64;
    let sum = |step: &[u8]| {
        total = total.wrapping_add(number(step));
        total.to_le_bytes()
    };
    let sums = bytes.chunks_exact(width).map(sum);
    sums.flat_map(|s| s.into_iter().take(width)).collect()
}

fn arrange(bytes: &[u8], width: usize, way: u8) -> Vec<u8> {
    let planes = |bytes: &[u8]| -> Vec<u8> {
        let plane = |k| bytes.iter().skip(k).step_by(width).copied();
        (0..width).flat_map(plane).collect()
    };
    match way {
        PLANES => planes(bytes),
        STEPS => planes(&steps(bytes, width)),
        BENDS => planes(&steps(&steps(bytes, width), width)),
        _ => bytes.to_vec(),
    }
}

fn restore(bytes: &[u8], width: usize, way: u8) -> Vec<u8> {
    if way == PLAIN {
        return bytes.to_vec();
    }
    let mut plain = vec![0; bytes.len()];
    let places = (0..width).flat_map(|k| (k..plain.len()).step_by(width));
    let places: Vec<usize> = places.collect();
    places
        .into_iter()
        .zip(bytes)
        .for_each(|(at, byte)| plain[at] = *byte);
    match way {
        STEPS => sums(&plain, width),
        BENDS => sums(&sums(&plain, width), width),
        _ => plain,
    }
}

/// Little-endian, texts after their lengths.
pub(crate) fn to_bytes(values: &Values) -> Vec<u8> {
    let mut out = Vec::new();
    if let Values::Text(texts) = values {
        texts.iter().for_each(|t| put_bytes(&mut out, t.as_bytes()));
    }
    values.to_le_bytes().unwrap_or(out)
}

/// Inverse of [`to_bytes`].
pub(crate) fn from_bytes(bytes: &[u8], kind: Kind, count: usize) -> Result<Values> {
    let values = match Values::from_le_bytes(kind, bytes) {
        Some(values) => values,
        None => {
            let mut reader = Reader::new(bytes, Section::Blob);
            let mut texts = Vec::new();
            while !reader.is_empty() {
                texts.push(reader.text()?);
            }
            Values::Text(texts)
        }
    };
    if values.len() == count {
        Ok(values)
    } else {
        corrupt(Section::Blob, format!("it does not hold {count} values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Values> {
        vec![
            Values::I8(vec![-1, 2, 3]),
            Values::U8((0..=255).collect()),
            Values::I16((-500..500).collect()),
            Values::U16(vec![65535, 0]),
            Values::I32(vec![i32::MIN, i32::MAX, 0]),
            Values::U32(vec![u32::MAX]),
            Values::I64((0..744).map(|h| 1_551_398_400 + 3600 * h).collect()),
            Values::U64(vec![u64::MAX, 0, 1]),
            Values::F32((0..1440).map(|i| i as f32 * 0.25 - 180.0).collect()),
            Values::F64(vec![f64::NAN, -0.0, f64::INFINITY, 1e300]),
            Values::Char(b"Kelvin".to_vec()),
            Values::Text(vec![String::new(), "größer".into()]),
            Values::F64(Vec::new()),
        ]
    }

    #[test]
    fn values_come_back_to_the_bit() {
        for values in all() {
            let blob = write(&values).unwrap();
            let again = read(&blob, values.kind(), values.len()).unwrap();
            assert_eq!(to_bytes(&again), to_bytes(&values), "{values:?}");
        }
    }

    #[test]
    fn evenly_spaced_axes_take_next_to_nothing() {
        for values in all().iter().filter(|v| v.len() > 500) {
            let length = write(values).unwrap().len();
            assert!(length < 140, "{length}");
        }
    }

    #[test]
    fn damage_is_found() {
        for values in all() {
            let blob = write(&values).unwrap();
            let (kind, count) = (values.kind(), values.len());
            for end in 0..blob.len() {
                assert!(read(&blob[..end], kind, count).is_err());
            }
            assert!(read(&blob, kind, count + 1).is_err());
            assert!(read(&blob, kind, usize::MAX).is_err());
        }
    }
}
