//! Streams of numbers as blocks, and of blocks as bytes.

use super::planes::{self, BLOCK, Packed};
use crate::bytes::Reader;
use crate::error::Result;

/// Longest run of zero blocks that one byte tells.
const LONGEST_RUN: u8 = 16;

/// Appends numbers.
pub(super) struct Packer<'a> {
    out: &'a mut Vec<u8>,
    block: [i32; BLOCK],
    packed: Packed,
    filled: usize,
    zeros: u8,
}

impl<'a> Packer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Packer {
            out,
            block: [0; BLOCK],
            packed: Packed::new(),
            filled: 0,
            zeros: 0,
        }
    }

    /// Appends the `length` numbers that `write` writes; they must fit the block.
    pub(super) fn put(&mut self, length: usize, write: impl FnOnce(&mut [i32])) {
        write(&mut self.block[self.filled..self.filled + length]);
        self.filled += length;
        if self.filled == BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        planes::pack(&self.block, &mut self.packed);
        if self.packed.bytes().is_empty() {
            self.zeros += 1;
            if self.zeros == LONGEST_RUN {
                self.put_zeros();
            }
        } else {
            self.put_zeros();
            self.out.extend_from_slice(self.packed.bytes());
        }
        self.filled = 0;
    }

    fn put_zeros(&mut self) {
        if self.zeros > 0 {
            self.out.push((self.zeros - 1) << 4);
            self.zeros = 0;
        }
    }

    /// Fills up the last block with zeros.
    pub(super) fn finish(mut self) {
        if self.filled > 0 {
            self.block[self.filled..].fill(0);
            self.flush();
        }
        self.put_zeros();
    }
}

/// Takes numbers off.
pub(super) struct Unpacker<'a, 'b> {
    reader: &'a mut Reader<'b>,
    block: [i32; BLOCK],
    taken: usize,
    zeros: u8,
}

impl<'a, 'b> Unpacker<'a, 'b> {
    pub(super) fn new(reader: &'a mut Reader<'b>) -> Self {
        Unpacker {
            reader,
            block: [0; BLOCK],
            taken: BLOCK,
            zeros: 0,
        }
    }

    /// The next `length` numbers; they must be of one block.
    pub(super) fn take(&mut self, length: usize) -> Result<&mut [i32]> {
        if self.taken == BLOCK {
            self.next_block()?;
            self.taken = 0;
        }
        let taken = self.taken..self.taken + length;
        self.taken += length;
        Ok(&mut self.block[taken])
    }

    fn next_block(&mut self) -> Result<()> {
        if self.zeros == 0 {
            match self.reader.rest().first() {
                Some(header) if header & 15 != 0 => {
                    return planes::unpack(self.reader, &mut self.block);
                }
                _ => self.zeros = (self.reader.byte()? >> 4) + 1,
            }
        }
        self.zeros -= 1;
        self.block.fill(0);
        Ok(())
    }
}
