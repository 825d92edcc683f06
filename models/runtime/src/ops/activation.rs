//! Functions of one value.

use std::sync::Arc;

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::map;
use crate::math;
use crate::tensor::{Data, Tensor};

type Made = Result<Run, Problem>;

/// Applies `f` to every float, in place where nobody else needs the input. `f` is
/// copied, not borrowed: through a reference it is not compiled into the wide loops
/// (measured: 10 % of an attention block went into one error function).
fn floats(call: &mut Call, x: Tensor, f: impl Fn(f32) -> f32 + Copy + Send + Sync) -> Outputs {
    let Data::F32(mut values) = x.data else {
        stop!("elements are {:?}, which is not supported here", x.dtype());
    };
    if let Some(own) = Arc::get_mut(&mut values) {
        call.memory.work.each(own.len())?;
        (call.threads).stretches(own, 1, |_, part| map::each(part, &f));
        return Ok(vec![Tensor {
            dims: x.dims,
            data: Data::F32(values),
        }]);
    }
    let mut out = call.memory.buffer(values.len())?;
    call.threads.stretches(&mut out, 1, |at, part| {
        map::copy_each(&values[at..at + part.len()], part, &f);
    });
    one(x.dims, out)
}

fn doubles(call: &mut Call, x: Tensor, f: impl Fn(f64) -> f64) -> Outputs {
    let mut out: Vec<f64> = call.memory.buffer(x.len())?;
    let values = x.of::<f64>()?;
    out.iter_mut().zip(values).for_each(|(o, &v)| *o = f(v));
    let dims = x.dims.clone();
    call.memory.release(x);
    one(dims, out)
}

fn integers(call: &mut Call, x: Tensor, f: impl Fn(i64) -> i64) -> Outputs {
    let mut out: Vec<i64> = call.memory.buffer(x.len())?;
    let values = x.of::<i64>()?;
    out.iter_mut().zip(values).for_each(|(o, &v)| *o = f(v));
    let dims = x.dims.clone();
    call.memory.release(x);
    one(dims, out)
}

/// An operator of floats alone.
fn single(f: impl Fn(f32) -> f32 + Copy + Send + Sync + 'static) -> Made {
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        floats(call, x, f)
    }))
}

/// An operator of floats and doubles.
fn both(
    f: impl Fn(f32) -> f32 + Copy + Send + Sync + 'static,
    g: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> Made {
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        match x.data {
            Data::F64(_) => doubles(call, x, &g),
            _ => floats(call, x, f),
        }
    }))
}

/// An operator of integers too.
fn all(
    f: impl Fn(f32) -> f32 + Copy + Send + Sync + 'static,
    g: fn(f64) -> f64,
    h: fn(i64) -> i64,
) -> Run {
    Box::new(move |call| {
        let x = call.inputs.take(0)?;
        match x.data {
            Data::F64(_) => doubles(call, x, g),
            Data::I64(_) => integers(call, x, h),
            _ => floats(call, x, f),
        }
    })
}

pub(super) fn abs(_: &Node) -> Made {
    Ok(all(f32::abs, f64::abs, i64::wrapping_abs))
}

pub(super) fn negate(_: &Node) -> Made {
    Ok(all(|v| -v, |v| -v, i64::wrapping_neg))
}

pub(super) fn sqrt(_: &Node) -> Made {
    both(f32::sqrt, f64::sqrt)
}

pub(super) fn reciprocal(_: &Node) -> Made {
    both(|v| 1.0 / v, |v| 1.0 / v)
}

pub(super) fn exp(_: &Node) -> Made {
    both(math::exp, math::exp64)
}

pub(super) fn log(_: &Node) -> Made {
    both(math::log, math::log64)
}

pub(super) fn sin(_: &Node) -> Made {
    both(math::sin, math::sin64)
}

pub(super) fn cos(_: &Node) -> Made {
    both(math::cos, math::cos64)
}

pub(super) fn floor(_: &Node) -> Made {
    both(f32::floor, f64::floor)
}

pub(super) fn ceil(_: &Node) -> Made {
    both(f32::ceil, f64::ceil)
}

pub(super) fn round(_: &Node) -> Made {
    both(math::round_even, f64::round_ties_even)
}

pub(super) fn erf(_: &Node) -> Made {
    single(math::erf)
}

pub(super) fn tanh(_: &Node) -> Made {
    single(math::tanh)
}

pub(super) fn sigmoid(_: &Node) -> Made {
    both(math::sigmoid, |v| 1.0 / (1.0 + math::exp64(-v)))
}

pub(super) fn relu(_: &Node) -> Made {
    Ok(all(
        |v| if v < 0.0 { 0.0 } else { v },
        |v| if v < 0.0 { 0.0 } else { v },
        |v| v.max(0),
    ))
}

pub(super) fn leaky_relu(node: &Node) -> Made {
    let alpha = node.float("alpha", 0.01)?;
    both(
        move |v| if v < 0.0 { alpha * v } else { v },
        move |v| if v < 0.0 { alpha as f64 * v } else { v },
    )
}

pub(super) fn gelu(node: &Node) -> Made {
    match node.text("approximate", "none")? {
        "none" => single(math::gelu),
        "tanh" => single(math::gelu_tanh),
        other => stop!("approximate is {other} instead of none or tanh"),
    }
}

pub(super) fn clip(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let x = call.inputs.take(0)?;
        match x.data {
            Data::I64(_) => {
                let low = call.inputs.scalar(1)?.unwrap_or(i64::MIN);
                let high = call.inputs.scalar(2)?.unwrap_or(i64::MAX);
                integers(call, x, |v| v.max(low).min(high))
            }
            Data::F64(_) => {
                let low = call.inputs.scalar(1)?.unwrap_or(f64::NEG_INFINITY);
                let high = call.inputs.scalar(2)?.unwrap_or(f64::INFINITY);
                doubles(call, x, |v| {
                    let v = if v < low { low } else { v };
                    if v > high { high } else { v }
                })
            }
            _ => {
                let low = call.inputs.scalar(1)?.unwrap_or(f32::NEG_INFINITY);
                let high = call.inputs.scalar(2)?.unwrap_or(f32::INFINITY);
                floats(call, x, |v| {
                    let v = if v < low { low } else { v };
                    if v > high { high } else { v }
                })
            }
        }
    }))
}
