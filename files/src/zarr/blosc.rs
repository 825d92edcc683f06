//! Blosc, as far as Zarr uses it: blocks in one of several codecs, shuffled or not.

use crate::error::{Error, Result};
use crate::zarr::codec::{deflated, lz4, unshuffled, wrong, zstd};

const HEAD: usize = 16;
const SHUFFLED: u8 = 0x01;
const COPIED: u8 = 0x02;
const BITS_SHUFFLED: u8 = 0x04;
const WHOLE: u8 = 0x10;

struct Header {
    flags: u8,
    /// Bytes per value.
    size: usize,
    /// Bytes of all blocks, and of each but the last.
    total: usize,
    block: usize,
}

/// Undoes it. What comes out is no longer than that, or there is an error.
pub(super) fn decode(bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    let cut = || wrong("blosc", "it is cut short");
    let number = |at: usize| -> Result<usize> {
        let four = bytes
            .get(at..)
            .and_then(<[u8]>::first_chunk)
            .ok_or_else(cut)?;
        Ok(u32::from_le_bytes(*four) as usize)
    };
    let header = Header {
        flags: *bytes.get(2).ok_or_else(cut)?,
        size: usize::from(*bytes.get(3).ok_or_else(cut)?).max(1),
        total: number(4)?,
        block: number(8)?.max(1),
    };
    if header.total > most {
        return Err(wrong("blosc", "it holds more than the chunk has"));
    }
    if header.flags & COPIED != 0 {
        let body = bytes.get(HEAD..HEAD + header.total);
        return Ok(body.ok_or_else(cut)?.to_vec());
    }
    let mut out = Vec::new();
    for number_of_block in 0..header.total.div_ceil(header.block) {
        let start = number(HEAD + 4 * number_of_block)?;
        let body = bytes.get(start..).ok_or_else(cut)?;
        let length = header.block.min(header.total - out.len());
        out.extend(header.block(body, length)?);
    }
    Ok(out)
}

impl Header {
    /// One block of that length when it is unpacked.
    fn block(&self, bytes: &[u8], length: usize) -> Result<Vec<u8>> {
        // As the writer decides: planes of large blocks are packed one by one.
        let split = self.flags & WHOLE == 0
            && self.size <= 16
            && self.block / self.size >= 128
            && length == self.block;
        let parts = if split { self.size } else { 1 };
        let mut rest = bytes;
        let mut block = Vec::new();
        for _ in 0..parts {
            let cut = || wrong("blosc", "it is cut short");
            let (size, after) = rest.split_first_chunk().ok_or_else(cut)?;
            let size = u32::from_le_bytes(*size) as usize;
            let (packed, after) = after.split_at_checked(size).ok_or_else(cut)?;
            rest = after;
            let part = length / parts;
            if size == part {
                block.extend_from_slice(packed);
            } else {
                block.extend(self.part(packed, part)?);
            }
        }
        if block.len() != length {
            return Err(wrong("blosc", "a block has another length than it should"));
        }
        Ok(if self.flags & SHUFFLED != 0 {
            unshuffled(&block, self.size)
        } else if self.flags & BITS_SHUFFLED != 0 {
            bits_unshuffled(block, self.size)
        } else {
            block
        })
    }

    fn part(&self, packed: &[u8], length: usize) -> Result<Vec<u8>> {
        match self.flags >> 5 {
            1 => lz4(packed, length, length),
            3 => deflated(packed, length),
            4 => zstd(packed, length),
            0 => Err(unsupported("blosclz")),
            2 => Err(unsupported("snappy")),
            _ => Err(unsupported("an unknown codec")),
        }
    }
}

/// Blosc is known, and what it packs blocks with is not.
pub(super) fn unsupported(inner: &str) -> Error {
    Error::Unsupported(format!(
        "blosc with {inner} is not supported; write the store again with blosc and lz4 or zstd"
    ))
}

/// Bits of the same weight apart again. Blocks of an odd number of values are left alone, as
/// the writer does.
fn bits_unshuffled(block: Vec<u8>, size: usize) -> Vec<u8> {
    let count = block.len() / size;
    if count == 0 || !count.is_multiple_of(8) {
        return block;
    }
    let mut out = vec![0; block.len()];
    out[count * size..].copy_from_slice(&block[count * size..]);
    for (weight, plane) in block[..count * size].chunks(count / 8).enumerate() {
        for (place, byte) in plane.iter().enumerate() {
            for bit in 0..8 {
                let value = place * 8 + bit;
                out[value * size + weight / 8] |= (byte >> bit & 1) << (weight % 8);
            }
        }
    }
    out
}
