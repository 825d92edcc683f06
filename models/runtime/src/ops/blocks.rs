//! Blocks of places as channels, and back.

use super::turn::turned;
use super::{Node, Run};
use crate::error::{Problem, stop};
use crate::shape::length;
use crate::tensor::Tensor;

fn side(node: &Node) -> Result<usize, Problem> {
    let side = length(node.integer("blocksize", 0)?)?;
    if side == 0 {
        stop!("blocksize is 0 or missing");
    }
    Ok(side)
}

fn image(x: &Tensor) -> Result<[usize; 4], Problem> {
    match *x.dims.as_slice() {
        [n, c, h, w] => Ok([n, c, h, w]),
        _ => stop!("a tensor of {} axes instead of four", x.dims.len()),
    }
}

pub(super) fn depth_to_space(node: &Node) -> Result<Run, Problem> {
    let side = side(node)?;
    let columns_first = match node.text("mode", "DCR")? {
        "DCR" => true,
        "CRD" => false,
        other => stop!("mode is {other} instead of DCR or CRD"),
    };
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let [n, c, h, w] = image(&x)?;
        let area = side.saturating_mul(side);
        if !c.is_multiple_of(area) {
            stop!("{c} channels in blocks of {side}×{side}");
        }
        let left = c / area;
        let out = if columns_first {
            let x = x.with_dims(vec![n, side, side, left, h, w]);
            turned(call, &x, &[0, 3, 4, 1, 5, 2])?
        } else {
            let x = x.with_dims(vec![n, left, side, side, h, w]);
            turned(call, &x, &[0, 1, 4, 2, 5, 3])?
        };
        Ok(vec![out.with_dims(vec![n, left, h * side, w * side])])
    }))
}

pub(super) fn space_to_depth(node: &Node) -> Result<Run, Problem> {
    let side = side(node)?;
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let [n, c, h, w] = image(&x)?;
        if !h.is_multiple_of(side) || !w.is_multiple_of(side) {
            stop!("{h}×{w} places in blocks of {side}×{side}");
        }
        let x = x.with_dims(vec![n, c, h / side, side, w / side, side]);
        let out = turned(call, &x, &[0, 3, 5, 1, 2, 4])?;
        Ok(vec![out.with_dims(vec![
            n,
            c * side * side,
            h / side,
            w / side,
        ])])
    }))
}
