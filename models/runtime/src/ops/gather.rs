//! Elements picked by their places.

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::shape::{axis, count, length, strides};
use crate::tensor::{Element, Tensor, for_type};

/// A place on an axis, counted from the end where negative.
pub(super) fn place(index: i64, dim: usize) -> Result<usize, Problem> {
    let from_front = if index < 0 {
        index.saturating_add(dim as i64)
    } else {
        index
    };
    match usize::try_from(from_front) {
        Ok(at) if at < dim => Ok(at),
        _ => stop!("place {index} on an axis of {dim}"),
    }
}

pub(super) fn gather(node: &Node) -> Result<Run, Problem> {
    let given = node.integer("axis", 0)?;
    Ok(Box::new(move |call| {
        let (x, at) = (call.inputs.get(0)?.clone(), call.inputs.get(1)?.clone());
        let axis = axis(given, x.dims.len())?;
        for_type!(x.dtype(), T => gather_of::<T>(call, &x, &at, axis))
    }))
}

fn gather_of<T: Element>(call: &mut Call, x: &Tensor, at: &Tensor, axis: usize) -> Outputs {
    let dim = x.dims[axis];
    call.memory.room(at.len().checked_mul(size_of::<usize>()))?;
    call.memory.work.each(at.len())?;
    let places: Result<Vec<usize>, Problem> =
        at.of::<i64>()?.iter().map(|&i| place(i, dim)).collect();
    let places = places?;
    let inner: usize = x.dims[axis + 1..].iter().product();
    let mut dims = x.dims[..axis].to_vec();
    dims.extend_from_slice(&at.dims);
    dims.extend_from_slice(&x.dims[axis + 1..]);
    let mut out = call.memory.buffer::<T>(count(&dims)?)?;
    let values = x.of::<T>()?;
    if out.is_empty() {
        return one(dims, out);
    }
    for (outer, out) in out.chunks_exact_mut(places.len() * inner).enumerate() {
        for (o, at) in out.chunks_exact_mut(inner).zip(&places) {
            let from = (outer * dim + at) * inner;
            o.copy_from_slice(&values[from..from + inner]);
        }
    }
    one(dims, out)
}

/// Where a list of places on the leading `dims` leads, in elements.
pub(super) fn offset(places: &[i64], dims: &[usize], steps: &[usize]) -> Result<usize, Problem> {
    let mut at = 0;
    for ((&i, &dim), &step) in places.iter().zip(dims).zip(steps) {
        at += place(i, dim)? * step;
    }
    Ok(at)
}

pub(super) fn gather_nd(node: &Node) -> Result<Run, Problem> {
    let shared = length(node.integer("batch_dims", 0)?)?;
    Ok(Box::new(move |call| {
        let (x, at) = (call.inputs.get(0)?.clone(), call.inputs.get(1)?.clone());
        for_type!(x.dtype(), T => gather_nd_of::<T>(call, &x, &at, shared))
    }))
}

fn gather_nd_of<T: Element>(call: &mut Call, x: &Tensor, at: &Tensor, shared: usize) -> Outputs {
    let Some((&depth, outer)) = at.dims.split_last() else {
        stop!("places without axes");
    };
    let fits = shared <= outer.len() && x.dims.get(..shared) == outer.get(..shared);
    if !fits || depth == 0 || x.dims.len() < shared + depth {
        stop!("places {:?} in a tensor of {:?}", at.dims, x.dims);
    }
    let batch: usize = x.dims[..shared].iter().product();
    let own = &x.dims[shared..];
    let steps = strides(own);
    let inner: usize = own[depth..].iter().product();
    let mut dims = outer.to_vec();
    dims.extend_from_slice(&own[depth..]);
    let mut out = call.memory.buffer::<T>(count(&dims)?)?;
    if out.is_empty() {
        return one(dims, out);
    }
    call.memory.work.each(at.len())?;
    let (values, places) = (x.of::<T>()?, at.of::<i64>()?);
    let size = x.len() / batch;
    let lists = at.len() / depth / batch;
    for (i, (o, list)) in (out.chunks_exact_mut(inner).zip(places.chunks_exact(depth))).enumerate()
    {
        let from = i / lists * size + offset(list, own, &steps)?;
        o.copy_from_slice(&values[from..from + inner]);
    }
    one(dims, out)
}
