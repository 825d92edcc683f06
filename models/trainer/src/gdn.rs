//! Generalised divisive normalisation: every channel over the root of a weighted sum of
//! the squares of all, or, inverse, times it.
//!
//! Ballé, Laparra, Simoncelli: *Density modeling of images using a generalized
//! normalization transformation*, 2016.

use crate::error::Result;
use crate::layer::{Flow, Layer, Maker, Parameter, Value};
use crate::onnx::{Attribute, Graph};

/// What is under the root at least: nothing is divided by 0.
const LEAST: f64 = 1e-6;

/// Weights are kept as roots, so that whatever training does to them they stay positive.
pub(crate) struct Gdn {
    roots: Parameter,
    offsets: Parameter,
    channels: usize,
    inverse: bool,
}

impl Gdn {
    pub(crate) fn new(maker: &mut Maker, channels: usize, inverse: bool) -> Result<Self> {
        let mut roots = vec![1e-2; channels * channels];
        for c in 0..channels {
            roots[c * channels + c] = 0.3;
        }
        Ok(Gdn {
            roots: maker.given(&[channels, channels], roots)?,
            offsets: maker.constant(&[channels], 1.0)?,
            channels,
            inverse,
        })
    }
}

impl Layer for Gdn {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, cells, channels) = flow.x.dims3()?;
        let rows = flow.x.reshape((samples * cells, channels))?;
        let weights = self.roots.var.sqr()?;
        let offsets = (self.offsets.var.sqr()? + LEAST)?;
        let norm = rows
            .sqr()?
            .matmul(&weights)?
            .broadcast_add(&offsets)?
            .sqrt()?;
        let x = if self.inverse {
            (rows * norm)?
        } else {
            (rows / norm)?
        };
        Ok(Flow {
            x: x.reshape((samples, cells, channels))?,
            ..flow
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let dims = value.lengths.len();
        let roots = graph.weights(&self.roots, &[1, 0])?;
        let weights = graph.node("Mul", &[&roots, &roots], &[]);
        let shape = [self.channels, self.channels].into_iter();
        let shape = shape.chain(std::iter::repeat_n(1, dims)).map(|n| n as i64);
        let shape = graph.integers(&shape.collect::<Vec<_>>());
        let weights = graph.node("Reshape", &[&weights, &shape], &[]);
        let offsets = graph.weights(&self.offsets, &[0])?;
        let squares = graph.node("Mul", &[&offsets, &offsets], &[]);
        let least = graph.floats(&[LEAST as f32]);
        let offsets = graph.node("Add", &[&squares, &least], &[]);
        let squares = graph.node("Mul", &[&value.name, &value.name], &[]);
        let kernel = ("kernel_shape", Attribute::same(1, dims));
        let sums = graph.node("Conv", &[&squares, &weights, &offsets], &[kernel]);
        let norm = graph.node("Sqrt", &[&sums], &[]);
        let kind = if self.inverse { "Mul" } else { "Div" };
        Ok(Value {
            name: graph.node(kind, &[&value.name, &norm], &[]),
            ..value
        })
    }
}
