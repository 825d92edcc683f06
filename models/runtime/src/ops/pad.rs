//! Axes made longer, or shorter, at their ends.

use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::shape::{axis, count, strides, walk};
use crate::tensor::{Element, Tensor, for_type};

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Constant,
    Reflect,
    Edge,
}

pub(super) fn pad(node: &Node) -> Result<Run, Problem> {
    let mode = match node.text("mode", "constant")? {
        "constant" => Mode::Constant,
        "reflect" => Mode::Reflect,
        "edge" => Mode::Edge,
        other => stop!("mode is {other}; constant, reflect and edge are supported"),
    };
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let (before, after) = widths(call, x.dims.len())?;
        let mut places = 0usize;
        for a in 0..x.dims.len() {
            places = places.saturating_add(longer(x.dims[a], before[a], after[a])?);
        }
        let bytes = places.checked_mul(size_of::<Option<usize>>());
        call.memory.room(bytes)?;
        call.memory.work.each(places)?;
        let mut sources = Vec::new();
        for a in 0..x.dims.len() {
            sources.push(source(mode, x.dims[a], before[a], after[a])?);
        }
        for_type!(x.dtype(), T => {
            let value = match mode {
                Mode::Constant => call.inputs.scalar::<T>(2)?.unwrap_or_default(),
                _ => T::default(),
            };
            padded(call, &x, &sources, value)
        })
    }))
}

/// How much each axis grows in front and behind.
fn widths(call: &Call, rank: usize) -> Result<(Vec<i64>, Vec<i64>), Problem> {
    let pads = call.inputs.integers(1)?;
    let all: Vec<i64> = (0..rank as i64).collect();
    let list = match call.inputs.optional(3) {
        Some(list) => list.of::<i64>()?,
        None => &all,
    };
    if pads.len() != list.len() * 2 {
        stop!("{} pads for {} axes", pads.len(), list.len());
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (i, &a) in list.iter().enumerate() {
        let a = axis(a, rank)?;
        before[a] = pads[i];
        after[a] = pads[i + list.len()];
    }
    Ok((before, after))
}

/// The length of an axis that grows.
fn longer(dim: usize, before: i64, after: i64) -> Result<usize, Problem> {
    let longer = dim as i128 + i128::from(before) + i128::from(after);
    match u32::try_from(longer) {
        Ok(longer) => Ok(longer as usize),
        Err(_) => stop!("an axis of {dim} padded by {before} and {after}"),
    }
}

/// For each place of a longer axis the one its value comes from, if any.
fn source(mode: Mode, dim: usize, before: i64, after: i64) -> Result<Vec<Option<usize>>, Problem> {
    let n = dim as i64;
    let longer = longer(dim, before, after)?;
    if mode == Mode::Reflect && (before >= n || after >= n) && (before > 0 || after > 0) {
        stop!("an axis of {dim} cannot be reflected by {before} and {after}");
    }
    if mode == Mode::Edge && dim == 0 && longer > 0 {
        stop!("an empty axis has no edge");
    }
    let end = n - 1;
    let from = |at: i64| match mode {
        _ if (0..n).contains(&at) => Some(at),
        Mode::Constant => None,
        Mode::Edge => Some(at.clamp(0, end)),
        Mode::Reflect if at < 0 => Some(-at),
        Mode::Reflect => Some(2 * end - at),
    };
    Ok((0..longer as i64)
        .map(|at| from(at - before).map(|at| at as usize))
        .collect())
}

fn padded<T: Element>(
    call: &mut Call,
    x: &Tensor,
    sources: &[Vec<Option<usize>>],
    value: T,
) -> Outputs {
    let dims: Vec<usize> = sources.iter().map(Vec::len).collect();
    let mut out = call.memory.filled(count(&dims)?, value)?;
    let values = x.of::<T>()?;
    let Some((last, outer)) = sources.split_last() else {
        return Ok(vec![x.clone()]);
    };
    if out.is_empty() || x.is_empty() {
        return one(dims, out);
    }
    let own = strides(&x.dims);
    // The stretch that is copied as it is; what lies beside it is reflected or edges.
    let first = last.iter().position(|s| *s == Some(0));
    let plain = first.map_or(0..0, |first| {
        let length = last[first..]
            .iter()
            .zip(0..)
            .take_while(|&(s, i)| *s == Some(i))
            .count();
        first..first + length
    });
    let mut place = vec![0usize; outer.len()];
    let number = out.len() / last.len();
    let mut rows = out.chunks_exact_mut(last.len());
    walk(&dims, [], (0, number), |[]| {
        let Some(row) = rows.next() else { return };
        let from: Option<usize> = (place.iter().zip(outer).zip(&own))
            .map(|((&p, source), step)| source[p].map(|at| at * step))
            .sum();
        if let Some(from) = from {
            let line = &values[from..from + x.dims[outer.len()]];
            row[plain.clone()].copy_from_slice(&line[..plain.len()]);
            let beside = (0..plain.start).chain(plain.end..last.len());
            for i in beside {
                if let Some(at) = last[i] {
                    row[i] = line[at];
                }
            }
        }
        for i in (0..outer.len()).rev() {
            place[i] += 1;
            if place[i] < dims[i] {
                break;
            }
            place[i] = 0;
        }
    });
    one(dims, out)
}
