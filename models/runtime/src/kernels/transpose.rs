//! Elements in another order of axes.

use crate::shape::{joined, strides, walk};
use crate::threads::Threads;

/// Copies `from`, of shape `dims`, with the axes in the order of `permutation`.
pub(crate) fn transpose<T: Copy + Send + Sync>(
    from: &[T],
    (dims, permutation): (&[usize], &[usize]),
    out: &mut [T],
    threads: &Threads,
) {
    let own = strides(dims);
    let to: Vec<usize> = permutation.iter().map(|&p| dims[p]).collect();
    let steps: Vec<usize> = permutation.iter().map(|&p| own[p]).collect();
    copy_strided(from, (&to, &steps), out, threads);
}

/// Fills `out`, of shape `dims`, with the elements that `steps` lead to.
pub(crate) fn copy_strided<T: Copy + Send + Sync>(
    from: &[T],
    (dims, steps): (&[usize], &[usize]),
    out: &mut [T],
    threads: &Threads,
) {
    if out.is_empty() {
        return;
    }
    let (dims, [steps]) = joined(dims, [steps]);
    let rank = dims.len();
    let wide = dims[rank - 1];
    if rank == 1 && steps[0] == 1 {
        threads.stretches(out, 1, |at, part| {
            part.copy_from_slice(&from[at..at + part.len()]);
        });
        return;
    }
    let is_turned = rank >= 2 && steps[rank - 1] > 1 && steps[rank - 2] == 1;
    threads.stretches(out, wide, |at, part| {
        if is_turned {
            copy_turned(from, (&dims, &steps), at / wide, part);
        } else {
            copy_rows(from, (&dims, &steps), at / wide, part);
        }
    });
}

/// Rows from the one numbered `first` on.
fn copy_rows<T: Copy>(
    from: &[T],
    (dims, steps): (&[usize], &[usize]),
    first: usize,
    out: &mut [T],
) {
    let (run, step) = (dims[dims.len() - 1], steps[dims.len() - 1]);
    let number = out.len() / run;
    let mut rows = out.chunks_exact_mut(run);
    walk(dims, [steps], (first, number), |[at]| {
        let Some(row) = rows.next() else { return };
        match step {
            0 => row.fill(from[at]),
            1 => row.copy_from_slice(&from[at..at + run]),
            _ => {
                let values = from[at..].iter().step_by(step);
                row.iter_mut().zip(values).for_each(|(o, &v)| *o = v);
            }
        }
    });
}

/// The same where the last two axes change places: done in squares, so that neither
/// side is read or written a cache line for each element.
fn copy_turned<T: Copy>(
    from: &[T],
    (dims, steps): (&[usize], &[usize]),
    first: usize,
    out: &mut [T],
) {
    const SIDE: usize = 16;
    let rank = dims.len();
    let (high, wide, step) = (dims[rank - 2], dims[rank - 1], steps[rank - 1]);
    let (mut rest, mut row) = (out, first);
    while !rest.is_empty() {
        let top = row % high;
        let rows = (high - top).min(rest.len() / wide);
        let (plane, more) = std::mem::take(&mut rest).split_at_mut(rows * wide);
        walk(dims, [steps], (row, 1), |[at]| {
            for left in (0..wide).step_by(SIDE) {
                let right = (left + SIDE).min(wide);
                for (y, row) in plane.chunks_exact_mut(wide).enumerate() {
                    let values = from[at + y + left * step..].iter().step_by(step);
                    let row = &mut row[left..right];
                    row.iter_mut().zip(values).for_each(|(o, &v)| *o = v);
                }
            }
        });
        (row, rest) = (row + rows, more);
    }
}
