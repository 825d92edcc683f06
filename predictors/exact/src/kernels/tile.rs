//! The innermost loop of the matrix product: a few rows times a panel of columns.
//! Every element is its own sum in the order of k, so the size of the tile and the
//! width of the CPU's registers are free.

use super::pack::{NARROW, WIDE};
use crate::cpu::{Width, widest, width};

/// The sums of a tile; only as many rows and columns as were asked for are valid.
pub(crate) type Sums = [[f32; WIDE]; 4];

/// Multiplies `rows` packed rows (1 to 4, elements of one k together) by a packed
/// panel of `columns` (wide or narrow).
pub(crate) fn multiply(rows: usize, columns: usize, a: &[f32], b: &[f32], sums: &mut Sums) {
    match rows {
        1 => panel::<1>(columns, a, b, sums),
        2 => panel::<2>(columns, a, b, sums),
        3 => panel::<3>(columns, a, b, sums),
        _ => panel::<4>(columns, a, b, sums),
    }
}

fn panel<const R: usize>(columns: usize, a: &[f32], b: &[f32], sums: &mut Sums) {
    if columns == WIDE && width() == Width::Avx512 {
        return whole::<R>(a, b, sums);
    }
    for first in (0..columns).step_by(NARROW) {
        if width() == Width::Portable {
            halves::<R>(columns, first, a, b, sums);
        } else {
            narrow::<R>(columns, first, a, b, sums);
        }
    }
}

widest! {
    fn whole[const R: usize][R](a: &[f32], b: &[f32], sums: &mut Sums) {
        part::<R, WIDE>(WIDE, 0, a, b, sums);
    }
}

fn narrow<const R: usize>(stride: usize, first: usize, a: &[f32], b: &[f32], sums: &mut Sums) {
    #[inline(always)]
    fn body<const R: usize>(stride: usize, first: usize, a: &[f32], b: &[f32], sums: &mut Sums) {
        part::<R, NARROW>(stride, first, a, b, sums);
    }
    // Compiled for AVX-512, sixteen columns would be one register, and the compiler
    // then finds no vectors at all (measured: 3 instead of 108 GFLOP/s).
    crate::cpu::wide!(body [const R: usize] [R]
        (stride: usize, first: usize, a: &[f32], b: &[f32], sums: &mut Sums));
}

/// Half as wide, for CPUs whose registers hold four floats.
fn halves<const R: usize>(stride: usize, first: usize, a: &[f32], b: &[f32], sums: &mut Sums) {
    part::<R, 8>(stride, first, a, b, sums);
    part::<R, 8>(stride, first + 8, a, b, sums);
}

#[inline(always)]
fn part<const R: usize, const W: usize>(
    stride: usize,
    first: usize,
    a: &[f32],
    b: &[f32],
    sums: &mut Sums,
) {
    let mut part = [[0.0f32; W]; R];
    for (a, b) in a.chunks_exact(R).zip(b.chunks_exact(stride)) {
        let b = &b[first..first + W];
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
