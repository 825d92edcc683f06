//! What the test suites share.

#![allow(dead_code, reason = "every suite uses its own part")]

pub(crate) mod coders;
pub(crate) mod fields;
pub(crate) mod repository;
pub(crate) mod stream;

use foresz::check::{Promise, Rule};
use foresz::predictors::{Built, Part, Registry};
use foresz::{Bound, Compressed, Decompressor, Options, Sample, compress};
use ndarray::{ArrayD, IxDyn};

/// Names of the registered predictors that need no parameter: the point-wise ones,
/// and the frame predictors.
pub(crate) fn names(registry: &Registry) -> (Vec<String>, Vec<String>) {
    let (mut points, mut frames) = (Vec::new(), Vec::new());
    for entry in registry.entries() {
        let part = Part {
            name: entry.name.clone(),
            params: Vec::new(),
        };
        match entry.build(&part) {
            Ok(Built::Point(_)) => points.push(entry.name.clone()),
            Ok(Built::Frame(_)) => frames.push(entry.name.clone()),
            Err(_) => {}
        }
    }
    (points, frames)
}

/// Bit patterns, by which values are compared when they have to be the same.
pub(crate) fn bits<T: Sample>(field: &ArrayD<T>) -> Vec<u64> {
    field.iter().map(|x| x.to_bits64()).collect()
}

/// An array in C order.
pub(crate) fn array<T>(shape: &[usize], values: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(shape), values).unwrap()
}

/// Compresses on one thread.
pub(crate) fn pack<T: Sample>(field: &ArrayD<T>, options: &Options) -> Compressed {
    compress(field.view(), &options.clone().threads(1)).unwrap()
}

/// Decompresses on one thread.
pub(crate) fn unpack<T: Sample>(stream: &[u8]) -> ArrayD<T> {
    Decompressor::default().threads(1).field(stream).unwrap()
}

/// Compresses and decompresses.
pub(crate) fn round_trip<T: Sample>(field: &ArrayD<T>, options: &Options) -> ArrayD<T> {
    unpack(&pack(field, options).bytes)
}

/// Options for a predictor under a bound.
pub(crate) fn options(bound: Bound, spec: &str) -> Options {
    Options::new(bound).predictor(spec).unwrap()
}

/// Fails unless every number is within the bound and everything else (NaN,
/// infinities, fills) is the same to the bit; a bound of 0 asks that of all.
/// Returns the largest error.
pub(crate) fn assert_kept<T: Sample>(
    what: &str,
    original: &ArrayD<T>,
    decoded: &ArrayD<T>,
    fill: Option<f64>,
    bound: f64,
) -> f64 {
    assert_eq!(original.shape(), decoded.shape(), "{what}");
    let promise = if bound == 0.0 {
        Promise::Exact
    } else {
        Promise::Within(bound)
    };
    let found = Rule::new(promise)
        .fills(fill.as_slice())
        .judge(original, decoded);
    assert!(found.kept(), "{what}: {found:?} under {promise:?}");
    found.max_error
}
