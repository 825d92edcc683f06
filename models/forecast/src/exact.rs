//! Our own executor as a runtime: the same bits everywhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foresz_exact::{Dim, Dtype, Model, Options, Tensor};
use foresz_predictors::Allowance;

use crate::array::Array;
use crate::error::{Error, Result};
use crate::runtime::{Needs, Port, Runtime, Session, Step};
use crate::source::Onnx;

/// A model run by `foresz-exact`.
pub struct Exact {
    model: Arc<Model>,
    options: Options,
    limits: Limits,
    needs: Arc<Mutex<Needs>>,
}

/// Limits on the work of runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    /// Multiply-adds for each value.
    pub(crate) work: Option<u64>,
    /// What is left for a model out of a stream.
    pub(crate) allowance: Option<Allowance>,
}

impl Limits {
    /// Multiply-adds of a run.
    fn of_run(&self, values: usize) -> Option<u64> {
        let by_values = self.work.map(|work| work.saturating_mul(values as u64));
        let left = self.allowance.as_ref().map(Allowance::work);
        by_values.into_iter().chain(left).min()
    }

    fn spend(&self, work: u64) -> Result<()> {
        match &self.allowance {
            Some(allowance) if !allowance.spend(work) => Err(Error::Limit(format!(
                "the models of the stream do more multiply-adds than are allowed for it; {ALLOW_WORK}"
            ))),
            _ => Ok(()),
        }
    }
}

const ALLOW_WORK: &str = "if you trust the model, allow more with --limit-work (Limits::work)";
const ALLOW_MEMORY: &str =
    "if you trust the model, allow more with --limit-memory (Limits::memory)";

impl Exact {
    /// Loads an ONNX model.
    pub fn load(onnx: impl Into<Onnx>, options: Options) -> Result<Self> {
        Self::load_within(onnx, options, Limits::default())
    }

    /// The same, its work limited.
    pub(crate) fn load_within(
        onnx: impl Into<Onnx>,
        mut options: Options,
        limits: Limits,
    ) -> Result<Self> {
        let onnx = onnx.into();
        if let Some(allowance) = &limits.allowance {
            options.work = Some(allowance.work());
        }
        let model = match onnx.bytes()? {
            Some(bytes) => Model::from_bytes(bytes, &options),
            None => Model::load(onnx.path(), &options),
        };
        let model = Arc::new(model.map_err(failed)?);
        limits.spend(model.loading_work())?;
        Ok(Exact {
            model,
            options,
            limits,
            needs: Arc::default(),
        })
    }
}

fn failed(error: foresz_exact::Error) -> Error {
    use foresz_exact::Error as Failure;
    match error {
        Failure::Memory {
            needed,
            used,
            limit,
        } => Error::Limit(format!(
            "the model needs {needed} more bytes of memory beside {used}, and {limit} are allowed; {ALLOW_MEMORY}"
        )),
        Failure::Work {
            node,
            needed,
            done,
            limit,
        } => Error::Limit(format!(
            "node {node} of the model needs {needed} more multiply-adds after {done}, and {limit} are left; {ALLOW_WORK}"
        )),
        error @ Failure::Full { .. } => Error::Limit(error.to_string()),
        other => Error::Runtime {
            runtime: "exact runtime".into(),
            reason: other.to_string(),
        },
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

    fn memory(&self) -> Option<usize> {
        Some(self.options.memory)
    }

    fn needs(&self) -> Option<Needs> {
        Some(Needs {
            loading: self.model.loading_work(),
            ..*lock(&self.needs)
        })
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        let session = foresz_exact::Session::new(Arc::clone(&self.model), &self.options);
        Ok(Box::new(Running {
            session: session.map_err(failed)?,
            limits: self.limits.clone(),
            needs: Arc::clone(&self.needs),
        }))
    }
}

/// Needs are there as a whole, whoever panicked.
fn lock(needs: &Mutex<Needs>) -> MutexGuard<'_, Needs> {
    needs.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Running {
    session: foresz_exact::Session,
    limits: Limits,
    needs: Arc<Mutex<Needs>>,
}

impl Session for Running {
    fn run(&mut self, step: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        let mut tensors = Vec::with_capacity(inputs.len());
        for (name, array) in inputs {
            let tensor = Tensor::new(array.shape(), array.values().to_vec()).map_err(failed)?;
            tensors.push((*name, tensor));
        }
        self.session.limit_work(self.limits.of_run(step.values));
        let outputs = self.session.run(&tensors).map_err(failed)?;
        self.note(step.values)?;
        let ports = self.session.model().outputs();
        ports
            .iter()
            .zip(outputs)
            .map(|(port, tensor)| Ok((port.name.clone(), array(&port.name, &tensor)?)))
            .collect()
    }
}

impl Running {
    /// Takes note of what the run took.
    fn note(&self, values: usize) -> Result<()> {
        let work = self.session.work();
        let mut needs = lock(&self.needs);
        needs.memory = needs.memory.max(self.session.memory());
        needs.work = needs.work.max(work.div_ceil(values.max(1) as u64));
        drop(needs);
        self.limits.spend(work)
    }
}

fn array(name: &str, tensor: &Tensor) -> Result<Array> {
    let values = tensor
        .values::<f32>()
        .ok_or_else(|| Error::Shape(format!("output {name} is not f32")))?;
    Array::new(tensor.dims(), values.to_vec())
}
