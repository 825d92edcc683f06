//! Data sets of several variables: what goes in comes back, within the bound where one was
//! given and exactly where none was, whole and in parts.

use std::ops::Range;

use foresz::dataset::{Bounds, Checkpoint, Coder, DatasetReader, Keeper, Recipe, View};
use foresz::files::{Attribute, Dataset, Dimension, Kind, Memory, Sink, Source, Values, Variable};
use foresz::{Bound, Decompressor, Effort, Options};

const TIMES: usize = 10;
const ROWS: usize = 12;
const COLUMNS: usize = 16;
const STEP: f64 = 0.004;

fn attribute(name: &str, value: Values) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

fn variable(name: &str, kind: Kind, dimensions: &[usize], attributes: Vec<Attribute>) -> Variable {
    Variable {
        name: name.into(),
        kind,
        dimensions: dimensions.to_vec(),
        attributes,
    }
}

fn temperature(t: usize, i: usize, j: usize) -> f64 {
    280.0 + 8.0 * (0.3 * i as f64).sin() + 3.0 * (0.2 * j as f64 + 0.1 * t as f64).cos()
}

fn field<R>(value: impl Fn(usize, usize, usize) -> R) -> Vec<R> {
    let places = (0..TIMES).flat_map(|t| (0..ROWS).map(move |i| (t, i)));
    let places = places.flat_map(|(t, i)| (0..COLUMNS).map(move |j| (t, i, j)));
    places.map(|(t, i, j)| value(t, i, j)).collect()
}

/// Everything that people put into files.
#[expect(
    clippy::too_many_lines,
    reason = "one file with all that people put into files"
)]
fn weather() -> Memory {
    let dimension = |name: &str, length, unlimited| Dimension {
        name: name.into(),
        length,
        unlimited,
    };
    let fill = 1e20f32;
    let packed = vec![
        attribute("scale_factor", Values::F64(vec![STEP])),
        attribute("add_offset", Values::F64(vec![280.0])),
        attribute("_FillValue", Values::I16(vec![-32767])),
        attribute("units", Values::text("K")),
    ];
    let variables = vec![
        variable(
            "time",
            Kind::I64,
            &[0],
            vec![attribute("units", Values::text("hours since 2020-01-01"))],
        ),
        variable("latitude", Kind::F64, &[1], Vec::new()),
        variable("longitude", Kind::F32, &[2], Vec::new()),
        variable(
            "t2m",
            Kind::F32,
            &[0, 1, 2],
            vec![attribute("_FillValue", Values::F32(vec![fill]))],
        ),
        variable("d2m", Kind::I16, &[0, 1, 2], packed),
        variable("tp", Kind::F64, &[0, 1, 2], Vec::new()),
        variable("land", Kind::U8, &[1, 2], Vec::new()),
        variable("crs", Kind::I32, &[], Vec::new()),
        variable("station", Kind::Text, &[1], Vec::new()),
    ];
    let values = vec![
        Values::I64((0..TIMES as i64).collect()),
        Values::F64((0..ROWS).map(|i| 60.0 - i as f64).collect()),
        Values::F32((0..COLUMNS).map(|j| j as f32).collect()),
        Values::F32(field(|t, i, j| {
            if i == 3 && j < 4 {
                fill
            } else {
                temperature(t, i, j) as f32
            }
        })),
        Values::I16(field(|t, i, j| match (i, j) {
            (5, 5) => -32767,
            _ => ((temperature(t, i, j) - 280.0) / STEP).round() as i16,
        })),
        Values::F64(field(|t, i, j| match temperature(t, i, j) - 283.0 {
            rain if rain > 0.0 => rain * 1e-3,
            _ => 0.0,
        })),
        Values::U8((0..ROWS * COLUMNS).map(|k| u8::from(k % 7 < 3)).collect()),
        Values::I32(vec![4326]),
        Values::Text((0..ROWS).map(|i| format!("row {i}")).collect()),
    ];
    let dataset = Dataset {
        dimensions: vec![
            dimension("time", TIMES, true),
            dimension("latitude", ROWS, false),
            dimension("longitude", COLUMNS, false),
        ],
        attributes: vec![attribute("title", Values::text("made up"))],
        variables,
    };
    Memory::new(dataset, values).unwrap()
}

fn recipes() -> Vec<Recipe> {
    vec![
        Recipe::new("t2m", Bound::Absolute(0.05)),
        Recipe::new("d2m", Bound::Absolute(0.02)),
        Recipe {
            keep_zeros: true,
            non_negative: true,
            ..Recipe::new("tp", Bound::Absolute(1e-4))
        },
        Recipe::new("land", Bound::Absolute(100.0)),
    ]
}

fn options() -> Options {
    // What bound the options have does not matter: recipes have theirs.
    Options::new(Bound::Lossless).threads(1)
}

fn compressed(source: &mut Memory, recipes: &[Recipe]) -> Vec<u8> {
    let mut stream = Vec::new();
    let bytes = Coder::new(recipes, options())
        .compress(source, &mut stream)
        .unwrap();
    assert_eq!(bytes, stream.len() as u64);
    stream
}

fn read<S: foresz::Store>(reader: &DatasetReader<S>, name: &str, view: View) -> Values {
    let dataset = reader.dataset(view);
    let v = dataset.position(name).unwrap();
    let shape = dataset.shape(&dataset.variables[v]);
    let region: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
    reader
        .read(v, &region, view, &Decompressor::default())
        .unwrap()
}

/// Infinite if a NaN is lost, or there where none was.
fn largest_error(a: &Values, b: &Values) -> f64 {
    let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
    assert_eq!(a.len(), b.len());
    let error = |(x, y): (&f64, &f64)| match (x - y).abs() {
        _ if x == y || (x.is_nan() && y.is_nan()) => 0.0,
        error if error.is_nan() => f64::INFINITY,
        error => error,
    };
    a.iter().zip(&b).map(error).fold(0.0, f64::max)
}

#[test]
fn everything_comes_back_as_it_should() {
    let mut source = weather();
    let stream = compressed(&mut source, &recipes());
    let reader = DatasetReader::open(&stream).unwrap();
    assert_eq!(reader.dataset(View::Stored), *source.dataset());
    for name in ["time", "latitude", "longitude", "land", "crs", "station"] {
        let v = source.dataset().position(name).unwrap();
        assert_eq!(
            read(&reader, name, View::Unpacked),
            *source.values(v),
            "{name}"
        );
    }
    let of = |name: &str| source.values(source.dataset().position(name).unwrap());
    assert!(largest_error(&read(&reader, "t2m", View::Stored), of("t2m")) <= 0.05);
    let (tp, rain) = (read(&reader, "tp", View::Stored), of("tp"));
    assert!(largest_error(&tp, rain) <= 1e-4);
    for (x, y) in rain.to_f64().unwrap().iter().zip(tp.to_f64().unwrap()) {
        assert!(y >= 0.0 && (*x != 0.0 || y == 0.0), "{x} {y}");
    }
}

#[test]
fn packed_numbers_keep_the_bound_packed_and_unpacked() {
    let mut source = weather();
    let v = source.dataset().position("d2m").unwrap();
    let original = source.values(v).to_f64().unwrap();
    for bound in [0.001, 0.0039, 0.0041, 0.02, 0.3] {
        let stream = compressed(&mut source, &[Recipe::new("d2m", Bound::Absolute(bound))]);
        let reader = DatasetReader::open(&stream).unwrap();
        let shown = reader.dataset(View::Unpacked);
        let about = &shown.variables[shown.position("d2m").unwrap()];
        assert_eq!(about.kind, Kind::F64);
        assert!(about.attribute("scale_factor").is_none());
        let packed = read(&reader, "d2m", View::Stored).to_f64().unwrap();
        let unpacked = read(&reader, "d2m", View::Unpacked).to_f64().unwrap();
        for ((n, m), x) in original.iter().zip(&packed).zip(&unpacked) {
            if *n == -32767.0 {
                assert!(*m == -32767.0 && x.is_nan());
            } else {
                let (was, is) = (n * STEP + 280.0, m * STEP + 280.0);
                assert!((was - is).abs() <= bound, "{bound}: {was} {is}");
                assert_eq!(is, *x);
            }
        }
    }
}

#[test]
fn numbers_never_turn_into_missing_ones() {
    let mut source = weather();
    let dataset = source.dataset().clone();
    let v = dataset.position("d2m").unwrap();
    let mut values: Vec<Values> = (0..dataset.variables.len())
        .map(|v| source.values(v).clone())
        .collect();
    // Right beside the fill value, as archives pack their smallest numbers.
    let near = (0..TIMES * ROWS * COLUMNS).map(|k| {
        if k % 11 == 0 {
            -32767
        } else {
            -32766 + (k * k % 40) as i16
        }
    });
    values[v] = Values::I16(near.collect());
    source = Memory::new(dataset, values).unwrap();
    let original = source.values(v).to_f64().unwrap();
    for non_negative in [false, true] {
        let recipe = Recipe {
            non_negative,
            keep_zeros: true,
            ..Recipe::new("d2m", Bound::Absolute(11.5 * STEP))
        };
        let stream = compressed(&mut source, &[recipe]);
        let reader = DatasetReader::open(&stream).unwrap();
        let packed = read(&reader, "d2m", View::Stored).to_f64().unwrap();
        for (n, m) in original.iter().zip(&packed) {
            assert!(
                (n - m).abs() <= 11.0 && (*n == -32767.0) == (*m == -32767.0),
                "{n} {m}"
            );
        }
    }
}

#[test]
fn relative_bounds_of_packed_numbers_are_kept_unpacked() {
    let mut source = weather();
    let bound = Bound::PointwiseRelative(1e-3);
    let stream = compressed(&mut source, &[Recipe::new("d2m", bound)]);
    let reader = DatasetReader::open(&stream).unwrap();
    let v = reader.dataset(View::Stored).position("d2m").unwrap();
    let region = [0..TIMES, 0..ROWS, 0..COLUMNS];
    let packed = reader.read(v, &region, View::Stored, &Decompressor::default());
    assert!(
        packed
            .unwrap_err()
            .to_string()
            .contains("packing it again would break the bound")
    );
    let original = source.values(source.dataset().position("d2m").unwrap());
    let original = original.to_f64().unwrap();
    let unpacked = read(&reader, "d2m", View::Unpacked).to_f64().unwrap();
    for (n, y) in original.iter().zip(unpacked) {
        let x = n * STEP + 280.0;
        assert!((*n == -32767.0 && y.is_nan()) || (x - y).abs() <= 1e-3 * x.abs());
    }
}

#[test]
fn bounds_can_differ_from_place_to_place() {
    let mut source = weather();
    let bounds = Bounds::Along {
        dimension: 1,
        runs: vec![
            (4, Bound::Lossless),
            (9, Bound::Absolute(0.5)),
            (ROWS, Bound::PointwiseRelative(1e-4)),
        ],
    };
    let recipe = Recipe {
        bounds,
        ..Recipe::new("t2m", Bound::Lossless)
    };
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let original = source.values(3).to_f64().unwrap();
    let decoded = read(&reader, "t2m", View::Stored).to_f64().unwrap();
    for (k, (x, y)) in original.iter().zip(decoded).enumerate() {
        let allowed = match k / COLUMNS % ROWS {
            0..4 => 0.0,
            4..9 => 0.5,
            _ => 1e-4 * x.abs(),
        };
        assert!((x - y).abs() <= allowed, "{x} {y} {allowed}");
    }
    let about = reader
        .about(reader.dataset(View::Stored).position("t2m").unwrap())
        .unwrap();
    assert_eq!(about.asked.len(), 3);
}

#[test]
fn bounds_that_depend_on_the_whole_are_kept() {
    let mut source = weather();
    for bound in [Bound::RangeRelative(1e-3), Bound::Psnr(60.0)] {
        for name in ["t2m", "d2m", "tp"] {
            let stream = compressed(&mut source, &[Recipe::new(name, bound)]);
            let reader = DatasetReader::open(&stream).unwrap();
            let v = source.dataset().position(name).unwrap();
            let scale = if name == "d2m" { STEP } else { 1.0 };
            let numbers = |values: &Values| -> Vec<f64> {
                let numbers = values.to_f64().unwrap().into_iter();
                numbers
                    .filter(|x| *x != -32767.0 && *x < 1e19)
                    .map(|x| x * scale)
                    .collect()
            };
            let (a, b) = (
                numbers(source.values(v)),
                numbers(&read(&reader, name, View::Stored)),
            );
            let high = a.iter().copied().fold(f64::MIN, f64::max);
            let span = high - a.iter().copied().fold(f64::MAX, f64::min);
            let errors: Vec<f64> = a.iter().zip(&b).map(|(x, y)| (x - y).abs()).collect();
            let squares: f64 = errors.iter().map(|e| e * e).sum();
            let rms = (squares / a.len() as f64).sqrt();
            match bound {
                Bound::Psnr(db) => assert!(20.0 * (span / rms).log10() >= db, "{name}"),
                _ => assert!(errors.iter().all(|e| *e <= 1e-3 * span + 1e-12), "{name}"),
            }
        }
    }
}

#[test]
fn parts_are_those_of_the_whole() {
    let stream = compressed(&mut weather(), &recipes());
    let reader = DatasetReader::open(&stream).unwrap();
    let dataset = reader.dataset(View::Stored);
    for (v, variable) in dataset.variables.iter().enumerate() {
        let shape = dataset.shape(variable);
        let whole = read(&reader, &variable.name, View::Stored);
        let region: Vec<Range<usize>> = shape.iter().map(|n| n / 3..n.div_ceil(2)).collect();
        let part = reader
            .read(v, &region, View::Stored, &Decompressor::default())
            .unwrap();
        assert_eq!(
            part,
            whole.region(&shape, &region).unwrap(),
            "{}",
            variable.name
        );
    }
    let outside = [0..TIMES, 0..ROWS, 0..COLUMNS + 1];
    let v = dataset.position("t2m").unwrap();
    assert!(
        reader
            .read(v, &outside, View::Stored, &Decompressor::default())
            .is_err()
    );
}

#[test]
fn streams_do_not_depend_on_threads() {
    let one = compressed(&mut weather(), &recipes());
    let recipes = recipes();
    for threads in [2, 5] {
        let mut stream = Vec::new();
        Coder::new(&recipes, options().threads(threads))
            .compress(&mut weather(), &mut stream)
            .unwrap();
        assert_eq!(stream, one);
    }
}

/// Keeps every checkpoint, each as bytes.
#[derive(Default)]
struct Shelf(Vec<Vec<u8>>);

impl Keeper for Shelf {
    fn wants(&mut self) -> bool {
        true
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> std::io::Result<()> {
        self.0.push(checkpoint.to_bytes("of a test"));
        Ok(())
    }
}

/// A stream, and the checkpoints on the way to it.
fn in_steps(coder: &Coder, source: &mut dyn Source) -> (Vec<u8>, Vec<Checkpoint>) {
    let (mut stream, mut shelf) = (Vec::new(), Shelf::default());
    coder
        .compress_in_steps(source, &mut stream, &mut shelf)
        .unwrap();
    let read = |bytes: &Vec<u8>| {
        let (checkpoint, origin) = Checkpoint::from_bytes(bytes).unwrap();
        assert_eq!(origin, "of a test");
        checkpoint
    };
    (stream, shelf.0.iter().map(read).collect())
}

#[test]
fn what_goes_on_from_a_checkpoint_is_what_would_have_been() {
    let recipes = recipes();
    let coder = Coder::new(&recipes, options());
    let (whole, checkpoints) = in_steps(&coder, &mut weather());
    assert_eq!(whole, compressed(&mut weather(), &recipes));
    assert!(checkpoints.len() > 5);
    for checkpoint in &checkpoints {
        let done = whole[..checkpoint.bytes() as usize].to_vec();
        assert!(checkpoint.is_of(&whole).unwrap() && checkpoint.is_of(&done).unwrap());
        assert!(DatasetReader::open(&done).is_err());
        assert_eq!(coder.differs(&mut weather(), checkpoint).unwrap(), None);
        let mut stream = done;
        let mut shelf = Shelf::default();
        coder
            .go_on(&mut weather(), checkpoint, &mut stream, &mut shelf)
            .unwrap();
        assert_eq!(stream, whole);
    }
}

#[test]
fn nothing_goes_on_from_another_checkpoint() {
    let recipes = recipes();
    let coder = Coder::new(&recipes, options());
    let (whole, checkpoints) = in_steps(&coder, &mut weather());
    let last = checkpoints.last().unwrap();
    for other in [
        Coder::new(&[Recipe::new("t2m", Bound::Absolute(1.0))], options()),
        Coder::new(&recipes, options().keyframe(3)),
        Coder::new(&recipes, options().fill(7.0)),
        Coder::new(&recipes, options().periodic(true)),
    ] {
        assert!(other.differs(&mut weather(), last).unwrap().is_some());
        let mut shelf = Shelf::default();
        let gone = other.go_on(&mut weather(), last, &mut Vec::new(), &mut shelf);
        assert!(gone.is_err());
    }
    // A value that is done is another one now, wherever it is.
    let mut changed = weather();
    let v = changed.dataset().position("t2m").unwrap();
    let shape = changed.dataset().shape(&changed.dataset().variables[v]);
    let region: Vec<_> = shape.iter().map(|n| n - 1..*n).collect();
    let zero = Values::zeros(changed.values(v).kind(), 1);
    changed.write(v, &region, &zero).unwrap();
    let reason = coder.differs(&mut changed, last).unwrap().unwrap();
    assert!(reason.contains("t2m"), "{reason}");
    let mut other = whole;
    other[20] ^= 1;
    assert!(!last.is_of(&other).unwrap());
    let bytes = last.to_bytes("x");
    for i in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[i] ^= 0x40;
        assert!(Checkpoint::from_bytes(&damaged).is_err(), "{i}");
        assert!(Checkpoint::from_bytes(&bytes[..i]).is_err(), "{i}");
    }
}

#[test]
fn the_stream_of_a_field_is_a_data_set_too() {
    let values: Vec<f32> = field(|t, i, j| temperature(t, i, j) as f32);
    let array =
        ndarray::ArrayD::from_shape_vec(vec![TIMES, ROWS, COLUMNS], values.clone()).unwrap();
    let options = Options::new(Bound::Absolute(0.1))
        .dims(["time", "y", "x"])
        .attribute("units", "K");
    let stream = foresz::compress(array.view(), &options).unwrap().bytes;
    let reader = DatasetReader::open(&stream).unwrap();
    let dataset = reader.dataset(View::Unpacked);
    assert_eq!(dataset.variables.len(), 1);
    assert_eq!(dataset.dims(&dataset.variables[0]), ["time", "y", "x"]);
    assert!(largest_error(&read(&reader, "data", View::Unpacked), &Values::F32(values)) <= 0.1);
}

#[test]
fn damage_is_found_and_not_decoded() {
    let stream = compressed(&mut weather(), &recipes());
    let mut state = 7u64;
    for _ in 0..300 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = (state >> 33) as usize % stream.len();
        let mut damaged = stream.clone();
        damaged[at] ^= 1 << (state >> 20 & 7);
        let Ok(reader) = DatasetReader::open(&damaged) else {
            continue;
        };
        // Nothing is checked that is not read: one of the variables must not decode.
        let dataset = reader.dataset(View::Stored);
        let whole = DatasetReader::open(&stream).unwrap();
        for (v, variable) in dataset.variables.iter().enumerate() {
            let region: Vec<Range<usize>> = dataset.shape(variable).iter().map(|n| 0..*n).collect();
            if let Ok(values) = reader.read(v, &region, View::Stored, &Decompressor::default()) {
                assert_eq!(values, read(&whole, &variable.name, View::Stored));
            }
        }
    }
    for end in (0..stream.len()).step_by(97) {
        assert!(
            DatasetReader::open(stream[..end].to_vec()).is_err(),
            "{end}"
        );
    }
}

#[test]
fn nonsense_is_refused() {
    let fails = |recipe: Recipe| {
        let coder = [recipe];
        let coder = Coder::new(&coder, options());
        coder
            .compress(&mut weather(), &mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(fails(Recipe::new("t3m", Bound::Lossless)).contains("no variable t3m"));
    assert!(fails(Recipe::new("t2m", Bound::Absolute(-1.0))).contains("positive"));
    let cold = Recipe {
        non_negative: true,
        ..Recipe::new("d2m", Bound::Absolute(0.01))
    };
    // Of packed numbers it is what they stand for that counts.
    compressed(&mut weather(), &[cold]);
    let runs = vec![(4, Bound::Lossless)];
    let bounds = Bounds::Along { dimension: 1, runs };
    assert!(
        fails(Recipe {
            bounds,
            ..Recipe::new("t2m", Bound::Lossless)
        })
        .contains("do not cover")
    );
    let empty: [Recipe; 0] = [];
    assert!(
        Coder::new(&empty, options())
            .compress(&mut weather(), &mut Vec::new())
            .is_err()
    );
}

#[test]
fn every_effort_keeps_what_has_to_be_kept() {
    for effort in [Effort::Fast, Effort::Default, Effort::Best] {
        let recipes = recipes();
        let coder = Coder::new(&recipes, options().effort(effort));
        let (mut source, mut stream) = (weather(), Vec::new());
        coder.compress(&mut source, &mut stream).unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        let tp = read(&reader, "tp", View::Stored).to_f64().unwrap();
        let rain = source
            .values(source.dataset().position("tp").unwrap())
            .to_f64()
            .unwrap();
        assert!(
            rain.iter()
                .zip(&tp)
                .all(|(x, y)| *y >= 0.0 && (*x != 0.0 || *y == 0.0))
        );
    }
}

/// A data set of one variable along x and y, which has that packing.
fn packed(values: Values, attributes: Vec<Attribute>) -> Memory {
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let dataset = Dataset {
        dimensions: vec![dimension("y", values.len() / 50), dimension("x", 50)],
        attributes: Vec::new(),
        variables: vec![variable("v", values.kind(), &[0, 1], attributes)],
    };
    Memory::new(dataset, vec![values]).unwrap()
}

/// What is decoded of the only variable is within the bound of what it stands for.
fn assert_kept(mut source: Memory, recipe: Recipe, meant: impl Fn(f64) -> f64) -> Vec<f64> {
    let bound = match recipe.bounds {
        Bounds::One(Bound::Absolute(bound)) => bound,
        _ => 0.0,
    };
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let shown = read(&reader, "v", View::Unpacked).to_f64().unwrap();
    let original = source.values(0).to_f64().unwrap();
    for (n, y) in original.iter().zip(&shown) {
        let x = meant(*n);
        assert!((x - y).abs() <= bound + 1e-12, "{x} {y}");
    }
    let found = reader
        .verify(0, &mut source, 0, &Decompressor::default())
        .unwrap();
    assert_eq!(found.broken, 0);
    shown
}

fn packing(scale: f64, offset: f64) -> Vec<Attribute> {
    vec![
        attribute("scale_factor", Values::F64(vec![scale])),
        attribute("add_offset", Values::F64(vec![offset])),
    ]
}

#[test]
fn signed_numbers_that_are_meant_unsigned() {
    let bytes = Values::I8((0..2000).map(|k| (k / 7) as u8 as i8).collect());
    let mut attributes = packing(1.0, 0.0);
    attributes.push(attribute("_Unsigned", Values::text("true")));
    let meant = |n: f64| if n < 0.0 { n + 256.0 } else { n };
    let recipe = || Recipe::new("v", Bound::Absolute(3.0));
    assert_kept(packed(bytes, attributes.clone()), recipe(), meant);
    let words = Values::I16((0..4000).map(|k| (k * 17) as u16 as i16).collect());
    let meant = |n: f64| if n < 0.0 { n + 65_536.0 } else { n };
    assert_kept(packed(words, attributes), recipe(), meant);
}

#[test]
fn wide_packed_integers_can_be_lossless() {
    let wide = || Values::I64((0..9000).map(|k| k * k * 1_000_003).collect());
    let mut source = packed(wide(), packing(0.01, 5.0));
    let stream = compressed(&mut source, &[Recipe::new("v", Bound::Lossless)]);
    let reader = DatasetReader::open(&stream).unwrap();
    assert_eq!(read(&reader, "v", View::Stored), wide());
    let source = packed(wide(), packing(0.01, 5.0));
    assert_kept(source, Recipe::new("v", Bound::Absolute(2000.0)), |n| {
        n * 0.01 + 5.0
    });
}

/// Numbers without any order.
fn noise(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn integers_that_are_noise_do_not_grow() {
    const COUNT: usize = 40_000;
    let unsigned = || {
        let mut attributes = packing(0.01, 5.0);
        attributes.push(attribute("_Unsigned", Values::text("true")));
        attributes
    };
    let all = [
        (
            Values::U8(noise(COUNT).map(|n| n as u8).collect()),
            packing(0.01, 0.0),
        ),
        (
            Values::U16(noise(COUNT).map(|n| n as u16).collect()),
            packing(0.01, 5.0),
        ),
        (
            Values::I8(noise(COUNT).map(|n| n as i8).collect()),
            unsigned(),
        ),
        (
            Values::I16(noise(COUNT).map(|n| n as i16).collect()),
            unsigned(),
        ),
        (
            Values::I32(noise(COUNT).map(|n| n as i32).collect()),
            unsigned(),
        ),
        (
            Values::U32(noise(COUNT).map(|n| n as u32).collect()),
            packing(0.01, 5.0),
        ),
        (
            Values::I16(noise(COUNT).map(|n| n as i16).collect()),
            Vec::new(),
        ),
    ];
    let bounds = [
        Bound::Lossless,
        Bound::Absolute(0.001),
        Bound::Absolute(0.02),
        Bound::PointwiseRelative(1e-9),
    ];
    for (values, attributes) in all {
        let raw = values.to_le_bytes().unwrap().len();
        for bound in bounds {
            let mut source = packed(values.clone(), attributes.clone());
            let stream = compressed(&mut source, &[Recipe::new("v", bound)]);
            let kind = values.kind().name();
            let reader = DatasetReader::open(&stream).unwrap();
            let about = reader.about(0).unwrap();
            let most = raw + 64 * about.pieces;
            assert!(
                about.stream_bytes <= most as u64,
                "{kind} {bound:?}: {about:?}"
            );
            let found = reader.verify(0, &mut source, 0, &Decompressor::default());
            assert_eq!(found.unwrap().broken, 0, "{kind} {bound:?}");
            // Parts of it, and streams of parts.
            let whole = read(&reader, "v", View::Unpacked);
            let part = [300..500, 7..9];
            let seen = reader.read(0, &part, View::Unpacked, &Decompressor::default());
            let wanted = whole.region(&[COUNT / 50, 50], &part).unwrap();
            assert_eq!(seen.unwrap().differing(&wanted), 0, "{kind} {bound:?}");
            if about.backends.is_empty() {
                let mut half = Vec::new();
                reader.split(Some("y"), 300..500, &mut half).unwrap();
                let half = DatasetReader::open(&half).unwrap();
                let wanted = whole.region(&[COUNT / 50, 50], &[300..500, 0..50]).unwrap();
                let seen = read(&half, "v", View::Unpacked);
                assert_eq!(seen.differing(&wanted), 0, "{kind} {bound:?}");
            }
        }
    }
}

#[test]
fn unsigned_numbers_can_be_packed_again_below_a_step() {
    let words = Values::I16(noise(4000).map(|n| n as i16).collect());
    let mut attributes = packing(0.5, 0.0);
    attributes.push(attribute("_Unsigned", Values::text("true")));
    let mut source = packed(words.clone(), attributes);
    let stream = compressed(&mut source, &[Recipe::new("v", Bound::Absolute(0.4))]);
    let reader = DatasetReader::open(&stream).unwrap();
    assert_eq!(read(&reader, "v", View::Stored), words);
}

#[test]
fn everything_goes_where_everything_is_asked_for() {
    let mut source = weather();
    let mut stream = Vec::new();
    let recipes = [Recipe::new("t2m", Bound::Absolute(0.05))];
    let left_out = vec!["crs".into()];
    let coder = Coder::new(&recipes, options()).all_but(left_out);
    coder.compress(&mut source, &mut stream).unwrap();
    let reader = DatasetReader::open(&stream).unwrap();
    let mut wanted = source.dataset().clone();
    wanted.variables.retain(|v| v.name != "crs");
    assert_eq!(reader.dataset(View::Stored), wanted);
    for name in ["d2m", "tp", "land", "station"] {
        let v = source.dataset().position(name).unwrap();
        assert_eq!(
            read(&reader, name, View::Stored),
            *source.values(v),
            "{name}"
        );
    }
    let coder = Coder::new(&recipes, options()).all_but(vec!["t2m".into()]);
    assert!(coder.compress(&mut source, &mut Vec::new()).is_err());
}

#[test]
fn more_dimensions_than_a_stream_has_are_kept_without_loss() {
    let dimension = |d: usize| Dimension {
        name: format!("d{d}"),
        length: if d < 2 { 100 } else { 2 },
        unlimited: false,
    };
    let dataset = Dataset {
        dimensions: (0..10).map(dimension).collect(),
        attributes: Vec::new(),
        variables: vec![variable(
            "v",
            Kind::F32,
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            Vec::new(),
        )],
    };
    let values = Values::F32((0..100 * 100 * 256).map(|k| k as f32).collect());
    let mut source = Memory::new(dataset, vec![values.clone()]).unwrap();
    let stream = compressed(&mut source, &[Recipe::new("v", Bound::Lossless)]);
    let reader = DatasetReader::open(&stream).unwrap();
    assert!(read(&reader, "v", View::Stored) == values);
    let recipes = [Recipe::new("v", Bound::Absolute(0.1))];
    let refused = Coder::new(&recipes, options()).compress(&mut source, &mut Vec::new());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("v has 10 dimensions")
    );
}

#[test]
fn nothing_is_negative_though_no_packed_number_is_zero() {
    let rain = Values::I16((0..3000).map(|k| 1 + (k % 50) as i16).collect());
    for (bound, offset) in [(0.1, -0.4), (2.5, -0.4), (2.5, -1.0)] {
        let recipe = Recipe {
            non_negative: true,
            keep_zeros: true,
            ..Recipe::new("v", Bound::Absolute(bound))
        };
        let source = packed(rain.clone(), packing(1.0, offset));
        let shown = assert_kept(source, recipe, |n| n + offset);
        assert!(shown.iter().all(|x| *x >= 0.0));
    }
}

#[test]
fn wishes_for_data_are_none_for_what_goes_with_it() {
    let mut source = weather();
    let mut dataset = source.dataset().clone();
    let mut values: Vec<Values> = (0..dataset.variables.len())
        .map(|v| source.values(v).clone())
        .collect();
    // Large enough for a stream of its own, and below zero.
    dataset.dimensions.push(Dimension {
        name: "cell".into(),
        length: 30_000,
        unlimited: false,
    });
    dataset
        .variables
        .push(variable("cell", Kind::F64, &[3], Vec::new()));
    values.push(Values::F64(
        (0..30_000).map(|k| -0.1 * f64::from(k)).collect(),
    ));
    dataset.variables.push(variable(
        "area",
        Kind::F64,
        &[3, 1],
        vec![attribute("coordinates", Values::text("cell"))],
    ));
    values.push(Values::F64((0..30_000 * ROWS).map(|k| k as f64).collect()));
    source = Memory::new(dataset, values).unwrap();
    let recipes = [
        Recipe::new("t2m", Bound::Absolute(0.1)),
        Recipe::new("area", Bound::Absolute(0.1)),
    ];
    for (options, recipes) in [
        (options().least(0.0).keep(0.0), &recipes[..]),
        (options().chunk([4, ROWS, COLUMNS]), &recipes),
        (options().keyframe(3), &recipes),
        (
            options().predictor("persistence+spline").unwrap(),
            &recipes[..1],
        ),
    ] {
        let mut stream = Vec::new();
        Coder::new(recipes, options)
            .compress(&mut source, &mut stream)
            .unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        let dataset = reader.dataset(View::Stored);
        if let Some(v) = dataset.position("cell") {
            let theirs = source.dataset().position("cell").unwrap();
            assert_eq!(
                read(&reader, &dataset.variables[v].name, View::Stored),
                *source.values(theirs)
            );
        }
    }
}

#[test]
fn missing_values_that_are_nan_are_no_reason_to_start_anew() {
    let mut source = packed(
        Values::F32((0..40_000).map(|k| (k as f32 * 0.01).sin()).collect()),
        vec![attribute("_FillValue", Values::F32(vec![f32::NAN]))],
    );
    let recipes = [Recipe::new("v", Bound::Absolute(0.01))];
    let coder = Coder::new(&recipes, options());
    let (whole, checkpoints) = in_steps(&coder, &mut source);
    let last = checkpoints.last().unwrap();
    assert_eq!(coder.differs(&mut source, last).unwrap(), None);
    let mut stream = whole[..last.bytes() as usize].to_vec();
    coder
        .go_on(&mut source, last, &mut stream, &mut Shelf::default())
        .unwrap();
    assert_eq!(stream, whole);
}

#[test]
fn a_file_full_of_end_marks_is_refused_soon() {
    let mut bytes = b"FSZ\x1a\x01".to_vec();
    while bytes.len() < 2_000_000 {
        bytes.extend(200_000u32.to_le_bytes());
        bytes.extend([7; 4]);
        bytes.extend(b"\x1aDSF");
    }
    bytes.push(0);
    assert!(DatasetReader::open(&bytes).is_err());
}

#[test]
fn what_is_no_number_comes_back_to_the_bit() {
    let odd = [
        f32::NAN,
        f32::from_bits(0x7fc0_1234),
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    let values: Vec<f32> = (0..20_000)
        .map(|k| {
            if k % 13 == 0 {
                odd[k / 13 % 4]
            } else {
                (k as f32 * 0.01).sin()
            }
        })
        .collect();
    let mut source = packed(Values::F32(values.clone()), Vec::new());
    let recipe = Recipe {
        non_negative: false,
        keep_zeros: true,
        ..Recipe::new("v", Bound::Absolute(0.01))
    };
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let Values::F32(decoded) = read(&reader, "v", View::Unpacked) else {
        panic!("single precision stays what it is");
    };
    for (x, y) in values.iter().zip(&decoded) {
        if x.is_finite() {
            assert!((f64::from(*x) - f64::from(*y)).abs() <= 0.01);
        } else {
            assert_eq!(x.to_bits(), y.to_bits());
        }
    }
    // And verify would notice if it were not so.
    let mut other = values.clone();
    other[26] = 0.5;
    other[27] += 0.021;
    let mut other = packed(Values::F32(other), Vec::new());
    let found = reader
        .verify(0, &mut other, 0, &Decompressor::default())
        .unwrap();
    assert_eq!(found.broken, 2);
}

/// A series of one variable, from a time on.
fn series(times: std::ops::Range<usize>) -> Memory {
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: name == "time",
    };
    let places = times.clone().flat_map(|t| (0..64).map(move |k| (t, k)));
    let values = places.map(|(t, k)| temperature(t, k / 8, k % 8) as f32);
    let axis = times.clone().map(|t| t as f64).collect();
    let dataset = Dataset {
        dimensions: vec![
            dimension("time", times.len()),
            dimension("y", 8),
            dimension("x", 8),
        ],
        attributes: Vec::new(),
        variables: vec![
            variable("time", Kind::F64, &[0], Vec::new()),
            variable("t2m", Kind::F32, &[0, 1, 2], Vec::new()),
        ],
    };
    let values = vec![Values::F64(axis), Values::F32(values.collect())];
    Memory::new(dataset, values).unwrap()
}

#[test]
fn damage_at_the_end_is_told_from_an_interruption() {
    let recipes = [Recipe::new("t2m", Bound::Absolute(0.01))];
    let before = compressed(&mut series(0..4), &recipes);
    let reader = DatasetReader::open(&before).unwrap();
    let mut stream = before.clone();
    Coder::new(&[], options())
        .append(&reader, &mut series(4..6), None, &mut stream)
        .unwrap();
    for end in before.len() + 1..stream.len() {
        let cut = stream[..end].to_vec();
        let reader = DatasetReader::open(&cut).unwrap();
        assert_eq!(reader.bytes(), before.len() as u64, "{end}");
        assert_eq!(reader.lost(), (end - before.len()) as u64, "{end}");
    }
    let tail = stream.len() - 12;
    let length = u32::from_le_bytes(stream[tail..tail + 4].try_into().unwrap());
    for place in tail - length as usize..stream.len() {
        for bit in 0..8 {
            let mut flipped = stream.clone();
            flipped[place] ^= 1 << bit;
            let error = DatasetReader::open(&flipped).err().unwrap();
            let text = error.to_string();
            let told = format!("head -c {}", before.len());
            assert!(text.contains(&told), "{place}, {bit}: {text}");
            // Nor is it if adding more was interrupted behind it, but for the tail: without its
            // mark or its length nothing tells where it was.
            flipped.extend([7; 30]);
            if place < tail {
                let error = DatasetReader::open(&flipped).err();
                let is_start = place < tail - length as usize + 8;
                assert!(error.is_some() || is_start, "{place}, {bit}");
            }
        }
    }
}

#[test]
fn a_run_without_loss_beside_a_relative_one_is_verified_as_kept() {
    let words = Values::I16((0..3000).map(|k| 1 + (k * k % 977) as i16).collect());
    let mut source = packed(words, packing(0.25, 3.0));
    let bounds = Bounds::Along {
        dimension: 0,
        runs: vec![(20, Bound::PointwiseRelative(0.01)), (60, Bound::Lossless)],
    };
    let recipe = Recipe {
        bounds,
        ..Recipe::new("v", Bound::Lossless)
    };
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let found = reader.verify(0, &mut source, 0, &Decompressor::default());
    assert_eq!(found.unwrap().broken, 0);
}

#[test]
fn ranges_are_those_of_what_unsigned_numbers_mean() {
    let words = Values::I8((0..3000).map(|k| (100 + k % 101) as u8 as i8).collect());
    let mut attributes = packing(0.5, 0.0);
    attributes.push(attribute("_Unsigned", Values::text("true")));
    let mut source = packed(words, attributes);
    let recipe = Recipe::new("v", Bound::RangeRelative(0.1));
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let found = reader.verify(0, &mut source, 0, &Decompressor::default());
    let found = found.unwrap();
    assert!(found.broken == 0 && found.max_error <= 5.0, "{found:?}");
}

#[test]
fn zeros_that_are_nearly_zero_are_verified_as_zeros() {
    let words = Values::I16((0..3000).map(|k| (k * k % 977) as i16 - 300).collect());
    // 0.1 is no number of the type: what stands for zero is not quite zero.
    let mut source = packed(words, packing(0.1, 0.1 * 3.0));
    let recipe = Recipe {
        keep_zeros: true,
        ..Recipe::new("v", Bound::PointwiseRelative(0.01))
    };
    let stream = compressed(&mut source, &[recipe]);
    let reader = DatasetReader::open(&stream).unwrap();
    let found = reader.verify(0, &mut source, 0, &Decompressor::default());
    assert_eq!(found.unwrap().broken, 0);
}

#[test]
fn nothing_lost_and_nothing_negative_where_numbers_fall_or_wrap() {
    let falling = packing(-0.5, 900.0);
    let mut wrapping = packing(1.0, -50.0);
    wrapping.push(attribute("_Unsigned", Values::text("true")));
    let words = Values::I8((0..3000).map(|k| (60 + k % 190) as u8 as i8).collect());
    for attributes in [falling, wrapping] {
        let mut source = packed(words.clone(), attributes);
        let recipe = Recipe {
            non_negative: true,
            ..Recipe::new("v", Bound::Lossless)
        };
        let stream = compressed(&mut source, &[recipe]);
        let reader = DatasetReader::open(&stream).unwrap();
        assert_eq!(read(&reader, "v", View::Stored), words);
    }
}
