//! Where models are found, by name or by hash, and how they are run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::FILE_NAME;
use crate::error::{Error, Result};
use crate::exact::Exact;
use crate::model::{Folder, Model};
#[cfg(feature = "ort")]
use crate::ort::{Ort, OrtOptions};
use crate::process::{Process, ProcessOptions};
use crate::runtime::Runtime;

/// What runs models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The exact runtime for models up to [`LARGEST_EXACT`] bytes, ONNX Runtime above.
    #[default]
    Auto,
    /// Our own executor.
    Exact,
    /// ONNX Runtime.
    Ort,
}

/// Larger models are left to ONNX Runtime unless asked otherwise: 256 MiB of weights.
pub const LARGEST_EXACT: u64 = 256 << 20;

/// Places to look for models.
pub struct Shelf {
    places: Vec<PathBuf>,
    engine: Engine,
    memory: usize,
    library: Option<PathBuf>,
    cuda: bool,
    /// By folder, or by the command line of a process.
    opened: Mutex<HashMap<PathBuf, Arc<Model>>>,
}

/// Folders to look in, separated as in PATH.
pub const VARIABLE: &str = "FORESZ_MODELS";

impl Default for Shelf {
    /// The folders that the environment names.
    fn default() -> Self {
        let named = std::env::var_os(VARIABLE).unwrap_or_default();
        let places = std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty());
        Shelf {
            places: places.collect(),
            engine: Engine::default(),
            memory: foresz_exact::Options::default().memory,
            library: None,
            cuda: false,
            opened: Mutex::default(),
        }
    }
}

impl Shelf {
    /// Looks here first: a model's folder, or a folder of such.
    #[must_use]
    pub fn place(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.insert(0, path.into());
        self
    }

    /// Runs models in this way.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Bytes that a model may use in the exact runtime.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Takes ONNX Runtime from here: its library, a folder with it, or a Python environment.
    #[must_use]
    pub fn library(mut self, path: impl Into<PathBuf>) -> Self {
        self.library = Some(path.into());
        self
    }

    /// Whether ONNX Runtime uses a CUDA device.
    #[must_use]
    pub fn cuda(mut self, cuda: bool) -> Self {
        self.cuda = cuda;
        self
    }

    /// Starts the model that a program is, by its command line, or gives the one that was
    /// started by it before.
    pub fn process(&self, line: &str) -> Result<Arc<Model>> {
        let mut opened = self.opened();
        if let Some(model) = opened.get(Path::new(line)) {
            return Ok(Arc::clone(model));
        }
        let process = Process::start(line, ProcessOptions::default())?;
        let contract = process.contract().to_owned();
        let model = Arc::new(Model::of_text(&contract, Box::new(process))?);
        opened.insert(line.into(), Arc::clone(&model));
        Ok(model)
    }

    /// Opens the model in a folder, or the one of that name.
    pub fn named(&self, name: &str) -> Result<Arc<Model>> {
        let path = Path::new(name);
        if path.join(FILE_NAME).is_file() {
            return self.open(path);
        }
        let folders = self.folders();
        for folder in &folders {
            if Folder::open(folder).is_ok_and(|f| f.contract().name == name) {
                return self.open(folder);
            }
        }
        Err(Error::Missing(format!(
            "no model {name:?}: it is neither a folder with a {FILE_NAME} nor a name among {}",
            listed(&folders)
        )))
    }

    /// Opens the model of that hash, as a stream names it.
    pub fn hashed(&self, name: &str, hash: &str) -> Result<Arc<Model>> {
        let opened = self.opened();
        if let Some(model) = opened.values().find(|m| m.hash() == hash) {
            return Ok(Arc::clone(model));
        }
        drop(opened);
        let folders = self.folders();
        let mut same_name = None;
        for folder in &folders {
            let Ok(found) = Folder::open(folder) else {
                continue;
            };
            if found.hash() == hash {
                return self.open(folder);
            }
            if found.contract().name == name {
                same_name = Some(folder);
            }
        }
        let reason = match same_name {
            Some(folder) => format!(
                "the one in {} has the name but not the hash: its {FILE_NAME} was changed",
                folder.display()
            ),
            None => format!("it is not among {}", listed(&folders)),
        };
        Err(Error::Missing(format!(
            "model {name} ({hash}) is needed, and {reason}; say where it is with --model FOLDER or {VARIABLE}"
        )))
    }

    /// All folders of models.
    fn folders(&self) -> Vec<PathBuf> {
        let is_model = |path: &PathBuf| path.join(FILE_NAME).is_file();
        let mut folders = Vec::new();
        for place in &self.places {
            if is_model(place) {
                folders.push(place.clone());
                continue;
            }
            let Ok(entries) = std::fs::read_dir(place) else {
                continue;
            };
            let mut inside: Vec<PathBuf> = entries
                .flatten()
                .map(|e| e.path())
                .filter(is_model)
                .collect();
            inside.sort();
            folders.append(&mut inside);
        }
        folders
    }

    fn open(&self, folder: &Path) -> Result<Arc<Model>> {
        let mut opened = self.opened();
        if let Some(model) = opened.get(folder) {
            return Ok(Arc::clone(model));
        }
        let loaded = Folder::open(folder)?.load(|weights| self.run(weights))?;
        let model = Arc::new(loaded);
        opened.insert(folder.into(), Arc::clone(&model));
        Ok(model)
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Model>>> {
        // A model is there as a whole or not at all, whoever panicked.
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, weights: &Path) -> Result<Box<dyn Runtime>> {
        let exact = || {
            let options = foresz_exact::Options {
                memory: self.memory,
                ..foresz_exact::Options::default()
            };
            Exact::load(weights, options).map(|e| Box::new(e) as Box<dyn Runtime>)
        };
        let size = std::fs::metadata(weights).map_or(0, |m| m.len());
        match self.engine {
            Engine::Auto if size <= LARGEST_EXACT => exact(),
            Engine::Exact => exact(),
            Engine::Auto | Engine::Ort => self.ort(weights),
        }
    }

    #[cfg(feature = "ort")]
    fn ort(&self, weights: &Path) -> Result<Box<dyn Runtime>> {
        let options = OrtOptions {
            library: self.library.clone(),
            cuda: self.cuda,
            ..OrtOptions::default()
        };
        Ort::load(weights, options).map(|ort| Box::new(ort) as Box<dyn Runtime>)
    }

    #[cfg(not(feature = "ort"))]
    #[expect(clippy::unused_self, reason = "the other form has settings")]
    fn ort(&self, weights: &Path) -> Result<Box<dyn Runtime>> {
        Err(Error::Missing(format!(
            "{} needs ONNX Runtime, and this foresz was built without it (feature ort); --runtime exact may do",
            weights.display()
        )))
    }
}

fn listed(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return "the models at hand (there are none)".into();
    }
    let names: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    names.join(", ")
}
