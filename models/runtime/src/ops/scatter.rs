//! Elements written to, or added at, given places.

use std::sync::Arc;

use super::gather::offset;
use super::{Call, Node, Outputs, Run};
use crate::error::{Problem, stop};
use crate::shape::strides;
use crate::tensor::{Data, Dtype, Element, Tensor, for_type};

pub(super) fn scatter_nd(node: &Node) -> Result<Run, Problem> {
    let adds = match node.text("reduction", "none")? {
        "none" => false,
        "add" => true,
        other => stop!("reduction is {other}; none and add are supported"),
    };
    Ok(Box::new(move |call| {
        let kind = call.inputs.get(0)?.dtype();
        if !adds {
            return for_type!(kind, T => scatter::<T>(call, |o, v| *o = v));
        }
        match kind {
            Dtype::F32 => scatter::<f32>(call, |o, v| *o += v),
            Dtype::F64 => scatter::<f64>(call, |o, v| *o += v),
            Dtype::I64 => scatter::<i64>(call, |o, v| *o = o.wrapping_add(v)),
            Dtype::Bool => stop!("truth values cannot be added"),
        }
    }))
}

/// Updates are taken in their order, one after the other: sums at the same place are
/// thus always the same.
fn scatter<T: Element>(call: &mut Call, put: impl Fn(&mut T, T)) -> Outputs {
    let (at, updates) = (call.inputs.get(1)?.clone(), call.inputs.get(2)?.clone());
    let x = call.inputs.take(0)?;
    let Some((&depth, outer)) = at.dims.split_last() else {
        stop!("places without axes");
    };
    if depth > x.dims.len() {
        stop!("places {:?} in a tensor of {:?}", at.dims, x.dims);
    }
    let expected = [outer, &x.dims[depth..]].concat();
    if updates.dims != expected {
        stop!("updates are {:?} instead of {expected:?}", updates.dims);
    }
    let (steps, inner) = (strides(&x.dims), x.dims[depth..].iter().product());
    let dims = x.dims;
    call.memory.work.each(at.len() + updates.len())?;
    let mut values = owned::<T>(call, x.data)?;
    if inner > 0 && !updates.is_empty() {
        let lists = at.of::<i64>()?;
        for (i, update) in updates.of::<T>()?.chunks_exact(inner).enumerate() {
            let list = &lists[i * depth..(i + 1) * depth];
            let from = offset(list, &dims, &steps)?;
            let into = &mut values[from..from + inner];
            into.iter_mut().zip(update).for_each(|(o, &v)| put(o, v));
        }
    }
    Ok(vec![Tensor::unchecked(dims, values)])
}

/// The elements to write to: themselves where nobody else needs them.
pub(super) fn owned<T: Element>(call: &mut Call, data: Data) -> Result<Vec<T>, Problem> {
    let Some(values) = T::open(data) else {
        stop!("the inputs are of different types");
    };
    match Arc::try_unwrap(values) {
        Ok(own) => Ok(own),
        Err(shared) => {
            let mut copy = call.memory.buffer::<T>(shared.len())?;
            copy.copy_from_slice(&shared);
            Ok(copy)
        }
    }
}
