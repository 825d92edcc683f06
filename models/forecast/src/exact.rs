//! Our own executor as a runtime: the same bits everywhere.

use std::sync::Arc;

use foresz_exact::{Dim, Dtype, Model, Options, Tensor};

use crate::array::Array;
use crate::error::{Error, Result};
use crate::runtime::{Port, Runtime, Session, Step};
use crate::source::Onnx;

/// A model run by `foresz-exact`.
pub struct Exact {
    model: Arc<Model>,
    options: Options,
}

impl Exact {
    /// Loads an ONNX model.
    pub fn load(onnx: impl Into<Onnx>, options: Options) -> Result<Self> {
        let onnx = onnx.into();
        let model = match onnx.bytes()? {
            Some(bytes) => Model::from_bytes(bytes, &options),
            None => Model::load(onnx.path(), &options),
        };
        let model = Arc::new(model.map_err(failed)?);
        Ok(Exact { model, options })
    }
}

fn failed(error: foresz_exact::Error) -> Error {
    Error::Runtime {
        runtime: "exact runtime".into(),
        reason: error.to_string(),
    }
}

fn port(port: &foresz_exact::Port) -> Port {
    let length = |dim: &Dim| match dim {
        Dim::Fixed(n) => Some(*n),
        _ => None,
    };
    Port {
        name: port.name.clone(),
        shape: port.dims.as_ref().map(|d| d.iter().map(length).collect()),
        is_f32: port.dtype == Dtype::F32,
    }
}

impl Runtime for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn about(&self) -> String {
        "the exact runtime".into()
    }

    fn inputs(&self) -> Vec<Port> {
        self.model.inputs().iter().map(port).collect()
    }

    fn outputs(&self) -> Vec<Port> {
        self.model.outputs().iter().map(port).collect()
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        let session = foresz_exact::Session::new(Arc::clone(&self.model), &self.options);
        Ok(Box::new(Running(session.map_err(failed)?)))
    }
}

struct Running(foresz_exact::Session);

impl Session for Running {
    fn run(&mut self, _: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        let mut tensors = Vec::with_capacity(inputs.len());
        for (name, array) in inputs {
            let tensor = Tensor::new(array.shape(), array.values().to_vec()).map_err(failed)?;
            tensors.push((*name, tensor));
        }
        let outputs = self.0.run(&tensors).map_err(failed)?;
        let ports = self.0.model().outputs();
        ports
            .iter()
            .zip(outputs)
            .map(|(port, tensor)| Ok((port.name.clone(), array(&port.name, &tensor)?)))
            .collect()
    }
}

fn array(name: &str, tensor: &Tensor) -> Result<Array> {
    let values = tensor
        .values::<f32>()
        .ok_or_else(|| Error::Shape(format!("output {name} is not f32")))?;
    Array::new(tensor.dims(), values.to_vec())
}
