//! An array held against what became of it.

use std::ops::Range;

use foresz::dataset::{DatasetReader, View};
use foresz::files::{self, Dataset, Dimension, Kind, Source, Values, Variable};
use foresz::{Bound as Limit, Sample, Store};
use ndarray::{ArrayViewD, SliceInfoElem};
use numpy::Element;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Stream, bytes, dtype, lent, typed};
use crate::errors::raised_on_decoding;
use crate::guests::{Given, Guests};
use crate::reports;

/// The source of the values of one array, which stays where it is.
struct Lent<'a, T> {
    dataset: Dataset,
    view: ArrayViewD<'a, T>,
    values: fn(Vec<T>) -> Values,
}

impl<'a, T: Sample> Lent<'a, T> {
    fn new(view: ArrayViewD<'a, T>, kind: Kind, values: fn(Vec<T>) -> Values) -> Self {
        let dimension = |(d, length): (usize, &usize)| Dimension {
            name: format!("dim{d}"),
            length: *length,
            unlimited: false,
        };
        let variable = Variable {
            name: "the array".into(),
            kind,
            dimensions: (0..view.ndim()).collect(),
            attributes: Vec::new(),
        };
        Lent {
            dataset: Dataset {
                dimensions: view.shape().iter().enumerate().map(dimension).collect(),
                attributes: Vec::new(),
                variables: vec![variable],
            },
            view,
            values,
        }
    }
}

impl<T: Sample> Source for Lent<'_, T> {
    fn format(&self) -> String {
        "an array".into()
    }

    fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn read(&mut self, _: usize, region: &[Range<usize>]) -> files::Result<Values> {
        let inside = |(r, n): (&Range<usize>, &usize)| r.start <= r.end && r.end <= *n;
        let shape = self.view.shape();
        if region.len() != shape.len() || !region.iter().zip(shape).all(inside) {
            let reason = format!("the region {region:?} leaves the shape {shape:?}");
            return Err(files::Error::Invalid(reason));
        }
        let part: Vec<SliceInfoElem> = region.iter().map(|r| r.clone().into()).collect();
        let part = self.view.slice(part.as_slice());
        Ok((self.values)(part.iter().copied().collect()))
    }

    fn pieces(&self, _: usize) -> Option<Vec<usize>> {
        None
    }
}

/// What is found, and what was asked for.
type Found = foresz::Result<(foresz::dataset::Verified, Vec<Limit>)>;

/// Holds an array against a variable of an open stream.
pub(crate) fn against<'py, S: Store>(
    reader: &DatasetReader<S>,
    variable: usize,
    field: &Bound<'py, PyAny>,
    (threads, guests): (usize, &Guests),
) -> PyResult<Bound<'py, PyDict>>
where
    DatasetReader<S>: Sync,
{
    let py = field.py();
    fits(reader, variable, field)?;
    let decoder = guests.decoder(threads);
    let judge = |source: &mut dyn Source| -> Found {
        let found = reader.verify(variable, source, 0, &decoder)?;
        Ok((found, reader.about(variable)?.asked))
    };
    let found = match dtype(field)? {
        foresz::DType::F32 => judged::<f32>(field, (Kind::F32, Values::F32), &judge)?,
        foresz::DType::F64 => judged::<f64>(field, (Kind::F64, Values::F64), &judge)?,
    };
    let (found, asked) = guests.outcome(found, raised_on_decoding)?;
    reports::verified(py, &found, &asked)
}

/// Refuses an array of another type or shape.
fn fits<S: Store>(
    reader: &DatasetReader<S>,
    variable: usize,
    field: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let dataset = reader.dataset(View::Stored);
    let Some(about) = dataset.variables.get(variable) else {
        return Err(PyValueError::new_err("there is no such variable"));
    };
    let (held, given) = (about.kind.name(), dtype(field)?.name());
    if held.replace("float", "f") != given {
        let given = given.replace('f', "float");
        return Err(PyValueError::new_err(format!(
            "the stream holds {held}, and the original {given}"
        )));
    }
    let (held, given) = (dataset.shape(about), field.getattr("shape")?);
    if given.extract::<Vec<usize>>()? != held {
        return Err(PyValueError::new_err(format!(
            "the stream has the shape {held:?}, and the original {given}"
        )));
    }
    Ok(())
}

fn judged<T: Sample + Element>(
    field: &Bound<'_, PyAny>,
    (kind, values): (Kind, fn(Vec<T>) -> Values),
    judge: &(dyn Fn(&mut dyn Source) -> Found + Sync),
) -> PyResult<Found> {
    let array = lent::<T>(field)?;
    let mut source = Lent::new(array.as_array(), kind, values);
    Ok(field.py().detach(|| judge(&mut source)))
}

/// Holds an array against its stream.
#[pyfunction]
#[pyo3(signature = (stream, field, threads, objects))]
pub(crate) fn verify<'py>(
    stream: Stream<'_>,
    field: &Bound<'py, PyAny>,
    threads: usize,
    objects: Vec<Given>,
) -> PyResult<Bound<'py, PyDict>> {
    // Said before anything is decoded.
    typed!(dtype(field)?, T => lent::<T>(field).map(|_| ()))?;
    let reader = DatasetReader::open(bytes(&stream)?).map_err(raised_on_decoding)?;
    let variables = reader.dataset(View::Stored).variables.len();
    if variables != 1 {
        return Err(PyValueError::new_err(format!(
            "the bytes are those of a data set with {variables} variables; open it with \
             foresz.open and verify them one by one"
        )));
    }
    against(&reader, 0, field, (threads, &Guests::new(objects)))
}
