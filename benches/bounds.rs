//! Every kind of bound, with predictor and back end held fixed: what logarithms, a
//! search for a PSNR and exact coding cost.

mod common;

use common::{bytes, frame, options};
use criterion::{Criterion, criterion_group, criterion_main};
use foresz::{Bound, Decompressor, compress};
use ndarray::ArrayD;

/// A quarter of the field is land.
fn with_land(mut field: ArrayD<f32>) -> ArrayD<f32> {
    let land = |i: usize| (i / 1440 / 80 + i % 1440 / 160).is_multiple_of(4);
    let holes = field.iter_mut().enumerate().filter(|(i, _)| land(*i));
    holes.for_each(|(_, x)| *x = f32::NAN);
    field
}

fn bounds(criterion: &mut Criterion) {
    let field = frame();
    let land = with_land(field.clone());
    let kinds = [
        ("absolute", Bound::Absolute(0.05), &field),
        ("absolute, land", Bound::Absolute(0.05), &land),
        ("range-relative", Bound::RangeRelative(1e-3), &field),
        (
            "point-wise relative",
            Bound::PointwiseRelative(1e-4),
            &field,
        ),
        ("psnr", Bound::Psnr(60.0), &field),
        ("lossless", Bound::Lossless, &field),
    ];
    for (name, bound, field) in kinds {
        let mut group = criterion.benchmark_group(format!("bound/{name}"));
        group.throughput(bytes(field)).sample_size(10);
        let options = options(bound, "lorenzo");
        group.bench_function("encode", |b| {
            b.iter(|| compress(field.view(), &options).map(|c| c.bytes.len()));
        });
        let stream = compress(field.view(), &options).map(|c| c.bytes);
        let stream = stream.unwrap_or_default();
        let decoder = Decompressor::default().threads(1);
        group.bench_function("decode", |b| b.iter(|| decoder.field::<f32>(&stream)));
        group.finish();
    }
}

criterion_group!(benches, bounds);
criterion_main!(benches);
