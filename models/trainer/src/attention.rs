//! Attention within windows of a frame.
//!
//! Liu et al.: *Swin transformer*, 2021; with learned places instead of learned
//! distances, and the windows of every other block shifted by half.

use std::cell::RefCell;

use candle_core::{D, Tensor};

use crate::error::Result;
use crate::layer::{Flow, Layer, Maker, Parameter, Value};
use crate::onnx::{Attribute, Graph};

/// Rows and columns of a window.
const SIDE: usize = 8;
const CELLS: usize = SIDE * SIDE;
/// Parts that attention is divided into.
const HEADS: usize = 4;
const EPSILON: f64 = 1e-5;

/// A frame divided into windows, its edges repeated to fill them.
#[derive(Clone, Copy, PartialEq)]
struct Division {
    lengths: [usize; 2],
    /// Cells added before the first, and windows, along each dimension.
    before: usize,
    windows: [usize; 2],
}

impl Division {
    fn new(lengths: &[usize], shifted: bool) -> Self {
        let before = if shifted { SIDE / 2 } else { 0 };
        let windows = |n: usize| (n + before).div_ceil(SIDE);
        Division {
            lengths: [lengths[0], lengths[1]],
            before,
            windows: [windows(lengths[0]), windows(lengths[1])],
        }
    }

    /// For every cell of every window, the cell of the frame.
    fn into_windows(self) -> Vec<u32> {
        let [rows, columns] = self.lengths;
        let clamped = |at: usize, length: usize| at.saturating_sub(self.before).min(length - 1);
        let mut places = Vec::with_capacity(self.windows[0] * self.windows[1] * CELLS);
        for window in 0..self.windows[0] * self.windows[1] {
            let (down, right) = (
                window / self.windows[1] * SIDE,
                window % self.windows[1] * SIDE,
            );
            for cell in 0..CELLS {
                let row = clamped(down + cell / SIDE, rows);
                let column = clamped(right + cell % SIDE, columns);
                places.push((row * columns + column) as u32);
            }
        }
        places
    }

    /// For every cell of the frame, where it is in the windows.
    fn out_of_windows(self) -> Vec<u32> {
        let [rows, columns] = self.lengths;
        let mut places = Vec::with_capacity(rows * columns);
        for row in self.before..rows + self.before {
            for column in self.before..columns + self.before {
                let window = row / SIDE * self.windows[1] + column / SIDE;
                places.push((window * CELLS + row % SIDE * SIDE + column % SIDE) as u32);
            }
        }
        places
    }
}

/// The lists of a division, kept for the next step of the same shape.
type Kept = RefCell<Option<(Division, [Tensor; 2])>>;

/// Normalisation, attention in every window, and a projection.
pub(crate) struct WindowAttention {
    channels: usize,
    shifted: bool,
    scale: Parameter,
    offset: Parameter,
    /// Added to the cells of a window, that it may know their places.
    places: Parameter,
    queries: Parameter,
    keys: Parameter,
    values: Parameter,
    projection: Parameter,
    bias: Parameter,
    kept: Kept,
}

impl WindowAttention {
    pub(crate) fn new(maker: &mut Maker, channels: usize, shifted: bool) -> Result<Self> {
        let width = Self::width(channels);
        Ok(WindowAttention {
            channels,
            shifted,
            scale: maker.constant(&[channels], 1.0)?,
            offset: maker.constant(&[channels], 0.0)?,
            places: maker.uniform(&[CELLS, channels], channels)?,
            queries: maker.uniform(&[channels, width], channels)?,
            keys: maker.uniform(&[channels, width], channels)?,
            values: maker.uniform(&[channels, width], channels)?,
            projection: maker.uniform(&[width, channels], width)?,
            bias: maker.constant(&[channels], 0.0)?,
            kept: RefCell::default(),
        })
    }

    /// Channels inside, the same for every head.
    fn width(channels: usize) -> usize {
        channels.div_ceil(HEADS) * HEADS
    }

    /// What a query's product with a key is multiplied by.
    fn sharpness(&self) -> f64 {
        ((Self::width(self.channels) / HEADS) as f64).sqrt().recip()
    }

    fn lists(&self, division: Division, x: &Tensor) -> Result<[Tensor; 2]> {
        let mut kept = self.kept.borrow_mut();
        if let Some((known, lists)) = &*kept
            && *known == division
        {
            return Ok(lists.clone());
        }
        let list = |places: Vec<u32>| {
            let count = places.len();
            Tensor::from_vec(places, count, x.device())
        };
        let lists = [
            list(division.into_windows())?,
            list(division.out_of_windows())?,
        ];
        *kept = Some((division, lists.clone()));
        Ok(lists)
    }

    fn normalised(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let unit = centred.broadcast_div(&(variance + EPSILON)?.sqrt()?)?;
        Ok(unit
            .broadcast_mul(self.scale.var.as_tensor())?
            .broadcast_add(self.offset.var.as_tensor())?)
    }
}

impl Layer for WindowAttention {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, _, channels) = flow.x.dims3()?;
        let division = Division::new(&flow.lengths, self.shifted);
        let [into, out] = self.lists(division, &flow.x)?;
        let width = Self::width(channels);
        let windows = samples * division.windows[0] * division.windows[1];
        let cells = flow.x.contiguous()?.index_select(&into, 1)?;
        let cells = self
            .normalised(&cells.reshape((windows, CELLS, channels))?)?
            .broadcast_add(self.places.var.as_tensor())?;
        let rows = cells.reshape((windows * CELLS, channels))?;
        let heads = |weights: &Parameter| -> Result<Tensor> {
            let made = rows.matmul(weights.var.as_tensor())?;
            let made = made.reshape((windows, CELLS, HEADS, width / HEADS))?;
            Ok(made.transpose(1, 2)?.contiguous()?)
        };
        let (queries, keys) = (heads(&self.queries)?, heads(&self.keys)?);
        let scores = (queries.matmul(&keys.t()?.contiguous()?)? * self.sharpness())?;
        let largest = scores.max_keepdim(D::Minus1)?.detach();
        let powers = scores.broadcast_sub(&largest)?.exp()?;
        let attention = powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)?;
        let mixed = attention.matmul(&heads(&self.values)?)?;
        let mixed = mixed.transpose(1, 2)?.reshape((windows * CELLS, width))?;
        let made = mixed
            .matmul(self.projection.var.as_tensor())?
            .broadcast_add(self.bias.var.as_tensor())?;
        let made = made.reshape((samples, windows / samples * CELLS, channels))?;
        Ok(Flow {
            x: made.index_select(&out, 1)?,
            ..flow
        })
    }

    #[expect(clippy::too_many_lines, reason = "one graph, node by node")]
    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let division = Division::new(&value.lengths, self.shifted);
        let (channels, width) = (self.channels, Self::width(self.channels));
        let [down, right] = division.windows;
        let side = SIDE as i64;
        let turned = |graph: &mut Graph, name: &str, order: &[i64]| {
            graph.node(
                "Transpose",
                &[name],
                &[("perm", Attribute::Integers(order.to_vec()))],
            )
        };
        let shaped = |graph: &mut Graph, name: &str, dims: &[usize]| {
            let dims: Vec<i64> = dims.iter().map(|n| *n as i64).collect();
            let dims = graph.integers(&dims);
            graph.node("Reshape", &[name, &dims], &[])
        };

        let before = division.before as i64;
        let after = |windows: usize, n: usize| windows as i64 * side - before - n as i64;
        let ends = [
            after(down, value.lengths[0]),
            after(right, value.lengths[1]),
        ];
        let pads = graph.integers(&[0, 0, before, before, 0, 0, ends[0], ends[1]]);
        let edge = ("mode", Attribute::Text("edge"));
        let padded = graph.node("Pad", &[&value.name, &pads], &[edge]);
        let cut = shaped(graph, &padded, &[channels, down, SIDE, right, SIDE]);
        let cells = turned(graph, &cut, &[1, 3, 2, 4, 0]);
        let cells = shaped(graph, &cells, &[down * right, CELLS, channels]);
        let (scale, offset) = (
            graph.weights(&self.scale, &[0])?,
            graph.weights(&self.offset, &[0])?,
        );
        let epsilon = ("epsilon", (EPSILON as f32).into());
        let axis = ("axis", Attribute::Integer(-1));
        let unit = graph.node(
            "LayerNormalization",
            &[&cells, &scale, &offset],
            &[axis.clone(), epsilon],
        );
        let places = graph.weights(&self.places, &[0, 1])?;
        let cells = graph.node("Add", &[&unit, &places], &[]);

        let heads = |graph: &mut Graph, weights: &Parameter, order: &[i64]| -> Result<String> {
            let weights = graph.weights(weights, &[0, 1])?;
            let made = graph.node("MatMul", &[&cells, &weights], &[]);
            let made = shaped(graph, &made, &[down * right, CELLS, HEADS, width / HEADS]);
            Ok(turned(graph, &made, order))
        };
        let queries = heads(graph, &self.queries, &[0, 2, 1, 3])?;
        let keys = heads(graph, &self.keys, &[0, 2, 3, 1])?;
        let values = heads(graph, &self.values, &[0, 2, 1, 3])?;
        let scores = graph.node("MatMul", &[&queries, &keys], &[]);
        let sharpness = graph.floats(&[self.sharpness() as f32]);
        let scores = graph.node("Mul", &[&scores, &sharpness], &[]);
        let attention = graph.node("Softmax", &[&scores], &[axis]);
        let mixed = graph.node("MatMul", &[&attention, &values], &[]);
        let mixed = turned(graph, &mixed, &[0, 2, 1, 3]);
        let mixed = shaped(graph, &mixed, &[down * right, CELLS, width]);
        let projection = graph.weights(&self.projection, &[0, 1])?;
        let bias = graph.weights(&self.bias, &[0])?;
        let made = graph.node("MatMul", &[&mixed, &projection], &[]);
        let made = graph.node("Add", &[&made, &bias], &[]);

        let made = shaped(graph, &made, &[down, right, SIDE, SIDE, channels]);
        let made = turned(graph, &made, &[4, 0, 2, 1, 3]);
        let made = shaped(graph, &made, &[1, channels, down * SIDE, right * SIDE]);
        let starts = graph.integers(&[before, before]);
        let ends = [0, 1].map(|d| before + value.lengths[d] as i64);
        let ends = graph.integers(&ends);
        let axes = graph.integers(&[2, 3]);
        Ok(Value {
            name: graph.node("Slice", &[&made, &starts, &ends, &axes], &[]),
            ..value
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_windows_undoes_into_windows() {
        for shifted in [false, true] {
            let division = Division::new(&[11, 17], shifted);
            let (into, out) = (division.into_windows(), division.out_of_windows());
            let back: Vec<u32> = out.iter().map(|p| into[*p as usize]).collect();
            assert_eq!(back, (0..11 * 17).collect::<Vec<u32>>());
        }
    }
}
