//! What cannot get smaller does not get larger either, but for what says what it is.

use foresz::{
    Backend, Bound, Decompressor, Effort, Options, Sample, Writer, decompress_preview,
    decompress_region, inspect,
};
use ndarray::{ArrayD, Axis, Slice};
use proptest::prelude::*;

use crate::common::fields::{Random, noise};
use crate::common::{array, bits, pack, unpack};

/// Bytes that a chunk may take beyond those of its values.
const PER_CHUNK: usize = 64;
/// Bytes of what a stream says about itself, without names, fill values and attributes.
const HEAD: usize = 100;

/// Every bit by chance: among the values are NaN of all kinds, and infinities.
fn random_bits<T: Sample>(shape: &[usize], seed: u64) -> ArrayD<T> {
    let mut random = Random(seed);
    let values = (0..shape.iter().product()).map(|_| T::from_bits64(random.next()));
    array(shape, values.collect())
}

/// NaN alone, with every bit else by chance.
fn all_nan<T: Sample>(shape: &[usize], seed: u64) -> ArrayD<T> {
    let nan = T::from_f64(f64::NAN).to_bits64();
    random_bits::<T>(shape, seed).mapv(|x| T::from_bits64(x.to_bits64() | nan))
}

fn fields<T: Sample>(shape: &[usize], seed: u64) -> [(&'static str, ArrayD<T>); 4] {
    [
        ("bits", random_bits(shape, seed)),
        ("NaN", all_nan(shape, seed)),
        ("noise", noise(shape, seed)),
        (
            "noise of all magnitudes",
            noise::<T>(shape, seed).mapv(|x| T::from_f64((x.to_f64() * 80.0).exp())),
        ),
    ]
}

/// All efforts, back ends and a few predictors under a bound.
fn ways(bound: Bound) -> Vec<(String, Options)> {
    let mut ways = Vec::new();
    for effort in Effort::ALL {
        let options = Options::new(bound).effort(effort);
        ways.push((effort.name().to_owned(), options.clone()));
        ways.extend(Backend::ALL.map(|backend| {
            let name = format!("{}, {}", effort.name(), backend.name());
            (name, options.clone().backend(backend))
        }));
    }
    for spec in ["zero", "lorenzo", "spline", "pyramid", "raster"] {
        ways.push((spec.to_owned(), crate::common::options(bound, spec)));
    }
    ways
}

fn chunks<T: Sample>(field: &ArrayD<T>, chunk: &[usize]) -> usize {
    let dims = field.shape().iter().zip(chunk);
    dims.map(|(n, c)| n.div_ceil(*c)).product()
}

fn assert_no_growth<T: Sample>(shape: &[usize], chunk: &[usize], seed: u64) {
    for (field_name, field) in fields::<T>(shape, seed) {
        for bound in [Bound::Lossless, Bound::Absolute(1e-30)] {
            for (name, options) in ways(bound) {
                let what = format!("{field_name} of {shape:?} in {chunk:?}, {name}, {bound:?}");
                let stream = pack(&field, &options.chunk(chunk)).bytes;
                let most = field.len() * T::BYTES + HEAD + PER_CHUNK * chunks(&field, chunk);
                assert!(stream.len() <= most, "{what}: {} of {most}", stream.len());
                if bound == Bound::Lossless {
                    assert_eq!(bits(&unpack::<T>(&stream)), bits(&field), "{what}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_grows(
        shape in prop::collection::vec(1usize..7, 1..5),
        cut in 1usize..7,
        seed in any::<u64>(),
    ) {
        let chunk: Vec<usize> = shape.iter().map(|n| cut.min(*n)).collect();
        assert_no_growth::<f32>(&shape, &chunk, seed);
        assert_no_growth::<f64>(&shape, &chunk, seed);
    }
}

#[test]
fn nothing_large_grows() {
    assert_no_growth::<f32>(&[3, 40, 50], &[3, 40, 50], 1);
    assert_no_growth::<f64>(&[60, 70], &[25, 70], 2);
}

/// A field of which the first chunk is noise and the second is not.
fn half_noise() -> ArrayD<f32> {
    let mut field = ArrayD::from_shape_fn(&[2, 40, 50][..], |at| (at[1] + at[2]) as f32);
    let noise = random_bits::<f32>(&[1, 40, 50], 5);
    field
        .slice_axis_mut(Axis(0), Slice::from(0..1))
        .assign(&noise);
    field
}

#[test]
fn stored_chunks_are_read_in_parts_and_taken_apart() {
    let field = half_noise();
    let options = Options::new(Bound::Lossless).chunk([1, 40, 50]);
    let stream = pack(&field, &options).bytes;
    let info = inspect(&stream).unwrap();
    assert_eq!(info.backends, ["stored", "context"]);
    assert_eq!(info.predictors[0], ("zero".to_owned(), 1));
    assert_eq!(info.preview_levels, 0);

    let region = [0..2, 3..5, 10..20];
    let part = decompress_region::<f32>(&stream, &region).unwrap();
    let mut wanted = field.view();
    for (axis, range) in region.into_iter().enumerate() {
        wanted.slice_axis_inplace(Axis(axis), Slice::from(range));
    }
    assert_eq!(bits(&part), bits(&wanted.to_owned()));

    let preview = decompress_preview::<f32>(&stream, 3).unwrap();
    let mut wanted = field.view();
    for axis in [1, 2] {
        wanted.slice_axis_inplace(Axis(axis), Slice::new(0, None, 8));
    }
    assert_eq!(bits(&preview), bits(&wanted.to_owned()));

    let chunks = Decompressor::default().anatomy(&stream).unwrap();
    let stored = &chunks[0];
    assert_eq!((stored.backend, stored.bytes), (Backend::Stored, 8005));
    assert_eq!((stored.literal_bytes, stored.code_bytes), (8000, 0));
    assert!(stored.planes.is_empty() && stored.codes().iter().all(|c| *c == 0));
}

#[test]
fn frames_that_are_written_one_by_one_are_stored_too() {
    let field = random_bits::<f64>(&[6, 9, 11], 3);
    let options = Options::new(Bound::Lossless).chunk([2, 9, 11]);
    let mut writer = Writer::new(Vec::new(), &[9, 11], options).unwrap();
    for frame in field.outer_iter() {
        writer.push(frame).unwrap();
    }
    let (stream, report) = writer.finish().unwrap();
    assert!(stream.len() <= field.len() * 8 + HEAD + 3 * PER_CHUNK);
    assert_eq!((report.max_error, report.backend.as_str()), (0.0, "stored"));
    assert_eq!(bits(&unpack::<f64>(&stream)), bits(&field));
}

#[test]
fn what_is_not_below_the_least_value_is_stored_with_its_fill_values() {
    // As noisy as numbers can be that are not negative; fill values are.
    let field = random_bits::<f32>(&[50, 60], 8).mapv(|x| {
        if x.is_finite() && x.to_bits() % 7 > 0 {
            x.abs()
        } else {
            -9.0
        }
    });
    let options = Options::new(Bound::Lossless).least(0.0).fill(-9.0);
    let options = options.predictor("zero").unwrap();
    let stream = pack(&field, &options).bytes;
    assert!(stream.len() <= field.len() * 4 + HEAD + PER_CHUNK);
    assert_eq!(bits(&unpack::<f32>(&stream)), bits(&field));
    let noise =
        random_bits::<f32>(&[50, 60], 8).mapv(|x| if x.is_finite() { x.abs() } else { -9.0 });
    let stream = pack(&noise, &options).bytes;
    assert_eq!(inspect(&stream).unwrap().backends, ["stored"]);
    assert_eq!(bits(&unpack::<f32>(&stream)), bits(&noise));
}

#[test]
fn stored_cannot_be_asked_for() {
    let field = noise::<f32>(&[8, 8], 1);
    let options = Options::new(Bound::Lossless).backend(Backend::Stored);
    assert!(foresz::compress(field.view(), &options).is_err());
    assert!("stored".parse::<Backend>().is_err());
}
