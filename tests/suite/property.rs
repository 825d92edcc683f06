//! Random fields, bounds, predictors, chunks and regions; what fails shrinks to a
//! small field and is kept in `testdata/regressions/property.txt`.

use std::ops::Range;

use crate::common::fields::Random;
use crate::common::{array, assert_kept, bits, options, pack, unpack};
use foresz::{Backend, Bound, Decompressor, Effort, Options, Sample, Writer, decompress_region};
use ndarray::{ArrayD, Axis, Slice};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::Direct("testdata/regressions/property.txt");
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(file)),
        ..ProptestConfig::default()
    }
}

/// One to four dimensions, some 4000 samples at most.
fn shapes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(1..4000usize, 1),
        prop::collection::vec(1..63usize, 2),
        prop::collection::vec(1..16usize, 3),
        prop::collection::vec(1..8usize, 4),
    ]
}

/// Values that no formula gives.
fn specials() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-0.0),
        Just(1e20),
        (-38.0..38.0).prop_map(|e| 10f64.powf(e)),
        any::<f32>().prop_map(f64::from),
    ]
}

/// What a field is made of: a ramp, noise, and a few values put in anywhere.
#[derive(Debug, Clone)]
struct Recipe {
    shape: Vec<usize>,
    offset: f64,
    slope: f64,
    noise: f64,
    seed: u64,
    specials: Vec<(Index, f64)>,
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let specials = prop::collection::vec((any::<Index>(), specials()), 0..12);
    let sizes = prop_oneof![Just(0.0), -1.0..1.0, -1e4..1e4];
    let noise = prop_oneof![Just(0.0), 0.0..0.1, 0.0..100.0];
    let parts = (
        shapes(),
        sizes.clone(),
        sizes,
        noise,
        any::<u64>(),
        specials,
    );
    parts.prop_map(|(shape, offset, slope, noise, seed, specials)| Recipe {
        shape,
        offset,
        slope,
        noise,
        seed,
        specials,
    })
}

impl Recipe {
    fn cook<T: Sample>(&self) -> ArrayD<T> {
        let mut random = Random(self.seed);
        let n: usize = self.shape.iter().product();
        let row = self.shape.last().copied().unwrap_or(1);
        let value = |i: usize| {
            let (r, c) = ((i / row) as f64, (i % row) as f64);
            let curve = (c - r) * (c + 0.5 * r) / row as f64;
            self.offset + self.slope * (0.01 * curve + 0.1 * c) + self.noise * random.unit()
        };
        let mut values: Vec<T> = (0..n).map(value).map(T::from_f64).collect();
        for (at, x) in &self.specials {
            values[at.index(n)] = T::from_f64(*x);
        }
        array(&self.shape, values)
    }
}

/// Point-wise predictors with any parameters they take.
fn points() -> impl Strategy<Value = String> {
    let lorenzo = (1..=2usize, 1..=4usize);
    let spline = (
        prop::bool::ANY,
        0..=12usize,
        prop_oneof![Just(1.0), 1.0..=4.0f64],
        1.0..=64.0f64,
    );
    prop_oneof![
        Just("zero".to_string()),
        Just("raster".to_string()),
        Just("pyramid".to_string()),
        lorenzo.prop_map(|(order, dims)| format!("lorenzo:order={order},dims={dims}")),
        spline.prop_map(|(cubic, levels, alpha, beta)| {
            let kernel = if cubic { "cubic" } else { "linear" };
            format!("spline:kernel={kernel},levels={levels},alpha={alpha},beta={beta}")
        }),
    ]
}

fn specs() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("auto".to_string()),
        6 => points(),
        2 => points().prop_map(|p| format!("persistence+{p}")),
    ]
}

fn bounds() -> impl Strategy<Value = Bound> {
    let decades = |low: i32, high: i32| (low..high).prop_map(|e| 0.73 * 10f64.powi(e));
    prop_oneof![
        6 => decades(-9, 6).prop_map(Bound::Absolute),
        2 => decades(-9, 0).prop_map(Bound::RangeRelative),
        2 => decades(-9, 0).prop_map(Bound::PointwiseRelative),
        1 => Just(Bound::Lossless),
    ]
}

/// All that is asked of a compression.
#[derive(Debug, Clone)]
struct Ask {
    spec: String,
    bound: Bound,
    effort: usize,
    /// None is that of the effort.
    backend: Option<usize>,
    fill: bool,
    periodic: Option<bool>,
    /// Lengths of a chunk, as parts of the field's.
    chunk: Option<[Index; 4]>,
}

fn asks() -> impl Strategy<Value = Ask> {
    let chunk = prop::option::of(any::<[Index; 4]>());
    let backend = prop::option::of(0..Backend::ALL.len());
    let periodic = prop::option::of(any::<bool>());
    let efforts = 0..Effort::ALL.len();
    let parts = (
        specs(),
        bounds(),
        efforts,
        backend,
        any::<bool>(),
        periodic,
        chunk,
    );
    parts.prop_map(
        |(spec, bound, effort, backend, fill, periodic, chunk)| Ask {
            spec,
            bound,
            effort,
            backend,
            fill,
            periodic,
            chunk,
        },
    )
}

impl Ask {
    fn options(&self, shape: &[usize]) -> Options {
        // Frames need time before the last dimension.
        let spec = match self.spec.strip_prefix("persistence+") {
            Some(point) if shape.len() < 3 => point,
            _ => &self.spec,
        };
        let mut options = options(self.bound, spec).effort(Effort::ALL[self.effort]);
        if let Some(backend) = self.backend {
            options = options.backend(Backend::ALL[backend]);
        }
        if let Some(periodic) = self.periodic {
            options = options.periodic(periodic);
        }
        if self.fill {
            options = options.fill(1e20);
        }
        match self.chunk(shape) {
            Some(chunk) => options.chunk(chunk),
            None => options,
        }
    }

    fn chunk(&self, shape: &[usize]) -> Option<Vec<usize>> {
        let parts = self.chunk.as_ref()?;
        // At least a fourth, so that there are not too many.
        let length = |(n, part): (&usize, &Index)| n.div_ceil(4) + part.index(*n);
        Some(shape.iter().zip(parts).map(length).collect())
    }
}

/// Fails unless the stream keeps its promise.
fn keeps_its_promise<T: Sample>(recipe: &Recipe, ask: &Ask) -> Result<(), TestCaseError> {
    let field = recipe.cook::<T>();
    let packed = pack(&field, &ask.options(&recipe.shape));
    let decoded = Decompressor::default().threads(1).field::<T>(&packed.bytes);
    let decoded = decoded.map_err(|e| TestCaseError::fail(e.to_string()))?;
    let fill = ask.fill.then_some(1e20);
    let bound = match ask.bound {
        Bound::PointwiseRelative(_) => f64::INFINITY,
        _ => packed.report.bound,
    };
    let largest = assert_kept("random", &field, &decoded, fill, bound);
    prop_assert_eq!(packed.report.max_error, largest);
    for (x, y) in field.iter().zip(&decoded) {
        if let (Bound::PointwiseRelative(r), true) = (ask.bound, x.is_finite()) {
            let error = (x.to_f64() - y.to_f64()).abs();
            prop_assert!(error <= r * x.to_f64().abs(), "{} became {}", x, y);
        }
    }
    Ok(())
}

/// Where an effort meets some values that are far larger than the others.
#[derive(Debug, Clone)]
struct Spiky {
    seed: u64,
    spikes: Vec<(Index, f64)>,
    effort: usize,
}

fn spikes() -> impl Strategy<Value = Spiky> {
    let sizes = [1e10, 1e30, f64::from(f32::MAX), f64::MAX];
    let size = (0..sizes.len()).prop_map(move |k| sizes[k]);
    let size = (size, any::<bool>()).prop_map(|(x, up)| if up { x } else { -x });
    let spikes = prop::collection::vec((any::<Index>(), size), 1..9);
    let parts = (any::<u64>(), spikes, 0..Effort::ALL.len());
    parts.prop_map(|(seed, spikes, effort)| Spiky {
        seed,
        spikes,
        effort,
    })
}

/// Fails unless spikes come back within the bound, and the rest gets about as small as
/// it does without them.
fn assert_spikes_are_cheap<T: Sample>(spiky: &Spiky) -> Result<(), TestCaseError> {
    const BOUND: f64 = 0.01;
    let mut random = Random(spiky.seed);
    let wave = |i: usize| ((i / 60) as f64 * 0.1).sin() * ((i % 60) as f64 * 0.13).cos();
    let values = (0..50 * 60).map(|i| T::from_f64(wave(i) + 0.05 * random.unit()));
    let plain = array(&[50, 60], values.collect());
    let mut field = plain.clone();
    for (at, size) in &spiky.spikes {
        field[[at.index(3000) / 60, at.index(3000) % 60].as_ref()] = T::from_f64(*size);
    }
    let options = Options::new(Bound::Absolute(BOUND)).effort(Effort::ALL[spiky.effort]);
    let packed = pack(&field, &options);
    let decoded = unpack::<T>(&packed.bytes);
    assert_kept("spikes", &field, &decoded, None, BOUND);
    let without = pack(&plain, &options).bytes.len();
    // A spike that bins can reach is seen by its neighbours, which then are literals too.
    let each = 24 * T::BYTES;
    let most = without + without / 10 + 64 + each * spiky.spikes.len();
    let size = packed.bytes.len();
    prop_assert!(size <= most, "{size} bytes, {without} without spikes");
    Ok(())
}

/// A part of the field that is not empty.
fn region(shape: &[usize], ends: &[(Index, Index)]) -> Vec<Range<usize>> {
    let range = |(n, (a, b)): (&usize, &(Index, Index))| {
        let start = a.index(*n);
        start..start + 1 + b.index(n - start)
    };
    shape.iter().zip(ends).map(range).collect()
}

proptest! {
    #![proptest_config(config(320))]

    #[test]
    fn bounds_are_kept_in_f32(recipe in recipes(), ask in asks()) {
        keeps_its_promise::<f32>(&recipe, &ask)?;
    }

    #[test]
    fn bounds_are_kept_in_f64(recipe in recipes(), ask in asks()) {
        keeps_its_promise::<f64>(&recipe, &ask)?;
    }
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn any_bits_at_all_survive(
        values in prop::collection::vec(any::<u32>(), 1..300),
        bound in bounds(),
        spec in points(),
    ) {
        let values: Vec<f32> = values.into_iter().map(f32::from_bits).collect();
        let field = array(&[values.len()], values);
        let packed = pack(&field, &options(bound, &spec));
        let decoded = unpack::<f32>(&packed.bytes);
        let kept = match bound {
            Bound::PointwiseRelative(_) => f64::INFINITY,
            _ => packed.report.bound,
        };
        assert_kept(&spec, &field, &decoded, None, kept);
    }

    #[test]
    fn spikes_cost_little_more_than_themselves_in_f32(spiky in spikes()) {
        assert_spikes_are_cheap::<f32>(&spiky)?;
    }

    #[test]
    fn spikes_cost_little_more_than_themselves_in_f64(spiky in spikes()) {
        assert_spikes_are_cheap::<f64>(&spiky)?;
    }

    #[test]
    fn a_region_is_a_slice_of_the_field(
        recipe in recipes(),
        ask in asks(),
        ends in prop::collection::vec((any::<Index>(), any::<Index>()), 4),
    ) {
        let field = recipe.cook::<f32>();
        let stream = pack(&field, &ask.options(&recipe.shape)).bytes;
        let region = region(&recipe.shape, &ends);
        let part = decompress_region::<f32>(&stream, &region).unwrap();
        let mut whole = unpack::<f32>(&stream);
        for (d, range) in region.iter().enumerate() {
            whole.slice_axis_inplace(Axis(d), Slice::from(range.clone()));
        }
        prop_assert_eq!(part.shape(), whole.shape());
        prop_assert_eq!(bits(&part), bits(&whole));
    }

    #[test]
    fn frame_by_frame_is_the_same_as_at_once(recipe in recipes(), ask in asks(), threads in 1..3usize) {
        let field = recipe.cook::<f32>();
        prop_assume!(field.ndim() > 1 && !matches!(ask.bound, Bound::RangeRelative(_)));
        let chunk = ask.chunk(&recipe.shape).unwrap_or_else(|| recipe.shape.clone());
        let chunk: Vec<usize> = chunk.iter().zip(&recipe.shape).map(|(c, n)| *c.min(n)).collect();
        let options = ask.options(&recipe.shape).chunk(chunk).threads(threads);
        let mut writer = Writer::new(Vec::new(), &recipe.shape[1..], options.clone()).unwrap();
        for frame in field.outer_iter() {
            writer.push(frame).unwrap();
        }
        let (stream, report) = writer.finish().unwrap();
        let at_once = pack(&field, &options);
        prop_assert_eq!(report.max_error, at_once.report.max_error);
        prop_assert_eq!(report.output_bytes, stream.len() as u64);
        prop_assert_eq!(stream, at_once.bytes);
    }
}

#[test]
fn a_writer_does_not_close_rows_that_its_chunks_cut() {
    let field: ArrayD<f32> = crate::common::fields::smooth(&[3, 9, 41]);
    let asked = options(Bound::Absolute(0.7), "raster")
        .periodic(true)
        .chunk([3, 9, 20]);
    let mut writer = Writer::new(Vec::new(), &[9, 41], asked.clone()).unwrap();
    for frame in field.outer_iter() {
        writer.push(frame).unwrap();
    }
    let (stream, _) = writer.finish().unwrap();
    assert!(
        !foresz::inspect(&pack(&field, &asked).bytes)
            .unwrap()
            .periodic
    );
    assert!(!foresz::inspect(&stream).unwrap().periodic);
}
