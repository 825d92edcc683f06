//! Largest values and means under a moving kernel.

use super::convolution::Motion;
use super::{Call, Node, Outputs, Run, one};
use crate::error::{Problem, stop};
use crate::kernels::rows::{self, larger};
use crate::kernels::window::Window;
use crate::shape::count;

pub(super) fn largest(node: &Node) -> Result<Run, Problem> {
    // The order of storage only matters for the second output, which we do not give.
    node.ignore(&["storage_order"]);
    let motion = Motion::of(node)?;
    Ok(Box::new(move |call| {
        pool(call, &motion, |window, plane, place| {
            let mut most = f32::NEG_INFINITY;
            under(window, place, |at| most = larger(most, plane[at]));
            most
        })
    }))
}

pub(super) fn average(node: &Node) -> Result<Run, Problem> {
    let motion = Motion::of(node)?;
    let count_padding = node.integer("count_include_pad", 0)? != 0;
    Ok(Box::new(move |call| {
        pool(call, &motion, |window, plane, place| {
            let (mut sum, mut number) = (0.0, 0);
            under(window, place, |at| {
                sum += plane[at];
                number += 1;
            });
            let number = if count_padding {
                within_padding(window, place)
            } else {
                number
            };
            sum / number as f32
        })
    }))
}

pub(super) fn global_average(_: &Node) -> Result<Run, Problem> {
    Ok(Box::new(|call| {
        let x = call.inputs.get(0)?.clone();
        if x.dims.len() < 3 {
            stop!("pooling of a tensor with {} axes", x.dims.len());
        }
        let mut dims = x.dims[..2].to_vec();
        let size: usize = x.dims[2..].iter().product();
        let mut out = call.memory.buffer(count(&dims)?)?;
        call.memory.work.each(x.len())?;
        let values: &[f32] = x.of()?;
        if size == 0 {
            stop!("the mean of nothing");
        }
        for (o, plane) in out.iter_mut().zip(values.chunks_exact(size)) {
            *o = rows::sum(plane) / size as f32;
        }
        dims.resize(x.dims.len(), 1);
        one(dims, out)
    }))
}

/// Elements under the kernel, those of the padding counted, those beyond it not.
fn within_padding(w: &Window, place: [usize; 3]) -> usize {
    let along = |axis: usize| {
        let all = w.before[axis] + w.input[axis] + w.after[axis];
        let at = |tap: usize| place[axis] * w.stride[axis] + tap * w.dilation[axis];
        (0..w.kernel[axis]).filter(|&tap| at(tap) < all).count()
    };
    along(0) * along(1) * along(2)
}

/// Visits the elements of a plane under the kernel, in row-major order.
fn under(w: &Window, place: [usize; 3], mut visit: impl FnMut(usize)) {
    for z in (0..w.kernel[0]).filter_map(|tap| w.source(0, place[0], tap)) {
        for y in (0..w.kernel[1]).filter_map(|tap| w.source(1, place[1], tap)) {
            for x in (0..w.kernel[2]).filter_map(|tap| w.source(2, place[2], tap)) {
                visit((z * w.input[1] + y) * w.input[2] + x);
            }
        }
    }
}

fn pool(
    call: &mut Call,
    motion: &Motion,
    value: impl Fn(&Window, &[f32], [usize; 3]) -> f32 + Sync,
) -> Outputs {
    let x = call.inputs.get(0)?.clone();
    if !(3..=5).contains(&x.dims.len()) {
        stop!("pooling of a tensor with {} axes", x.dims.len());
    }
    let axes = x.dims.len() - 2;
    let window = motion.window(&x.dims[2..], None)?;
    let mut dims = x.dims[..2].to_vec();
    dims.extend_from_slice(&window.output[3 - axes..]);
    let mut out = call.memory.buffer(count(&dims)?)?;
    call.memory.work.sums(&[out.len(), window.kernel_size()])?;
    let values: &[f32] = x.of()?;
    let [_, high, wide] = window.output;
    let (size, plane_size) = (window.output_size(), window.input_size());
    call.threads.stretches(&mut out, size, |at, part| {
        let planes = values[at / size * plane_size..].chunks_exact(plane_size);
        for (out, plane) in part.chunks_exact_mut(size).zip(planes) {
            for (i, o) in out.iter_mut().enumerate() {
                *o = value(&window, plane, [i / wide / high, i / wide % high, i % wide]);
            }
        }
    });
    one(dims, out)
}
