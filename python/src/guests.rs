//! Predictors written in Python.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foresz::Decompressor;
use foresz::forecast::{Foreseen, Glimpse, Guest, Shelf};
use foresz::predictors::Registry;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What `foresz/_predictors.py` has made of an object.
#[derive(FromPyObject)]
pub(crate) struct Given {
    name: String,
    version: String,
    history: usize,
    bytes: u64,
    foresee: Py<PyAny>,
}

/// What Python raised, until whoever called can be told.
type Raised = Arc<Mutex<Option<PyErr>>>;

/// The predictors of a call.
pub(crate) struct Guests {
    given: Vec<Arc<Given>>,
    all: Vec<Arc<dyn Guest>>,
    raised: Raised,
}

impl Guests {
    pub(crate) fn new(given: Vec<Given>) -> Self {
        Self::of(given.into_iter().map(Arc::new).collect())
    }

    fn of(given: Vec<Arc<Given>>) -> Self {
        let raised = Raised::default();
        let object = |given: &Arc<Given>| -> Arc<dyn Guest> {
            Arc::new(Object {
                given: Arc::clone(given),
                turn: Mutex::default(),
                raised: Arc::clone(&raised),
            })
        };
        Guests {
            all: given.iter().map(object).collect(),
            given,
            raised,
        }
    }

    /// The same for another call, which is not told what is raised in this one.
    pub(crate) fn anew(&self) -> Self {
        Self::of(self.given.clone())
    }

    /// Each of them.
    pub(crate) fn all(&self) -> Vec<Arc<dyn Guest>> {
        self.all.clone()
    }

    /// Whether one of them has failed, or Python was interrupted.
    pub(crate) fn stopped(&self) -> bool {
        let signals = Python::attach(|py| -> PyResult<()> {
            py.check_signals()?;
            Ok(())
        });
        if let Err(interrupt) = signals {
            lock(&self.raised).get_or_insert(interrupt);
        }
        lock(&self.raised).is_some()
    }

    /// All that specs can name, unless that is the usual.
    pub(crate) fn registry(&self) -> Option<Registry> {
        let guests = self.all.iter().map(Arc::clone);
        let shelf = guests.fold(Shelf::default(), Shelf::guest);
        (!self.all.is_empty()).then(|| foresz::registry(shelf))
    }

    /// A decoder that has them.
    pub(crate) fn decoder(&self, threads: usize) -> Decompressor {
        let decoder = Decompressor::default().threads(threads);
        match self.registry() {
            Some(registry) => decoder.registry(registry),
            None => decoder,
        }
    }

    /// What came of a call. What a predictor raised comes out as it was.
    pub(crate) fn outcome<R, E>(
        &self,
        done: Result<R, E>,
        told: impl FnOnce(E) -> PyErr,
    ) -> PyResult<R> {
        match (lock(&self.raised).take(), done) {
            (Some(raised), _) => Err(raised),
            (None, done) => done.map_err(told),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A predictor that Python has.
struct Object {
    given: Arc<Given>,
    /// Held while it is at work. It is taken before the interpreter is, never the other way
    /// round, or two threads would wait for each other.
    turn: Mutex<()>,
    raised: Raised,
}

impl Guest for Object {
    fn name(&self) -> &str {
        &self.given.name
    }

    fn language(&self) -> &'static str {
        "python"
    }

    fn version(&self) -> &str {
        &self.given.version
    }

    fn history(&self) -> usize {
        self.given.history
    }

    fn bytes(&self) -> u64 {
        self.given.bytes
    }

    fn foresee(&self, glimpse: &Glimpse) -> Result<Foreseen, String> {
        let _turn = lock(&self.turn);
        if lock(&self.raised).is_some() {
            // Another thread has failed, and so does the call.
            return Err("it raised an exception".into());
        }
        Python::attach(|py| self.asked(py, glimpse)).map_err(|raised| {
            let reason = raised.to_string();
            lock(&self.raised).get_or_insert(raised);
            reason
        })
    }
}

impl Object {
    fn asked(&self, py: Python<'_>, glimpse: &Glimpse) -> PyResult<Foreseen> {
        let scene = glimpse.scene;
        let mut shape = vec![self.given.history];
        shape.extend(glimpse.shape);
        let past = PyArray1::from_slice(py, &glimpse.past).reshape(shape)?;
        let facts = PyDict::new(py);
        let dims = scene.place.dims.iter().enumerate();
        let dims = dims.filter(|(d, _)| Some(*d) != scene.time);
        let dims: Vec<&String> = dims.map(|(_, name)| name).collect();
        facts.set_item("dims", dims)?;
        facts.set_item("bound", scene.bound)?;
        facts.set_item("attributes", scene.place.attributes.to_vec())?;
        let foresee = self.given.foresee.bind(py);
        let said = foresee.call1((past, glimpse.index, glimpse.clock, facts))?;
        let (values, precision): (PyReadonlyArray1<'_, f64>, f64) = said.extract()?;
        Ok(Foreseen {
            values: values.as_slice()?.to_vec(),
            precision,
        })
    }
}
