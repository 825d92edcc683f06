//! What runs models: three of them behind two small traits.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::array::Array;
use crate::error::Result;

/// Runs a model in one way.
pub trait Runtime: Send + Sync {
    /// Its name in specs: `exact`, `ort`, `process`.
    fn name(&self) -> &'static str;

    /// Whether results have the same bits on every machine, so that no guard is needed.
    fn is_exact(&self) -> bool;

    /// Version and settings that results may depend on, for streams and messages.
    fn about(&self) -> String;

    /// What the model needs; empty if only the model knows.
    fn inputs(&self) -> Vec<Port>;

    /// What the model gives; empty if only the model knows.
    fn outputs(&self) -> Vec<Port>;

    /// Bytes that inputs may take; `None` where nobody counts.
    fn memory(&self) -> Option<usize> {
        None
    }

    /// What runs took so far; `None` where nobody counts.
    fn needs(&self) -> Option<Needs> {
        None
    }

    /// Makes ready to run. Sessions work side by side.
    fn start(&self) -> Result<Box<dyn Session>>;

    /// The same with other settings, as another machine may have them: by how much the
    /// results differ is a measure of how far they can be trusted. `None` if there are
    /// no others.
    fn start_otherwise(&self) -> Result<Option<Box<dyn Session>>> {
        Ok(None)
    }
}

/// A model being run.
pub trait Session: Send {
    /// Runs it once, from named inputs to named outputs. What it returns depends on the
    /// step and the inputs alone, not on earlier runs.
    fn run(&mut self, step: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>>;
}

/// Sessions that wait for work.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Vec<Box<dyn Session>>>);

impl Idle {
    /// Works with one of them, or with a new one if all are busy. One that fails is gone.
    pub(crate) fn work<R>(
        &self,
        runtime: &dyn Runtime,
        work: impl FnOnce(&mut dyn Session) -> Result<R>,
    ) -> Result<R> {
        let idle = self.lock().pop();
        let mut session = match idle {
            Some(session) => session,
            None => runtime.start()?,
        };
        let done = work(&mut *session)?;
        self.lock().push(session);
        Ok(done)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Box<dyn Session>>> {
        // Sessions are there as a whole or not at all, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What runs took at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Bytes in use at a time, those of weights too.
    pub memory: usize,
    /// Multiply-adds for each value that was predicted.
    pub work: u64,
    /// Multiply-adds for the model to be ready.
    pub loading: u64,
}

/// Which frame is to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Counted from the last key frame.
    pub index: usize,
    /// When the frame is valid: seconds since 1970 in UTC, where the field says so.
    pub time: Option<i64>,
    /// How many values the field has there.
    pub values: usize,
}

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Lengths of its axes, `None` where any will do; `None` if the model does not say.
    pub shape: Option<Vec<Option<usize>>>,
    /// Whether its elements are `f32`, all that we feed.
    pub is_f32: bool,
}
