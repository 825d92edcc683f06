//! Fields that a model fits, and fields that it does not.

use crate::common::fields::formula;
use crate::common::{assert_kept, bits};
use foresz::forecast::Shelf;
use foresz::{Bound, Decompressor, Options, compress, decompress_region, inspect};
use ndarray::ArrayD;

const SPEC: &str = "forecast:model=flow-filter+raster";

/// Vortices that drift, of the size that the model knows.
pub(crate) fn flow(shape: &[usize]) -> ArrayD<f32> {
    let n = shape.len();
    formula(shape, move |at| {
        let (t, i, j) = (at[0] as f64, at[n - 2] as f64, at[n - 1] as f64);
        let level = if n > 3 { at[1] as f64 } else { 0.0 };
        4e-5 * (0.3 * j - 0.11 * t + level).sin() * (0.25 * i).cos()
            + 1e-5 * (0.7 * j + 0.45 * i - 0.2 * t).sin()
    })
}

fn asked() -> Options {
    Options::new(Bound::RangeRelative(1e-2))
        .registry(foresz::registry(Shelf::default().place("models")))
}

fn complaint(shape: &[usize], with: impl Fn(Options) -> Options) -> String {
    let options = with(asked().predictor(SPEC).unwrap());
    match compress(flow(shape).view(), &options) {
        Ok(_) => panic!("a field of {shape:?} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_model_decodes_on_any_number_of_threads() {
    let field = flow(&[60, 24, 48]);
    let options = asked().predictor(SPEC).unwrap().keyframe(20);
    let one = compress(field.view(), &options.clone().threads(1)).unwrap();
    let four = compress(field.view(), &options.threads(4)).unwrap();
    assert_eq!(one.bytes, four.bytes);
    let decoder =
        Decompressor::default().registry(foresz::registry(Shelf::default().place("models")));
    let decoded = decoder.clone().threads(1).field::<f32>(&one.bytes).unwrap();
    let again = decoder.threads(3).field::<f32>(&one.bytes).unwrap();
    assert_eq!(bits(&decoded), bits(&again));
    let info = inspect(&one.bytes).unwrap();
    assert_kept("flow", &field, &decoded, None, info.bound);
    assert_eq!(info.chunks, 3);
    let spec = &info.predictors[0].0;
    assert!(
        spec.starts_with("forecast:model=flow-filter,sha256=") && spec.contains("runtime=exact"),
        "{spec}"
    );
}

#[test]
fn errors_do_not_accumulate() {
    let field = flow(&[205, 16, 32]);
    let options = asked().predictor("forecast:model=flow-filter").unwrap();
    let stream = compress(field.view(), &options).unwrap().bytes;
    let decoder =
        Decompressor::default().registry(foresz::registry(Shelf::default().place("models")));
    let decoded = decoder.field::<f32>(&stream).unwrap();
    assert_kept(
        "flow",
        &field,
        &decoded,
        None,
        inspect(&stream).unwrap().bound,
    );
    let size = 16 * 32;
    let rms = |from: usize| {
        let part = from * size..(from + 5) * size;
        let errors = field.iter().zip(&decoded).map(|(x, y)| f64::from(x - y));
        let squares = errors.skip(part.start).take(part.len()).map(|e| e * e);
        squares.sum::<f64>().sqrt()
    };
    let (early, late) = (rms(10), rms(200));
    assert!((late / early - 1.0).abs() < 0.1, "{early:e} and {late:e}");
}

#[test]
fn runs_between_key_frames_stand_alone() {
    let field = flow(&[40, 16, 32]);
    let options = asked().predictor("persistence+spline").unwrap().keyframe(8);
    let mut stream = compress(field.view(), &options).unwrap().bytes;
    assert_eq!(inspect(&stream).unwrap().chunk, [8, 16, 32]);
    let region = [24..30, 0..16, 0..32];
    let part = decompress_region::<f32>(&stream, &region).unwrap();
    // What is broken in the first run is no concern of the fourth.
    stream[20] ^= 1;
    assert!(decompress_region::<f32>(&stream, &[0..1, 0..16, 0..32]).is_err());
    assert_eq!(part, decompress_region::<f32>(&stream, &region).unwrap());
    for wrong in [asked().keyframe(0), asked().keyframe(4).chunk([4, 16, 32])] {
        assert!(compress(field.view(), &wrong).is_err());
    }
    let plane = flow(&[1, 16, 32])
        .into_shape_with_order(vec![16, 32])
        .unwrap();
    assert!(compress(plane.view(), &asked().keyframe(4)).is_err());
}

#[test]
fn short_series_and_levels_and_larger_grids_fit() {
    let decoder =
        Decompressor::default().registry(foresz::registry(Shelf::default().place("models")));
    for shape in [
        &[1, 16, 32][..],
        &[2, 16, 32],
        &[4, 16, 32],
        &[9, 5, 7],
        &[6, 1, 16, 32],
    ] {
        let field = flow(shape);
        let stream = compress(field.view(), &asked().predictor(SPEC).unwrap());
        let stream = stream.unwrap_or_else(|e| panic!("{shape:?}: {e}")).bytes;
        let decoded = decoder.field::<f32>(&stream).unwrap();
        assert_kept(
            "flow",
            &field,
            &decoded,
            None,
            inspect(&stream).unwrap().bound,
        );
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let series = &[9, 16, 32];
    let cases: [(&str, &str, &str); 5] = [
        ("variable", "t2m", "vorticity"),
        ("units", "m/s", "1/s"),
        ("step", "6h", "3600 s"),
        ("step", "soon", "not a duration"),
        ("latitudes", "north", "FIRST:LAST"),
    ];
    for (key, value, part) in cases {
        let text = complaint(series, |o| o.attribute(key, value));
        assert!(
            text.contains(part) && text.contains("flow-filter"),
            "{key}={value}: {text}"
        );
    }
    let text = complaint(&[9, 3, 16, 32], |o| o);
    assert!(text.contains("levels"), "{text}");
    let text = complaint(&[9, 16, 32], |o| o.chunk([9, 8, 32]));
    assert!(text.contains("whole frames"), "{text}");
    let text = complaint(&[9, 2, 16, 32], |o| {
        o.dims(["time", "variable", "lat", "lon"])
    });
    assert!(text.contains("variable=NAME"), "{text}");
    for spec in [
        "forecast",
        "forecast:model=nowhere",
        "forecast:model=flow-filter,size=3",
        "forecast:model=flow-filter,guard=2",
        "forecast:model=flow-filter,sha256=00",
    ] {
        let options = asked().predictor(spec).unwrap();
        assert!(compress(flow(series).view(), &options).is_err(), "{spec}");
    }
}

#[test]
fn an_offer_is_taken_where_it_pays() {
    let field = flow(&[60, 24, 48]);
    let alone = compress(field.view(), &asked()).unwrap().bytes.len();
    let offered = asked().offer(SPEC).unwrap();
    let packed = compress(field.view(), &offered).unwrap().bytes.len();
    assert!(packed <= alone, "{packed} of {alone} bytes");
    let noise = formula(&[12, 16, 32], |at| {
        ((at[0] * 7919 + at[1] * 104_729 + at[2] * 1_299_709) % 10_007) as f64
    });
    let alone: usize = compress(noise.view() as ndarray::ArrayViewD<f32>, &asked())
        .unwrap()
        .bytes
        .len();
    let packed = compress(noise.view(), &offered).unwrap().bytes.len();
    assert_eq!(packed, alone);
}
