//! Where models are found, by name or by hash, and how they are run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foresz_predictors::Allowance;

use crate::autoencoder;
use crate::contract::FILE_NAME;
use crate::error::{Error, Result};
use crate::exact::{Exact, Limits};
use crate::found::Found;
use crate::guest::{self, Guest};
use crate::model::Model;
#[cfg(feature = "ort")]
use crate::ort::{Ort, OrtOptions};
use crate::process::{Process, ProcessOptions};
use crate::runtime::Runtime;
use crate::source::{Onnx, Source};

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

/// Where models are looked for, and how they are run.
pub struct Shelf {
    /// At hand without being looked for, such as those built into a program.
    held: Vec<Found>,
    guests: Vec<Arc<dyn Guest>>,
    places: Vec<PathBuf>,
    engine: Engine,
    memory: usize,
    work: Option<u64>,
    /// Hashes of the models that came with a stream, and what they may use.
    foreign: Option<(Vec<String>, Allowance)>,
    library: Option<PathBuf>,
    cuda: bool,
    forecasts: Opened<Model>,
    autoencoders: Opened<autoencoder::Model>,
    /// Found by the paths of their folders, which need not be among the places.
    met: Mutex<Vec<Found>>,
}

/// Folders to look in, separated as in PATH.
pub const VARIABLE: &str = "FORESZ_MODELS";

impl Default for Shelf {
    /// The folders that the environment names.
    fn default() -> Self {
        let named = std::env::var_os(VARIABLE).unwrap_or_default();
        let places = std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty());
        Shelf {
            held: Vec::new(),
            guests: Vec::new(),
            places: places.collect(),
            engine: Engine::default(),
            memory: foresz_exact::Options::default().memory,
            work: None,
            foreign: None,
            library: None,
            cuda: false,
            forecasts: Opened::default(),
            autoencoders: Opened::default(),
            met: Mutex::default(),
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

    /// Bytes that a model may use in the exact runtime, on each thread. Those that come with a
    /// stream have limits of their own.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Multiply-adds that a model may do in the exact runtime for each value it predicts;
    /// `None` is any number. Those that come with a stream have limits of their own.
    #[must_use]
    pub fn work(mut self, per_value: impl Into<Option<u64>>) -> Self {
        self.work = per_value.into();
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

    /// Has a model at hand, wherever its files are.
    #[must_use]
    pub fn hold(mut self, model: Found) -> Self {
        if self.held.iter().all(|held| held.hash() != model.hash()) {
            self.held.push(model);
        }
        self
    }

    /// Has a predictor of this program at hand, before any model of that name.
    #[must_use]
    pub fn guest(mut self, guest: Arc<dyn Guest>) -> Self {
        self.guests.insert(0, guest);
        self
    }

    /// The predictor of this program that has a name.
    pub(crate) fn guest_named(&self, name: &str) -> Option<&Arc<dyn Guest>> {
        self.guests.iter().find(|guest| guest.name() == name)
    }

    /// The predictor of this program that a stream names, which has it `made` so.
    pub(crate) fn guest_hashed(
        &self,
        name: &str,
        hash: &str,
        made: &str,
    ) -> Result<Arc<dyn Guest>> {
        let same = |guest: &&Arc<dyn Guest>| guest::hash(&***guest) == hash;
        if let Some(guest) = self.guests.iter().find(same) {
            return Ok(Arc::clone(guest));
        }
        let reason = match self.guest_named(name) {
            Some(guest) => format!(
                "the one given is {}, with a history of {}",
                guest::about(&**guest),
                guest.history()
            ),
            None => {
                "only a program that has it can decode the stream; in Python give it as predictor="
                    .into()
            }
        };
        Err(Error::Missing(format!(
            "the stream was made with the predictor {name:?} ({made}), an object of the program that wrote it: {reason}"
        )))
    }

    /// Starts the model that a program is, by its command line, or gives the one that was
    /// started by it before.
    pub fn process(&self, line: &str) -> Result<Arc<Model>> {
        self.forecasts.get(line, || {
            let process = Process::start(line, ProcessOptions::default())?;
            let contract = process.contract().to_owned();
            Model::of_text(&contract, Box::new(process))
        })
    }

    /// Opens a model for forecasts: the one in a folder, or of that name.
    pub fn named(&self, name: &str) -> Result<Arc<Model>> {
        self.open(&self.find(name)?)
    }

    /// Opens the model for forecasts of that hash, as a stream names it.
    pub fn hashed(&self, name: &str, hash: &str) -> Result<Arc<Model>> {
        match self.forecasts.known(|model| model.hash() == hash) {
            Some(model) => Ok(model),
            None => self.open(&self.find_hash(name, hash)?),
        }
    }

    /// Opens a model for forecasts.
    pub fn open(&self, found: &Found) -> Result<Arc<Model>> {
        self.forecasts.get(found.hash(), || self.open_anew(found))
    }

    /// Opens a model for forecasts, whether it is open already or not.
    pub(crate) fn open_anew(&self, found: &Found) -> Result<Model> {
        Model::open(found, |weights| self.run_found(found, weights))
    }

    /// The same shelf with the models of a stream at hand.
    pub(crate) fn beside(&self, more: Vec<Found>, allowance: &Allowance) -> Shelf {
        let hashes = more.iter().map(|found| found.hash().to_owned()).collect();
        let mut held = more;
        held.extend(self.held.iter().cloned());
        Shelf {
            held,
            guests: self.guests.clone(),
            places: self.places.clone(),
            library: self.library.clone(),
            foreign: Some((hashes, allowance.clone())),
            forecasts: self.forecasts.copied(),
            autoencoders: self.autoencoders.copied(),
            met: Mutex::new(self.met().clone()),
            ..*self
        }
    }

    /// Opens an autoencoder: the one in a folder, or of that name.
    pub fn named_autoencoder(&self, name: &str) -> Result<Arc<autoencoder::Model>> {
        self.open_autoencoder(&self.find(name)?)
    }

    /// Opens the autoencoder of that hash, as a stream names it.
    pub fn hashed_autoencoder(&self, name: &str, hash: &str) -> Result<Arc<autoencoder::Model>> {
        match self.autoencoders.known(|model| model.hash() == hash) {
            Some(model) => Ok(model),
            None => self.open_autoencoder(&self.find_hash(name, hash)?),
        }
    }

    /// Opens an autoencoder.
    pub fn open_autoencoder(&self, found: &Found) -> Result<Arc<autoencoder::Model>> {
        let open = || self.open_autoencoder_anew(found);
        self.autoencoders.get(found.hash(), open)
    }

    /// Opens an autoencoder, whether it is open already or not.
    pub(crate) fn open_autoencoder_anew(&self, found: &Found) -> Result<autoencoder::Model> {
        autoencoder::Model::open(found, |weights| self.run_found(found, weights))
    }

    /// Finds the model in a folder, or the one of that name: in the folders of this shelf,
    /// or else held by it.
    pub fn find(&self, name: &str) -> Result<Found> {
        let path = Path::new(name);
        if path.join(FILE_NAME).is_file() {
            let found = Found::open(path.into())?;
            let mut met = self.met();
            if met.iter().all(|known| known.hash() != found.hash()) {
                met.push(found.clone());
            }
            return Ok(found);
        }
        let found = self.all().into_iter().find(|found| found.name() == name);
        found.ok_or_else(|| {
            Error::Missing(format!(
                "no model {name:?}: it is neither a folder with a {FILE_NAME} nor a name among {}",
                self.listed()
            ))
        })
    }

    fn met(&self) -> MutexGuard<'_, Vec<Found>> {
        // What is in it is there as a whole, whoever panicked.
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the model of that hash, as a stream names it.
    pub fn find_hash(&self, name: &str, hash: &str) -> Result<Found> {
        let held = self.held.iter().find(|held| held.hash() == hash);
        if let Some(found) = held {
            return Ok(found.clone());
        }
        if let Some(found) = self.met().iter().find(|met| met.hash() == hash) {
            return Ok(found.clone());
        }
        let all = self.all();
        if let Some(found) = all.iter().find(|found| found.hash() == hash) {
            return Ok(found.clone());
        }
        let reason = match all.iter().find(|found| found.name() == name) {
            Some(found) => format!(
                "the one in {} has the name but not the hash: its {FILE_NAME} was changed",
                found.source().place().display()
            ),
            None => format!("it is not among {}", self.listed()),
        };
        Err(Error::Missing(format!(
            "model {name} ({hash}) is needed, and {reason}; say where it is with --model FOLDER or {VARIABLE}"
        )))
    }

    /// All models at hand: those in folders, then those held.
    pub fn all(&self) -> Vec<Found> {
        let folders = self.folders().into_iter();
        let open = |folder| Found::open(Source::Folder(folder)).ok();
        let found = folders.filter_map(open);
        found.chain(self.held.iter().cloned()).collect()
    }

    fn listed(&self) -> String {
        let line = |found: &Found| {
            let place = found.source().place();
            format!("{} in {}", found.name(), place.display())
        };
        let lines: Vec<String> = self.all().iter().map(line).collect();
        if lines.is_empty() {
            return "the models at hand (there are none)".into();
        }
        lines.join(", ")
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

    /// Runs an ONNX model as was asked.
    pub fn run(&self, weights: Onnx) -> Result<Box<dyn Runtime>> {
        self.run_within(weights, None)
    }

    /// Runs a model as was asked, within its limits if it came with a stream.
    fn run_found(&self, found: &Found, weights: Onnx) -> Result<Box<dyn Runtime>> {
        let is_it = |(hashes, _): &&(Vec<String>, Allowance)| {
            hashes.iter().any(|hash| hash == found.hash())
        };
        let foreign = self.foreign.as_ref().filter(is_it);
        self.run_within(weights, foreign.map(|(_, allowance)| allowance.clone()))
    }

    fn run_within(&self, weights: Onnx, allowance: Option<Allowance>) -> Result<Box<dyn Runtime>> {
        let exact = |weights| {
            let options = foresz_exact::Options {
                memory: allowance.as_ref().map_or(self.memory, Allowance::memory),
                ..foresz_exact::Options::default()
            };
            let work = self.work.filter(|_| allowance.is_none());
            let limits = Limits { work, allowance };
            let exact = Exact::load_within(weights, options, limits);
            exact.map(|e| Box::new(e) as Box<dyn Runtime>)
        };
        match self.engine {
            Engine::Auto if weights.size() <= LARGEST_EXACT => exact(weights),
            Engine::Exact => exact(weights),
            Engine::Auto | Engine::Ort => self.ort(weights),
        }
    }

    #[cfg(feature = "ort")]
    fn ort(&self, weights: Onnx) -> Result<Box<dyn Runtime>> {
        let options = OrtOptions {
            library: self.library.clone(),
            cuda: self.cuda,
            ..OrtOptions::default()
        };
        Ort::load(weights, options).map(|ort| Box::new(ort) as Box<dyn Runtime>)
    }

    #[cfg(not(feature = "ort"))]
    #[expect(clippy::unused_self, reason = "the other form has settings")]
    fn ort(&self, weights: Onnx) -> Result<Box<dyn Runtime>> {
        Err(Error::Missing(format!(
            "{} needs ONNX Runtime, and this foresz was built without it (feature ort); --runtime exact may do",
            weights.path().display()
        )))
    }
}

/// What was opened before, each with what tells it from others: its hash, or a command
/// line.
struct Opened<M>(Mutex<HashMap<String, Arc<M>>>);

impl<M> Default for Opened<M> {
    fn default() -> Self {
        Opened(Mutex::default())
    }
}

impl<M> Opened<M> {
    fn get(&self, key: &str, open: impl FnOnce() -> Result<M>) -> Result<Arc<M>> {
        let mut opened = self.lock();
        if let Some(model) = opened.get(key) {
            return Ok(Arc::clone(model));
        }
        let model = Arc::new(open()?);
        opened.insert(key.into(), Arc::clone(&model));
        Ok(model)
    }

    fn copied(&self) -> Self {
        Opened(Mutex::new(self.lock().clone()))
    }

    fn known(&self, is_it: impl Fn(&M) -> bool) -> Option<Arc<M>> {
        self.lock().values().find(|model| is_it(model)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<M>>> {
        // A model is there as a whole or not at all, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
