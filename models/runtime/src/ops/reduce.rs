//! One value for each row of the axes that are reduced. The values of a row are taken
//! in row-major order, whichever axes they come from.

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::rows;
use crate::kernels::transpose::transpose;
use crate::shape::{axes, count};
use crate::tensor::{Dtype, Element, Tensor};

type Made = Result<Run, Problem>;

/// What is done with a row.
#[derive(Clone, Copy)]
struct Kind {
    floats: fn(&[f32]) -> f32,
    doubles: Option<fn(&[f64]) -> f64>,
    integers: Option<fn(&[i64]) -> i64>,
    /// Whether a row without values has a result.
    of_nothing: bool,
}

fn made(node: &Node, kind: Kind, listed_since: i64) -> Made {
    let keep = node.integer("keepdims", 1)? != 0;
    let given = node.integers("axes")?.map(<[i64]>::to_vec);
    let nothing_means_none = node.integer("noop_with_empty_axes", 0)? != 0;
    if given.is_some() && node.opset >= listed_since {
        stop!("axes are an input since opset {listed_since}, no attribute");
    }
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let listed = match call.inputs.optional(1) {
            Some(axes) => axes.of::<i64>()?.to_vec(),
            None => given.clone().unwrap_or_default(),
        };
        let reduced = match listed.as_slice() {
            [] if nothing_means_none => return Ok(vec![x]),
            [] => (0..x.dims.len()).collect(),
            listed => axes(listed, x.dims.len())?,
        };
        match (x.dtype(), kind.doubles, kind.integers) {
            (Dtype::F32, _, _) => reduce(call, (&x, &reduced, keep), kind, kind.floats),
            (Dtype::F64, Some(f), _) => reduce(call, (&x, &reduced, keep), kind, f),
            (Dtype::I64, _, Some(f)) => reduce(call, (&x, &reduced, keep), kind, f),
            (other, _, _) => stop!("elements are {other:?}, which is not supported here"),
        }
    }))
}

fn reduce<T: Element>(
    call: &mut Call,
    (x, reduced, keep): (&Tensor, &[usize], bool),
    kind: Kind,
    f: fn(&[T]) -> T,
) -> Outputs {
    let rank = x.dims.len();
    let is_kept = |a: &usize| !reduced.contains(a);
    let mut order: Vec<usize> = (0..rank).filter(is_kept).collect();
    let kept = order.clone();
    order.extend_from_slice(reduced);
    let width: usize = reduced.iter().map(|&a| x.dims[a]).product();
    let dims: Vec<usize> = if keep {
        (0..rank)
            .map(|a| if is_kept(&a) { x.dims[a] } else { 1 })
            .collect()
    } else {
        kept.iter().map(|&a| x.dims[a]).collect()
    };
    let mut out = call.memory.buffer::<T>(count(&dims)?)?;
    if width == 0 {
        if !kind.of_nothing && !out.is_empty() {
            stop!("a row without values");
        }
        out.fill(f(&[]));
        return one(dims, out);
    }
    call.memory.work.each(x.len())?;
    let mut turned = Vec::new();
    let values = if order.is_sorted() {
        x.of::<T>()?
    } else {
        turned = call.memory.buffer(x.len())?;
        transpose(x.of::<T>()?, (&x.dims, &order), &mut turned, call.threads);
        &turned
    };
    call.threads.stretches(&mut out, 1, |at, part| {
        for (o, row) in part
            .iter_mut()
            .zip(values[at * width..].chunks_exact(width))
        {
            *o = f(row);
        }
    });
    if !turned.is_empty() {
        call.memory
            .release(Tensor::unchecked(x.dims.clone(), turned));
    }
    one(dims, out)
}

pub(super) fn sum(node: &Node) -> Made {
    let kind = Kind {
        floats: rows::sum,
        doubles: Some(|row| row.iter().fold(0.0, |s, v| s + v)),
        integers: Some(|row| row.iter().fold(0, |s: i64, v| s.wrapping_add(*v))),
        of_nothing: true,
    };
    made(node, kind, 13)
}

pub(super) fn mean(node: &Node) -> Made {
    let kind = Kind {
        floats: |row| rows::sum(row) / row.len() as f32,
        doubles: Some(|row| row.iter().fold(0.0, |s, v| s + v) / row.len() as f64),
        integers: None,
        of_nothing: false,
    };
    made(node, kind, 18)
}

pub(super) fn product(node: &Node) -> Made {
    let kind = Kind {
        floats: rows::product,
        doubles: Some(|row| row.iter().fold(1.0, |p, v| p * v)),
        integers: Some(|row| row.iter().fold(1, |p: i64, v| p.wrapping_mul(*v))),
        of_nothing: true,
    };
    made(node, kind, 18)
}

pub(super) fn largest(node: &Node) -> Made {
    let kind = Kind {
        floats: rows::largest,
        doubles: None,
        integers: Some(|row| row.iter().copied().max().unwrap_or(i64::MIN)),
        of_nothing: true,
    };
    made(node, kind, 18)
}

pub(super) fn smallest(node: &Node) -> Made {
    let kind = Kind {
        floats: rows::smallest,
        doubles: None,
        integers: Some(|row| row.iter().copied().min().unwrap_or(i64::MAX)),
        of_nothing: true,
    };
    made(node, kind, 18)
}

pub(super) fn sum_of_squares(node: &Node) -> Made {
    let kind = Kind {
        floats: rows::sum_of_squares,
        doubles: Some(|row| row.iter().fold(0.0, |s, v| s + v * v)),
        integers: None,
        of_nothing: true,
    };
    made(node, kind, 18)
}

/// The Euclidean length of a row.
pub(super) fn length(node: &Node) -> Made {
    let kind = Kind {
        floats: |row| rows::sum_of_squares(row).sqrt(),
        doubles: None,
        integers: None,
        of_nothing: true,
    };
    made(node, kind, 18)
}
