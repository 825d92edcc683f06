//! Values in pieces: how large they are, and the index that finds them.

use std::borrow::Cow;

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::encode::NOWHERE;
use crate::error::{Error, Result};

/// Bytes of a chunk, about: what readers hold at once without being told to.
const CHUNK: usize = 1 << 20;
/// Entries of a node of an index. Readers expect this number.
const ENTRIES: usize = 64;

/// A chunk that is in the file.
struct Chunk {
    address: u64,
    bytes: u32,
}

/// Values of a variable on their way into chunks.
pub(super) struct Chunks {
    pub(super) shape: Vec<usize>,
    pub(super) value: usize,
    /// Level, if they are compressed.
    pub(super) deflate: Option<u8>,
    /// Bytes of a chunk.
    size: usize,
    pending: Vec<u8>,
    done: Vec<Chunk>,
}

impl Chunks {
    pub(super) fn new(shape: Vec<usize>, value: usize, deflate: Option<u8>) -> Result<Self> {
        let size = shape.iter().try_fold(value, |n, l| n.checked_mul(*l));
        let size = size.filter(|n| u32::try_from(*n).is_ok());
        let size = size.ok_or_else(|| {
            Error::Unsupported(format!(
                "chunks of shape {shape:?} exceed the 4 GiB of HDF5"
            ))
        })?;
        Ok(Chunks {
            shape,
            value,
            deflate,
            size,
            pending: Vec::new(),
            done: Vec::new(),
        })
    }

    /// Takes more values, and passes on every chunk that they complete.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        mut append: impl FnMut(&[u8]) -> Result<u64>,
    ) -> Result<()> {
        while !bytes.is_empty() {
            let missing = self.size - self.pending.len();
            let (more, rest) = bytes.split_at(missing.min(bytes.len()));
            self.pending.extend(more);
            bytes = rest;
            if self.pending.len() == self.size {
                let chunk = self.stored(&self.pending);
                self.done(append(&chunk)?, chunk.len());
                self.pending.clear();
            }
        }
        Ok(())
    }

    /// Completes the last chunk.
    pub(super) fn fill_up(
        &mut self,
        fill: &[u8],
        append: impl FnMut(&[u8]) -> Result<u64>,
    ) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let fill = if fill.len() == self.value { fill } else { &[0] };
        let missing = self.size - self.pending.len();
        let rest: Vec<u8> = fill.iter().copied().cycle().take(missing).collect();
        self.push(&rest, append)
    }

    /// Says where the last chunk went.
    pub(super) fn done(&mut self, address: u64, bytes: usize) {
        let bytes = bytes as u32;
        self.done.push(Chunk { address, bytes });
    }

    /// The index of all chunks of a variable of that shape, for a place in the file.
    pub(super) fn index(&self, address: u64, of: &[usize]) -> Option<Vec<u8>> {
        (!self.done.is_empty()).then(|| index(address, &self.done, &self.shape, of))
    }

    fn stored<'a>(&self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        match self.deflate {
            None => chunk.into(),
            Some(level) => compress_to_vec_zlib(&shuffled(chunk, self.value), level).into(),
        }
    }
}

/// First bytes of all values, then second ones.
fn shuffled(bytes: &[u8], value: usize) -> Vec<u8> {
    let mut shuffled = Vec::with_capacity(bytes.len());
    for place in 0..value {
        shuffled.extend(bytes.iter().skip(place).step_by(value));
    }
    shuffled
}

/// A shape of chunks each of which is values that follow each other in C order, so that they
/// can be written as they come.
pub(super) fn shape(of: &[usize], value: usize) -> Vec<usize> {
    let mut chunk = vec![1; of.len()];
    let mut room = CHUNK / value;
    for d in (0..of.len()).rev() {
        if of[d] <= room {
            chunk[d] = of[d].max(1);
            room /= chunk[d];
            continue;
        }
        // What is left over at the end of the first dimension is filled up; in the middle of
        // a variable nothing may be.
        chunk[d] = if d == 0 {
            room.max(1)
        } else {
            divisor(of[d], room)
        };
        break;
    }
    chunk
}

/// The divisor that fills the room best, or what exceeds it least if it hardly fills it.
fn divisor(length: usize, room: usize) -> usize {
    let divides = |n: &usize| length.is_multiple_of(*n);
    let within = (1..=room).rev().find(divides).unwrap_or(1);
    if within * 16 >= room {
        return within;
    }
    (room + 1..=length).find(divides).unwrap_or(length)
}

/// The index of all the chunks of a variable: nodes one after the other, of which the first is
/// the root, for a place in the file.
fn index(address: u64, chunks: &[Chunk], shape: &[usize], of: &[usize]) -> Vec<u8> {
    let grid: Vec<usize> = of.iter().zip(shape).map(|(n, c)| n.div_ceil(*c)).collect();
    let mut children: Vec<(Vec<u8>, u64)> = Vec::new();
    for (i, chunk) in chunks.iter().enumerate() {
        let place = place(i, &grid);
        children.push((key(chunk.bytes, &place, shape), chunk.address));
    }
    // One past the last in every dimension.
    let after = place(chunks.len() - 1, &grid);
    let after: Vec<usize> = after.iter().map(|n| n + 1).collect();
    let last = key(0, &after, shape);
    let node = 24 + ENTRIES * 8 + (ENTRIES + 1) * last.len();
    let mut levels = Vec::new();
    let mut count = children.len();
    loop {
        count = count.div_ceil(ENTRIES);
        levels.push(count);
        if count == 1 {
            break;
        }
    }
    let mut nodes = vec![0; levels.iter().sum::<usize>() * node];
    let mut first = nodes.len() / node;
    for (level, count) in levels.into_iter().enumerate() {
        first -= count;
        let at = |n: usize| address + ((first + n) * node) as u64;
        let mut parents = Vec::new();
        for (n, entries) in children.chunks(ENTRIES).enumerate() {
            let mut bytes = b"TREE\x01".to_vec();
            bytes.push(level as u8);
            bytes.extend((entries.len() as u16).to_le_bytes());
            let left = if n == 0 { NOWHERE } else { at(n - 1) };
            let right = if n + 1 == count { NOWHERE } else { at(n + 1) };
            bytes.extend(left.to_le_bytes());
            bytes.extend(right.to_le_bytes());
            for (key, child) in entries {
                bytes.extend(key);
                bytes.extend(child.to_le_bytes());
            }
            let next = children.get((n + 1) * ENTRIES);
            bytes.extend(next.map_or(&last, |(key, _)| key));
            let start = (first + n) * node;
            nodes[start..start + bytes.len()].copy_from_slice(&bytes);
            parents.push((entries[0].0.clone(), at(n)));
        }
        children = parents;
    }
    nodes
}

fn place(chunk: usize, grid: &[usize]) -> Vec<usize> {
    let mut left = chunk;
    let mut place = vec![0; grid.len()];
    for d in (0..grid.len()).rev() {
        place[d] = left % grid[d];
        left /= grid[d];
    }
    place
}

fn key(bytes: u32, place: &[usize], shape: &[usize]) -> Vec<u8> {
    let mut key = bytes.to_le_bytes().to_vec();
    key.extend([0; 4]);
    for (n, c) in place.iter().zip(shape) {
        key.extend(((n * c) as u64).to_le_bytes());
    }
    // Within a value.
    key.extend([0; 8]);
    key
}
