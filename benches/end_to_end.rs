//! A frame and a series with the defaults, on one thread and on all; parts of a field;
//! a series frame by frame.

mod common;

use common::{bytes, frame, series};
use criterion::{Criterion, criterion_group, criterion_main};
use foresz::{Bound, Decompressor, Options, Writer, compress};

const BOUND: Bound = Bound::Absolute(0.05);

fn whole(criterion: &mut Criterion) {
    for (name, field) in [("frame", frame()), ("series", series())] {
        let mut group = criterion.benchmark_group(format!("end-to-end/{name}"));
        group.throughput(bytes(&field)).sample_size(10);
        for (label, threads) in [("one thread", 1), ("all threads", 0)] {
            // Small chunks, so that there is something to share.
            let chunk: Vec<usize> = field.shape().iter().map(|n| n.div_ceil(2)).collect();
            let options = Options::new(BOUND).threads(threads).chunk(chunk);
            group.bench_function(format!("compress, {label}"), |b| {
                b.iter(|| compress(field.view(), &options).map(|c| c.bytes.len()));
            });
            let stream = compress(field.view(), &options).map(|c| c.bytes);
            let stream = stream.unwrap_or_default();
            let decoder = Decompressor::default().threads(threads);
            group.bench_function(format!("decompress, {label}"), |b| {
                b.iter(|| decoder.field::<f32>(&stream));
            });
        }
        group.finish();
    }
}

fn regions(criterion: &mut Criterion) {
    let field = frame();
    let options = Options::new(BOUND).threads(1).chunk([103, 144]);
    let stream = compress(field.view(), &options).map(|c| c.bytes);
    let stream = stream.unwrap_or_default();
    let decoder = Decompressor::default().threads(1);
    let mut group = criterion.benchmark_group("region");
    group.sample_size(20);
    for (name, region) in [
        ("a sample", [360..361, 700..701]),
        ("one chunk", [103..206, 144..288]),
        ("a row", [360..361, 0..1440]),
        ("a column", [0..721, 700..701]),
        ("everything", [0..721, 0..1440]),
    ] {
        group.bench_function(name, |b| b.iter(|| decoder.region::<f32>(&stream, &region)));
    }
    group.finish();
}

fn frame_by_frame(criterion: &mut Criterion) {
    let field = series();
    let mut group = criterion.benchmark_group("writer");
    group.throughput(bytes(&field)).sample_size(10);
    group.bench_function("series", |b| {
        b.iter(|| {
            let options = Options::new(BOUND).threads(1);
            let mut writer = Writer::new(std::io::sink(), &[181, 360], options)?;
            for frame in field.outer_iter() {
                writer.push(frame)?;
            }
            writer.finish().map(|(_, report)| report.output_bytes)
        });
    });
    group.finish();
}

criterion_group!(benches, whole, regions, frame_by_frame);
criterion_main!(benches);
