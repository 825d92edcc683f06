//! Every back end, with the predictor held fixed, from loose to tight bounds; and the
//! stages of the back ends that see contexts, with codes made for the purpose.

mod common;

use common::{FRAME, bytes, frame, options};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foresz::{Backend, Bound, Decompressor, compress};
use ndarray::{ArrayD, IxDyn};

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

/// Codes as the back end gets them, by way of bins of width 1 and no prediction.
fn codes(code: impl Fn(usize) -> f32) -> ArrayD<f32> {
    let columns = FRAME[1];
    ArrayD::from_shape_fn(IxDyn(&FRAME), |at| code(at[0] * columns + at[1]))
}

/// Triangular noise from −`size` to `size`.
fn noise(i: usize, size: f32) -> f32 {
    let hash = |seed: u64| {
        let x = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1u64 << 24) as f32
    };
    size * (hash(1) - hash(1 << 40))
}

/// What zeros take is finding contexts: there is but one token, and nothing to be told
/// of it. What codes take more is rANS, or for `mixing` more decisions for each.
fn stages(criterion: &mut Criterion) {
    let kinds = [
        ("contexts alone", codes(|_| 0.0)),
        ("small codes", codes(|i| noise(i, 2.0))),
        ("large codes", codes(|i| noise(i, 300.0))),
        // Contexts pay: rough and calm rows take turns.
        (
            "codes in two sizes",
            codes(|i| noise(i, if i / 20_000 % 2 == 0 { 1.0 } else { 40.0 })),
        ),
    ];
    for backend in [Backend::Context, Backend::Mixing] {
        let mut group = criterion.benchmark_group(format!("stages/{}", backend.name()));
        for (name, field) in &kinds {
            group.throughput(bytes(field)).sample_size(10);
            let options = options(Bound::Absolute(0.5), "zero").backend(backend);
            group.bench_function(format!("encode, {name}"), |b| {
                b.iter(|| compress(field.view(), &options).map(|c| c.bytes.len()));
            });
            let stream = compress(field.view(), &options).map(|c| c.bytes);
            let stream = stream.unwrap_or_default();
            let decoder = Decompressor::default().threads(1);
            group.bench_function(format!("decode, {name}"), |b| {
                b.iter(|| decoder.field::<f32>(&stream));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, backends, stages);
criterion_main!(benches);
