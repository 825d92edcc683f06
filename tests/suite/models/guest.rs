//! Predictors that the program brings along, with the guard band between machines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::fields::formula;
use crate::common::{assert_kept, bits};
use foresz::forecast::{Foreseen, Glimpse, Guest, Shelf};
use foresz::{Bound, Decompressor, Error, Options, compress, inspect};
use ndarray::ArrayD;

/// The last change again, never exactly the same.
struct Trend {
    version: &'static str,
    noise: f64,
    calls: AtomicU64,
}

fn trend(version: &'static str, noise: f64) -> Arc<dyn Guest> {
    Arc::new(Trend {
        version,
        noise,
        calls: AtomicU64::new(0),
    })
}

impl Guest for Trend {
    fn name(&self) -> &'static str {
        "my-trend"
    }

    fn language(&self) -> &'static str {
        "rust"
    }

    fn version(&self) -> &str {
        self.version
    }

    fn history(&self) -> usize {
        2
    }

    fn foresee(&self, glimpse: &Glimpse) -> Result<Foreseen, String> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let (before, last) = glimpse.past.split_at(glimpse.past.len() / 2);
        let wobble = |i: usize| self.noise * ((i as u64 * 7 + call * 13) % 17) as f64;
        let pairs = before.iter().zip(last).enumerate();
        Ok(Foreseen {
            values: pairs.map(|(i, (a, b))| 2.0 * b - a + wobble(i)).collect(),
            precision: f64::EPSILON,
        })
    }
}

fn series() -> ArrayD<f64> {
    formula(&[30, 3, 12, 16], |at| {
        let (t, k, i, j) = (at[0] as f64, at[1] as f64, at[2] as f64, at[3] as f64);
        10.0 + 4.0 * (0.4 * j - 0.21 * t + k).sin() + 2.0 * (0.5 * i + 0.17 * t).cos()
    })
}

fn options(guest: Arc<dyn Guest>, spec: &str) -> Options {
    Options::new(Bound::Absolute(1e-3))
        .registry(foresz::registry(Shelf::default().guest(guest)))
        .predictor(spec)
        .unwrap()
        .chunk([10, 3, 12, 16])
}

fn decoder(guest: Arc<dyn Guest>) -> Decompressor {
    Decompressor::default().registry(foresz::registry(Shelf::default().guest(guest)))
}

const SPEC: &str = "forecast:model=my-trend+raster";

#[test]
fn a_guest_that_never_says_the_same_decodes_to_the_same_bits() {
    for spec in [
        "forecast:model=my-trend",
        SPEC,
        "forecast:model=my-trend,guard=1e-4+spline",
    ] {
        let asked = options(trend("1", 1e-8), spec);
        let stream = compress(series().view(), &asked).unwrap().bytes;
        let first: ArrayD<f64> = decoder(trend("1", 1e-8)).field(&stream).unwrap();
        assert_kept(spec, &series(), &first, None, 1e-3);
        let again: ArrayD<f64> = decoder(trend("1", -3e-8)).field(&stream).unwrap();
        assert_eq!(bits(&first), bits(&again), "{spec}");
        let used = &inspect(&stream).unwrap().models[0];
        assert_eq!((&*used.name, &*used.runtime), ("my-trend", "rust"));
        assert!(used.guarded);
    }
}

#[test]
fn another_guest_is_noticed() {
    let asked = options(trend("1", 0.0), SPEC);
    let stream = compress(series().view(), &asked).unwrap().bytes;
    let refused = |decoder: Decompressor| decoder.field::<f64>(&stream).unwrap_err();
    for (decoder, why) in [
        (Decompressor::default(), "only a program that has it"),
        (decoder(trend("2", 0.0)), "the one given is rust version 2"),
    ] {
        let error = refused(decoder);
        assert!(matches!(error, Error::Unsupported(_)));
        let text = error.to_string();
        assert!(
            text.contains("\"my-trend\" (rust version 1)") && text.contains(why),
            "{text}"
        );
    }
    let text = refused(decoder(trend("1", 1.0))).to_string();
    assert!(text.contains("guard band"), "{text}");
}

#[test]
fn what_cannot_be_decoded_is_not_encoded() {
    let random = compress(series().view(), &options(trend("1", 1.0), SPEC)).unwrap_err();
    assert!(random.to_string().contains("two calls"), "{random}");
    let parts = options(trend("1", 0.0), SPEC).chunk([10, 3, 6, 16]);
    let parts = compress(series().view(), &parts).unwrap_err();
    assert!(parts.to_string().contains("whole frames"), "{parts}");
    let stored = options(trend("1", 0.0), SPEC).store_models(true);
    let stored = compress(series().view(), &stored).unwrap_err();
    assert!(stored.to_string().contains("cannot be stored"), "{stored}");
}
