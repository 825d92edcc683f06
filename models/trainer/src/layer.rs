//! What a network is made of.

use std::rc::Rc;

use candle_core::{Device, Tensor, Var};

use crate::error::Result;
use crate::onnx::Graph;
use crate::random::Random;

/// Values between two layers: `[samples, cells, channels]`, the cells in row-major
/// order. Channels come last because rows of channels are then what a convolution
/// gathers, whatever the number of dimensions.
pub(crate) struct Flow {
    pub(crate) x: Tensor,
    /// Of the cells along each dimension; none where values are a plain list.
    pub(crate) lengths: Vec<usize>,
}

/// The same in an ONNX graph, where channels come before cells: `[samples, channels,
/// lengths…]`, or `[samples, channels]` for a plain list.
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) lengths: Vec<usize>,
    pub(crate) channels: usize,
}

/// One step of a network, in training and as written.
pub(crate) trait Layer {
    fn forward(&self, flow: Flow) -> Result<Flow>;
    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value>;
}

/// Weights. The last dimension is that of the output channels.
#[derive(Clone)]
pub(crate) struct Parameter {
    /// In files, for people.
    pub(crate) name: String,
    pub(crate) var: Var,
}

impl Parameter {
    pub(crate) fn values(&self) -> Result<Vec<f32>> {
        Ok(self.var.flatten_all()?.to_vec1()?)
    }
}

/// Makes parameters, and keeps them for whoever changes them.
pub(crate) struct Maker<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) device: &'a Device,
    made: Vec<Parameter>,
    prefix: Rc<str>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(random: &'a mut Random, device: &'a Device) -> Self {
        Maker {
            random,
            device,
            made: Vec::new(),
            prefix: "".into(),
        }
    }

    /// What parameters are called from here on.
    pub(crate) fn called(&mut self, prefix: &str) {
        self.prefix = prefix.into();
    }

    /// Uniform within 1/√`fan_in`, as most frameworks have it.
    pub(crate) fn uniform(&mut self, dims: &[usize], fan_in: usize) -> Result<Parameter> {
        let most = (fan_in.max(1) as f64).sqrt().recip();
        let count = dims.iter().product();
        let values = (0..count).map(|_| (self.random.signed() * most) as f32);
        let values = values.collect();
        self.given(dims, values)
    }

    pub(crate) fn constant(&mut self, dims: &[usize], value: f32) -> Result<Parameter> {
        self.given(dims, vec![value; dims.iter().product()])
    }

    pub(crate) fn given(&mut self, dims: &[usize], values: Vec<f32>) -> Result<Parameter> {
        let tensor = Tensor::from_vec(values, dims, self.device)?;
        let parameter = Parameter {
            name: format!("{}.{}", self.prefix, self.made.len()),
            var: Var::from_tensor(&tensor)?,
        };
        self.made.push(parameter.clone());
        Ok(parameter)
    }

    pub(crate) fn parameters(self) -> Vec<Parameter> {
        self.made
    }
}

/// max(x, 0), or a part of it below 0.
pub(crate) struct Relu {
    pub(crate) slope: f64,
}

impl Layer for Relu {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let positive = flow.x.relu()?;
        let x = if self.slope == 0.0 {
            positive
        } else {
            ((positive * (1.0 - self.slope))? + (flow.x * self.slope)?)?
        };
        Ok(Flow { x, ..flow })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let name = if self.slope == 0.0 {
            graph.node("Relu", &[&value.name], &[])
        } else {
            let slope = ("alpha", (self.slope as f32).into());
            graph.node("LeakyRelu", &[&value.name], &[slope])
        };
        Ok(Value { name, ..value })
    }
}

/// Several layers, one after the other.
pub(crate) type Chain = Vec<Box<dyn Layer>>;

impl Layer for Chain {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        self.iter()
            .try_fold(flow, |flow, layer| layer.forward(flow))
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        self.iter()
            .try_fold(value, |value, layer| layer.export(graph, value))
    }
}

/// What goes in plus what layers make of it.
pub(crate) struct Residual(pub(crate) Chain);

impl Layer for Residual {
    fn forward(&self, flow: Flow) -> Result<Flow> {
        let kept = flow.x.clone();
        let made = self.0.forward(flow)?;
        Ok(Flow {
            x: (made.x + kept)?,
            ..made
        })
    }

    fn export(&self, graph: &mut Graph, value: Value) -> Result<Value> {
        let kept = value.name.clone();
        let made = self.0.export(graph, value)?;
        Ok(Value {
            name: graph.node("Add", &[&made.name, &kept], &[]),
            ..made
        })
    }
}
