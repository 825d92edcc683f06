//! Comparisons, logic, and the choice between two tensors.

use super::elementwise::{judge, map, same};
use super::{Call, Node, Outputs, Run, one};
use crate::error::Problem;
use crate::kernels::transpose::copy_strided;
use crate::shape::{broadcast, count, repeated};
use crate::tensor::{Dtype, Element, Tensor, for_type};

type Made = Result<Run, Problem>;
type Join = fn(bool, bool) -> bool;

macro_rules! comparison {
    ($name:ident, $test:tt) => {
        pub(super) fn $name(_: &Node) -> Made {
            Ok(Box::new(|call| match call.inputs.get(0)?.dtype() {
                Dtype::F32 => judge::<f32>(call, |a, b| a $test b),
                Dtype::F64 => judge::<f64>(call, |a, b| a $test b),
                Dtype::I64 => judge::<i64>(call, |a, b| a $test b),
                Dtype::Bool => judge::<bool>(call, |a, b| a $test b),
            }))
        }
    };
}
comparison!(equal, ==);
comparison!(greater, >);
comparison!(greater_or_equal, >=);
comparison!(less, <);
comparison!(less_or_equal, <=);

pub(super) fn and(_: &Node) -> Made {
    Ok(Box::new(|call| same::<bool>(call, (|a, b| a && b) as Join)))
}

pub(super) fn or(_: &Node) -> Made {
    Ok(Box::new(|call| same::<bool>(call, (|a, b| a || b) as Join)))
}

pub(super) fn xor(_: &Node) -> Made {
    Ok(Box::new(|call| same::<bool>(call, (|a, b| a != b) as Join)))
}

pub(super) fn not(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let x = call.inputs.get(0)?.clone();
        map::<bool, bool>(call, &x, |v| !v)
    }))
}

/// Where: elements of the second input where the first is true, else of the third.
pub(super) fn choose(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let kind = call.inputs.get(1)?.dtype();
        for_type!(kind, T => choose_of::<T>(call))
    }))
}

fn choose_of<T: Element>(call: &mut Call) -> Outputs {
    let [condition, yes, no] = [0, 1, 2].map(|i| call.inputs.get(i));
    let (condition, yes, no) = (condition?, yes?, no?);
    let dims = broadcast(&[&condition.dims, &yes.dims, &no.dims])?;
    let length = count(&dims)?;
    let mut out = call.memory.buffer::<T>(length)?;
    let steps = repeated(&no.dims, &dims);
    copy_strided(no.of::<T>()?, (&dims, &steps), &mut out, call.threads);
    let mut chosen = call.memory.buffer::<bool>(length)?;
    let steps = repeated(&condition.dims, &dims);
    let from = condition.of::<bool>()?;
    copy_strided(from, (&dims, &steps), &mut chosen, call.threads);
    let mut other = call.memory.buffer::<T>(length)?;
    let steps = repeated(&yes.dims, &dims);
    copy_strided(yes.of::<T>()?, (&dims, &steps), &mut other, call.threads);
    for ((o, c), y) in out.iter_mut().zip(&chosen).zip(&other) {
        if *c {
            *o = *y;
        }
    }
    call.memory.release(Tensor::unchecked(dims.clone(), other));
    call.memory.release(Tensor::unchecked(dims.clone(), chosen));
    one(dims, out)
}
