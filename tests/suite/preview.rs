//! Previews are the very values of the whole field, whatever it was coded with.

use std::ops::Range;

use crate::common::fields::{Case, Random, awkward, smooth, with};
use crate::common::stream::Parts;
use crate::common::{bits, names, options, pack, unpack};
use foresz::predictors::Registry;
use foresz::{
    Backend, Bound, Decompressor, Effort, Error, Options, Sample, decompress_preview, inspect,
};
use ndarray::{ArrayD, Axis, Slice};

/// Parameters that change the order of planes.
const VARIANTS: [&str; 3] = [
    "spline:kernel=linear,levels=1",
    "spline:alpha=1.5,beta=3",
    "spline:levels=12",
];

/// The levels there are.
fn levels(shape: &[usize]) -> Range<u8> {
    let longest = *shape.iter().rev().take(2).max().unwrap();
    0..longest.next_power_of_two().ilog2() as u8 + 1
}

/// What a preview of a region has to be, by way of the whole field.
fn thinned<T: Sample>(field: &ArrayD<T>, region: &[Range<usize>], level: u8) -> ArrayD<T> {
    let mut view = field.view();
    for (d, range) in region.iter().enumerate() {
        let step = if d + 2 < region.len() { 1 } else { 1 << level };
        let start = range.start.next_multiple_of(step).min(range.end);
        let slice = Slice::new(start as isize, Some(range.end as isize), step as isize);
        view.slice_axis_inplace(Axis(d), slice);
    }
    view.as_standard_layout().into_owned()
}

fn whole(shape: &[usize]) -> Vec<Range<usize>> {
    shape.iter().map(|n| 0..*n).collect()
}

/// Fails unless previews of all levels, and of the middle of the field, are right.
fn assert_previews<T: Sample>(case: &Case<T>, options: &Options, what: &str) {
    let stream = pack(&case.field, options).bytes;
    let field = unpack::<T>(&stream);
    let shape = field.shape();
    let middle: Vec<Range<usize>> = shape.iter().map(|n| n / 3..n - n / 5).collect();
    for level in levels(shape) {
        let decoder = Decompressor::default().threads(1).preview(level);
        for region in [whole(shape), middle.clone()] {
            let what = format!("{what} on {}, level {level}, {region:?}", case.name);
            let wanted = thinned(&field, &region, level);
            match decoder.region::<T>(&stream, &region) {
                Ok(preview) => {
                    assert_eq!(preview.shape(), wanted.shape(), "{what}");
                    assert_eq!(bits(&preview), bits(&wanted), "{what}");
                }
                Err(Error::Invalid(_)) => assert!(wanted.is_empty(), "{what}"),
                Err(e) => panic!("{what}: {e}"),
            }
        }
    }
}

/// Chunks whose origins are odd here and even there.
fn odd_chunks(shape: &[usize]) -> Vec<usize> {
    let third = |n: &usize| n.div_ceil(3);
    shape.iter().map(third).collect()
}

/// Every predictor, back end and kind of bound on every awkward field, in turn.
fn every_stream_has_previews<T: Sample>() {
    let (points, frames) = names(&Registry::default());
    let variants = VARIANTS.map(str::to_owned);
    let specs: Vec<String> = points
        .iter()
        .cloned()
        .chain(variants)
        .chain(points.iter().map(|p| format!("{}+{p}", frames[0])))
        .collect();
    let cases = awkward::<T>();
    for (i, spec) in specs.iter().enumerate() {
        for (j, case) in cases.iter().enumerate() {
            if spec.contains('+') && case.field.ndim() < 3 {
                continue;
            }
            let backend = Backend::ALL[(i + j) % Backend::ALL.len()];
            let bounds = [
                Bound::Absolute(case.span() * 1e-3),
                Bound::PointwiseRelative(1e-2),
                Bound::Lossless,
                Bound::Absolute(case.span() * 1e-5),
            ];
            let bound = match bounds[(i / 3 + j) % bounds.len()] {
                // What is nothing but subnormal has next to no range.
                Bound::Absolute(0.0) => Bound::Lossless,
                other => other,
            };
            let options = case.declare(options(bound, spec).backend(backend));
            let what = format!("{spec} with {} under {bound:?}", backend.name());
            assert_previews(case, &options, &what);
            let chunk = odd_chunks(case.field.shape());
            assert_previews(case, &options.chunk(chunk), &format!("{what} in chunks"));
        }
    }
}

#[test]
fn every_stream_has_previews_in_f32() {
    every_stream_has_previews::<f32>();
}

#[test]
fn every_stream_has_previews_in_f64() {
    every_stream_has_previews::<f64>();
}

#[test]
fn small_and_odd_shapes_have_previews() {
    let lengths = [1, 2, 3, 5, 17];
    let mut shapes: Vec<Vec<usize>> = lengths.iter().map(|n| vec![*n]).collect();
    for rows in lengths {
        shapes.extend(lengths.iter().map(|columns| vec![rows, *columns]));
        shapes.push(vec![2, rows, 3, 17]);
    }
    for shape in shapes {
        for spec in ["pyramid", "spline", "raster"] {
            for backend in Backend::ALL {
                let case = Case {
                    name: "an odd shape",
                    field: with(smooth::<f32>(&shape), f32::NAN, |i| i % 7 == 5),
                    fill: None,
                };
                let options = options(Bound::Absolute(0.01), spec).backend(backend);
                let what = format!("{shape:?} by {spec} and {}", backend.name());
                assert_previews(&case, &options, &what);
            }
        }
    }
}

#[test]
fn every_effort_has_previews() {
    for case in awkward::<f32>() {
        for effort in Effort::ALL {
            let options = Options::new(Bound::Absolute(case.span() * 1e-3)).effort(effort);
            let chunk = odd_chunks(case.field.shape());
            let options = case.declare(options.chunk(chunk));
            assert_previews(&case, &options, effort.name());
        }
    }
}

#[test]
fn what_a_preview_does_not_need_is_not_looked_at() {
    let field: ArrayD<f32> = smooth(&[3, 40, 50]);
    for spec in ["pyramid", "spline"] {
        let stream = pack(&field, &options(Bound::Absolute(1e-3), spec)).bytes;
        assert!(inspect(&stream).unwrap().preview_levels > 0, "{spec}");
        let mut bad = Parts::of(&stream);
        // Before the checksum of the content lie the last words of the last plane.
        bad.change_body(|body| {
            let at = body.len() - 6;
            body[at] ^= 0x55;
        });
        let bad = bad.join();
        assert!(foresz::decompress::<f32>(&bad).is_err(), "{spec}");
        let wanted = decompress_preview::<f32>(&stream, 1).unwrap();
        let preview = decompress_preview::<f32>(&bad, 1).unwrap();
        assert_eq!(bits(&preview), bits(&wanted), "{spec}");
    }
}

#[test]
fn what_has_cheap_previews_is_told() {
    let field: ArrayD<f32> = smooth(&[4, 80, 96]);
    let levels = |spec: &str, chunk: [usize; 3]| {
        let options = options(Bound::Absolute(1e-3), spec).chunk(chunk);
        inspect(&pack(&field, &options).bytes)
            .unwrap()
            .preview_levels
    };
    assert_eq!(levels("pyramid", [2, 80, 96]), 4);
    assert_eq!(levels("pyramid", [4, 40, 96]), 3);
    assert_eq!(levels("pyramid", [4, 80, 50]), 1);
    assert_eq!(levels("pyramid", [4, 27, 96]), 0);
    assert_eq!(levels("spline:levels=5", [4, 80, 96]), 1);
    assert_eq!(levels("spline:levels=5", [1, 80, 96]), 5);
    assert_eq!(levels("persistence+pyramid", [4, 80, 96]), 0);
    assert_eq!(levels("raster", [4, 80, 96]), 0);
    let fast = Options::new(Bound::Absolute(1e-3)).effort(Effort::Fast);
    let stream = pack(&field, &fast).bytes;
    assert_eq!(inspect(&stream).unwrap().preview_levels, 0);
}

#[test]
fn damaged_bytes_are_found_all_the_same() {
    let field: ArrayD<f32> = smooth(&[40, 50]);
    let mut stream = pack(&field, &options(Bound::Absolute(1e-3), "pyramid")).bytes;
    for at in 0..stream.len() {
        stream[at] ^= 0x10;
        let outcome = decompress_preview::<f32>(&stream, 2);
        assert!(
            matches!(outcome, Err(Error::Corrupt { .. } | Error::Unsupported(_))),
            "byte {at}"
        );
        stream[at] ^= 0x10;
    }
}

#[test]
fn hostile_streams_never_panic() {
    let mut field: ArrayD<f32> = with(smooth(&[2, 17, 19]), f32::NAN, |i| i % 23 == 4);
    field[[1, 8, 8]] = 1e12;
    let mut random = Random(7);
    for bound in [Bound::Absolute(0.05), Bound::PointwiseRelative(0.01)] {
        for spec in ["pyramid", "spline", "persistence+spline", "raster"] {
            for backend in Backend::ALL {
                let parts = Parts::of(&pack(&field, &options(bound, spec).backend(backend)).bytes);
                for _ in 0..400 {
                    let mut bad = parts.clone();
                    let (by, at) = (random.next() as u8, random.next());
                    bad.change_body(|body| {
                        let at = at as usize % body.len();
                        body[at] = by;
                    });
                    if random.below(4) == 0 {
                        let at = random.below(bad.index.len());
                        bad.index[at] = random.next() as u8;
                    }
                    // With a checksum that fits, values may be wrong, but nothing worse.
                    let _ = decompress_preview::<f32>(&bad.join(), 1 + by % 4);
                }
            }
        }
    }
}

#[test]
fn there_are_no_previews_beyond_a_single_sample() {
    let stream = pack(&smooth::<f32>(&[9, 5, 12]), &Options::new(Bound::Lossless)).bytes;
    assert_eq!(
        decompress_preview::<f32>(&stream, 4).unwrap().shape(),
        [9, 1, 1]
    );
    for level in [5, 63, 64, 255] {
        let error = decompress_preview::<f32>(&stream, level).unwrap_err();
        assert!(error.to_string().contains("level 4 leaves one"), "{error}");
    }
    assert_eq!(
        decompress_preview::<f32>(&stream, 0).unwrap(),
        unpack::<f32>(&stream)
    );
}

#[test]
fn a_preview_reports_the_bound_of_the_stream() {
    let stream = pack(
        &smooth::<f64>(&[20, 30]),
        &options(Bound::Absolute(0.02), "pyramid"),
    );
    let decoder = Decompressor::default().preview(1);
    let decoded = decoder.decode::<f64>(&stream.bytes, None).unwrap();
    assert_eq!(decoded.report.bound, 0.02);
    assert_eq!(
        decoded.report.max_error,
        inspect(&stream.bytes).unwrap().max_error
    );
    assert_eq!(decoded.report.output_bytes, 10 * 15 * 8);
}
