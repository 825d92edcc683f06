//! Every registered predictor, with the back end and the bound held fixed.

mod common;

use common::{bytes, frame, options, series};
use criterion::{Criterion, criterion_group, criterion_main};
use foresz::predictors::{Built, Part, Registry};
use foresz::{Backend, Bound, Decompressor, compress};
use ndarray::ArrayD;

const BOUND: Bound = Bound::Absolute(0.05);

fn measure(criterion: &mut Criterion, spec: &str, field: &ArrayD<f32>) {
    let options = options(BOUND, spec).backend(Backend::Huffman);
    let mut group = criterion.benchmark_group(format!("predictor/{spec}"));
    group.throughput(bytes(field)).sample_size(10);
    group.bench_function("encode", |b| {
        b.iter(|| compress(field.view(), &options).map(|c| c.bytes.len()));
    });
    let stream = compress(field.view(), &options).map(|c| c.bytes);
    let stream = stream.unwrap_or_default();
    let decoder = Decompressor::default().threads(1);
    group.bench_function("decode", |b| b.iter(|| decoder.field::<f32>(&stream)));
    group.finish();
}

fn predictors(criterion: &mut Criterion) {
    let (frame, series) = (frame(), series());
    for entry in Registry::default().entries() {
        let part = Part {
            name: entry.name.clone(),
            params: Vec::new(),
        };
        match entry.build(&part) {
            Ok(Built::Point(_)) => measure(criterion, &entry.name, &frame),
            Ok(Built::Frame(_)) => measure(criterion, &format!("{}+zero", entry.name), &series),
            Err(_) => {}
        }
    }
    measure(criterion, "lorenzo:order=2", &frame);
    measure(criterion, "spline:kernel=linear", &frame);
}

criterion_group!(benches, predictors);
criterion_main!(benches);
