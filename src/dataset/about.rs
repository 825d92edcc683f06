//! What became of a variable in a stream.

use foresz_files::{Dataset, Values, Variable};
use serde::Serialize;

use super::directory::{Entry, Storage};
use super::packing::Packing;
use crate::bound::Bound;
use crate::field::info::Info;

/// A variable in the stream of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct VariableInfo {
    /// Its name.
    pub name: String,
    /// Type of its values, as the source had them.
    pub kind: &'static str,
    /// Names of its dimensions.
    pub dims: Vec<String>,
    /// Lengths along them.
    pub shape: Vec<usize>,
    /// Units, if it says.
    pub units: Option<String>,
    /// Bounds as they were asked for, each once: of unpacked numbers.
    pub asked: Vec<Bound>,
    /// Largest absolute error of unpacked numbers.
    pub max_error: f64,
    /// Step of packed numbers, or of the lattice that numbers lay on; 0 if there is none.
    pub step: f64,
    /// Predictors, each once; none where values are stored as they are.
    pub predictors: Vec<String>,
    /// Back ends, each once.
    pub backends: Vec<String>,
    /// Streams or blobs that it is in.
    pub pieces: usize,
    /// Bytes of its values, as the source had them.
    pub raw_bytes: u64,
    /// Bytes that it takes.
    pub stream_bytes: u64,
    /// One over the other.
    pub ratio: f64,
}

impl VariableInfo {
    pub(crate) fn new(
        about: &Variable,
        entry: &Entry,
        dataset: &Dataset,
        streams: &[Info],
    ) -> Self {
        let shape = dataset.shape(about);
        let asked = each_once(entry.pieces.iter().map(|p| &p.asked));
        let specs = streams.iter().flat_map(|s| &s.predictors);
        let predictors = each_once(specs.map(|(spec, _)| spec));
        let backends = each_once(streams.iter().flat_map(|s| &s.backends));
        let largest = streams.iter().map(|s| s.max_error).fold(0.0, f64::max);
        let lattice = streams
            .iter()
            .map(|s| s.lattice)
            .fold(f64::INFINITY, f64::min);
        let lattice = if lattice.is_finite() { lattice } else { 0.0 };
        let packing = Packing::of(about).filter(|_| entry.packed);
        let integers = entry.storage == Storage::Integers;
        let (max_error, step) = match packing {
            Some(packing) if integers => (largest.round() * packing.step(), packing.step()),
            Some(packing) => (largest, packing.step()),
            None => (largest, lattice),
        };
        let stream_bytes: u64 = entry.pieces.iter().map(|p| p.bytes).sum();
        let width = about.kind.bytes().unwrap_or(1);
        let raw_bytes = (shape.iter().product::<usize>() * width) as u64;
        VariableInfo {
            name: about.name.clone(),
            kind: about.kind.name(),
            dims: dataset.dims(about).into_iter().map(Into::into).collect(),
            units: about
                .attribute("units")
                .and_then(Values::as_text)
                .map(Into::into),
            shape,
            asked,
            max_error,
            step,
            predictors,
            backends,
            pieces: entry.pieces.len(),
            raw_bytes,
            stream_bytes,
            ratio: raw_bytes as f64 / stream_bytes as f64,
        }
    }

    /// Says so where values were rounded before, and more coarsely than asked for now.
    pub fn coarser(&self) -> Option<f64> {
        let tightest = self.asked.iter().filter_map(|bound| match bound {
            Bound::Absolute(bound) => Some(*bound),
            _ => None,
        });
        let tightest = tightest.fold(f64::INFINITY, f64::min);
        (self.step > 2.0 * tightest).then_some(self.step)
    }

    /// Whether anything may have been lost.
    pub fn is_lossless(&self) -> bool {
        self.asked.iter().all(|bound| *bound == Bound::Lossless)
    }
}

pub(crate) fn each_once<'a, R: Clone + PartialEq + 'a>(all: impl Iterator<Item = &'a R>) -> Vec<R> {
    let mut once: Vec<R> = Vec::new();
    for one in all {
        if !once.contains(one) {
            once.push(one.clone());
        }
    }
    once
}
