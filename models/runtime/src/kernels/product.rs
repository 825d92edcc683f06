//! The product of two matrices, or of many pairs of them, in blocks that fit the
//! caches.

use std::ops::Range;

use super::pack::{Left, ROWS, Right, WIDE, padded, panels, stretches};
use super::tile::{self, Sums};
use crate::threads::Threads;

/// Columns that are packed at a time: with a stretch of rows half a megabyte.
const BLOCK: usize = 8 * WIDE;

/// `batches` products of an m × k by a k × n matrix.
pub(crate) struct Product<'a> {
    pub(crate) batches: usize,
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) left: &'a (dyn Fn(usize) -> Left<'a> + Sync),
    pub(crate) right: &'a (dyn Fn(usize) -> Right<'a> + Sync),
    /// Added to each element of a row after its sum.
    pub(crate) row_bias: &'a (dyn Fn(usize) -> Option<&'a [f32]> + Sync),
}

/// What one thread computes: some rows and columns of one product.
struct Part<'o> {
    batch: usize,
    rows: Range<usize>,
    columns: Range<usize>,
    out: Vec<&'o mut [f32]>,
}

/// Room for packed pieces.
#[derive(Default)]
struct Workplace {
    rows: Vec<f32>,
    columns: Vec<f32>,
}

impl Product<'_> {
    /// Factors of the number of multiply-adds: columns are taken in panels.
    pub(crate) fn sums(&self) -> [usize; 4] {
        [self.batches, self.m, self.k, padded(self.n)]
    }

    /// Bytes of the lists of parts that the products are divided into.
    pub(crate) fn division(&self, threads: &Threads) -> Option<usize> {
        let (height, width) = self.part_size(threads.number());
        let across = self.n.div_ceil(width.max(1));
        let parts = self.m.div_ceil(height.max(1)).checked_mul(across)?;
        let pieces = self.m.checked_mul(across)?;
        let each = (parts.checked_mul(size_of::<Part>())?)
            .checked_add(pieces.checked_mul(size_of::<&mut [f32]>())?)?;
        each.checked_mul(self.batches)
    }

    /// Writes all products to `out`, one after the other.
    pub(crate) fn write(&self, out: &mut [f32], threads: &Threads) {
        debug_assert_eq!(out.len(), self.batches * self.m * self.n);
        if out.is_empty() {
            return;
        }
        if self.k == 0 {
            out.fill(0.0);
            self.add_bias_only(out);
            return;
        }
        let (height, width) = self.part_size(threads.number());
        let mut parts = Vec::new();
        for (batch, out) in out.chunks_exact_mut(self.m * self.n).enumerate() {
            self.divide(batch, out, (height, width), &mut parts);
        }
        threads.each(parts, Workplace::default, |place, part| {
            self.compute(place, part);
        });
    }

    fn add_bias_only(&self, out: &mut [f32]) {
        for (batch, out) in out.chunks_exact_mut(self.m * self.n).enumerate() {
            if let Some(bias) = (self.row_bias)(batch) {
                for (row, bias) in out.chunks_exact_mut(self.n).zip(bias) {
                    row.fill(*bias);
                }
            }
        }
    }

    /// Rows and columns of a part. Splitting by columns packs the left matrix several
    /// times, splitting by rows the right one.
    fn part_size(&self, threads: usize) -> (usize, usize) {
        let share = |length: usize, unit: usize| {
            length
                .div_ceil(threads * 2)
                .next_multiple_of(unit)
                .max(unit)
        };
        if threads == 1 || self.batches >= threads * 2 {
            (self.m, self.n)
        } else if self.m > self.n {
            (share(self.m, ROWS), self.n)
        } else {
            (self.m, share(self.n, WIDE))
        }
    }

    fn divide<'o>(
        &self,
        batch: usize,
        out: &'o mut [f32],
        (height, width): (usize, usize),
        parts: &mut Vec<Part<'o>>,
    ) {
        let across = self.n.div_ceil(width);
        let first = parts.len();
        for top in (0..self.m).step_by(height) {
            for left in (0..self.n).step_by(width) {
                parts.push(Part {
                    batch,
                    rows: top..(top + height).min(self.m),
                    columns: left..(left + width).min(self.n),
                    out: Vec::with_capacity(height.min(self.m - top)),
                });
            }
        }
        for (i, row) in out.chunks_exact_mut(self.n).enumerate() {
            for (j, piece) in row.chunks_mut(width).enumerate() {
                parts[first + i / height * across + j].out.push(piece);
            }
        }
    }

    fn compute(&self, place: &mut Workplace, mut part: Part) {
        let left = (self.left)(part.batch);
        let right = (self.right)(part.batch);
        let bias = (self.row_bias)(part.batch);
        let Workplace { rows, columns } = place;
        for start in part.columns.clone().step_by(BLOCK) {
            let block = start..(start + BLOCK).min(part.columns.end);
            for depth in stretches(self.k) {
                let room = pack_block(&right, &depth, block.clone(), columns);
                let step = Step {
                    first: depth.start == 0,
                    bias: bias.filter(|_| depth.end == self.k),
                    right: &right,
                    room,
                    depth: depth.clone(),
                    block: block.clone(),
                };
                for top in part.rows.clone().step_by(ROWS) {
                    let tall = top..(top + ROWS).min(part.rows.end);
                    let a = left.tile(tall.clone(), &depth, rows);
                    step.row_of_tiles(a, tall, &mut part);
                }
            }
        }
    }
}

/// The columns of `block`, packed into `room` unless the matrix already is.
fn pack_block<'r>(
    right: &Right,
    depth: &Range<usize>,
    block: Range<usize>,
    room: &'r mut Vec<f32>,
) -> &'r [f32] {
    if matches!(right, Right::Packed(_)) {
        return &[];
    }
    let mut at = 0;
    for (first, width) in panels(block.clone()) {
        let size = width * depth.len();
        if room.len() < at + size {
            room.resize(at + size, 0.0);
        }
        let valid = first..(first + width).min(block.end);
        right.pack(depth.clone(), valid, &mut room[at..at + size]);
        at += size;
    }
    room
}

/// One stretch of k in one block of columns.
struct Step<'a> {
    first: bool,
    bias: Option<&'a [f32]>,
    right: &'a Right<'a>,
    /// The columns, packed, unless the matrix is.
    room: &'a [f32],
    depth: Range<usize>,
    block: Range<usize>,
}

impl Step<'_> {
    fn row_of_tiles(&self, a: &[f32], rows: Range<usize>, part: &mut Part) {
        let mut sums: Sums = [[0.0; WIDE]; ROWS];
        for (first, width) in panels(self.block.clone()) {
            let b = match self.right {
                Right::Packed(packed) => packed.panel(first, width, &self.depth),
                Right::Grid(_) => {
                    let at = (first - self.block.start) * self.depth.len();
                    &self.room[at..at + width * self.depth.len()]
                }
            };
            tile::multiply(rows.len(), width, a, b, &mut sums);
            let valid = width.min(self.block.end - first);
            let from = first - part.columns.start;
            for (row, sums) in rows.clone().zip(&sums) {
                let out = &mut part.out[row - part.rows.start][from..from + valid];
                self.finish(row, &sums[..valid], out);
            }
        }
    }

    fn finish(&self, row: usize, sums: &[f32], out: &mut [f32]) {
        if self.first {
            out.copy_from_slice(sums);
        } else {
            out.iter_mut().zip(sums).for_each(|(o, s)| *o += s);
        }
        if let Some(bias) = self.bias {
            let bias = bias[row];
            out.iter_mut().for_each(|o| *o += bias);
        }
    }
}
