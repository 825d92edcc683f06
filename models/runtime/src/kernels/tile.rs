//! The innermost loop of the matrix product: a few rows times a panel of columns.
//! Every element is its own sum in the order of k, so the size of the tile and the
//! width of the CPU's registers are free.

use super::pack::{NARROW, WIDE};
use crate::cpu::{Width, widest, width};

/// The sums of a tile; only as many rows and columns as were asked for are valid.
pub(crate) type Sums = [[f32; WIDE]; 4];

/// The right side of a tile: packed, or at an offset for each term.
trait Panel: Copy {
    /// `W` columns from `first` on of every term.
    fn terms<const W: usize>(&self, first: usize) -> impl Iterator<Item = &[f32]>;
}

#[derive(Clone, Copy)]
struct Packed<'a> {
    data: &'a [f32],
    columns: usize,
}

#[derive(Clone, Copy)]
struct Scattered<'a> {
    data: &'a [f32],
    offsets: &'a [usize],
}

impl Panel for Packed<'_> {
    #[inline(always)]
    fn terms<const W: usize>(&self, first: usize) -> impl Iterator<Item = &[f32]> {
        let terms = self.data.chunks_exact(self.columns);
        terms.map(move |term| &term[first..first + W])
    }
}

impl Panel for Scattered<'_> {
    #[inline(always)]
    fn terms<const W: usize>(&self, first: usize) -> impl Iterator<Item = &[f32]> {
        let terms = self.offsets.iter();
        terms.map(move |at| &self.data[at + first..at + first + W])
    }
}

/// Multiplies `rows` packed rows (1 to 4, elements of one k together) by a packed
/// panel of `columns` (wide or narrow).
pub(crate) fn multiply(rows: usize, columns: usize, a: &[f32], data: &[f32], sums: &mut Sums) {
    by_rows(rows, columns, a, Packed { data, columns }, sums);
}

/// The same with a panel whose terms lie at `offsets` in `data`.
pub(crate) fn multiply_at(
    rows: usize,
    columns: usize,
    a: &[f32],
    (data, offsets): (&[f32], &[usize]),
    sums: &mut Sums,
) {
    by_rows(rows, columns, a, Scattered { data, offsets }, sums);
}

fn by_rows<P: Panel>(rows: usize, columns: usize, a: &[f32], b: P, sums: &mut Sums) {
    match rows {
        1 => panel::<1, P>(columns, a, b, sums),
        2 => panel::<2, P>(columns, a, b, sums),
        3 => panel::<3, P>(columns, a, b, sums),
        _ => panel::<4, P>(columns, a, b, sums),
    }
}

fn panel<const R: usize, P: Panel>(columns: usize, a: &[f32], b: P, sums: &mut Sums) {
    if columns == WIDE && width() == Width::Avx512 {
        return whole::<R, P>(a, b, sums);
    }
    for first in (0..columns).step_by(NARROW) {
        if width() == Width::Portable {
            halves::<R, P>(first, a, b, sums);
        } else {
            narrow::<R, P>(first, a, b, sums);
        }
    }
}

widest! {
    fn whole[const R: usize, P: Panel][R, P](a: &[f32], b: P, sums: &mut Sums) {
        part::<R, WIDE, P>(0, a, b, sums);
    }
}

fn narrow<const R: usize, P: Panel>(first: usize, a: &[f32], b: P, sums: &mut Sums) {
    #[inline(always)]
    fn body<const R: usize, P: Panel>(first: usize, a: &[f32], b: P, sums: &mut Sums) {
        part::<R, NARROW, P>(first, a, b, sums);
    }
    // Compiled for AVX-512, sixteen columns would be one register, and the compiler
    // then finds no vectors at all (measured: 3 instead of 108 GFLOP/s).
    crate::cpu::wide!(body [const R: usize, P: Panel] [R, P]
        (first: usize, a: &[f32], b: P, sums: &mut Sums));
}

/// Half as wide, for CPUs whose registers hold four floats.
fn halves<const R: usize, P: Panel>(first: usize, a: &[f32], b: P, sums: &mut Sums) {
    part::<R, 8, P>(first, a, b, sums);
    part::<R, 8, P>(first + 8, a, b, sums);
}

#[inline(always)]
fn part<const R: usize, const W: usize, P: Panel>(first: usize, a: &[f32], b: P, sums: &mut Sums) {
    let mut part = [[0.0f32; W]; R];
    for (a, b) in a.chunks_exact(R).zip(b.terms::<W>(first)) {
        for r in 0..R {
            let x = a[r];
            for c in 0..W {
                part[r][c] += x * b[c];
            }
        }
    }
    for r in 0..R {
        sums[r][first..first + W].copy_from_slice(&part[r]);
    }
}
