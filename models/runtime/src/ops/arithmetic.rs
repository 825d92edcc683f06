//! Sums, products and powers of two tensors.

use super::elementwise::same;
use super::{Node, Run};
use crate::error::{Problem, stop};
use crate::math;
use crate::tensor::Dtype;

type Made = Result<Run, Problem>;

/// An operator with a function for each type of number. Only that of single floats is
/// compiled into the loops: the other types are rare, and every copy takes time to
/// build.
macro_rules! numbers {
    ($floats:expr, $doubles:expr, $integers:expr) => {
        Ok(Box::new(move |call| match call.inputs.get(0)?.dtype() {
            Dtype::F32 => same::<f32>(call, $floats),
            Dtype::F64 => same::<f64>(call, $doubles as fn(f64, f64) -> f64),
            Dtype::I64 => same::<i64>(call, $integers as fn(i64, i64) -> i64),
            Dtype::Bool => stop!("truth values are no numbers"),
        }))
    };
}

pub(super) fn add(_: &Node) -> Made {
    numbers!(|a, b| a + b, |a, b| a + b, i64::wrapping_add)
}

pub(super) fn subtract(_: &Node) -> Made {
    numbers!(|a, b| a - b, |a, b| a - b, i64::wrapping_sub)
}

pub(super) fn multiply(_: &Node) -> Made {
    numbers!(|a, b| a * b, |a, b| a * b, i64::wrapping_mul)
}

pub(super) fn divide(_: &Node) -> Made {
    Ok(Box::new(|call| match call.inputs.get(0)?.dtype() {
        Dtype::F32 => same::<f32>(call, |a, b| a / b),
        Dtype::F64 => same::<f64>(call, (|a, b| a / b) as fn(f64, f64) -> f64),
        Dtype::I64 => {
            if call.inputs.integers(1)?.contains(&0) {
                stop!("an integer is divided by zero");
            }
            same::<i64>(call, i64::wrapping_div as fn(i64, i64) -> i64)
        }
        Dtype::Bool => stop!("truth values are no numbers"),
    }))
}

pub(super) fn modulo(node: &Node) -> Made {
    let sign_of_dividend = node.integer("fmod", 0)? != 0;
    Ok(Box::new(move |call| match call.inputs.get(0)?.dtype() {
        // The remainder of a division is exact, so the standard library's will do.
        Dtype::F32 if sign_of_dividend => same::<f32>(call, (|a, b| a % b) as fn(f32, f32) -> f32),
        Dtype::F64 if sign_of_dividend => same::<f64>(call, (|a, b| a % b) as fn(f64, f64) -> f64),
        Dtype::I64 => {
            if call.inputs.integers(1)?.contains(&0) {
                stop!("an integer is divided by zero");
            }
            if sign_of_dividend {
                same::<i64>(call, i64::wrapping_rem as fn(i64, i64) -> i64)
            } else {
                same::<i64>(call, modulo_of as fn(i64, i64) -> i64)
            }
        }
        _ => stop!("of floats only the remainder with fmod = 1 is defined"),
    }))
}

/// The remainder with the sign of the divisor.
fn modulo_of(a: i64, b: i64) -> i64 {
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    }
}

pub(super) fn power(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let kind = call.inputs.get(0)?.dtype();
        let exponent = super::convert::to(call, 1, kind)?;
        call.inputs.0[1] = Some(exponent);
        match kind {
            Dtype::F32 => same::<f32>(call, math::pow),
            Dtype::F64 => same::<f64>(call, math::pow64 as fn(f64, f64) -> f64),
            Dtype::I64 => {
                if call.inputs.integers(1)?.iter().any(|&b| b < 0) {
                    stop!("an integer to a negative power");
                }
                same::<i64>(call, whole_power as fn(i64, i64) -> i64)
            }
            Dtype::Bool => stop!("truth values are no numbers"),
        }
    }))
}

fn whole_power(a: i64, b: i64) -> i64 {
    a.wrapping_pow(u32::try_from(b).unwrap_or(u32::MAX))
}
