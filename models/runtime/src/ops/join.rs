//! Tensors made longer: put together, repeated, broadcast.

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::transpose::copy_strided;
use crate::shape::{axis, broadcast, count, length, repeated, strides};
use crate::tensor::{Element, for_type};

type Made = Result<Run, Problem>;

pub(super) fn concat(node: &Node) -> Made {
    let Some(given) = node.optional_integer("axis")? else {
        stop!("axis is missing");
    };
    Ok(Box::new(move |call| {
        let kind = call.inputs.get(0)?.dtype();
        for_type!(kind, T => concat_of::<T>(call, given))
    }))
}

fn concat_of<T: Element>(call: &mut Call, given: i64) -> Outputs {
    let first = call.inputs.get(0)?;
    let at = axis(given, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[at] = 0;
    let mut parts = Vec::with_capacity(call.inputs.0.len());
    for i in 0..call.inputs.0.len() {
        let part = call.inputs.get(i)?;
        let others = |d: &[usize]| [&d[..at], &d[at + 1..]].concat();
        if part.dims.len() != dims.len() || others(&part.dims) != others(&dims) {
            stop!("{:?} does not fit {:?} but for axis {at}", part.dims, dims);
        }
        dims[at] += part.dims[at];
        count(&dims)?;
        let inner: usize = part.dims[at..].iter().product();
        parts.push((part.of::<T>()?, inner));
    }
    let length = count(&dims)?;
    let mut out = call.memory.buffer::<T>(length)?;
    let row: usize = dims[at..].iter().product();
    if row > 0 {
        for (i, row) in out.chunks_exact_mut(row).enumerate() {
            let mut rest = row;
            for (values, inner) in &parts {
                let (head, tail) = rest.split_at_mut(*inner);
                head.copy_from_slice(&values[i * inner..(i + 1) * inner]);
                rest = tail;
            }
        }
    }
    one(dims, out)
}

pub(super) fn expand(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let wanted: Result<Vec<usize>, Problem> = call
            .inputs
            .integers(1)?
            .iter()
            .map(|&d| length(d))
            .collect();
        let x = call.inputs.get(0)?.clone();
        let dims = broadcast(&[&x.dims, &wanted?])?;
        if dims == x.dims {
            return Ok(vec![x]);
        }
        for_type!(x.dtype(), T => {
            let mut out = call.memory.buffer::<T>(count(&dims)?)?;
            let steps = repeated(&x.dims, &dims);
            copy_strided(x.of::<T>()?, (&dims, &steps), &mut out, call.threads);
            one(dims, out)
        })
    }))
}

pub(super) fn tile(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let x = call.inputs.get(0)?.clone();
        let times: Result<Vec<usize>, Problem> = call
            .inputs
            .integers(1)?
            .iter()
            .map(|&d| length(d))
            .collect();
        let times = times?;
        if times.len() != x.dims.len() {
            stop!("{} repeats for {} axes", times.len(), x.dims.len());
        }
        let mut dims = Vec::new();
        for (&d, &n) in x.dims.iter().zip(&times) {
            dims.push(d.checked_mul(n).ok_or("too many repeats")?);
        }
        let length = count(&dims)?;
        // Every axis as two: the repeats, which do not move, and the axis itself.
        let own = strides(&x.dims);
        let (mut pairs, mut steps) = (Vec::new(), Vec::new());
        for a in 0..x.dims.len() {
            pairs.extend([times[a], x.dims[a]]);
            steps.extend([0, own[a]]);
        }
        for_type!(x.dtype(), T => {
            let mut out = call.memory.buffer::<T>(length)?;
            copy_strided(x.of::<T>()?, (&pairs, &steps), &mut out, call.threads);
            one(dims, out)
        })
    }))
}
