//! Learned models, as options name them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foresz::Limits;
use foresz::forecast::contract::FILE_NAME;
use foresz::forecast::{Engine, FORECAST, Shelf};
use foresz::predictors::{Part, Registry};

use super::limits::LimitArgs;
use crate::output::files_in;

pub(crate) const MODELS: &str = "Learned models";

/// Where learned models are and what runs them.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArgs {
    /// A learned model's folder or name, or a folder of models; may be repeated. `FORESZ_MODELS`
    /// names more folders, and some models are part of foresz. auto uses those named here where
    /// they pay
    #[arg(help_heading = MODELS, long, value_name = "FOLDER")]
    pub(crate) model: Vec<PathBuf>,
    /// A learned model that is a program, by its command line; no shell runs
    #[arg(help_heading = MODELS, long, value_name = "COMMAND")]
    pub(crate) process: Vec<String>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
}

/// What runs learned models.
#[derive(Debug, Clone, Args)]
pub(crate) struct RuntimeArgs {
    /// What runs models [default: exact, unless a model is larger than 256 MiB]
    #[arg(help_heading = MODELS, long, value_name = "NAME")]
    pub(crate) runtime: Option<Runtime>,
    /// Where ONNX Runtime is: its library, a folder with it, or a Python environment
    /// [default: `ORT_DYLIB_PATH`, or the active Python environment]
    #[arg(help_heading = MODELS, long, value_name = "PATH")]
    onnxruntime: Option<PathBuf>,
    /// Let ONNX Runtime use a CUDA device
    #[arg(help_heading = MODELS, long)]
    cuda: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl RuntimeArgs {
    /// A shelf that runs models so.
    pub(crate) fn shelf(&self) -> Shelf {
        let engine = match self.runtime {
            None if self.cuda => Engine::Ort,
            None => Engine::Auto,
            Some(Runtime::Exact) => Engine::Exact,
            Some(Runtime::Ort) => Engine::Ort,
        };
        let shelf = foresz::stocked(Shelf::default())
            .engine(engine)
            .cuda(self.cuda);
        let shelf = self.limits.of_shelf(shelf);
        match &self.onnxruntime {
            Some(path) => shelf.library(path),
            None => shelf,
        }
    }
}

/// What runs models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Built in: the same bits on every machine
    Exact,
    /// ONNX Runtime, behind a guard band
    Ort,
}

impl ModelArgs {
    /// Files of the models that are named by their folders.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let folders = self.model.iter();
        folders.flat_map(|folder| files_in(folder)).collect()
    }

    /// What models that come with streams may use.
    pub(crate) fn limits(&self) -> Limits {
        self.runtime.limits.of_streams()
    }

    /// All that specs can name.
    pub(crate) fn registry(&self) -> anyhow::Result<Registry> {
        let shelf = placed(self.runtime.shelf(), &self.model);
        for line in &self.process {
            shelf.process(line)?;
        }
        Ok(crate::registry::registry(shelf))
    }

    /// What `auto` is to be offered: models by their kinds, programs for forecasts.
    pub(crate) fn offers(&self) -> anyhow::Result<Vec<Part>> {
        let shelf = placed(self.runtime.shelf(), &self.model);
        let part = |name: &str, key: &str, value: String| Part {
            name: name.into(),
            params: vec![(key.into(), value)],
        };
        let mut parts = Vec::new();
        let is_model = |path: &&PathBuf| path.join(FILE_NAME).is_file() || !path.is_dir();
        for path in self.model.iter().filter(is_model) {
            let model = path.display().to_string();
            parts.push(part(shelf.find(&model)?.kind(), "model", model));
        }
        let processes = self.process.iter();
        parts.extend(processes.map(|line| part(FORECAST, "process", line.clone())));
        Ok(parts)
    }
}

/// A shelf that looks in folders, the first one first.
pub(crate) fn placed(shelf: Shelf, folders: &[PathBuf]) -> Shelf {
    folders.iter().rev().fold(shelf, Shelf::place)
}
