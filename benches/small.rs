//! Small fields: what a call takes that has next to nothing to do.

mod common;

use common::value;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foresz::{Bound, Decompressor, Effort, Options, compress};
use ndarray::{ArrayD, IxDyn};

const SHAPES: [&[usize]; 5] = [&[64], &[8, 8], &[4, 4, 4], &[16, 16], &[32, 32]];

fn field(shape: &[usize]) -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let place = |d: usize| if d < shape.len() { at[d] } else { 0 };
        match shape.len() {
            3 => value(place(0), 4 * place(1), 4 * place(2)),
            _ => value(0, 4 * place(1), 4 * place(0)),
        }
    })
}

fn small(criterion: &mut Criterion) {
    for (name, bound) in [
        ("0.05", Bound::Absolute(0.05)),
        ("lossless", Bound::Lossless),
    ] {
        let mut group = criterion.benchmark_group(format!("small/{name}"));
        for shape in SHAPES {
            let field = field(shape);
            for effort in Effort::ALL {
                let id = |verb: &str| {
                    BenchmarkId::new(format!("{}, {verb}", effort.name()), format!("{shape:?}"))
                };
                group.bench_function(id("compress"), |b| {
                    b.iter(|| {
                        let options = Options::new(bound).effort(effort);
                        compress(field.view(), &options).map(|c| c.bytes.len())
                    });
                });
                let options = Options::new(bound).effort(effort);
                let stream = compress(field.view(), &options).map(|c| c.bytes);
                let stream = stream.unwrap_or_default();
                let decoder = Decompressor::default();
                group.bench_function(id("decompress"), |b| {
                    b.iter(|| decoder.field::<f32>(&stream));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, small);
criterion_main!(benches);
