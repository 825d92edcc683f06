//! Elements in another order of axes.

use crate::shape::{joined, strides, walk};

/// Copies `from`, of shape `dims`, with the axes in the order of `permutation`.
pub(crate) fn transpose<T: Copy>(from: &[T], dims: &[usize], permutation: &[usize], out: &mut [T]) {
    let own = strides(dims);
    let to: Vec<usize> = permutation.iter().map(|&p| dims[p]).collect();
    let steps: Vec<usize> = permutation.iter().map(|&p| own[p]).collect();
    copy_strided(from, &to, &steps, out);
}

/// Fills `out`, of shape `dims`, with the elements that `steps` lead to.
pub(crate) fn copy_strided<T: Copy>(from: &[T], dims: &[usize], steps: &[usize], out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    let (dims, [steps]) = joined(dims, [steps]);
    let rank = dims.len();
    if rank >= 2 && steps[rank - 1] > 1 && steps[rank - 2] == 1 {
        return copy_turned(from, &dims, &steps, out);
    }
    let (run, step) = (dims[rank - 1], steps[rank - 1]);
    let mut rows = out.chunks_exact_mut(run);
    walk(&dims, [&steps], |[at]| {
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

/// The last two axes change places: done in squares, so that neither side is read or
/// written a cache line for each element.
fn copy_turned<T: Copy>(from: &[T], dims: &[usize], steps: &[usize], out: &mut [T]) {
    const SIDE: usize = 16;
    let rank = dims.len();
    let (high, wide, step) = (dims[rank - 2], dims[rank - 1], steps[rank - 1]);
    let mut planes = out.chunks_exact_mut(high * wide);
    walk(&dims[..rank - 1], [&steps[..rank - 1]], |[at]| {
        let Some(plane) = planes.next() else { return };
        for left in (0..wide).step_by(SIDE) {
            let right = (left + SIDE).min(wide);
            for top in (0..high).step_by(SIDE) {
                for y in top..(top + SIDE).min(high) {
                    let row = &mut plane[y * wide + left..y * wide + right];
                    let values = from[at + y + left * step..].iter().step_by(step);
                    row.iter_mut().zip(values).for_each(|(o, &v)| *o = v);
                }
            }
        }
    });
}
