//! Arithmetic of shapes. Every product of lengths in this crate is taken here or
//! bounded by one that was.

use crate::error::{Problem, stop};

/// More axes than any operator here is used with.
pub(crate) const MOST_AXES: usize = 64;

/// The number of elements of a shape. Limited so that sums of a few such numbers and
/// their sizes in bytes cannot overflow.
pub(crate) fn count(dims: &[usize]) -> Result<usize, String> {
    let product = (dims.iter()).try_fold(1usize, |n, &d| n.checked_mul(d));
    product
        .filter(|&n| {
            dims.len() <= MOST_AXES
                && n <= isize::MAX as usize / 64
                && dims.iter().all(|&d| u32::try_from(d).is_ok())
        })
        .ok_or_else(|| format!("the shape {dims:?} is too large"))
}

/// How far apart neighbours along each axis lie, in row-major order.
pub(crate) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; dims.len()];
    for i in (1..dims.len()).rev() {
        // Wraps only where another axis is empty, and then nothing is ever addressed.
        strides[i - 1] = strides[i].wrapping_mul(dims[i]);
    }
    strides
}

/// An axis counted from the end where negative.
pub(crate) fn axis(axis: i64, rank: usize) -> Result<usize, Problem> {
    let from_start = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(from_start) {
        Ok(at) if at < rank => Ok(at),
        _ => stop!("axis {axis} of a tensor with {rank} axes"),
    }
}

/// Several axes, none twice, sorted.
pub(crate) fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, Problem> {
    let mut axes = Vec::with_capacity(list.len().min(rank));
    for &a in list {
        let a = axis(a, rank)?;
        if axes.contains(&a) {
            stop!("axis {a} is named twice");
        }
        axes.push(a);
    }
    axes.sort_unstable();
    Ok(axes)
}

/// A length from a number of the model.
pub(crate) fn length(n: i64) -> Result<usize, Problem> {
    usize::try_from(n).map_err(|_| Problem::Said(format!("a length of {n}")))
}

/// The shape that several broadcast to.
pub(crate) fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, Problem> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut dims = vec![1; rank];
    for shape in shapes {
        for (dim, &d) in dims[rank - shape.len()..].iter_mut().zip(*shape) {
            if *dim == 1 {
                *dim = d;
            } else if d != 1 && d != *dim {
                stop!("shapes {shapes:?} do not broadcast");
            }
        }
    }
    count(&dims)?;
    Ok(dims)
}

/// The steps through a tensor of shape `from` that repeat it over `to`, a shape it
/// broadcasts to.
pub(crate) fn repeated(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = strides(from);
    let ahead = to.len() - from.len();
    let step = |i: usize| match i.checked_sub(ahead) {
        Some(i) if from[i] != 1 => own[i],
        _ => 0,
    };
    (0..to.len()).map(step).collect()
}

/// Walks over the places of `dims` but the last axis in row-major order, `number` of
/// them from the one numbered `first` on, and calls `visit` with the offsets that the
/// steps of several tensors lead to.
pub(crate) fn walk<const N: usize>(
    dims: &[usize],
    steps: [&[usize]; N],
    (first, number): (usize, usize),
    mut visit: impl FnMut([usize; N]),
) {
    let outer = dims.len().saturating_sub(1);
    if dims.contains(&0) {
        return;
    }
    let mut place = vec![0; outer];
    let mut at = [0; N];
    let mut rest = first;
    for i in (0..outer).rev() {
        place[i] = rest % dims[i];
        rest /= dims[i];
        for n in 0..N {
            at[n] += steps[n][i] * place[i];
        }
    }
    for _ in 0..number {
        visit(at);
        let mut i = outer;
        loop {
            let Some(next) = i.checked_sub(1) else { return };
            i = next;
            place[i] += 1;
            for n in 0..N {
                at[n] += steps[n][i];
            }
            if place[i] < dims[i] {
                break;
            }
            for n in 0..N {
                at[n] -= steps[n][i] * dims[i];
            }
            place[i] = 0;
        }
    }
}

/// Joins neighbouring axes that all tensors step through as one, so that inner loops
/// get long. Always leaves at least one axis.
pub(crate) fn joined<const N: usize>(
    dims: &[usize],
    steps: [&[usize]; N],
) -> (Vec<usize>, [Vec<usize>; N]) {
    let mut joined = Vec::new();
    let mut kept: [Vec<usize>; N] = std::array::from_fn(|_| Vec::new());
    for (i, &dim) in dims.iter().enumerate() {
        if dim == 1 {
            continue;
        }
        let follows =
            |n: usize| (kept[n].last()).is_some_and(|&last| last == steps[n][i].wrapping_mul(dim));
        if (0..N).all(follows)
            && let Some(last) = joined.last_mut()
        {
            *last *= dim;
            for n in 0..N {
                if let Some(step) = kept[n].last_mut() {
                    *step = steps[n][i];
                }
            }
        } else {
            joined.push(dim);
            for n in 0..N {
                kept[n].push(steps[n][i]);
            }
        }
    }
    if joined.is_empty() {
        joined.push(1);
        kept.iter_mut().for_each(|steps| steps.push(0));
    }
    (joined, kept)
}
