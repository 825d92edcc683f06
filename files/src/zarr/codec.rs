//! What was done to the bytes of a chunk, and how to undo it.

use std::io::Read;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::room;
use crate::zarr::blosc;

/// One step from bytes to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Zstd,
    /// Deflate in either of its wrappings: both say what they are.
    Deflate,
    Blosc,
    /// A size and a block.
    Lz4,
    /// Bytes, and a sum of them at the end.
    Crc32c,
    /// Bytes of the same weight together.
    Shuffle(usize),
}

impl Codec {
    /// By its name in either version, and its settings.
    pub(super) fn find(name: &str, settings: &Value) -> Result<Self> {
        let name = name.trim_start_matches("numcodecs.");
        Ok(match name {
            "zstd" => Codec::Zstd,
            "gzip" | "zlib" => Codec::Deflate,
            "blosc" => match settings["cname"].as_str() {
                Some(inner @ ("blosclz" | "snappy")) => return Err(blosc::unsupported(inner)),
                _ => Codec::Blosc,
            },
            "lz4" => Codec::Lz4,
            "crc32c" => Codec::Crc32c,
            "shuffle" => {
                let size = settings["elementsize"].as_u64().unwrap_or(4);
                Codec::Shuffle(usize::try_from(size).unwrap_or(usize::MAX).max(1))
            }
            other => {
                return Err(Error::Unsupported(format!(
                    "the codec {other:?} is not supported; write the store again with zstd, gzip, \
                     zlib, blosc or none"
                )));
            }
        })
    }

    /// Undoes it. What comes out is no longer than that, or there is an error.
    pub(super) fn decode(self, bytes: &[u8], most: usize) -> Result<Vec<u8>> {
        match self {
            Codec::Zstd => {
                let reader = zstd::stream::read::Decoder::new(bytes);
                let reader = reader.map_err(|e| wrong("zstd", &e.to_string()))?;
                limited(reader, most).map_err(|e| wrong("zstd", &e.to_string()))
            }
            Codec::Deflate => deflated(bytes, most),
            Codec::Blosc => blosc::decode(bytes, most),
            Codec::Lz4 => {
                let (size, block) = bytes
                    .split_first_chunk()
                    .ok_or_else(|| wrong("lz4", "it is cut short"))?;
                lz4(block, u32::from_le_bytes(*size) as usize, most)
            }
            Codec::Crc32c => {
                let (rest, sum) = bytes
                    .split_last_chunk()
                    .ok_or_else(|| wrong("crc32c", "it is cut short"))?;
                if crc32c(rest) != u32::from_le_bytes(*sum) {
                    return Err(wrong("crc32c", "the sum is another one"));
                }
                Ok(rest.to_vec())
            }
            Codec::Shuffle(size) => Ok(unshuffled(bytes, size)),
        }
    }
}

/// Damage that a codec met.
pub(super) fn wrong(codec: &str, why: &str) -> Error {
    Error::Damaged(format!("{codec}: {why}"))
}

/// All that a reader gives, if that is not too much.
fn limited(reader: impl Read, most: usize) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut reader = reader.take(most as u64 + 1);
    reader.read_to_end(&mut out)?;
    if out.len() > most {
        return Err(std::io::Error::other("it holds more than the chunk has"));
    }
    Ok(out)
}

/// One zstd frame, or several.
pub(super) fn zstd(bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    Codec::Zstd.decode(bytes, most)
}

/// gzip or zlib, whichever the first bytes say.
pub(super) fn deflated(bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    let inflate = |e: miniz_oxide::inflate::DecompressError| wrong("deflate", &e.to_string());
    match gzip_header(bytes) {
        Some(header) => {
            let body = bytes.get(header..).unwrap_or_default();
            miniz_oxide::inflate::decompress_to_vec_with_limit(body, most).map_err(inflate)
        }
        None => {
            miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(bytes, most).map_err(inflate)
        }
    }
}

/// Length of the header of gzip, if there is one.
fn gzip_header(bytes: &[u8]) -> Option<usize> {
    let [0x1f, 0x8b, 8, flags, ..] = bytes else {
        return None;
    };
    let text = |from: usize| {
        bytes
            .get(from..)?
            .iter()
            .position(|b| *b == 0)
            .map(|p| from + p + 1)
    };
    let mut end = 10;
    if flags & 4 != 0 {
        let length = bytes.get(end..end + 2)?;
        end += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for bit in [8, 16] {
        if flags & bit != 0 {
            end = text(end)?;
        }
    }
    Some(end + if flags & 2 != 0 { 2 } else { 0 })
}

/// A block of LZ4 that holds that many bytes.
pub(super) fn lz4(block: &[u8], size: usize, most: usize) -> Result<Vec<u8>> {
    // A byte of LZ4 stands for 255 at most.
    if size > most || size > block.len().saturating_mul(256) {
        return Err(wrong("lz4", "it claims more than it can hold"));
    }
    let mut out = room::zeros(size)?;
    let length = lz4_flex::block::decompress_into(block, &mut out);
    let length = length.map_err(|e| wrong("lz4", &e.to_string()))?;
    out.truncate(length);
    Ok(out)
}

/// Bytes of the same weight apart again; what is left over at the end stays.
pub(super) fn unshuffled(bytes: &[u8], size: usize) -> Vec<u8> {
    let count = bytes.len() / size;
    let mut out = bytes.to_vec();
    for (weight, plane) in bytes[..count * size].chunks(count.max(1)).enumerate() {
        for (place, byte) in plane.iter().enumerate() {
            out[place * size + weight] = *byte;
        }
    }
    out
}

/// The checksum that Zarr's indexes have.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            c >> 1 ^ if c & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value::Null;

    #[test]
    fn what_is_undone_is_what_was() {
        let plain: Vec<u8> = (0..100_000u64).map(|i| ((i * i) >> 7) as u8).collect();
        let packed = ::zstd::bulk::compress(&plain, 1).unwrap();
        assert_eq!(Codec::Zstd.decode(&packed, plain.len()).unwrap(), plain);
        assert!(
            Codec::Zstd.decode(&packed, plain.len() - 1).is_err(),
            "too long"
        );
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&plain, 6);
        assert_eq!(Codec::Deflate.decode(&packed, plain.len()).unwrap(), plain);
        let packed = lz4_flex::block::compress(&plain);
        let sized = [&(plain.len() as u32).to_le_bytes()[..], &packed].concat();
        assert_eq!(Codec::Lz4.decode(&sized, plain.len()).unwrap(), plain);
        assert!(Codec::Lz4.decode(&sized[..9], plain.len()).is_err());
    }

    #[test]
    fn sums_and_planes() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        let summed = [&b"123456789"[..], &0xe306_9283u32.to_le_bytes()].concat();
        assert_eq!(Codec::Crc32c.decode(&summed, 9).unwrap(), b"123456789");
        assert!(Codec::Crc32c.decode(&summed[..8], 9).is_err());
        assert_eq!(unshuffled(&[1, 3, 2, 4, 9], 2), [1, 2, 3, 4, 9]);
    }

    #[test]
    fn others_are_named() {
        let why = Codec::find("bz2", &Null).unwrap_err().to_string();
        assert!(why.contains("bz2"), "{why}");
        assert_eq!(
            Codec::find("numcodecs.zlib", &Null).unwrap(),
            Codec::Deflate
        );
    }
}
