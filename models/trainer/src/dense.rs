//! Fully connected layers, and the way between cells and plain lists.

use crate::error::Result;
use crate::layer::{Flow, Layer, Maker, Parameter, Value};
use crate::onnx::Graph;

/// Every output a weighted sum of all inputs.
pub(crate) struct Dense {
    weights: Parameter,
    bias: Parameter,
    outputs: usize,
}

impl Dense {
    pub(crate) fn new(maker: &mut Maker, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Dense {
            weights: maker.uniform(&[inputs, outputs], inputs)?,
            bias: maker.uniform(&[outputs], inputs)?,
            outputs,
        })
    }
}

impl Layer for Dense {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, cells, channels) = flow.x.dims3()?;
        let rows = flow.x.reshape((samples * cells, channels))?;
        let made = rows
            .matmul(self.weights.var.as_tensor())?
            .broadcast_add(self.bias.var.as_tensor())?;
        Ok(Flow {
            x: made.reshape((samples, cells, self.outputs))?,
            ..flow
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let weights = graph.weights(&self.weights, &[0, 1])?;
        let bias = graph.weights(&self.bias, &[0])?;
        Ok(Value {
            name: graph.node("Gemm", &[&value.name, &weights, &bias], &[]),
            channels: self.outputs,
            ..value
        })
    }
}

/// Cells and channels to one list, cell by cell.
pub(crate) struct Flatten;

impl Layer for Flatten {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, cells, channels) = flow.x.dims3()?;
        Ok(Flow {
            x: flow.x.reshape((samples, 1, cells * channels))?,
            lengths: Vec::new(),
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let cells: usize = value.lengths.iter().product();
        let last = graph.channels_last(&value);
        let shape = graph.integers(&[-1, (cells * value.channels) as i64]);
        Ok(Value {
            name: graph.node("Reshape", &[&last, &shape], &[]),
            lengths: Vec::new(),
            channels: cells * value.channels,
        })
    }
}

/// A list back to cells.
pub(crate) struct Unflatten {
    pub(crate) lengths: Vec<usize>,
}

impl Layer for Unflatten {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let (samples, _, all) = flow.x.dims3()?;
        let cells: usize = self.lengths.iter().product();
        Ok(Flow {
            x: flow.x.reshape((samples, cells, all / cells))?,
            lengths: self.lengths.clone(),
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let cells: usize = self.lengths.iter().product();
        let channels = value.channels / cells;
        let lengths = self.lengths.iter().map(|n| *n as i64);
        let name = if channels == 1 {
            let shape: Vec<i64> = [-1, 1].into_iter().chain(lengths).collect();
            let shape = graph.integers(&shape);
            graph.node("Reshape", &[&value.name, &shape], &[])
        } else {
            let shape: Vec<i64> = [-1]
                .into_iter()
                .chain(lengths)
                .chain([channels as i64])
                .collect();
            let shape = graph.integers(&shape);
            let last = graph.node("Reshape", &[&value.name, &shape], &[]);
            graph.channels_first(&last, self.lengths.len())
        };
        Ok(Value {
            name,
            lengths: self.lengths.clone(),
            channels,
        })
    }
}
