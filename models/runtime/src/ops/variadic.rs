//! The largest, smallest and sum of any number of tensors.

use super::elementwise::zip_into;
use super::{Call, Node, Outputs, Run};
use crate::error::{Problem, stop};
use crate::kernels::rows::{larger, smaller};
use crate::tensor::{Dtype, Element};

fn fold<A: Element>(call: &mut Call, f: fn(A, A) -> A) -> Outputs {
    let mut all = call.inputs.take(0)?;
    for i in 1..call.inputs.0.len() {
        let next = call.inputs.take(i)?;
        all = zip_into(call, all, &next, f)?;
        call.memory.release(next);
    }
    all.of::<A>()?;
    Ok(vec![all])
}

fn over(
    floats: fn(f32, f32) -> f32,
    doubles: fn(f64, f64) -> f64,
    integers: fn(i64, i64) -> i64,
) -> Run {
    Box::new(move |call| match call.inputs.get(0)?.dtype() {
        Dtype::F32 => fold(call, floats),
        Dtype::F64 => fold(call, doubles),
        Dtype::I64 => fold(call, integers),
        Dtype::Bool => stop!("truth values are no numbers"),
    })
}

pub(super) fn largest(_: &Node) -> Result<Run, Problem> {
    let doubles = |a: f64, b: f64| if a > b || a.is_nan() { a } else { b };
    Ok(over(larger, doubles, i64::max))
}

pub(super) fn smallest(_: &Node) -> Result<Run, Problem> {
    let doubles = |a: f64, b: f64| if a < b || a.is_nan() { a } else { b };
    Ok(over(smaller, doubles, i64::min))
}

pub(super) fn sum(_: &Node) -> Result<Run, Problem> {
    Ok(over(|a, b| a + b, |a, b| a + b, i64::wrapping_add))
}
