//! Variables of files: numbers stay in the range that a variable declares valid and on their
//! side of its fill values, and cost no more for it.

use std::ops::Range;

use crate::common::fields::Random;
use foresz::dataset::{Coder, DatasetReader, Recipe, View, ladder_of, odd_range};
use foresz::files::{Attribute, Dataset, Dimension, Memory, Source, Values, Variable};
use foresz::{Bound, Decompressor, Options};
use proptest::prelude::*;

const ROWS: usize = 60;
const COLUMNS: usize = 100;

fn attribute(name: &str, value: Values) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

/// A variable called `v`, of rows and columns.
fn source(rows: usize, values: Values, attributes: Vec<Attribute>) -> Memory {
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let dataset = Dataset {
        dimensions: vec![dimension("y", rows), dimension("x", values.len() / rows)],
        attributes: Vec::new(),
        variables: vec![Variable {
            name: "v".into(),
            kind: values.kind(),
            dimensions: vec![0, 1],
            attributes,
        }],
    };
    Memory::new(dataset, vec![values]).unwrap()
}

fn compressed(source: &mut Memory, recipe: Recipe) -> Vec<u8> {
    let mut stream = Vec::new();
    Coder::new(&[recipe], Options::new(Bound::Lossless).threads(1))
        .compress(source, &mut stream)
        .unwrap();
    let reader = DatasetReader::open(&stream).unwrap();
    let found = reader.verify(0, source, 0, &Decompressor::default());
    assert_eq!(found.unwrap().broken, 0);
    stream
}

fn shown(stream: &Vec<u8>, view: View) -> (Variable, Vec<f64>) {
    let reader = DatasetReader::open(stream).unwrap();
    let dataset = reader.dataset(view);
    let region: Vec<Range<usize>> = dataset
        .shape(&dataset.variables[0])
        .iter()
        .map(|n| 0..*n)
        .collect();
    let values = reader.read(0, &region, view, &Decompressor::default());
    (
        dataset.variables[0].clone(),
        values.unwrap().to_f64().unwrap(),
    )
}

/// Cover as models have it: much of it nothing at all, or all.
fn cover() -> Vec<f64> {
    let mut random = Random(5);
    let value = |k: usize| {
        let wave = (k as f64 * 0.002).sin() + 0.3 * ((k % COLUMNS) as f64 * 0.1).cos();
        (0.5 + wave + 0.05 * random.unit()).clamp(0.0, 1.0)
    };
    (0..ROWS * COLUMNS).map(value).collect()
}

#[test]
fn cover_stays_from_nothing_to_all() {
    let single: Vec<f32> = cover().iter().map(|x| *x as f32).collect();
    let range = || attribute("valid_range", Values::F32(vec![0.0, 1.0]));
    for attributes in [
        vec![range()],
        vec![attribute("valid_range", Values::F64(vec![0.0, 1.0]))],
        vec![
            attribute("valid_min", Values::I32(vec![0])),
            attribute("valid_max", Values::U8(vec![1])),
        ],
    ] {
        for bound in [0.001, 0.01, 0.3, 5.0] {
            for values in [Values::F32(single.clone()), Values::F64(cover())] {
                let mut source = source(ROWS, values, attributes.clone());
                let stream = compressed(&mut source, Recipe::new("v", Bound::Absolute(bound)));
                let (_, values) = shown(&stream, View::Unpacked);
                assert!(values.iter().all(|x| (0.0..=1.0).contains(x)), "{bound}");
            }
        }
    }
    // It costs next to nothing.
    let size = |attributes: Vec<Attribute>| {
        let mut source = source(ROWS, Values::F32(single.clone()), attributes);
        compressed(&mut source, Recipe::new("v", Bound::Absolute(0.01))).len()
    };
    let (with, without) = (size(vec![range()]), size(Vec::new()));
    assert!(with < without + 100, "{with} bytes, {without} without");
}

#[test]
fn what_lies_outside_stays_outside() {
    let values: Vec<f64> = cover().iter().map(|x| 1.3 * x - 0.1).collect();
    let ends = [0.0, 1.0];
    let attributes = vec![attribute("valid_range", Values::F64(ends.to_vec()))];
    for bound in [Bound::Absolute(0.05), Bound::PointwiseRelative(0.2)] {
        let mut source = source(ROWS, Values::F64(values.clone()), attributes.clone());
        let stream = compressed(&mut source, Recipe::new("v", bound));
        let (_, decoded) = shown(&stream, View::Unpacked);
        for (x, y) in values.iter().zip(&decoded) {
            assert_eq!((*x < 0.0, *x > 1.0), (*y < 0.0, *y > 1.0), "{x} {y}");
        }
    }
}

/// Integers whose lowest and highest are just valid.
fn integers() -> Vec<i16> {
    let whole = |x: &f64| (x * 400.0).round() as i16 - 100;
    cover().iter().map(whole).collect()
}

#[test]
fn packed_numbers_stay_in_their_range_packed_and_unpacked() {
    let scales = [
        (Values::F32(vec![0.01]), Values::F32(vec![273.15])),
        (Values::F64(vec![0.01]), Values::F64(vec![273.15])),
        (Values::F32(vec![-0.003]), Values::F32(vec![0.7])),
    ];
    let bounds = [
        Bound::Absolute(0.05),
        Bound::Absolute(3.0),
        Bound::RangeRelative(0.02),
        Bound::PointwiseRelative(0.01),
        Bound::Psnr(30.0),
    ];
    for (scale, offset) in scales {
        let packing = vec![
            attribute("scale_factor", scale.clone()),
            attribute("add_offset", offset.clone()),
            attribute("_FillValue", Values::I16(vec![-101])),
        ];
        let unpack = |n: f64| match &scale {
            Values::F32(s) => {
                let o = offset.as_number().unwrap() as f32;
                f64::from(n as f32 * s[0] + o)
            }
            _ => n * scale.as_number().unwrap() + offset.as_number().unwrap(),
        };
        let (a, b) = (unpack(-100.0), unpack(300.0));
        let meant = vec![a.min(b), a.max(b)];
        let ranges = [
            Values::I16(vec![-100, 300]),
            Values::I32(vec![-100, 300]),
            Values::F64(meant.clone()),
            Values::F32(meant.iter().map(|x| *x as f32).collect()),
        ];
        for range in ranges {
            let single =
                scale.as_number().unwrap() != 0.01 || scale.kind() == foresz::files::Kind::F32;
            if range.kind() == foresz::files::Kind::F32 && !single {
                // Rounded to single precision the ends leave some out.
                continue;
            }
            for bound in bounds {
                let mut attributes = packing.clone();
                attributes.push(attribute("valid_range", range.clone()));
                let mut source = source(ROWS, Values::I16(integers()), attributes);
                let stream = compressed(&mut source, Recipe::new("v", bound));
                let (about, values) = shown(&stream, View::Unpacked);
                let ends = about.attribute("valid_range").unwrap().to_f64().unwrap();
                assert_eq!(ends, meant, "{range:?}");
                for x in &values {
                    assert!(ends[0] <= *x && *x <= ends[1], "{bound:?} {x} {ends:?}");
                }
                if !matches!(bound, Bound::PointwiseRelative(_)) {
                    let (_, packed) = shown(&stream, View::Stored);
                    assert!(packed.iter().all(|n| (-100.0..=300.0).contains(n)));
                }
            }
        }
    }
}

#[test]
fn ends_change_places_where_numbers_fall() {
    let attributes = vec![
        attribute("scale_factor", Values::F64(vec![-0.5])),
        attribute("valid_min", Values::I16(vec![-100])),
        attribute("valid_max", Values::I16(vec![300])),
    ];
    let mut source = source(ROWS, Values::I16(integers()), attributes);
    let stream = compressed(&mut source, Recipe::new("v", Bound::Absolute(2.0)));
    let (about, values) = shown(&stream, View::Unpacked);
    let end = |name: &str| about.attribute(name).unwrap().as_number().unwrap();
    assert_eq!((end("valid_min"), end("valid_max")), (-150.0, 50.0));
    assert!(values.iter().all(|x| (-150.0..=50.0).contains(x)));
}

#[test]
fn zeros_that_are_nearly_zero_are_valid() {
    // 0.3 and 0.1 · 3 are not the same.
    let attributes = vec![
        attribute("scale_factor", Values::F64(vec![0.1])),
        attribute("add_offset", Values::F64(vec![-0.3])),
        attribute("valid_min", Values::I16(vec![3])),
    ];
    let values: Vec<i16> = integers().iter().map(|n| (n + 100) / 4 + 3).collect();
    let mut source = source(ROWS, Values::I16(values), attributes);
    let recipe = Recipe {
        non_negative: true,
        keep_zeros: true,
        ..Recipe::new("v", Bound::Absolute(0.5))
    };
    let stream = compressed(&mut source, recipe);
    let (about, values) = shown(&stream, View::Unpacked);
    let least = about.attribute("valid_min").unwrap().as_number().unwrap();
    assert!(values.iter().all(|x| *x >= least) && values.contains(&0.0));
}

#[test]
fn a_range_that_makes_no_sense_is_none() {
    let odd = [
        ("valid_range", Values::text("0 1"), "two numbers"),
        (
            "valid_range",
            Values::F64(vec![0.0, 0.5, 1.0]),
            "two numbers",
        ),
        (
            "valid_range",
            Values::F64(vec![1.0, 0.0]),
            "no number valid",
        ),
        ("valid_min", Values::F64(vec![0.0, 1.0]), "single number"),
        ("valid_max", Values::F32(vec![f32::NAN]), "not a number"),
    ];
    for (name, value, reason) in odd {
        let attributes = vec![attribute(name, value)];
        let mut source = source(ROWS, Values::F64(cover()), attributes);
        let said = odd_range(&source.dataset().variables[0]).unwrap();
        assert!(said.contains(name) && said.contains(reason), "{said}");
        compressed(&mut source, Recipe::new("v", Bound::Absolute(0.01)));
    }
}

#[test]
fn verify_sees_what_leaves_the_valid_range() {
    let range = vec![attribute("valid_range", Values::F64(vec![0.0, 1.0]))];
    let left = cover()
        .into_iter()
        .map(|x| if x == 1.0 { 1.004 } else { x });
    let mut left = source(ROWS, Values::F64(left.collect()), range.clone());
    let stream = compressed(&mut left, Recipe::new("v", Bound::Absolute(0.01)));
    let (_, values) = shown(&stream, View::Unpacked);
    let mut original = source(ROWS, Values::F64(cover()), range);
    let reader = DatasetReader::open(&stream).unwrap();
    let found = reader.verify(0, &mut original, 0, &Decompressor::default());
    let (mut broken, mut outside) = (0, 0);
    for (x, y) in cover().iter().zip(&values) {
        let far = (x - y).abs() > 0.01;
        outside += usize::from(!far && *y > 1.0);
        broken += usize::from(far || *y > 1.0);
    }
    assert!(outside > 100, "{outside}");
    assert_eq!(found.unwrap().broken, broken);
}

#[test]
fn suggestions_are_what_compression_does() {
    let attributes = vec![
        attribute("scale_factor", Values::F64(vec![3.97e-7])),
        attribute("add_offset", Values::F64(vec![0.013])),
        attribute("_FillValue", Values::I16(vec![-101])),
    ];
    let mut packed = source(ROWS, Values::I16(integers()), attributes);
    let mut plain = source(
        ROWS,
        Values::F64(cover()),
        vec![attribute("_FillValue", Values::F64(vec![0.0]))],
    );
    let options = Options::new(Bound::Lossless).threads(1);
    for source in [&mut packed, &mut plain] {
        let region = [0..ROWS, 0..COLUMNS];
        let ladder = ladder_of(source, 0, &region, &options).unwrap();
        assert!(ladder.rungs.len() > 2);
        for rung in ladder.rungs {
            let stream = compressed(source, Recipe::new("v", Bound::Absolute(rung.bound)));
            let about = DatasetReader::open(&stream).unwrap().about(0).unwrap();
            assert_eq!((rung.ratio, rung.max_error), (about.ratio, about.max_error));
        }
    }
}

/// Integers that lie somehow around a fill value.
fn beside_a_fill() -> impl Strategy<Value = (Vec<i16>, i16)> {
    let shift = prop_oneof![Just(0i16), Just(-1), Just(-50), Just(-250), -300..100i16];
    (any::<u64>(), 1..300i16, 0.0..1.0f64, shift).prop_map(|(seed, height, noise, shift)| {
        let mut random = Random(seed);
        let value = |k: usize| {
            let (i, j) = ((k / COLUMNS) as f64, (k % COLUMNS) as f64);
            let hill = (0.1 * i).sin() * (0.07 * j).cos() + 0.3 * noise * random.unit();
            (f64::from(height) * (1.0 + hill)).round() as i16 + 1 + shift
        };
        let mut values: Vec<i16> = (0..ROWS * COLUMNS).map(value).collect();
        for k in 0..values.len() / 40 {
            values[k * 37] = 0;
        }
        (values, 0)
    })
}

/// Bytes under bounds from none to far more than all numbers.
fn sizes(values: &[i16], fill: Option<i16>) -> Vec<usize> {
    let mut attributes = vec![attribute("scale_factor", Values::F64(vec![0.5]))];
    attributes.extend(fill.map(|fill| attribute("_FillValue", Values::I16(vec![fill]))));
    let mut source = source(ROWS, Values::I16(values.to_vec()), attributes);
    let bounds = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 1e3, 1e5];
    let size = |bound| compressed(&mut source, Recipe::new("v", Bound::Absolute(bound))).len();
    bounds.map(size).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_looser_bound_takes_no_more_bytes((values, fill) in beside_a_fill()) {
        let sizes = sizes(&values, Some(fill));
        for (k, pair) in sizes.windows(2).enumerate() {
            // A thousand bytes are a matter of luck.
            let most = pair[0] + pair[0].min(2000) / 8;
            prop_assert!(pair[1] <= most, "bound {k}: {sizes:?}");
        }
    }

    #[test]
    fn a_fill_value_costs_nothing_where_there_is_none((values, _) in beside_a_fill()) {
        let values: Vec<i16> = values.into_iter().filter(|n| *n != 0).collect();
        let whole = values.len() / ROWS * ROWS;
        let (with, without) = (sizes(&values[..whole], Some(0)), sizes(&values[..whole], None));
        for (a, b) in with.iter().zip(&without) {
            // Its attribute, and a bit for each number that would have become it.
            prop_assert!(*a <= b + 60 + whole / 8, "{with:?} {without:?}");
        }
        if values.iter().all(|n| *n > 0) {
            for (a, b) in with.iter().zip(&without) {
                prop_assert!(*a <= b + 60, "{with:?} {without:?}");
            }
        }
    }
}
