//! Values that are in the model, and what passes them on.

use super::{Node, Run, one};
use crate::error::{Problem, stop};
use crate::shape::{count, length};
use crate::tensor::{Dtype, Element, Tensor, for_type};

type Made = Result<Run, Problem>;

pub(super) fn constant(node: &Node) -> Made {
    let value = if let Some(tensor) = node.tensor("value")? {
        tensor
    } else if let Some(value) = node.optional_float("value_float")? {
        Tensor::unchecked(Vec::new(), vec![value])
    } else if let Some(value) = node.optional_integer("value_int")? {
        Tensor::unchecked(Vec::new(), vec![value])
    } else if let Some(values) = node.floats("value_floats")? {
        Tensor::unchecked(vec![values.len()], values.to_vec())
    } else if let Some(values) = node.integers("value_ints")? {
        Tensor::unchecked(vec![values.len()], values.to_vec())
    } else {
        stop!("no value of a supported kind");
    };
    Ok(Box::new(move |_| Ok(vec![value.clone()])))
}

pub(super) fn constant_of_shape(node: &Node) -> Made {
    let value = match node.tensor("value")? {
        Some(value) if value.len() == 1 => value,
        Some(value) => stop!("a value of {} elements instead of one", value.len()),
        None => Tensor::unchecked(vec![1], vec![0.0f32]),
    };
    Ok(Box::new(move |call| {
        let dims: Result<Vec<usize>, Problem> = call
            .inputs
            .integers(0)?
            .iter()
            .map(|&d| length(d))
            .collect();
        let dims = dims?;
        let length = count(&dims)?;
        for_type!(value.dtype(), T => {
            let out = call.memory.filled(length, value.of::<T>()?[0])?;
            one(dims, out)
        })
    }))
}

pub(super) fn identity(_: &Node) -> Made {
    Ok(Box::new(|call| Ok(vec![call.inputs.take(0)?])))
}

/// Outside training nothing is dropped.
pub(super) fn dropout(node: &Node) -> Made {
    node.ignore(&["seed", "ratio"]);
    Ok(Box::new(|call| {
        if call.inputs.scalar(2)? == Some(true) {
            stop!("the model is in training mode: export it for inference");
        }
        let x = call.inputs.take(0)?;
        let mut outputs = vec![x.clone()];
        if call.outputs > 1 {
            let kept = call.memory.filled(x.len(), true)?;
            outputs.push(Tensor::unchecked(x.dims, kept));
        }
        Ok(outputs)
    }))
}

pub(super) fn range(_: &Node) -> Made {
    Ok(Box::new(|call| {
        let kind = call.inputs.get(0)?.dtype();
        let bounds = |i: usize| match call.inputs.get(i)?.data {
            _ if kind == Dtype::I64 => Ok(Bound::Whole(scalar::<i64>(call, i)?)),
            _ if kind == Dtype::F64 => Ok(Bound::Real(scalar::<f64>(call, i)?)),
            _ => Ok::<_, Problem>(Bound::Real(scalar::<f32>(call, i)?.into())),
        };
        match (bounds(0)?, bounds(1)?, bounds(2)?) {
            (Bound::Whole(start), Bound::Whole(limit), Bound::Whole(step)) => {
                let steps = whole_steps(start, limit, step)?;
                let mut out = call.memory.buffer::<i64>(steps)?;
                for (i, o) in out.iter_mut().enumerate() {
                    *o = start.wrapping_add(step.wrapping_mul(i as i64));
                }
                one(vec![steps], out)
            }
            (Bound::Real(start), Bound::Real(limit), Bound::Real(step)) => {
                let steps = ((limit - start) / step).ceil();
                if steps.is_nan() || steps > u32::MAX as f64 {
                    stop!("a range from {start} to {limit} in steps of {step}");
                }
                let steps = if steps > 0.0 { steps as usize } else { 0 };
                if kind == Dtype::F64 {
                    let mut out = call.memory.buffer::<f64>(steps)?;
                    (out.iter_mut().enumerate()).for_each(|(i, o)| *o = start + i as f64 * step);
                    return one(vec![steps], out);
                }
                let (start, step) = (start as f32, step as f32);
                let mut out = call.memory.buffer::<f32>(steps)?;
                (out.iter_mut().enumerate()).for_each(|(i, o)| *o = start + i as f32 * step);
                one(vec![steps], out)
            }
            _ => stop!("bounds of different types"),
        }
    }))
}

enum Bound {
    Whole(i64),
    Real(f64),
}

fn scalar<T: Element>(call: &super::Call, i: usize) -> Result<T, Problem> {
    match call.inputs.scalar(i)? {
        Some(value) => Ok(value),
        None => stop!("input {i} is missing"),
    }
}

fn whole_steps(start: i64, limit: i64, step: i64) -> Result<usize, Problem> {
    if step == 0 {
        stop!("a range in steps of 0");
    }
    let (way, step) = (i128::from(limit) - i128::from(start), i128::from(step));
    let steps = (way + step - step.signum()) / step;
    match usize::try_from(steps.max(0)) {
        Ok(steps) if u32::try_from(steps).is_ok() => Ok(steps),
        _ => stop!("a range of {steps} steps"),
    }
}
