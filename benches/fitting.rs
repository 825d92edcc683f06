//! What fitting taps to a field costs, apart from using them: `learn` of the predictors
//! that have any, on a frame and on a series.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on should say so"
)]

mod common;

use common::{bytes, frame, series};
use criterion::{Criterion, criterion_group, criterion_main};
use foresz::Sample;
use foresz::predictors::{Place, Registry, Scene};

const SPECS: [&str; 4] = ["raster", "raster:past=0", "pyramid", "pyramid:past=0"];

fn fitting(criterion: &mut Criterion) {
    let registry = Registry::default();
    for (name, field) in [("frame", frame()), ("series", series())] {
        let scene = Scene {
            shape: field.shape().to_vec(),
            time: (field.ndim() > 2).then_some(0),
            periodic: true,
            bound: 0.05,
            share: 1.0,
            place: Place::default(),
        };
        let values: Vec<f32> = field.iter().copied().collect();
        let mut group = criterion.benchmark_group(format!("fitting/{name}"));
        group.throughput(bytes(&field)).sample_size(20);
        for spec in SPECS {
            let pipeline = spec.parse().and_then(|spec| registry.build(&spec)).unwrap();
            let point = f32::point(&*pipeline.point);
            group.bench_function(spec, |b| b.iter(|| point.learn(&values, &scene)));
        }
        group.finish();
    }
}

criterion_group!(benches, fitting);
criterion_main!(benches);
