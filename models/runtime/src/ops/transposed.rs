//! The transposed convolution: each input value spreads the kernel over the output.

use std::ops::Range;

use super::convolution::bias_of;
use super::{Call, Node, Outputs, Run, multiply, one};
use crate::error::{Problem, stop};
use crate::kernels::pack::{Grid, Left, Right};
use crate::kernels::product::Product;
use crate::kernels::window::Window;
use crate::shape::{count, length};
use crate::tensor::Tensor;

/// Values of the intermediate product that are held at a time.
const ROOM: usize = 1 << 20;

struct Spread {
    groups: usize,
    strides: Option<Vec<i64>>,
    dilations: Option<Vec<i64>>,
    pads: Option<Vec<i64>>,
    more: Option<Vec<i64>>,
    shape: Option<Vec<i64>>,
    auto_pad: String,
}

pub(super) fn convolution(node: &Node) -> Result<Run, Problem> {
    node.ignore(&["kernel_shape"]);
    let list = |name| Ok::<_, Problem>(node.integers(name)?.map(<[i64]>::to_vec));
    let spread = Spread {
        groups: length(node.integer("group", 1)?)?.max(1),
        strides: list("strides")?,
        dilations: list("dilations")?,
        pads: list("pads")?,
        more: list("output_padding")?,
        shape: list("output_shape")?,
        auto_pad: node.text("auto_pad", "NOTSET")?.to_owned(),
    };
    if !["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(&spread.auto_pad.as_str()) {
        stop!("auto_pad is {}", spread.auto_pad);
    }
    Ok(Box::new(move |call| spread.run(call)))
}

/// The number for an axis, counted from the front of three.
fn number(list: Option<&Vec<i64>>, at: Option<usize>, missing: usize) -> Result<usize, Problem> {
    match (list, at) {
        (Some(list), Some(i)) => match list.get(i).map(|&n| length(n)) {
            Some(Ok(n)) if n <= 1 << 24 => Ok(n),
            _ => stop!("a list of numbers for the axes is {list:?}"),
        },
        _ => Ok(missing),
    }
}

impl Spread {
    /// The convolution that this one is the transpose of: its input is our output.
    fn window(&self, input: &[usize], kernel: &[usize]) -> Result<Window, Problem> {
        let axes = input.len();
        let mut window = Window {
            input: [1; 3],
            output: [1; 3],
            kernel: [1; 3],
            stride: [1; 3],
            dilation: [1; 3],
            before: [0; 3],
            after: [0; 3],
        };
        for axis in 3 - axes..3 {
            let i = axis + axes - 3;
            let (stride, dilation) = (
                number(self.strides.as_ref(), Some(i), 1)?,
                number(self.dilations.as_ref(), Some(i), 1)?,
            );
            if stride == 0 || dilation == 0 || input[i] == 0 || kernel[i] == 0 {
                stop!("a stride, dilation, input or kernel of length 0");
            }
            let more = number(self.more.as_ref(), Some(i), 0)?;
            let all = (input[i] - 1) * stride + (kernel[i] - 1) * dilation + 1 + more;
            let (before, out) = self.placed(i, axes, all, input[i] * stride)?;
            window.stride[axis] = stride;
            window.dilation[axis] = dilation;
            window.kernel[axis] = kernel[i];
            window.output[axis] = input[i];
            window.before[axis] = before;
            window.input[axis] = out;
        }
        Ok(window)
    }

    /// Where the output begins in all places that are reached, and how long it is.
    fn placed(
        &self,
        i: usize,
        axes: usize,
        all: usize,
        same: usize,
    ) -> Result<(usize, usize), Problem> {
        let automatic = self.auto_pad.starts_with("SAME");
        let wanted = match &self.shape {
            // Some exporters list the batch and channels as well.
            Some(shape) if shape.len() == axes + 2 => {
                Some(number(self.shape.as_ref(), Some(i + 2), 0)?)
            }
            Some(_) => Some(number(self.shape.as_ref(), Some(i), 0)?),
            None if automatic => Some(same),
            None => None,
        };
        if let Some(out) = wanted {
            let cut = all.saturating_sub(out);
            let large = cut - cut / 2;
            let before = if self.auto_pad == "SAME_UPPER" {
                cut / 2
            } else {
                large
            };
            // Without automatic padding the specification puts the odd one in front.
            return Ok((before, out));
        }
        let before = number(self.pads.as_ref(), Some(i), 0)?;
        let after = number(self.pads.as_ref(), Some(i + axes), 0)?;
        match all.checked_sub(before + after) {
            Some(out) => Ok((before, out)),
            None => stop!("pads of {before} and {after} around {all} places"),
        }
    }

    fn run(&self, call: &mut Call) -> Outputs {
        let (x, w) = (call.inputs.get(0)?.clone(), call.inputs.get(1)?.clone());
        if !(3..=5).contains(&x.dims.len()) || x.dims.len() != w.dims.len() {
            stop!("input {:?} for weights {:?}", x.dims, w.dims);
        }
        let groups = self.groups;
        if x.dims[1] != w.dims[0] || !x.dims[1].is_multiple_of(groups) || x.dims[1] == 0 {
            stop!(
                "input {:?} for weights {:?} in {groups} groups",
                x.dims,
                w.dims
            );
        }
        let axes = x.dims.len() - 2;
        let window = self.window(&x.dims[2..], &w.dims[2..])?;
        let outside = w.dims[1];
        let mut dims = vec![x.dims[0], outside * groups];
        dims.extend_from_slice(&window.input[3 - axes..]);
        let bias = bias_of(call, outside * groups)?;
        let mut out = call.memory.buffer::<f32>(count(&dims)?)?;
        let size = window.input_size();
        if out.is_empty() {
            return one(dims, out);
        }
        for (i, planes) in out.chunks_exact_mut(outside * size).enumerate() {
            let (batch, group) = (i / groups, i % groups);
            let bias = bias.as_ref().map(|bias| &bias[group * outside..]);
            let piece = Piece {
                batch,
                group,
                groups,
                bias,
            };
            spread_group(call, (&x, &w), &piece, &window, planes)?;
        }
        one(dims, out)
    }
}

/// One group of one item.
struct Piece<'a> {
    batch: usize,
    group: usize,
    groups: usize,
    bias: Option<&'a [f32]>,
}

/// All output channels of a group, some at a time.
fn spread_group(
    call: &mut Call,
    (x, w): (&Tensor, &Tensor),
    of: &Piece,
    window: &Window,
    planes: &mut [f32],
) -> Result<(), Problem> {
    let inside = x.dims[1] / of.groups;
    let (taps, places) = (window.kernel_size(), window.output_size());
    let columns = w.dims[1] * taps;
    let first = (of.batch * of.groups + of.group) * inside * places;
    let values = &x.of::<f32>()?[first..first + inside * places];
    let weights = &w.of::<f32>()?[of.group * inside * columns..][..inside * columns];
    let right = Right::Grid(Grid {
        data: values,
        row_step: places,
        column_step: 1,
    });
    let together = (ROOM / (taps * places).max(1))
        .max(1)
        .next_multiple_of(call.threads.number());
    let size = window.input_size();
    for (i, planes) in planes.chunks_mut(together * size).enumerate() {
        let rows = planes.len() / size * taps;
        let left = Left::Grid(Grid {
            data: &weights[i * together * taps..],
            row_step: 1,
            column_step: columns,
        });
        let mut room = call.memory.buffer(rows * places)?;
        let product = Product {
            batches: 1,
            m: rows,
            k: inside,
            n: places,
            left: &|_| left,
            right: &|_| right,
            row_bias: &|_| None,
        };
        multiply(call, &product, &mut room)?;
        (call.threads).stretches(planes, size, |at, part| {
            for (j, plane) in part.chunks_exact_mut(size).enumerate() {
                let channel = at / size + j;
                plane.fill(0.0);
                let room = &room[channel * taps * places..][..taps * places];
                add_taps(window, room, plane);
                if let Some(bias) = of.bias {
                    let bias = bias[i * together + channel];
                    plane.iter_mut().for_each(|v| *v += bias);
                }
            }
        });
        call.memory
            .release(Tensor::unchecked(vec![rows, places], room));
    }
    Ok(())
}

/// Adds what each element of the kernel brings to the places it reaches, one element
/// after the other.
fn add_taps(w: &Window, room: &[f32], plane: &mut [f32]) {
    let [deep, high, wide] = w.output;
    let [_, tall, across] = w.kernel;
    for (tap, values) in room.chunks_exact(deep * high * wide).enumerate() {
        let tap = [tap / across / tall, tap / across % tall, tap % across];
        let reached = reached(w, 2, tap[2]);
        for (row, values) in values.chunks_exact(wide).enumerate() {
            let (Some(z), Some(y)) = (
                w.source(0, row / high, tap[0]),
                w.source(1, row % high, tap[1]),
            ) else {
                continue;
            };
            let Some(x) = w.source(2, reached.start, tap[2]) else {
                continue;
            };
            let from = (z * w.input[1] + y) * w.input[2] + x;
            let end = (z * w.input[1] + y + 1) * w.input[2];
            let into = plane[from..end].iter_mut().step_by(w.stride[2]);
            for (o, v) in into.zip(&values[reached.clone()]) {
                *o += v;
            }
        }
    }
}

/// The places of one axis from which an element of the kernel reaches the output.
fn reached(w: &Window, axis: usize, tap: usize) -> Range<usize> {
    let offset = tap * w.dilation[axis];
    let stride = w.stride[axis];
    let first = w.before[axis].saturating_sub(offset).div_ceil(stride);
    let end = (w.before[axis] + w.input[axis])
        .saturating_sub(offset)
        .div_ceil(stride);
    first..end.min(w.output[axis]).max(first)
}
