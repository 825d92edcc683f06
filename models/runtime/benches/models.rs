//! Whole models: what a prediction costs.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on should say so"
)]

#[allow(dead_code, reason = "benchmarks use some of it")]
#[path = "../tests/suite/common/mod.rs"]
mod common;

use std::sync::Arc;

use common::{Integers, Writer, floats};
use criterion::{Criterion, criterion_group, criterion_main};
use foresz_exact::{Dtype, Model, Options, Session};

/// Six residual convolutions of 64 channels.
fn residual() -> Vec<u8> {
    let mut w = Writer::new(17);
    w.input("x", Dtype::F32, &[1, 64, -1, -1]);
    let mut x = "x".to_owned();
    for _ in 0..6 {
        let kernel = w.noise(&[64, 64, 3, 3]);
        let y = w.node("Relu", &[&x], &[]);
        let y = w.node("Conv", &[&y, &kernel], &[("pads", Integers(vec![1; 4]))]);
        x = w.node("Add", &[&x, &y], &[]);
    }
    w.named("Identity", &[&x], &["y"], &[]);
    w.output("y", Dtype::F32);
    w.finish()
}

fn models(c: &mut Criterion) {
    let cases = [
        ("dense, 64 rows", common::networks::dense(), vec![64, 200]),
        (
            "convolutional, 256×256",
            common::networks::convolutional(),
            vec![1, 2, 256, 256],
        ),
        (
            "attention, 96 places",
            common::networks::attention(),
            vec![1, 96, 32],
        ),
        ("residual, 64×64", residual(), vec![1, 64, 64, 64]),
    ];
    for (name, bytes, dims) in cases {
        let model = Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap());
        let mut session = Session::new(model, &Options::default()).unwrap();
        let input = floats(&dims, 1);
        c.bench_function(name, |b| {
            b.iter(|| session.run(&[("x", input.clone())]).unwrap());
        });
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
