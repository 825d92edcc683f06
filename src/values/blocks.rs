//! Boxes of samples in and out of arrays stored in C order.

use std::ops::Range;

use foresz_predictors::{Axis, Plane};

/// The rows of a box, as offsets into a field of that shape.
fn rows(shape: &[usize], part: &[Range<usize>]) -> (impl Iterator<Item = usize>, usize) {
    let axes = part
        .iter()
        .map(|r| Axis {
            start: r.start,
            step: 1,
            count: r.len(),
        })
        .collect();
    let plane = Plane::along(axes);
    let columns = plane.columns();
    (plane.row_offsets(shape), columns)
}

/// Appends the samples of a box of `field`.
pub(crate) fn copy_out<T: Copy>(
    field: &[T],
    shape: &[usize],
    part: &[Range<usize>],
    out: &mut Vec<T>,
) {
    let (rows, columns) = rows(shape, part);
    rows.for_each(|start| out.extend_from_slice(&field[start..start + columns]));
}

/// The samples of a plane.
pub(crate) fn pick<T: Copy>(values: Vec<T>, shape: &[usize], plane: &Plane) -> Vec<T> {
    if plane.len() == values.len() {
        return values;
    }
    let mut picked = Vec::with_capacity(plane.len());
    for start in plane.row_offsets(shape) {
        let row = values[start..].iter().step_by(plane.row_step());
        picked.extend(row.take(plane.columns()));
    }
    picked
}

/// Puts values, in C order, into a box of a field.
pub(crate) fn put<T: Copy>(values: &[T], field: &mut [T], shape: &[usize], part: &[Range<usize>]) {
    let (rows, columns) = rows(shape, part);
    let values = values.chunks_exact(columns);
    rows.zip(values)
        .for_each(|(start, row)| field[start..start + columns].copy_from_slice(row));
}
