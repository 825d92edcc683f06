//! The same elements under other axes. Nothing is copied.

use super::{Call, Node, Run, one};
use crate::error::{Problem, stop};
use crate::shape::{MOST_AXES, axes, axis, count, length};

type Made = Result<Run, Problem>;

pub(super) fn reshape(node: &Node) -> Made {
    let zero_is_zero = node.integer("allowzero", 0)? != 0;
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        let wanted = call.inputs.integers(1)?;
        let mut dims = Vec::with_capacity(wanted.len());
        let mut open = None;
        for (i, &d) in wanted.iter().enumerate() {
            dims.push(match d {
                -1 if open.is_none() => {
                    open = Some(i);
                    1
                }
                0 if !zero_is_zero => match x.dims.get(i) {
                    Some(&d) => d,
                    None => stop!("axis {i} cannot be kept: the input has {:?}", x.dims),
                },
                d => length(d)?,
            });
        }
        let known = count(&dims)?;
        if let Some(open) = open
            && known > 0
            && x.len().is_multiple_of(known)
        {
            dims[open] = x.len() / known;
        }
        if count(&dims)? != x.len() {
            stop!("{:?} cannot become {wanted:?}", x.dims);
        }
        Ok(vec![x.with_dims(dims)])
    }))
}

pub(super) fn flatten(node: &Node) -> Made {
    let given = node.integer("axis", 1)?;
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        let rank = x.dims.len();
        let at = if given == rank as i64 {
            rank
        } else {
            axis(given, rank)?
        };
        let (rows, columns) = x.dims.split_at(at);
        let dims = vec![rows.iter().product(), columns.iter().product()];
        Ok(vec![x.with_dims(dims)])
    }))
}

/// The axes named by the attribute before opset 13 and by the second input since.
fn listed(call: &Call, attribute: Option<&Vec<i64>>) -> Result<Option<Vec<i64>>, Problem> {
    match call.inputs.optional(1) {
        Some(axes) => Ok(Some(axes.of::<i64>()?.to_vec())),
        None => Ok(attribute.cloned()),
    }
}

pub(super) fn squeeze(node: &Node) -> Made {
    let attribute = node.integers("axes")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        let gone = match listed(call, attribute.as_ref())? {
            Some(list) => axes(&list, x.dims.len())?,
            None => (0..x.dims.len()).filter(|&a| x.dims[a] == 1).collect(),
        };
        if let Some(&a) = gone.iter().find(|&&a| x.dims[a] != 1) {
            stop!("axis {a} is {} long and cannot go", x.dims[a]);
        }
        let rest = (0..x.dims.len()).filter(|a| !gone.contains(a));
        let dims = rest.map(|a| x.dims[a]).collect();
        Ok(vec![x.with_dims(dims)])
    }))
}

pub(super) fn unsqueeze(node: &Node) -> Made {
    let attribute = node.integers("axes")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |call| {
        let x = call.inputs.take(0)?;
        let Some(list) = listed(call, attribute.as_ref())? else {
            stop!("axes are missing");
        };
        let rank = x.dims.len() + list.len();
        if rank > MOST_AXES {
            stop!("a tensor of {rank} axes");
        }
        let new = axes(&list, rank)?;
        let mut old = x.dims.iter().copied();
        let dim = |a| {
            if new.contains(&a) {
                1
            } else {
                old.next().unwrap_or(1)
            }
        };
        let dims = (0..rank).map(dim).collect();
        Ok(vec![x.with_dims(dims)])
    }))
}

pub(super) fn shape(node: &Node) -> Made {
    let (start, end) = (node.integer("start", 0)?, node.optional_integer("end")?);
    Ok(Box::new(move |call| {
        let dims = &call.inputs.get(0)?.dims;
        let rank = dims.len() as i64;
        let place = |at: i64| (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize;
        let (first, last) = (place(start), place(end.unwrap_or(rank)));
        let chosen = dims.get(first..last).unwrap_or_default();
        let values: Vec<i64> = chosen.iter().map(|&d| d as i64).collect();
        one(vec![values.len()], values)
    }))
}
