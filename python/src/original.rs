//! Data sets of Python on their way into a stream.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use foresz::dataset::{
    Bounds, BoundsFile, Coder, Preset, Recipe, Role, closes, lossy_before, odd_range, roles,
};
use foresz::files::{self, Dataset, Dimension, Kind, Source, Values, Variable};
use foresz::{Bound as Limit, Error};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::raised;
use crate::file::Sink;
use crate::settings::{self, Settings, named};
use crate::values::{attributes_of, taken};

/// A variable, as the package describes it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Described<'py> {
    name: String,
    kind: String,
    dimensions: Vec<usize>,
    attributes: Vec<(String, Bound<'py, PyAny>)>,
}

impl Described<'_> {
    fn variable(self) -> PyResult<Variable> {
        let kind = Kind::ALL.into_iter().find(|k| k.name() == self.kind);
        let kind = kind.ok_or_else(|| {
            PyValueError::new_err(format!("{}: no type is called {}", self.name, self.kind))
        })?;
        Ok(Variable {
            kind,
            attributes: attributes_of(self.attributes)?,
            name: self.name,
            dimensions: self.dimensions,
        })
    }
}

/// A data set whose values Python has.
#[pyclass(frozen, module = "foresz._foresz")]
pub(crate) struct Original {
    dataset: Dataset,
    read: Py<PyAny>,
}

#[pymethods]
impl Original {
    /// `read` takes the place of a variable and first and last places along its dimensions,
    /// and gives its values there.
    #[new]
    #[pyo3(signature = (dimensions, attributes, variables, read))]
    fn new(
        dimensions: Vec<(String, usize, bool)>,
        attributes: Vec<(String, Bound<'_, PyAny>)>,
        variables: Vec<Described<'_>>,
        read: Py<PyAny>,
    ) -> PyResult<Self> {
        let dimension = |(name, length, unlimited)| Dimension {
            name,
            length,
            unlimited,
        };
        let variables = variables.into_iter().map(Described::variable);
        Ok(Original {
            dataset: Dataset {
                dimensions: dimensions.into_iter().map(dimension).collect(),
                attributes: attributes_of(attributes)?,
                variables: variables.collect::<PyResult<_>>()?,
            },
            read,
        })
    }

    /// What may be lost of each variable of data, what to know before it is, and the names of
    /// those that nothing was said of.
    #[pyo3(signature = (preset, bounds))]
    fn recipes<'py>(
        &self,
        py: Python<'py>,
        preset: Option<&str>,
        bounds: &str,
    ) -> PyResult<(Bound<'py, PyList>, Vec<String>, Vec<String>)> {
        let (mut source, failed) = self.source(py);
        let asked = py.detach(|| Asked::of(&mut source, preset, bounds));
        let asked = asked.map_err(|e| first(&failed, e))?;
        let all = PyList::empty(py);
        for recipe in &asked.recipes {
            all.append(described(py, recipe)?)?;
        }
        Ok((all, asked.warnings, asked.unknown))
    }

    /// Writes the stream, after a look at the longitudes if that is wanted.
    #[pyo3(signature = (path, object, asked, how))]
    fn write(
        &self,
        py: Python<'_>,
        path: Option<PathBuf>,
        object: Option<Bound<'_, PyAny>>,
        asked: (Option<String>, String),
        how: (Settings, bool),
    ) -> PyResult<()> {
        let ((preset, bounds), (mut settings, looks)) = (asked, how);
        let guests = settings.guests();
        let mut sink = Heeding(Sink::new(path.as_deref(), object)?);
        let (mut source, failed) = self.source(py);
        let done = py.detach(|| {
            let asked = Asked::of(&mut source, preset.as_deref(), &bounds)?;
            let mut options = settings.options(&guests)?;
            if looks && let Some(closes) = closes(&mut source) {
                options = options.periodic(closes);
            }
            let coder = Coder::new(&asked.recipes, options).all_but(Vec::new());
            coder.compress(&mut source, &mut sink)?;
            Ok(sink.flush()?)
        });
        guests.outcome(done, |e| first(&failed, e))
    }
}

impl Original {
    fn source(&self, py: Python<'_>) -> (Pulled, Failed) {
        let failed = Failed::default();
        let source = Pulled {
            dataset: self.dataset.clone(),
            read: self.read.clone_ref(py),
            failed: Arc::clone(&failed),
        };
        (source, failed)
    }
}

/// What Python raised while values were read: on its way through the library it would
/// become a text.
type Failed = Arc<Mutex<Option<PyErr>>>;

fn first(failed: &Failed, error: Error) -> PyErr {
    let held = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    held.unwrap_or_else(|| raised(error))
}

/// Values, as Python gives them.
struct Pulled {
    dataset: Dataset,
    read: Py<PyAny>,
    failed: Failed,
}

impl Source for Pulled {
    fn format(&self) -> String {
        "xarray".into()
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> files::Result<Values> {
        let region: Vec<(usize, usize)> = region.iter().map(|r| (r.start, r.end)).collect();
        let read = Python::attach(|py| {
            let values = self.read.bind(py).call1((variable, region))?;
            taken(&values)
        });
        read.map_err(|error: PyErr| {
            let reason = error.to_string();
            let mut held = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *held = Some(error);
            files::Error::Invalid(reason)
        })
    }

    fn pieces(&self, _: usize) -> Option<Vec<usize>> {
        None
    }
}

/// A sink that heeds Ctrl-C: the library would write to the end.
struct Heeding(Sink);

impl Write for Heeding {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is not general enough for the compiler"
    )]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Python::attach(|py| py.check_signals())?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What is asked for, of all variables of data that something may be lost of.
#[derive(Default)]
struct Asked {
    recipes: Vec<Recipe>,
    warnings: Vec<String>,
    /// Data that a preset does not know.
    unknown: Vec<String>,
}

impl Asked {
    /// What a file of bounds and a preset say, the file first.
    fn of(source: &mut dyn Source, preset: Option<&str>, bounds: &str) -> foresz::Result<Self> {
        let preset = preset.map(str::parse::<Preset>).transpose()?;
        let bounds = BoundsFile::parse(bounds)?;
        let dataset = source.dataset().clone();
        for name in bounds.names() {
            if dataset.position(name).is_none() {
                let names = dataset.variables.iter().map(|v| v.name.as_str());
                let names: Vec<&str> = names.collect();
                return Err(Error::Invalid(format!(
                    "bounds names {name}, and there is no such variable; there are: {}",
                    names.join(", ")
                )));
            }
        }
        let mut asked = Asked::default();
        for (v, role) in roles(&dataset).into_iter().enumerate() {
            let about = &dataset.variables[v];
            if role != Role::Data {
                continue;
            }
            let recipe = match (bounds.recipe(&about.name)?, preset) {
                (Some(recipe), _) => Some(recipe),
                (None, Some(preset)) => preset.recipe(source, v)?,
                (None, None) => None,
            };
            match recipe {
                Some(recipe) => asked.add(recipe, about),
                None if preset.is_some() && about.kind.is_float() => {
                    asked.unknown.push(about.name.clone());
                }
                None => {}
            }
        }
        Ok(asked)
    }

    fn add(&mut self, recipe: Recipe, about: &Variable) {
        let name = &about.name;
        if let Some(before) = lossy_before(about, &recipe) {
            self.warnings.push(format!("{name}: {before}"));
        }
        let lossy = recipe.bounds.all().iter().any(|b| *b != Limit::Lossless);
        if let Some(odd) = odd_range(about).filter(|_| lossy) {
            let warning = format!("{name}: {odd}: the valid range is ignored");
            self.warnings.push(warning);
        }
        self.recipes.push(recipe);
    }
}

/// A bound in words, as attributes have it.
#[pyfunction]
pub(crate) fn told(mode: &str, bound: f64) -> PyResult<String> {
    let bound = settings::bound(mode, bound).map_err(raised)?;
    Ok(bound.to_string())
}

fn described<'py>(py: Python<'py>, recipe: &Recipe) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("variable", &recipe.variable)?;
    let told = |bound: &Limit| (named(*bound), bound.to_string());
    let bounds: Vec<_> = match &recipe.bounds {
        Bounds::One(bound) => vec![told(bound)],
        Bounds::Along { runs, .. } => runs.iter().map(|(_, bound)| told(bound)).collect(),
    };
    dict.set_item("bounds", bounds)?;
    dict.set_item("keep_zeros", recipe.keep_zeros)?;
    dict.set_item("non_negative", recipe.non_negative)?;
    Ok(dict)
}
