//! Values that were packed once come back to the bit, in few bytes.

use crate::common::{array, assert_kept, pack};
use foresz::{Bound, Decompressor, Effort, Options, Sample};

/// Numbers of points: waves that move, and some noise.
fn numbers(shape: [usize; 3]) -> Vec<i32> {
    let [times, rows, columns] = shape;
    let mut noise = 1u32;
    let mut number = |t: usize, y: usize, x: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = (x + 2 * t) % 48 * (47 - (x + 2 * t) % 48) + 3 * y * (rows - y);
        20 * wave as i32 + (noise >> 27) as i32 - 16_000
    };
    let mut all = Vec::new();
    for t in 0..times {
        for y in 0..rows {
            all.extend((0..columns).map(|x| number(t, y, x)));
        }
    }
    all
}

const SHAPE: [usize; 3] = [6, 40, 50];

/// A name, and what a number of a frame becomes.
type Way = (&'static str, fn(i32, usize) -> f64);

/// Ways in which archives unpack.
const WAYS: [Way; 5] = [
    ("scale and offset", |n, _| {
        f64::from(n) * 0.002_891_363 + 7.31
    }),
    ("in single precision", |n, _| {
        f64::from(n as f32 * 0.002_891_363 + 7.31)
    }),
    ("GRIB", |n, t| {
        (253.71 + t as f64 + f64::from(n + 16_000) * 2f64.powi(-9 - t as i32 % 3)) / 10.0
    }),
    ("decimals", |n, _| f64::from(n) / 1e4),
    ("one value off", |n, _| {
        let x = f64::from(n) * 0.002_891_363 + 7.31;
        if n == -15_990 {
            f64::from((x as f32).next_up())
        } else {
            x
        }
    }),
];

fn fields<T: Sample>() -> impl Iterator<Item = (&'static str, Vec<T>)> {
    let frame = SHAPE[1] * SHAPE[2];
    WAYS.into_iter().map(move |(name, unpack)| {
        let value = |(i, n): (usize, i32)| T::from_f64(f64::from(unpack(n, i / frame) as f32));
        (
            name,
            numbers(SHAPE).into_iter().enumerate().map(value).collect(),
        )
    })
}

fn kept<T: Sample>(name: &str, values: &[T], options: &Options) -> f64 {
    let field = array(&SHAPE, values.to_vec());
    let stream = pack(&field, options).bytes;
    let decoded = Decompressor::default().field::<T>(&stream).unwrap();
    let bound = foresz::inspect(&stream).unwrap().bound;
    assert_kept(name, &field, &decoded, None, bound);
    let small = Decompressor::default()
        .preview(2)
        .field::<T>(&stream)
        .unwrap();
    for (y, row) in (0..SHAPE[1]).step_by(4).enumerate() {
        assert_eq!(
            small[[3, y, 2]].to_bits64(),
            decoded[[3, row, 8]].to_bits64(),
            "{name}"
        );
    }
    (values.len() * 4) as f64 / stream.len() as f64
}

#[test]
fn what_was_packed_comes_back_in_few_bytes() {
    for (name, values) in fields::<f32>() {
        let whole: Vec<f32> = numbers(SHAPE).iter().map(|n| *n as f32).collect();
        let best = kept("integers", &whole, &Options::new(Bound::Absolute(0.4)));
        let ratio = kept(name, &values, &Options::new(Bound::Lossless));
        let share = match name {
            // A point for nearly every value, so that amendments take a share; frames of other
            // scales, which are of less use to each other.
            "in single precision" | "GRIB" => 0.8,
            _ => 0.95,
        };
        assert!(ratio > share * best, "{name}: {ratio} of {best}");
    }
}

#[test]
fn every_way_of_coding_gives_them_back() {
    for (name, mut values) in fields::<f32>() {
        values[77] = f32::NAN;
        values[5000] = f32::INFINITY;
        values[6001] = -0.0;
        for effort in Effort::ALL {
            for bound in [
                Bound::Lossless,
                Bound::Absolute(1e-7),
                Bound::Absolute(0.002),
            ] {
                kept(name, &values, &Options::new(bound).effort(effort));
            }
        }
        for spec in [
            "zero",
            "lorenzo",
            "spline",
            "pyramid",
            "persistence+lorenzo",
            "stencil+raster",
        ] {
            let options = Options::new(Bound::Lossless).dims(["time", "y", "x"]);
            kept(name, &values, &options.predictor(spec).unwrap());
        }
    }
}

#[test]
fn so_do_doubles() {
    for (name, values) in fields::<f64>() {
        kept(name, &values, &Options::new(Bound::Lossless));
        let doubles: Vec<f64> = numbers(SHAPE)
            .iter()
            .map(|n| f64::from(*n) * 0.013 + 0.1)
            .collect();
        kept("doubles", &doubles, &Options::new(Bound::Lossless));
    }
}

#[test]
fn two_lattices_in_one_slice_harm_nothing() {
    let value = |(i, n): (usize, i32)| (f64::from(n) * [0.002_891, 0.001_777][i % 2]) as f32;
    let values: Vec<f32> = numbers(SHAPE).into_iter().enumerate().map(value).collect();
    kept("two", &values, &Options::new(Bound::Lossless));
    kept("two", &values, &Options::new(Bound::Absolute(0.001)));
}
