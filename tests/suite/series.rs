//! Series that change their nature on the way, with every effort, back end and
//! predictor: frames that stop moving, vanish, or come in another unit.

use crate::common::fields::{formula, noise, smooth, with};
use crate::common::{assert_kept, bits, names, options, pack, unpack};
use foresz::predictors::Registry;
use foresz::{Backend, Bound, Decompressor, Effort, Options, Sample, Writer};
use ndarray::{ArrayD, Axis};

/// Six frames of 20 × 30: what the later ones are is in the name.
fn series<T: Sample>() -> Vec<(&'static str, ArrayD<T>)> {
    later([6, 20, 30])
}

fn later<T: Sample>(shape: [usize; 3]) -> Vec<(&'static str, ArrayD<T>)> {
    let plain = smooth::<T>(&shape) + noise::<T>(&shape, 9);
    let frame = shape[1] * shape[2];
    let from = |start: usize, value: f64| {
        let late = move |i: usize| i >= start * frame;
        with(plain.clone(), T::from_f64(value), late)
    };
    let scaled = |scales: [f64; 6]| {
        let mut field = plain.clone();
        for (frame, scale) in field.outer_iter_mut().zip(scales) {
            frame.into_iter().for_each(|x| *x = *x * T::from_f64(scale));
        }
        field
    };
    let every_other = |i: usize| i / frame % 2 == 1;
    vec![
        ("constant later", from(2, 273.15)),
        ("constant from the second frame on", from(1, 0.0)),
        ("one frame, then nothing", from(1, f64::NAN)),
        ("nothing in the end", from(5, f64::NAN)),
        (
            "nothing at first",
            with(plain.clone(), T::from_f64(f64::NAN), |i| i < 3 * frame),
        ),
        (
            "every other frame missing",
            with(plain.clone(), T::from_f64(f64::NAN), every_other),
        ),
        ("larger by 1e30", scaled([1.0, 1.0, 1.0, 1e30, 1e30, 1e30])),
        (
            "smaller by 1e30",
            scaled([1.0, 1.0, 1e-30, 1e-30, 1e-30, 1.0]),
        ),
        ("up and down", scaled([1e-30, 1.0, 1e30, 1.0, 1e-30, 1e30])),
        (
            "constant rows",
            formula(&shape, |at| (at[0] * 7 + at[1] * at[1]) as f64),
        ),
        (
            "constant columns",
            formula(&shape, |at| (at[2] * at[2]) as f64 * 0.37),
        ),
    ]
}

const BOUNDS: [Bound; 4] = [
    Bound::Absolute(0.01),
    Bound::Absolute(1e25),
    Bound::PointwiseRelative(1e-3),
    Bound::Lossless,
];

/// Fails unless the bound is kept, at once and frame by frame, in one chunk and in
/// several.
fn assert_survives<T: Sample>(what: &str, field: &ArrayD<T>, options: &Options, bound: Bound) {
    let kept = |decoded: &ArrayD<T>| match bound {
        Bound::Absolute(bound) => {
            assert_kept(what, field, decoded, None, bound);
        }
        Bound::PointwiseRelative(part) => {
            for (x, y) in field.iter().zip(decoded) {
                let (x, y) = (x.to_f64(), y.to_f64());
                assert!(x.is_nan() || (x - y).abs() <= part * x.abs(), "{what}");
            }
        }
        _ => assert_eq!(bits(field), bits(decoded), "{what}"),
    };
    let packed = pack(field, options);
    let decoded = unpack::<T>(&packed.bytes);
    kept(&decoded);
    let region = [1..5, 3..17, 0..25];
    let part = Decompressor::default().region::<T>(&packed.bytes, &region);
    let mut cut = decoded;
    for (d, range) in region.into_iter().enumerate() {
        cut.slice_axis_inplace(Axis(d), range.into());
    }
    assert_eq!(bits(&part.unwrap()), bits(&cut), "{what}");

    let cut = options.clone().chunk([2, 20, 30]).threads(1);
    let mut writer = Writer::new(Vec::new(), &field.shape()[1..], cut).unwrap();
    for frame in field.outer_iter() {
        writer.push(frame).unwrap();
    }
    kept(&unpack::<T>(&writer.finish().unwrap().0));
}

fn every_effort_survives<T: Sample>() {
    for (name, field) in series::<T>() {
        for bound in BOUNDS {
            for effort in Effort::ALL {
                let what = format!("{name} in {}, {bound:?}, {}", T::NAME, effort.name());
                let options = Options::new(bound).effort(effort);
                assert_survives(&what, &field, &options, bound);
            }
        }
    }
}

#[test]
fn every_effort_survives_in_both_types() {
    every_effort_survives::<f32>();
    every_effort_survives::<f64>();
}

#[test]
fn every_predictor_and_back_end_survives() {
    let (points, frames) = names(&Registry::default());
    let after = points.iter().map(|p| format!("{}+{p}", frames[0]));
    for (k, spec) in points.iter().cloned().chain(after).enumerate() {
        for (i, (name, field)) in series::<f32>().into_iter().enumerate() {
            // Bounds and back ends take turns.
            let bound = BOUNDS[(i + k) % BOUNDS.len()];
            let backend = Backend::ALL[(i + k / 2) % Backend::ALL.len()];
            let what = format!("{name}, {bound:?}, {spec} with {}", backend.name());
            let options = options(bound, &spec).backend(backend);
            assert_survives(&what, &field, &options, bound);
        }
    }
}

#[test]
fn series_too_large_to_be_tried_whole_survive() {
    // More than 65536 samples: predictors are chosen by a sample.
    for (name, field) in later::<f32>([6, 110, 110]) {
        for effort in Effort::ALL {
            let what = format!("{name}, {}", effort.name());
            let options = Options::new(Bound::Absolute(0.01)).effort(effort);
            let decoded = unpack::<f32>(&pack(&field, &options).bytes);
            assert_kept(&what, &field, &decoded, None, 0.01);
        }
    }
}

/// A global series: rows close on themselves.
fn global(frames: usize) -> ArrayD<f32> {
    let turn = std::f64::consts::TAU / 48.0;
    formula(&[frames, 24, 48], |at| {
        let (t, i, j) = (at[0] as f64, at[1] as f64, at[2] as f64);
        10.0 * (turn * j + 0.3 * t).sin() + (0.4 * i).cos()
    })
}

fn written(field: &ArrayD<f32>, length: Option<usize>, options: Options) -> Vec<u8> {
    let frame = &field.shape()[1..];
    let mut writer = match length {
        Some(length) => Writer::with_length(Vec::new(), length, frame, options),
        None => Writer::new(Vec::new(), frame, options),
    }
    .unwrap();
    for frame in field.outer_iter() {
        writer.push(frame).unwrap();
    }
    writer.finish().unwrap().0
}

#[test]
fn chunks_are_the_same_however_frames_arrive() {
    let field = global(21);
    let options = |threads| Options::new(Bound::Absolute(0.01)).threads(threads);
    let at_once = pack(&field, &options(1)).bytes;
    assert!(foresz::inspect(&at_once).unwrap().periodic);
    for threads in [1, 3] {
        assert_eq!(pack(&field, &options(threads)).bytes, at_once);
        assert_eq!(written(&field, Some(21), options(threads)), at_once);
        // The length that was foretold is no promise.
        let wrong = written(&field, Some(5), options(threads));
        assert_kept("other length", &field, &unpack(&wrong), None, 0.01);
        let cut = options(threads).keyframe(4);
        assert_eq!(written(&field, None, cut.clone()), pack(&field, &cut).bytes);
    }
}
