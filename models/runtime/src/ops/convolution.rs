//! Convolution over one, two or three axes.

use super::{Call, Node, Outputs, Run, multiply, one};
use crate::error::{Problem, stop};
use crate::kernels::pack::{Grid, Left, PackedRows, Right};
use crate::kernels::product::Product;
use crate::kernels::sliding::{Layout, Sliding};
use crate::kernels::window::Window;
use crate::shape::{count, length};
use crate::tensor::Tensor;

/// How a kernel moves, as the attributes of convolutions and poolings say.
#[derive(Clone)]
pub(super) struct Motion {
    kernel: Option<Vec<usize>>,
    strides: Option<Vec<usize>>,
    dilations: Option<Vec<usize>>,
    pads: Pads,
    round_up: bool,
}

#[derive(Clone)]
enum Pads {
    Given(Option<Vec<usize>>),
    SameUpper,
    SameLower,
}

/// Positive numbers of an attribute.
fn lengths(node: &Node, name: &'static str, least: usize) -> Result<Option<Vec<usize>>, Problem> {
    let Some(numbers) = node.integers(name)? else {
        return Ok(None);
    };
    let read = |&n: &i64| match length(n) {
        // Beyond this, sums of a few of them could overflow on small machines.
        Ok(n) if n >= least && n <= 1 << 24 => Ok(n),
        _ => stop!("{name} has {n}"),
    };
    Ok(Some(
        numbers.iter().map(read).collect::<Result<_, Problem>>()?,
    ))
}

impl Motion {
    pub(super) fn of(node: &Node) -> Result<Self, Problem> {
        let pads = match node.text("auto_pad", "NOTSET")? {
            "NOTSET" => Pads::Given(lengths(node, "pads", 0)?),
            "VALID" => Pads::Given(None),
            "SAME_UPPER" => Pads::SameUpper,
            "SAME_LOWER" => Pads::SameLower,
            other => stop!("auto_pad is {other}"),
        };
        node.ignore(&["pads"]);
        Ok(Self {
            kernel: lengths(node, "kernel_shape", 1)?,
            strides: lengths(node, "strides", 1)?,
            dilations: lengths(node, "dilations", 1)?,
            pads,
            round_up: node.integer("ceil_mode", 0)? != 0,
        })
    }

    /// The window over an input of these lengths; `kernel` where the weights say it.
    pub(super) fn window(
        &self,
        input: &[usize],
        kernel: Option<&[usize]>,
    ) -> Result<Window, Problem> {
        let axes = input.len();
        if !(1..=3).contains(&axes) {
            stop!("a kernel over {axes} axes instead of one to three");
        }
        let kernel = match (kernel, &self.kernel) {
            (Some(kernel), Some(said)) if kernel != said => {
                stop!("kernel_shape is {said:?} where the weights have {kernel:?}")
            }
            (Some(kernel), _) => kernel,
            (None, Some(said)) => said,
            (None, None) => stop!("kernel_shape is missing"),
        };
        let kernel = filled(Some(kernel), axes, 1, "kernel_shape")?;
        let stride = filled(self.strides.as_deref(), axes, 1, "strides")?;
        let dilation = filled(self.dilations.as_deref(), axes, 1, "dilations")?;
        let input = filled(Some(input), axes, 1, "the input")?;
        if input.contains(&0) {
            stop!("a kernel over an empty axis");
        }
        let mut window = Window {
            input,
            output: [1; 3],
            kernel,
            stride,
            dilation,
            before: [0; 3],
            after: [0; 3],
        };
        for axis in 0..3 {
            let (before, after) = self.padding(&window, axis, axes)?;
            window.before[axis] = before;
            window.after[axis] = after;
            window.output[axis] = self.output_length(&window, axis)?;
        }
        Ok(window)
    }

    fn padding(&self, w: &Window, axis: usize, axes: usize) -> Result<(usize, usize), Problem> {
        let Pads::Given(pads) = &self.pads else {
            let reach = (w.kernel[axis] - 1) * w.dilation[axis] + 1;
            let steps = w.input[axis].div_ceil(w.stride[axis]) - 1;
            let total = (steps * w.stride[axis] + reach).saturating_sub(w.input[axis]);
            let small = total / 2;
            return Ok(match self.pads {
                Pads::SameLower => (total - small, small),
                _ => (small, total - small),
            });
        };
        let (Some(pads), Some(i)) = (pads, axis.checked_sub(3 - axes)) else {
            return Ok((0, 0));
        };
        if pads.len() != axes * 2 {
            stop!("pads has {} numbers for {axes} axes", pads.len());
        }
        Ok((pads[i], pads[i + axes]))
    }

    fn output_length(&self, w: &Window, axis: usize) -> Result<usize, Problem> {
        let reach = (w.kernel[axis] - 1) * w.dilation[axis] + 1;
        let all = w.before[axis] + w.input[axis] + w.after[axis];
        let Some(room) = all.checked_sub(reach) else {
            stop!("the kernel reaches over {reach} of {all} places");
        };
        let steps = if self.round_up {
            let steps = room.div_ceil(w.stride[axis]);
            // The last window has to begin within the input or its padding in front.
            let beyond = steps * w.stride[axis] >= w.input[axis] + w.before[axis];
            if beyond { steps - 1 } else { steps }
        } else {
            room / w.stride[axis]
        };
        Ok(steps + 1)
    }
}

/// Numbers for the axes there are, in a list of three with the missing ones in front.
fn filled(
    list: Option<&[usize]>,
    axes: usize,
    missing: usize,
    name: &str,
) -> Result<[usize; 3], Problem> {
    let mut all = [missing; 3];
    if let Some(list) = list {
        if list.len() != axes {
            stop!("{name} has {} numbers for {axes} axes", list.len());
        }
        all[3 - axes..].copy_from_slice(list);
    }
    Ok(all)
}

/// Weights of a convolution, packed for each group.
struct Weights {
    dims: Vec<usize>,
    groups: Vec<PackedRows>,
}

impl Weights {
    fn new(dims: &[usize], values: &[f32], groups: usize) -> Result<Self, Problem> {
        if !(3..=5).contains(&dims.len()) {
            stop!("weights with {} axes instead of 3 to 5", dims.len());
        }
        if groups == 0 || dims[0] == 0 || !dims[0].is_multiple_of(groups) {
            stop!("{} output channels in {groups} groups", dims[0]);
        }
        let depth: usize = dims[1..].iter().product();
        let rows = dims[0] / groups;
        let packed = (0..groups).map(|group| {
            let grid = Grid {
                data: &values[group * rows * depth..],
                row_step: depth,
                column_step: 1,
            };
            PackedRows::new(&grid, rows, depth)
        });
        Ok(Self {
            dims: dims.to_vec(),
            groups: packed.collect(),
        })
    }
}

pub(super) fn convolution(node: &Node) -> Result<Run, Problem> {
    let motion = Motion::of(node)?;
    let groups = length(node.integer("group", 1)?)?;
    let constant = match node.constant(1) {
        Some(weights) if node.reserve(weights.bytes()) => {
            node.absorb(1);
            Some(Weights::new(&weights.dims, weights.of()?, groups)?)
        }
        _ => None,
    };
    Ok(Box::new(move |call| match &constant {
        Some(weights) => convolve(call, &motion, weights),
        None => {
            let given = call.inputs.get(1)?;
            // They are packed for this run alone.
            call.memory.room(Some(given.bytes()))?;
            call.memory.work.each(given.len())?;
            let weights = Weights::new(&given.dims, given.of()?, groups)?;
            convolve(call, &motion, &weights)
        }
    }))
}

/// The bias of a convolution with one number for each of `channels`.
pub(super) fn bias_of(call: &Call, channels: usize) -> Result<Option<Vec<f32>>, Problem> {
    let Some(bias) = call.inputs.optional(2) else {
        return Ok(None);
    };
    let values: &[f32] = bias.of()?;
    if values.len() != channels {
        stop!("a bias of {} numbers for {channels} channels", values.len());
    }
    Ok(Some(values.to_vec()))
}

fn convolve(call: &mut Call, motion: &Motion, weights: &Weights) -> Outputs {
    let x = call.inputs.get(0)?.clone();
    let groups = weights.groups.len();
    let (channels_out, channels_in) = (weights.dims[0], weights.dims[1] * groups);
    if x.dims.len() != weights.dims.len() || x.dims[1] != channels_in {
        stop!(
            "input {:?} for weights {:?} in {groups} groups",
            x.dims,
            weights.dims
        );
    }
    let axes = x.dims.len() - 2;
    let window = motion.window(&x.dims[2..], Some(&weights.dims[2..]))?;
    let mut dims = vec![x.dims[0], channels_out];
    dims.extend_from_slice(&window.output[3 - axes..]);
    let bias = bias_of(call, channels_out)?;
    let mut out = call.memory.buffer(count(&dims)?)?;
    if out.is_empty() {
        return one(dims, out);
    }
    if window.is_plain() {
        pointwise(call, &x, weights, bias.as_deref(), &mut out)?;
    } else {
        slide(call, &x, (weights, &window), bias.as_deref(), &mut out)?;
    }
    one(dims, out)
}

/// A kernel of one element is a plain matrix product.
fn pointwise(
    call: &mut Call,
    x: &Tensor,
    weights: &Weights,
    bias: Option<&[f32]>,
    out: &mut [f32],
) -> Result<(), Problem> {
    let groups = weights.groups.len();
    let (inside, outside) = (weights.dims[1], weights.dims[0] / groups);
    let places: usize = x.dims[2..].iter().product();
    let input = x.of()?;
    let size = inside * places;
    let product = Product {
        batches: x.dims[0] * groups,
        m: outside,
        k: inside,
        n: places,
        left: &|batch| Left::Packed(&weights.groups[batch % groups]),
        right: &|batch| {
            Right::Grid(Grid {
                data: &input[batch * size..(batch + 1) * size],
                row_step: places,
                column_step: 1,
            })
        },
        row_bias: &|batch| {
            let first = batch % groups * outside;
            bias.map(|bias| &bias[first..first + outside])
        },
    };
    multiply(call, &product, out)
}

fn slide(
    call: &mut Call,
    x: &Tensor,
    (weights, window): (&Weights, &Window),
    bias: Option<&[f32]>,
    out: &mut [f32],
) -> Result<(), Problem> {
    let layout = Layout::new(window);
    let Some(length) = layout.length(x.dims[1]) else {
        stop!("a kernel that reaches too far");
    };
    let terms = weights.dims[1].checked_mul(window.kernel_size());
    call.memory
        .room(terms.and_then(|n| n.checked_mul(size_of::<usize>())))?;
    let groups = weights.groups.len();
    let lists = layout.lists(groups, weights.dims[0] / groups, call.threads);
    call.memory.room(lists)?;
    let [deep, bands, columns] = layout.sums(groups, weights.dims[0] / groups, call.threads);
    let terms = terms.unwrap_or(usize::MAX);
    let (items, channels) = (x.dims[0], weights.dims[0]);
    let sums = [items, channels, terms, deep, bands, columns];
    call.memory.work.sums(&sums)?;
    call.memory.work.each(length.saturating_mul(items))?;
    let offsets = layout.offsets(weights.dims[1]);
    let mut data = call.memory.buffer::<f32>(length)?;
    let items = x.of::<f32>()?.chunks_exact(x.len() / x.dims[0]);
    for (item, out) in items.zip(out.chunks_exact_mut(out.len() / x.dims[0])) {
        layout.fill(item, &mut data, call.threads);
        let sliding = Sliding {
            layout: &layout,
            data: &data,
            offsets: &offsets,
            groups: &weights.groups,
            bias,
        };
        sliding.write(out, call.threads);
    }
    call.memory.release(Tensor::unchecked(vec![length], data));
    Ok(())
}
