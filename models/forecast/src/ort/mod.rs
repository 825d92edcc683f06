//! ONNX Runtime, found when it is wanted: all else works without it.

mod library;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ::ort::environment::Environment;
use ::ort::ep::CUDA;
use ::ort::session::Session as Loaded;
use ::ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ::ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use crate::array::Array;
use crate::error::{Error, Result};
use crate::runtime::{Port, Runtime, Session, Step};
use crate::source::Onnx;

/// How far ONNX Runtime rewrites a model before it runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimisation {
    /// Not at all.
    None,
    /// Without a change of what is computed.
    Basic,
    /// Operators are fused.
    Extended,
    /// Layouts are changed too.
    #[default]
    All,
}

impl Optimisation {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Extended => "extended",
            Self::All => "all",
        }
    }

    fn level(self) -> GraphOptimizationLevel {
        match self {
            Self::None => GraphOptimizationLevel::Disable,
            Self::Basic => GraphOptimizationLevel::Level1,
            Self::Extended => GraphOptimizationLevel::Level2,
            Self::All => GraphOptimizationLevel::All,
        }
    }
}

/// How ONNX Runtime is found and what it is told. All but the place changes results in
/// their last bits.
#[derive(Debug, Clone)]
pub struct OrtOptions {
    /// Its library, a folder with it, or a Python environment that has it. `None` looks
    /// at `ORT_DYLIB_PATH`, then at the Python environment at hand.
    pub library: Option<PathBuf>,
    /// Threads within an operator.
    pub threads: usize,
    /// Whether to use a CUDA device.
    pub cuda: bool,
    /// How far models are rewritten.
    pub optimisation: Optimisation,
}

impl Default for OrtOptions {
    fn default() -> Self {
        Self {
            library: None,
            threads: 1,
            cuda: false,
            optimisation: Optimisation::default(),
        }
    }
}

impl OrtOptions {
    /// Other settings, as another machine may have them.
    fn otherwise(&self) -> Self {
        Self {
            threads: if self.threads == 1 { 2 } else { 1 },
            optimisation: match self.optimisation {
                Optimisation::None => Optimisation::All,
                _ => Optimisation::None,
            },
            ..self.clone()
        }
    }

    /// Loads a model. With weights that are not packed beforehand other kernels run,
    /// which add up in another order; streams are made with packed ones only.
    fn session(&self, environment: &Environment, model: &Onnx, packed: bool) -> Result<Loaded> {
        let mut builder = self.builder(environment)?;
        if !packed {
            builder = builder
                .with_config_entry("session.disable_prepacking", "1")
                .map_err(|problem| failed(problem.to_string()))?;
        }
        let loaded = match model.bytes()? {
            Some(bytes) => builder.commit_from_memory(bytes),
            None => builder.commit_from_file(model.path()),
        };
        loaded.map_err(|problem| {
            let path = model.path();
            failed(format!("cannot use {}: {problem}", path.display()))
        })
    }

    fn builder(&self, environment: &Environment) -> Result<SessionBuilder> {
        let set = |problem: ::ort::Error<SessionBuilder>| failed(problem.to_string());
        let builder = SessionBuilder::new(environment)
            .map_err(|problem| failed(problem.to_string()))?
            .with_intra_threads(self.threads.max(1))
            .map_err(set)?
            .with_inter_threads(1)
            .map_err(set)?
            // Between two steps its threads would burn the time of ours.
            .with_intra_op_spinning(false)
            .map_err(set)?
            .with_deterministic_compute(true)
            .map_err(set)?
            .with_optimization_level(self.optimisation.level())
            .map_err(set)?;
        if !self.cuda {
            return Ok(builder);
        }
        let cuda = CUDA::default().build().error_on_failure();
        builder.with_execution_providers([cuda]).map_err(|problem| {
            failed(format!(
                "cannot use CUDA: {problem}; it needs `pip install onnxruntime-gpu` and a driver"
            ))
        })
    }
}

/// A model run by ONNX Runtime. Results are the same from run to run, but differ in the
/// last bits between its versions, settings and CPUs.
pub struct Ort {
    model: Onnx,
    options: OrtOptions,
    library: Library,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// Loaded to learn of its inputs; the first to start gets it.
    first: Mutex<Option<Loaded>>,
}

impl Ort {
    /// Loads an ONNX model.
    ///
    /// # Errors
    /// If ONNX Runtime is absent, too old, or refuses the model.
    pub fn load(model: impl Into<Onnx>, options: OrtOptions) -> Result<Self> {
        let model = model.into();
        let library = Library::load(options.library.as_deref())?;
        let first = options.session(&library.environment, &model, true)?;
        Ok(Ort {
            model,
            inputs: first.inputs().iter().map(port).collect(),
            outputs: first.outputs().iter().map(port).collect(),
            first: Mutex::new(Some(first)),
            library,
            options,
        })
    }
}

impl Runtime for Ort {
    fn name(&self) -> &'static str {
        "ort"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn about(&self) -> String {
        format!(
            "onnxruntime {}, {}, {} thread{}, optimisation {}",
            self.library.version,
            if self.options.cuda { "cuda" } else { "cpu" },
            self.options.threads,
            if self.options.threads == 1 { "" } else { "s" },
            self.options.optimisation.name()
        )
    }

    fn inputs(&self) -> Vec<Port> {
        self.inputs.clone()
    }

    fn outputs(&self) -> Vec<Port> {
        self.outputs.clone()
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        let first = (self.first.lock())
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let loaded = match first {
            Some(loaded) => loaded,
            None => self
                .options
                .session(&self.library.environment, &self.model, true)?,
        };
        Ok(Box::new(Running(loaded)))
    }

    fn start_otherwise(&self) -> Result<Option<Box<dyn Session>>> {
        let options = self.options.otherwise();
        let loaded = options.session(&self.library.environment, &self.model, false)?;
        Ok(Some(Box::new(Running(loaded))))
    }
}

struct Running(Loaded);

impl Session for Running {
    fn run(&mut self, _: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        let run = |problem: ::ort::Error| failed(problem.to_string());
        let mut tensors = Vec::with_capacity(inputs.len());
        for (name, array) in inputs {
            let tensor = TensorRef::from_array_view((array.shape(), array.values()));
            tensors.push((*name, tensor.map_err(run)?));
        }
        let outputs = self.0.run(tensors).map_err(run)?;
        let array = |name: &str, value: &::ort::value::DynValue| {
            let (shape, values) = value
                .try_extract_tensor::<f32>()
                .map_err(|problem| failed(format!("output {name} is not f32: {problem}")))?;
            let shape = shape.iter().map(|&d| usize::try_from(d));
            let shape: Result<Vec<usize>, _> = shape.collect();
            let shape = shape.map_err(|_| failed(format!("output {name} has no shape")))?;
            Ok((name.to_owned(), Array::new(&shape, values.to_vec())?))
        };
        let names = outputs.keys().zip(outputs.values());
        names.map(|(name, value)| array(name, &value)).collect()
    }
}

fn port(outlet: &Outlet) -> Port {
    let (shape, is_f32) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => {
            let lengths = shape.iter().map(|&d| usize::try_from(d).ok()).collect();
            // It tells a number without axes and an unknown shape apart in no way.
            let known = !shape.is_empty();
            (known.then_some(lengths), *ty == TensorElementType::Float32)
        }
        _ => (None, false),
    };
    Port {
        name: outlet.name().to_owned(),
        shape,
        is_f32,
    }
}

/// The library in use. A process can load one.
#[derive(Clone)]
struct Library {
    path: PathBuf,
    version: String,
    environment: Environment,
}

static IN_USE: Mutex<Option<Library>> = Mutex::new(None);

impl Library {
    fn load(given: Option<&Path>) -> Result<Self> {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(library)) = (given, in_use.as_ref()) {
            return Ok(library.clone());
        }
        let found = library::find(given)?;
        let path = found.canonicalize().unwrap_or(found);
        if let Some(library) = in_use.as_ref() {
            if library.path == path {
                return Ok(library.clone());
            }
            let (path, other) = (path.display(), library.path.display());
            return Err(failed(format!(
                "{path} cannot be used: this process already uses {other}"
            )));
        }
        let version = library::version(&path)?;
        let environment = ::ort::init_from(&path)
            .map_err(|problem| failed(problem.to_string()))?
            .with_name("foresz")
            .with_telemetry(false)
            // What matters of its log comes back as an error.
            .with_logger(Arc::new(|_, _, _, _, _| {}))
            .build()
            .map_err(|problem| failed(problem.to_string()))?;
        let library = Self {
            path,
            version,
            environment,
        };
        *in_use = Some(library.clone());
        Ok(library)
    }
}

fn failed(reason: String) -> Error {
    Error::Runtime {
        runtime: "ONNX Runtime".into(),
        reason,
    }
}
