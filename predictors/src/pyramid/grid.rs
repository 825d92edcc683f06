//! A level of a frame: even and odd columns apart, so that both passes work on
//! contiguous rows.

use super::stencil::{Pass, Place};
use crate::padded::{PAD, pad_row};
use crate::sample::Sample;

/// Rows of samples with margins.
pub(super) struct Columns<T> {
    count: usize,
    periodic: bool,
    values: Vec<T>,
}

impl<T: Sample> Columns<T> {
    fn new(rows: usize, count: usize, periodic: bool) -> Self {
        Columns {
            count,
            periodic,
            values: vec![T::ZERO; rows * (count + 2 * PAD)],
        }
    }

    fn start(&self, row: usize) -> usize {
        row * (self.count + 2 * PAD)
    }

    pub(super) fn row(&self, row: usize) -> &[T] {
        &self.values[self.start(row) + PAD..][..self.count]
    }

    pub(super) fn put(&mut self, row: usize, values: &[T]) {
        let start = self.start(row);
        pad_row(
            values,
            T::ZERO,
            self.periodic,
            &mut self.values[start..start + self.count + 2 * PAD],
        );
    }

    /// Part of a row, shifted to the right.
    fn shifted(&self, row: usize, right: isize, length: usize) -> &[T] {
        &self.values[(self.start(row) + PAD).wrapping_add_signed(right)..][..length]
    }
}

/// A level of a frame.
pub(super) struct Level<T> {
    pub(super) rows: usize,
    columns: usize,
    pub(super) periodic: bool,
    pub(super) evens: Columns<T>,
    pub(super) odds: Columns<T>,
}

impl<T: Sample> Level<T> {
    /// A level of which the coarser grid is known.
    pub(super) fn new(rows: usize, columns: usize, periodic: bool, coarse: &[T]) -> Self {
        let even = columns.div_ceil(2);
        let mut evens = Columns::new(rows, even, periodic);
        for (r, row) in coarse.chunks_exact(even).enumerate() {
            evens.put(2 * r, row);
        }
        Level {
            rows,
            columns,
            periodic,
            evens,
            odds: Columns::new(rows, columns / 2, periodic),
        }
    }

    pub(super) fn even_columns(&self) -> usize {
        self.columns.div_ceil(2)
    }

    pub(super) fn odd_columns(&self) -> usize {
        self.columns / 2
    }

    /// For every sample of a row of a pass, the value `down` rows and `right` columns
    /// away. Rows stay inside; columns may lie in the margin.
    pub(super) fn at(&self, pass: Pass, row: usize, (down, right): Place, length: usize) -> &[T] {
        let row = row.wrapping_add_signed(down);
        // Sample j of V is column 2j, of H column 2j+1.
        let column = right + isize::from(pass == Pass::Horizontal);
        if column % 2 == 0 {
            self.evens.shifted(row, column / 2, length)
        } else {
            self.odds.shifted(row, (column - 1) / 2, length)
        }
    }

    /// Even and odd columns in turn.
    pub(super) fn weave(&self) -> Vec<T> {
        let mut grid = Vec::with_capacity(self.rows * self.columns);
        for r in 0..self.rows {
            let (evens, odds) = (self.evens.row(r), self.odds.row(r));
            grid.extend(evens.iter().zip(odds).flat_map(|(&e, &o)| [e, o]));
            if evens.len() > odds.len() {
                grid.push(evens[odds.len()]);
            }
        }
        grid
    }
}
