//! Matrices laid out in the order in which the tiles read them.

use std::ops::Range;

/// Columns of a panel, and of those at the right edge.
pub(crate) const WIDE: usize = 64;
pub(crate) const NARROW: usize = 16;

/// Rows of a tile.
pub(crate) const ROWS: usize = 4;

/// A sum is taken over stretches of this many terms, each from zero and in order, and
/// the sums of the stretches are added in order. Part of what every result is: a
/// change changes all bits.
pub(crate) const STRETCH: usize = 256;

/// The stretches of `depth` terms.
pub(crate) fn stretches(depth: usize) -> impl Iterator<Item = Range<usize>> {
    (0..depth)
        .step_by(STRETCH)
        .map(move |first| first..(first + STRETCH).min(depth))
}

/// The panels of columns from `range.start` on: first column and width. The last ones
/// may reach beyond the end, by less than [`NARROW`].
pub(crate) fn panels(range: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let left = range.end.checked_sub(at).filter(|&left| left > 0)?;
        let width = if left >= WIDE { WIDE } else { NARROW };
        let panel = (at, width);
        at += width;
        Some(panel)
    })
}

/// The columns that panels over `n` take.
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(NARROW)
}

/// A matrix as steps through a slice.
#[derive(Clone, Copy)]
pub(crate) struct Grid<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) row_step: usize,
    pub(crate) column_step: usize,
}

impl Grid<'_> {
    /// Rows `rows` of a tile, the elements of one k together.
    fn pack_rows(&self, rows: Range<usize>, depth: Range<usize>, out: &mut [f32]) {
        let height = rows.len();
        if self.column_step == 1 && height == ROWS {
            let [a, b, c, d] = std::array::from_fn(|r| {
                let from = (rows.start + r) * self.row_step + depth.start;
                &self.data[from..from + depth.len()]
            });
            let (quads, _) = out.as_chunks_mut::<ROWS>();
            for ((((o, a), b), c), d) in quads.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *o = [*a, *b, *c, *d];
            }
            return;
        }
        for (r, row) in rows.enumerate() {
            let from = row * self.row_step + depth.start * self.column_step;
            let into = out[r..].iter_mut().step_by(height);
            if self.column_step == 1 {
                let values = &self.data[from..from + depth.len()];
                into.zip(values).for_each(|(o, &v)| *o = v);
            } else {
                let values = self.data[from..].iter().step_by(self.column_step);
                into.take(depth.len())
                    .zip(values)
                    .for_each(|(o, &v)| *o = v);
            }
        }
    }

    fn pack_columns(&self, depth: Range<usize>, columns: Range<usize>, out: &mut [f32]) {
        let width = out.len() / depth.len().max(1);
        let n = columns.len();
        if self.column_step == 1 {
            for (k, out) in depth.zip(out.chunks_exact_mut(width)) {
                let from = k * self.row_step + columns.start;
                out[..n].copy_from_slice(&self.data[from..from + n]);
                out[n..].fill(0.0);
            }
            return;
        }
        if n < width {
            out.fill(0.0);
        }
        for (c, column) in columns.enumerate() {
            let from = column * self.column_step + depth.start * self.row_step;
            let into = out[c..].iter_mut().step_by(width).take(depth.len());
            let values = self.data[from..].iter().step_by(self.row_step.max(1));
            into.zip(values).for_each(|(o, &v)| *o = v);
        }
    }
}

/// Constant rows, packed once.
pub(crate) struct PackedRows {
    rows: usize,
    data: Vec<f32>,
}

impl PackedRows {
    pub(crate) fn new(grid: &Grid, rows: usize, depth: usize) -> Self {
        let mut data = vec![0.0; rows * depth];
        let mut at = 0;
        for stretch in stretches(depth) {
            for first in (0..rows).step_by(ROWS) {
                let tile = first..(first + ROWS).min(rows);
                let size = tile.len() * stretch.len();
                grid.pack_rows(tile, stretch.clone(), &mut data[at..at + size]);
                at += size;
            }
        }
        Self { rows, data }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn tile(&self, first: usize, height: usize, depth: &Range<usize>) -> &[f32] {
        let at = depth.start * self.rows + first * depth.len();
        &self.data[at..at + height * depth.len()]
    }
}

/// Constant columns, packed once.
pub(crate) struct PackedColumns {
    columns: usize,
    data: Vec<f32>,
}

impl PackedColumns {
    pub(crate) fn new(grid: &Grid, depth: usize, columns: usize) -> Self {
        let mut data = vec![0.0; depth * padded(columns)];
        let mut at = 0;
        for stretch in stretches(depth) {
            for (first, width) in panels(0..columns) {
                let size = width * stretch.len();
                let valid = first..(first + width).min(columns);
                grid.pack_columns(stretch.clone(), valid, &mut data[at..at + size]);
                at += size;
            }
        }
        Self { columns, data }
    }

    pub(crate) fn panel(&self, first: usize, width: usize, depth: &Range<usize>) -> &[f32] {
        let at = depth.start * padded(self.columns) + first * depth.len();
        &self.data[at..at + width * depth.len()]
    }
}

/// The left matrix of a product.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a> {
    Packed(&'a PackedRows),
    Grid(Grid<'a>),
}

impl Left<'_> {
    /// The rows of a tile, packed into `room` unless they already are.
    pub(crate) fn tile<'t>(
        &'t self,
        rows: Range<usize>,
        depth: &Range<usize>,
        room: &'t mut Vec<f32>,
    ) -> &'t [f32] {
        match self {
            Self::Packed(packed) => packed.tile(rows.start, rows.len(), depth),
            Self::Grid(grid) => {
                room.resize(rows.len() * depth.len(), 0.0);
                grid.pack_rows(rows, depth.clone(), room);
                room
            }
        }
    }
}

/// The right matrix of a product.
#[derive(Clone, Copy)]
pub(crate) enum Right<'a> {
    Packed(&'a PackedColumns),
    Grid(Grid<'a>),
}

impl Right<'_> {
    /// Packs columns into `out`, whose length says how wide the panel is.
    pub(crate) fn pack(&self, depth: Range<usize>, columns: Range<usize>, out: &mut [f32]) {
        match self {
            Self::Packed(_) => {}
            Self::Grid(grid) => grid.pack_columns(depth, columns, out),
        }
    }
}
