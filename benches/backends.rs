//! Every back end, with the predictor held fixed, from loose to tight bounds.

mod common;

use common::{bytes, frame, options};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foresz::{Backend, Bound, Decompressor, compress};

fn backends(criterion: &mut Criterion) {
    let field = frame();
    for backend in Backend::ALL {
        let mut group = criterion.benchmark_group(format!("backend/{}", backend.name()));
        group.throughput(bytes(&field)).sample_size(10);
        for bound in [1.0, 0.05, 0.001] {
            let options = options(Bound::Absolute(bound), "lorenzo").backend(backend);
            group.bench_with_input(BenchmarkId::new("encode", bound), &field, |b, field| {
                b.iter(|| compress(field.view(), &options).map(|c| c.bytes.len()));
            });
            let stream = compress(field.view(), &options).map(|c| c.bytes);
            let stream = stream.unwrap_or_default();
            let decoder = Decompressor::default().threads(1);
            group.bench_with_input(BenchmarkId::new("decode", bound), &stream, |b, stream| {
                b.iter(|| decoder.field::<f32>(stream));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, backends);
criterion_main!(benches);
