//! Parts of a tensor.

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::transpose::copy_strided;
use crate::shape::{axis, count, length, strides};
use crate::tensor::{Element, Tensor, for_type};

/// Where the elements of one axis of the output come from.
#[derive(Clone, Copy)]
struct Cut {
    start: usize,
    length: usize,
    step: i64,
}

fn cut(dim: usize, start: i64, end: i64, step: i64) -> Result<Cut, Problem> {
    let n = dim as i64;
    if step == 0 {
        stop!("a step of 0");
    }
    let from_front = |at: i64| if at < 0 { at.saturating_add(n) } else { at };
    let (start, end) = if step > 0 {
        (from_front(start).clamp(0, n), from_front(end).clamp(0, n))
    } else {
        (
            from_front(start).clamp(0, n - 1),
            from_front(end).clamp(-1, n - 1),
        )
    };
    let way = if step > 0 { end - start } else { start - end };
    let length = (way.max(0) as u64).div_ceil(step.unsigned_abs()) as usize;
    Ok(Cut {
        start: start.max(0) as usize,
        length: if dim == 0 { 0 } else { length },
        step,
    })
}

pub(super) fn slice(_: &Node) -> Result<Run, Problem> {
    Ok(Box::new(|call| {
        let x = call.inputs.get(0)?.clone();
        let (starts, ends) = (call.inputs.integers(1)?, call.inputs.integers(2)?);
        let rank = x.dims.len();
        let all: Vec<i64> = (0..starts.len() as i64).collect();
        let list = match call.inputs.optional(3) {
            Some(axes) => axes.of::<i64>()?,
            None => &all,
        };
        let ones = vec![1; starts.len()];
        let steps = match call.inputs.optional(4) {
            Some(steps) => steps.of::<i64>()?,
            None => &ones,
        };
        if [ends.len(), list.len(), steps.len()] != [starts.len(); 3] {
            stop!("starts, ends, axes and steps differ in length");
        }
        let whole = |&d: &usize| Cut {
            start: 0,
            length: d,
            step: 1,
        };
        let mut cuts: Vec<Cut> = x.dims.iter().map(whole).collect();
        for i in 0..starts.len() {
            let at = axis(list[i], rank)?;
            cuts[at] = cut(x.dims[at], starts[i], ends[i], steps[i])?;
        }
        for_type!(x.dtype(), T => cut_out::<T>(call, &x, &cuts))
    }))
}

fn cut_out<T: Element>(call: &mut Call, x: &Tensor, cuts: &[Cut]) -> Outputs {
    let dims: Vec<usize> = cuts.iter().map(|c| c.length).collect();
    if dims == x.dims && cuts.iter().all(|c| c.step == 1) {
        return Ok(vec![x.clone()]);
    }
    let mut out = call.memory.buffer::<T>(count(&dims)?)?;
    if out.is_empty() {
        return one(dims, out);
    }
    let own = strides(&x.dims);
    let values = x.of::<T>()?;
    let first: usize = cuts.iter().zip(&own).map(|(c, s)| c.start * s).sum();
    if cuts.iter().all(|c| c.step > 0 || c.length == 1) {
        let steps: Vec<usize> = (cuts.iter().zip(&own))
            .map(|(c, s)| {
                if c.length == 1 {
                    0
                } else {
                    c.step as usize * s
                }
            })
            .collect();
        copy_strided(&values[first..], (&dims, &steps), &mut out, call.threads);
        return one(dims, out);
    }
    // Backwards: rare, and one element at a time.
    for (i, o) in out.iter_mut().enumerate() {
        let (mut rest, mut at) = (i, 0);
        for (c, s) in cuts.iter().zip(&own).rev() {
            let place = c.start as i64 + (rest % c.length) as i64 * c.step;
            at += place as usize * s;
            rest /= c.length;
        }
        *o = values[at];
    }
    one(dims, out)
}

pub(super) fn split(node: &Node) -> Result<Run, Problem> {
    let given_axis = node.integer("axis", 0)?;
    let given = node.integers("split")?.map(<[i64]>::to_vec);
    let number = match node.optional_integer("num_outputs")? {
        Some(number) => length(number)?,
        None => node.proto.outputs.len(),
    };
    if number != node.proto.outputs.len() {
        stop!(
            "num_outputs is {number} for {} outputs",
            node.proto.outputs.len()
        );
    }
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let at = axis(given_axis, x.dims.len())?;
        let listed = match call.inputs.optional(1) {
            Some(list) => Some(list.of::<i64>()?.to_vec()),
            None => given.clone(),
        };
        let lengths = match listed {
            Some(list) => list
                .iter()
                .map(|&n| length(n))
                .collect::<Result<Vec<_>, _>>()?,
            None => even_parts(x.dims[at], number),
        };
        let total = lengths
            .iter()
            .try_fold(0usize, |sum, &n| sum.checked_add(n));
        if lengths.len() != number || total != Some(x.dims[at]) {
            stop!("axis {at} of {:?} in {number} parts of {lengths:?}", x.dims);
        }
        let mut outputs = Vec::with_capacity(number);
        let mut start = 0;
        for length in lengths {
            let whole = |&d: &usize| Cut {
                start: 0,
                length: d,
                step: 1,
            };
            let mut cuts: Vec<Cut> = x.dims.iter().map(whole).collect();
            cuts[at] = Cut {
                start,
                length,
                step: 1,
            };
            start += length;
            outputs.extend(for_type!(x.dtype(), T => cut_out::<T>(call, &x, &cuts))?);
        }
        Ok(outputs)
    }))
}

/// Parts of equal length but for the last.
fn even_parts(dim: usize, number: usize) -> Vec<usize> {
    let part = dim.div_ceil(number.max(1));
    (0..number)
        .map(|i| part.min(dim.saturating_sub(i * part)))
        .collect()
}
