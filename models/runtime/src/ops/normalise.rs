//! Softmax and the normalisations.

use super::scatter::owned;
use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::rows;
use crate::kernels::transpose::transpose;
use crate::shape::{axis, length};
use crate::tensor::Tensor;

pub(super) fn softmax(node: &Node) -> Result<Run, Problem> {
    // Before opset 13 all axes from the given one on were one.
    let flatten = node.opset < 13;
    let given = node.integer("axis", if flatten { 1 } else { -1 })?;
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let rank = x.dims.len();
        if rank == 0 {
            return one(Vec::new(), vec![1.0f32]);
        }
        // An axis of the rank itself was allowed when axes were flattened.
        let first = if flatten && given == rank as i64 {
            rank
        } else {
            axis(given, rank)?
        };
        let width = if flatten {
            x.dims[first..].iter().product()
        } else {
            x.dims[first]
        };
        let inner: usize = if flatten {
            1
        } else {
            x.dims[first + 1..].iter().product()
        };
        if inner == 1 {
            drop(x);
            let x = call.inputs.take(0)?;
            let (dims, mut values) = (x.dims.clone(), owned::<f32>(call, x.data)?);
            call.memory.work.each(values.len())?;
            softmax_rows(call, &mut values, width);
            return one(dims, values);
        }
        let mut out = call.memory.buffer::<f32>(x.len())?;
        let values: &[f32] = x.of()?;
        let outer: usize = x.dims[..first].iter().product();
        let mut turned = call.memory.buffer(x.len())?;
        let dims = [outer, width, inner];
        transpose(values, (&dims, &[0, 2, 1]), &mut turned, call.threads);
        softmax_rows(call, &mut turned, width);
        let dims = [outer, inner, width];
        transpose(&turned, (&dims, &[0, 2, 1]), &mut out, call.threads);
        call.memory
            .release(Tensor::unchecked(x.dims.clone(), turned));
        one(x.dims.clone(), out)
    }))
}

fn softmax_rows(call: &Call, values: &mut [f32], width: usize) {
    call.threads.stretches(values, width, |_, part| {
        part.chunks_exact_mut(width.max(1)).for_each(rows::softmax);
    });
}

/// Each row of `width` values to mean 0 and deviation 1, then scaled and shifted by
/// what `affine` says for it.
fn standardise<'a>(
    call: &Call,
    (values, out): (&[f32], &mut [f32]),
    (width, epsilon): (usize, f32),
    affine: impl Fn(usize) -> (&'a [f32], &'a [f32]) + Sync + Send,
) {
    call.threads.stretches(out, width, |at, part| {
        let rows = values[at..at + part.len()].chunks_exact(width);
        for (i, (row, out)) in rows.zip(part.chunks_exact_mut(width)).enumerate() {
            let (weight, bias) = affine(at / width + i);
            let moments = rows::moments(row, epsilon);
            if weight.len() == row.len() {
                rows::standardise(row, moments, weight, bias, out);
            } else {
                let channels = weight.iter().zip(bias);
                let stretch = row.len() / weight.len();
                let parts = row.chunks_exact(stretch).zip(out.chunks_exact_mut(stretch));
                for ((row, out), (&w, &b)) in parts.zip(channels) {
                    rows::standardise_by(row, moments, (w, b), out);
                }
            }
        }
    });
}

pub(super) fn layer(node: &Node) -> Result<Run, Problem> {
    let given = node.integer("axis", -1)?;
    let epsilon = node.float("epsilon", 1e-5)?;
    if node.integer("stash_type", 1)? != 1 {
        stop!("only sums in single precision (stash_type 1) are supported");
    }
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let first = axis(given, x.dims.len())?;
        let width: usize = x.dims[first..].iter().product();
        let weight = call.inputs.get(1)?.clone();
        let bias = call.inputs.optional(2).cloned();
        let fits = |t: &Tensor| t.len() == width;
        if !fits(&weight) || bias.as_ref().is_some_and(|b| !fits(b)) || width == 0 {
            stop!("weights {:?} for rows of {width} values", weight.dims);
        }
        let zeros = vec![0.0; if bias.is_some() { 0 } else { width }];
        let weight: &[f32] = weight.of()?;
        let bias = match &bias {
            Some(bias) => bias.of()?,
            None => zeros.as_slice(),
        };
        let values: &[f32] = x.of()?;
        let mut out = call.memory.buffer(x.len())?;
        standardise(call, (values, &mut out), (width, epsilon), |_| {
            (weight, bias)
        });
        let mut outputs = one(x.dims.clone(), out)?;
        if call.outputs > 1 {
            let moments = values
                .chunks_exact(width)
                .map(|row| rows::moments(row, epsilon));
            let (means, scales): (Vec<f32>, Vec<f32>) = moments.unzip();
            let mut dims = x.dims.clone();
            dims[first..].fill(1);
            outputs.push(Tensor::unchecked(dims.clone(), means));
            outputs.push(Tensor::unchecked(dims, scales));
        }
        Ok(outputs)
    }))
}

/// Checks that there is one weight and one bias for each of `number`, and gives them.
fn affine(call: &Call, number: usize) -> Result<(Tensor, Tensor), Problem> {
    let (weight, bias) = (call.inputs.get(1)?.clone(), call.inputs.get(2)?.clone());
    if weight.len() != number || bias.len() != number {
        stop!(
            "weights {:?} and biases {:?} for {number} channels",
            weight.dims,
            bias.dims
        );
    }
    Ok((weight, bias))
}

pub(super) fn instance(node: &Node) -> Result<Run, Problem> {
    let epsilon = node.float("epsilon", 1e-5)?;
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let (channels, size) = planes(&x)?;
        let (weight, bias) = affine(call, channels)?;
        let (weight, bias): (&[f32], &[f32]) = (weight.of()?, bias.of()?);
        let mut out = call.memory.buffer(x.len())?;
        standardise(call, (x.of()?, &mut out), (size, epsilon), |row| {
            let c = row % channels;
            (&weight[c..=c], &bias[c..=c])
        });
        one(x.dims.clone(), out)
    }))
}

pub(super) fn group(node: &Node) -> Result<Run, Problem> {
    let epsilon = node.float("epsilon", 1e-5)?;
    let Some(groups) = node.optional_integer("num_groups")? else {
        stop!("num_groups is missing");
    };
    let groups = length(groups)?;
    if node.integer("stash_type", 1)? != 1 {
        stop!("only sums in single precision (stash_type 1) are supported");
    }
    // Up to opset 20 there is one weight for each group, later one for each channel.
    let by_group = node.opset < 21;
    Ok(Box::new(move |call| {
        let x = call.inputs.get(0)?.clone();
        let (channels, size) = planes(&x)?;
        if groups == 0 || !channels.is_multiple_of(groups) {
            stop!("{channels} channels in {groups} groups");
        }
        let each = channels / groups;
        let per_group = if by_group { 1 } else { each };
        let (weight, bias) = affine(call, groups * per_group)?;
        let (weight, bias): (&[f32], &[f32]) = (weight.of()?, bias.of()?);
        let mut out = call.memory.buffer(x.len())?;
        standardise(call, (x.of()?, &mut out), (size * each, epsilon), |row| {
            let first = row % groups * per_group;
            (
                &weight[first..first + per_group],
                &bias[first..first + per_group],
            )
        });
        one(x.dims.clone(), out)
    }))
}

/// Channels, and values in each.
fn planes(x: &Tensor) -> Result<(usize, usize), Problem> {
    if x.dims.len() < 2 || x.is_empty() {
        stop!("an input of shape {:?} has no channels", x.dims);
    }
    Ok((x.dims[1], x.dims[2..].iter().product()))
}

pub(super) fn batch(node: &Node) -> Result<Run, Problem> {
    node.ignore(&["momentum"]);
    let epsilon = node.float("epsilon", 1e-5)?;
    if node.integer("training_mode", 0)? != 0 {
        stop!("the model is in training mode: export it for inference");
    }
    Ok(Box::new(move |call| batch_run(call, epsilon)))
}

fn batch_run(call: &mut Call, epsilon: f32) -> Outputs {
    let x = call.inputs.get(0)?.clone();
    let (channels, size) = planes(&x)?;
    let (weight, bias) = affine(call, channels)?;
    let (mean, variance) = (call.inputs.get(3)?.clone(), call.inputs.get(4)?.clone());
    if mean.len() != channels || variance.len() != channels {
        stop!("means {:?} for {channels} channels", mean.dims);
    }
    let (weight, bias, mean): (&[f32], &[f32], &[f32]) = (weight.of()?, bias.of()?, mean.of()?);
    let variance: &[f32] = variance.of()?;
    let values: &[f32] = x.of()?;
    let mut out = call.memory.buffer(x.len())?;
    call.threads.stretches(&mut out, size, |at, part| {
        let planes = values[at..at + part.len()].chunks_exact(size);
        for (i, (plane, out)) in planes.zip(part.chunks_exact_mut(size)).enumerate() {
            let c = (at / size + i) % channels;
            let scale = 1.0 / (variance[c] + epsilon).sqrt();
            rows::standardise_by(plane, (mean[c], scale), (weight[c], bias[c]), out);
        }
    });
    one(x.dims.clone(), out)
}
