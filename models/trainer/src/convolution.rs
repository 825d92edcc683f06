//! Convolutions in any number of dimensions, as rows gathered and one matrix product.

use std::cell::RefCell;

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::layer::{Flow, Layer, Maker, Parameter, Value};
use crate::onnx::{Attribute, Graph};

/// What lies beyond the borders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Border {
    Zero,
    /// The nearest cell.
    Edge,
}

/// Stands for a zero row where rows are gathered, and for nowhere where they are added.
const NOTHING: u32 = u32::MAX;

/// Lists of places, kept for the next step of the same shape.
#[derive(Default)]
struct Places(RefCell<Option<(usize, Vec<usize>, Tensor)>>);

impl Places {
    /// `of_one` lists places of one sample, out of `cells`.
    fn get(
        &self,
        samples: usize,
        lengths: &[usize],
        cells: usize,
        device: &Device,
        of_one: impl FnOnce() -> Vec<u32>,
    ) -> Result<Tensor> {
        let mut kept = self.0.borrow_mut();
        if let Some((n, shape, places)) = &*kept
            && (*n, shape.as_slice()) == (samples, lengths)
        {
            return Ok(places.clone());
        }
        let one = of_one();
        let mut all = Vec::with_capacity(one.len() * samples);
        for sample in 0..samples {
            let start = (sample * cells) as u32;
            all.extend(
                one.iter()
                    .map(|p| if *p == NOTHING { *p } else { p + start }),
            );
        }
        let count = all.len();
        let places = Tensor::from_vec(all, count, device)?;
        *kept = Some((samples, lengths.to_vec(), places.clone()));
        Ok(places)
    }
}

/// Calls with every index below `lengths`, in row-major order.
fn each_index(lengths: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut at = vec![0; lengths.len()];
    for _ in 0..lengths.iter().product() {
        visit(&at);
        for d in (0..at.len()).rev() {
            at[d] += 1;
            if at[d] < lengths[d] {
                break;
            }
            at[d] = 0;
        }
    }
}

/// For every output cell and every element of the kernel, the input cell.
fn gathered(lengths: &[usize], kernel: usize, stride: usize, border: Border) -> Vec<u32> {
    let reach = (kernel / 2) as isize;
    let outputs: Vec<usize> = lengths.iter().map(|n| n.div_ceil(stride)).collect();
    let window = vec![kernel; lengths.len()];
    let mut places = Vec::new();
    each_index(&outputs, |output| {
        each_index(&window, |offset| {
            let mut place = Some(0);
            for d in 0..lengths.len() {
                let wanted = (output[d] * stride + offset[d]) as isize - reach;
                let clamped = wanted.clamp(0, lengths[d] as isize - 1);
                place = match border {
                    Border::Zero if clamped != wanted => None,
                    _ => place.map(|p| p * lengths[d] + clamped as usize),
                };
            }
            places.push(place.map_or(NOTHING, |p| p as u32));
        });
    });
    places
}

/// For every input cell and every element of the kernel, the output cell, twice as many
/// along each dimension.
fn scattered(lengths: &[usize], kernel: usize) -> Vec<u32> {
    let reach = (kernel / 2) as isize;
    let window = vec![kernel; lengths.len()];
    let mut places = Vec::new();
    each_index(lengths, |input| {
        each_index(&window, |offset| {
            let mut place = Some(0);
            for d in 0..lengths.len() {
                let wanted = (2 * input[d] + offset[d]) as isize - reach;
                let inside = (0..2 * lengths[d] as isize).contains(&wanted);
                place = place
                    .filter(|_| inside)
                    .map(|p: usize| p * 2 * lengths[d] + wanted as usize);
            }
            places.push(place.map_or(NOTHING, |p| p as u32));
        });
    });
    places
}

/// Size and shape of a convolution.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    /// Along every dimension; odd.
    pub(crate) kernel: usize,
    pub(crate) dims: usize,
}

impl Window {
    fn elements(self) -> usize {
        self.kernel.pow(self.dims as u32)
    }

    /// Dimensions of weights: the kernel, then channels.
    fn with(self, channels: [usize; 2]) -> Vec<usize> {
        let kernel = std::iter::repeat_n(self.kernel, self.dims);
        kernel.chain(channels).collect()
    }
}

/// A convolution that keeps the lengths, or divides them by its stride.
pub(crate) struct Convolution {
    window: Window,
    stride: usize,
    border: Border,
    channels: [usize; 2],
    weights: Parameter,
    bias: Parameter,
    places: Places,
}

impl Convolution {
    pub(crate) fn new(
        maker: &mut Maker,
        window: Window,
        channels: [usize; 2],
        stride: usize,
        border: Border,
    ) -> Result<Self> {
        let fan_in = window.elements() * channels[0];
        Ok(Convolution {
            window,
            stride,
            border,
            channels,
            weights: maker.uniform(&window.with(channels), fan_in)?,
            bias: maker.uniform(&[channels[1]], fan_in)?,
            places: Places::default(),
        })
    }

    /// One that says nothing before it is trained.
    pub(crate) fn silent(maker: &mut Maker, window: Window, channels: [usize; 2]) -> Result<Self> {
        Ok(Convolution {
            window,
            stride: 1,
            border: Border::Edge,
            channels,
            weights: maker.constant(&window.with(channels), 0.0)?,
            bias: maker.constant(&[channels[1]], 0.0)?,
            places: Places::default(),
        })
    }
}

impl Layer for Convolution {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, cells, channels) = flow.x.dims3()?;
        let places = self
            .places
            .get(samples, &flow.lengths, cells, flow.x.device(), || {
                gathered(&flow.lengths, self.window.kernel, self.stride, self.border)
            })?;
        let columns = self.window.elements() * channels;
        let rows = flow.x.reshape((samples * cells, channels))?;
        let seen = rows.index_select(&places, 0)?;
        let seen = seen.reshape((seen.elem_count() / columns, columns))?;
        let weights = self.weights.var.reshape((columns, self.channels[1]))?;
        let made = seen
            .matmul(&weights)?
            .broadcast_add(self.bias.var.as_tensor())?;
        let lengths: Vec<usize> = flow
            .lengths
            .iter()
            .map(|n| n.div_ceil(self.stride))
            .collect();
        Ok(Flow {
            x: made.reshape((samples, lengths.iter().product::<usize>(), self.channels[1]))?,
            lengths,
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let dims = self.window.dims;
        let reach = self.window.kernel / 2;
        let order: Vec<usize> = [dims + 1, dims].into_iter().chain(0..dims).collect();
        let weights = graph.weights(&self.weights, &order)?;
        let bias = graph.weights(&self.bias, &[0])?;
        let (input, pads) = match self.border {
            Border::Zero => (value.name, reach),
            Border::Edge => (graph.pad_edges(&value.name, dims, reach), 0),
        };
        let attributes = [
            ("pads", Attribute::same(pads, 2 * dims)),
            ("strides", Attribute::same(self.stride, dims)),
        ];
        Ok(Value {
            name: graph.node("Conv", &[&input, &weights, &bias], &attributes),
            lengths: value
                .lengths
                .iter()
                .map(|n| n.div_ceil(self.stride))
                .collect(),
            channels: self.channels[1],
        })
    }
}

/// A transposed convolution that doubles the lengths.
pub(crate) struct Doubling {
    window: Window,
    channels: [usize; 2],
    weights: Parameter,
    bias: Parameter,
    places: Places,
}

impl Doubling {
    pub(crate) fn new(maker: &mut Maker, window: Window, channels: [usize; 2]) -> Result<Self> {
        let fan_in = window.elements() * channels[0] / 2_usize.pow(window.dims as u32);
        Ok(Doubling {
            window,
            channels,
            weights: maker.uniform(&window.with(channels), fan_in)?,
            bias: maker.uniform(&[channels[1]], fan_in)?,
            places: Places::default(),
        })
    }
}

impl Layer for Doubling {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, cells, channels) = flow.x.dims3()?;
        let [_, made] = self.channels;
        let lengths: Vec<usize> = flow.lengths.iter().map(|n| 2 * n).collect();
        let outputs: usize = lengths.iter().product();
        let places = self
            .places
            .get(samples, &flow.lengths, outputs, flow.x.device(), || {
                scattered(&flow.lengths, self.window.kernel)
            })?;
        let elements = self.window.elements();
        // [kernel, in, out] to [in, kernel · out].
        let weights = self.weights.var.reshape((elements, channels, made))?;
        let weights = weights
            .transpose(0, 1)?
            .reshape((channels, elements * made))?;
        let rows = flow.x.reshape((samples * cells, channels))?;
        let parts = rows.matmul(&weights)?;
        let parts = parts.reshape((samples * cells * elements, made))?;
        let empty = Tensor::zeros((samples * outputs, made), parts.dtype(), parts.device())?;
        let sums = empty
            .index_add(&places, &parts, 0)?
            .broadcast_add(self.bias.var.as_tensor())?;
        Ok(Flow {
            x: sums.reshape((samples, outputs, made))?,
            lengths,
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let dims = self.window.dims;
        let order: Vec<usize> = [dims, dims + 1].into_iter().chain(0..dims).collect();
        let weights = graph.weights(&self.weights, &order)?;
        let bias = graph.weights(&self.bias, &[0])?;
        let attributes = [
            ("pads", Attribute::same(self.window.kernel / 2, 2 * dims)),
            ("strides", Attribute::same(2, dims)),
            ("output_padding", Attribute::same(1, dims)),
        ];
        Ok(Value {
            name: graph.node(
                "ConvTranspose",
                &[&value.name, &weights, &bias],
                &attributes,
            ),
            lengths: value.lengths.iter().map(|n| 2 * n).collect(),
            channels: self.channels[1],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kernel_sees_at_the_borders() {
        let zero = gathered(&[4], 3, 2, Border::Zero);
        assert_eq!(zero, [NOTHING, 0, 1, 1, 2, 3]);
        let edge = gathered(&[2, 3], 3, 1, Border::Edge);
        assert_eq!(edge[..9], [0, 0, 1, 0, 0, 1, 3, 3, 4]);
    }

    #[test]
    fn what_is_doubled_goes_to_even_cells_and_their_neighbours() {
        assert_eq!(scattered(&[2], 3), [NOTHING, 0, 1, 1, 2, 3]);
    }
}
