//! Every kind of bound is kept, whatever the field and whatever the predictor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::common::coders::OneByOne;
use crate::common::fields::{Random, awkward, formula, noise, smooth, with};
use crate::common::{array, assert_kept, bits, options, pack, round_trip, unpack};
use foresz::predictors::{
    AnyPoint, Axis, Built, Coder, Entry, FramePredictor, FrameWalk, Past, Plane, Predictor,
    Registry, Result, Scene, Side, Teller,
};
use foresz::{Backend, Bound, Decompressor, Error, Options, Sample, compress, inspect};
use ndarray::ArrayD;

const SPECS: [&str; 5] = [
    "zero",
    "lorenzo",
    "lorenzo:order=2",
    "spline",
    "spline:alpha=2,beta=16",
];

// --- Absolute. ---

fn absolute_bounds_are_kept<T: Sample>() {
    for spec in SPECS {
        for scale in [1e-30, 1e-3, 1.0, 1e5, 1e30] {
            let field = smooth::<T>(&[9, 40]).mapv(|x| x * T::from_f64(scale / 280.0));
            for digits in 1..16 {
                let bound = scale * 10f64.powi(-digits) * 0.7;
                let decoded = round_trip(&field, &options(Bound::Absolute(bound), spec));
                assert_kept(spec, &field, &decoded, None, bound);
            }
        }
    }
}

#[test]
fn absolute_bounds_are_kept_at_every_scale() {
    absolute_bounds_are_kept::<f32>();
    absolute_bounds_are_kept::<f64>();
}

#[test]
fn bounds_below_the_resolution_of_the_type_are_exact() {
    for spec in SPECS {
        let field: ArrayD<f32> = noise(&[20, 30], 3).mapv(|x: f32| x + 1000.0);
        // One ulp at 1000 is 6.1e-5.
        for bound in [1e-5, 3e-5, 1e-9, 1e-40, 5e-324] {
            let decoded = round_trip(&field, &options(Bound::Absolute(bound), spec));
            assert_eq!(bits(&field), bits(&decoded), "{spec} {bound:e}");
        }
        for bound in [6e-5, 1e-4, 1.3e-4, 2e-4] {
            let decoded = round_trip(&field, &options(Bound::Absolute(bound), spec));
            assert_kept(spec, &field, &decoded, None, bound);
        }
    }
}

#[test]
fn bounds_wider_than_the_field_are_kept() {
    for spec in SPECS {
        let field: ArrayD<f32> = smooth(&[9, 20]);
        for bound in [1e3, 1e30, f64::from(f32::MAX), 1e39, 1e300, f64::MAX] {
            let decoded = round_trip(&field, &options(Bound::Absolute(bound), spec));
            assert_kept(spec, &field, &decoded, None, bound);
            assert!(decoded.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn halves_of_the_bound_are_kept_too() {
    // Values on the edges between bins, where a rounding error decides.
    for spec in SPECS {
        for bound in [0.1, 0.25, 1.0 / 3.0, 1e-3] {
            let field: ArrayD<f32> = formula(&[16, 16], |at| {
                (at[0] * 17 + at[1] * 31) as f64 % 97.0 * bound
            });
            let decoded = round_trip(&field, &options(Bound::Absolute(bound), spec));
            assert_kept(spec, &field, &decoded, None, bound);
        }
    }
}

// --- Range-relative. ---

fn range_relative<T: Sample>(field: &ArrayD<T>, fill: Option<f64>, span: f64) {
    for spec in SPECS {
        for relative in [0.1, 1e-3, 1e-6] {
            let mut asked = options(Bound::RangeRelative(relative), spec);
            if let Some(fill) = fill {
                asked = asked.fill(fill);
            }
            let packed = pack(field, &asked);
            let bound = relative * span;
            assert!(
                (packed.report.bound - bound).abs() <= 1e-12 * bound,
                "{spec}"
            );
            assert_kept(spec, field, &unpack(&packed.bytes), fill, bound);
        }
    }
}

fn span<T: Sample>(values: impl Iterator<Item = T>) -> f64 {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x.to_f64()), high.max(x.to_f64()))
    });
    high - low
}

#[test]
fn range_relative_bounds_are_kept() {
    let field: ArrayD<f32> = smooth(&[13, 40]);
    range_relative(&field, None, span(field.iter().copied()));
    let field: ArrayD<f64> = noise(&[13, 40], 4);
    range_relative(&field, None, span(field.iter().copied()));
}

#[test]
fn neither_infinities_nor_fills_blow_up_a_range() {
    let clean: ArrayD<f32> = smooth(&[13, 40]);
    let place = |i: usize| i % 23 == 5;
    let span = span(
        (0..clean.len())
            .filter(|i| !place(*i))
            .map(|i| clean.as_slice().unwrap()[i]),
    );
    for inf in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        range_relative(&with(clean.clone(), inf, place), None, span);
    }
    range_relative(&with(clean.clone(), 1e20, place), Some(1e20), span);
    range_relative(
        &with(clean, 9.96921e36, place),
        Some(9.969_209_968_386_869e36),
        span,
    );
}

#[test]
fn a_range_of_nothing_is_exact() {
    for value in [0.0, -0.0, 3.7, f32::MAX, f32::NAN, f32::INFINITY] {
        let field: ArrayD<f32> = array(&[4, 5], vec![value; 20]);
        for bound in [Bound::RangeRelative(0.1), Bound::Psnr(60.0)] {
            let decoded = round_trip(&field, &options(bound, "spline"));
            assert_eq!(bits(&field), bits(&decoded), "{value}");
        }
    }
}

#[test]
fn a_range_that_overflows_is_exact() {
    let field: ArrayD<f64> = formula(&[5, 6], |at| {
        if (at[0] + at[1]) % 2 == 0 {
            f64::MAX
        } else {
            -f64::MAX
        }
    });
    for bound in [Bound::RangeRelative(1e-3), Bound::Psnr(40.0)] {
        let decoded = round_trip(&field, &options(bound, "lorenzo"));
        assert_eq!(bits(&field), bits(&decoded));
    }
}

// --- Point-wise relative. ---

fn assert_pointwise<T: Sample>(what: &str, field: &ArrayD<T>, decoded: &ArrayD<T>, relative: f64) {
    for (x, y) in field.iter().zip(decoded) {
        let same = x.to_bits64() == y.to_bits64();
        let error = (x.to_f64() - y.to_f64()).abs();
        let kept = error <= relative * x.to_f64().abs();
        assert!(same || kept, "{what}: {x:?} became {y:?} at {relative:e}");
        assert!(same || *x != T::ZERO, "{what}: a zero changed");
        assert!(
            same || (*x < T::ZERO) == (*y < T::ZERO),
            "{what}: a sign changed"
        );
    }
}

fn pointwise_bounds_are_kept<T: Sample>() {
    let mut random = Random(9);
    let magnitudes: Vec<T> = (0..600)
        .map(|i| match i % 10 {
            0 => T::ZERO,
            1 => -T::ZERO,
            2 => T::from_bits64(1 + random.next() % 1000),
            3 => T::MAX * T::from_f64(random.unit()),
            4 => -T::from_bits64(random.next() % 4096),
            _ => T::from_f64(random.unit() * 10f64.powi(random.below(60) as i32 - 30)),
        })
        .collect();
    let fields = [
        array(&[20, 30], magnitudes),
        smooth(&[20, 30]),
        noise(&[600], 6),
    ];
    for spec in SPECS {
        for field in &fields {
            for relative in [0.99, 0.1, 1e-3, 1e-6, 1e-12, 1e-18] {
                let asked = options(Bound::PointwiseRelative(relative), spec);
                let decoded = round_trip(field, &asked);
                assert_pointwise(spec, field, &decoded, relative);
            }
        }
    }
}

#[test]
fn pointwise_relative_bounds_are_kept() {
    pointwise_bounds_are_kept::<f32>();
    pointwise_bounds_are_kept::<f64>();
}

fn pointwise_holes_are_exact<T: Sample>() {
    for case in awkward::<T>() {
        for spec in SPECS {
            for relative in [0.05, 1e-5] {
                let asked = case.declare(options(Bound::PointwiseRelative(relative), spec));
                let what = format!("{spec} on {} in {}", case.name, T::NAME);
                let packed = pack(&case.field, &asked);
                let decoded = unpack(&packed.bytes);
                assert_pointwise(&what, &case.field, &decoded, relative);
                // Fills and what is no number are the same to the bit.
                assert_kept(&what, &case.field, &decoded, case.fill, f64::INFINITY);
                let largest = assert_kept(&what, &case.field, &decoded, None, f64::INFINITY);
                assert_eq!(packed.report.max_error, largest, "{what}");
            }
        }
    }
}

#[test]
fn pointwise_relative_bounds_are_kept_on_awkward_fields() {
    pointwise_holes_are_exact::<f32>();
    pointwise_holes_are_exact::<f64>();
}

// --- PSNR. ---

/// Of the values that are numbers, computed in units of their range.
fn psnr<T: Sample>(field: &ArrayD<T>, decoded: &ArrayD<T>) -> f64 {
    let numbers = || field.iter().zip(decoded).filter(|(x, _)| x.is_finite());
    let span = span(numbers().map(|(x, _)| *x));
    let squares: f64 = numbers()
        .map(|(x, y)| ((x.to_f64() - y.to_f64()) / span).powi(2))
        .sum();
    -10.0 * (squares / numbers().count() as f64).log10()
}

fn assert_psnr<T: Sample>(what: &str, field: &ArrayD<T>) {
    for spec in SPECS {
        for asked in [10.0, 35.0, 60.0, 97.3, 140.0] {
            let decoded = round_trip(field, &options(Bound::Psnr(asked), spec));
            let reached = psnr(field, &decoded);
            assert!(reached >= asked, "{what}, {spec}: {reached} of {asked} dB");
        }
    }
}

/// All errors as large as the bound allows: values on edges of bins around 0, for a
/// bound from a range of 1.
fn on_the_edges(decibels: f64) -> ArrayD<f64> {
    let bound = 10f64.powf(-decibels / 20.0) * 3f64.sqrt();
    formula(&[30, 30], |at| match at[0] * 30 + at[1] {
        0 => 0.0,
        1 => 1.0,
        i => bound * (0.99 + 2.0 * (i % 4) as f64),
    })
}

#[test]
fn the_psnr_asked_for_is_reached() {
    assert_psnr("smooth", &smooth::<f32>(&[20, 40]));
    assert_psnr("smooth", &smooth::<f64>(&[20, 40]));
    assert_psnr("noise", &noise::<f64>(&[20, 40], 8));
    assert_psnr("edges", &on_the_edges(35.0));
    assert_psnr(
        "two values",
        &formula::<f32>(&[9, 9], |at| (at[1] % 2) as f64),
    );
}

#[test]
fn the_psnr_is_that_of_the_numbers_when_there_are_holes() {
    let land = |i: usize| i % 5 < 3 && i > 60;
    assert_psnr("edges and land", &with(on_the_edges(35.0), f64::NAN, land));
    assert_psnr(
        "smooth and land",
        &with(smooth::<f32>(&[20, 40]), f32::NAN, land),
    );
}

#[test]
fn the_psnr_is_reached_where_squares_overflow() {
    for scale in [1e200, 1e-200] {
        assert_psnr("huge or tiny", &on_the_edges(35.0).mapv(|x| x * scale));
    }
}

// --- Lossless. ---

fn lossless_is_to_the_bit<T: Sample>() {
    let mut random = Random(11);
    let any: Vec<T> = (0..500).map(|_| T::from_bits64(random.next())).collect();
    let payloads: Vec<T> = (0..500)
        .map(|_| T::from_bits64(random.next() | T::from_f64(f64::INFINITY).to_bits64()))
        .collect();
    for spec in SPECS {
        for backend in Backend::ALL {
            for values in [&any, &payloads] {
                let field = array(&[20, 25], values.clone());
                let asked = options(Bound::Lossless, spec).backend(backend);
                assert_eq!(bits(&field), bits(&round_trip(&field, &asked)), "{spec}");
            }
            for case in awkward::<T>() {
                let asked = case.declare(options(Bound::Lossless, spec).backend(backend));
                let decoded = round_trip(&case.field, &asked);
                assert_eq!(bits(&case.field), bits(&decoded), "{spec} on {}", case.name);
            }
        }
    }
}

#[test]
fn lossless_is_to_the_bit_in_f32() {
    lossless_is_to_the_bit::<f32>();
}

#[test]
fn lossless_is_to_the_bit_in_f64() {
    lossless_is_to_the_bit::<f64>();
}

#[test]
fn large_lossless_codes_survive() {
    // Differences of up to 2^30 values need 28 raw bits, behind a long code as they
    // are rare.
    let mut random = Random(12);
    let values: Vec<f32> = (0..40_000)
        .map(|i| match i % 397 {
            0 => f32::from_bits(random.next() as u32 & 0x3fff_ffff),
            _ => f32::from_bits(random.below(9) as u32),
        })
        .collect();
    let field = array(&[40_000], values);
    for backend in Backend::ALL {
        let asked = options(Bound::Lossless, "zero").backend(backend);
        assert_eq!(bits(&field), bits(&round_trip(&field, &asked)));
    }
}

// --- Nonsense. ---

#[test]
fn bounds_that_mean_nothing_are_refused() {
    let field: ArrayD<f32> = smooth(&[3, 4]);
    let kinds: [fn(f64) -> Bound; 4] = [
        Bound::Absolute,
        Bound::RangeRelative,
        Bound::PointwiseRelative,
        Bound::Psnr,
    ];
    for kind in kinds {
        for x in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let outcome = compress(field.view(), &Options::new(kind(x)));
            assert!(matches!(outcome, Err(Error::Invalid(_))), "{:?}", kind(x));
        }
    }
    let all_lost = Options::new(Bound::PointwiseRelative(1.0));
    assert!(compress(field.view(), &all_lost).is_err());
}

#[test]
fn fields_and_options_that_mean_nothing_are_refused() {
    let refuse = |shape: &[usize], change: fn(Options) -> Options| {
        let field = ArrayD::<f32>::zeros(shape);
        let outcome = compress(field.view(), &change(Options::new(Bound::Absolute(1.0))));
        assert!(outcome.is_err(), "{shape:?}");
    };
    refuse(&[], |o| o);
    refuse(&[0], |o| o);
    refuse(&[3, 0, 4], |o| o);
    refuse(&[1; 9], |o| o);
    refuse(&[4, 4], |o| o.chunk([4]));
    refuse(&[4, 4], |o| o.chunk([0, 4]));
    refuse(&[4, 4], |o| o.dims(["y"]));
    refuse(&[4, 4], |o| o.dims(["y", "y"]));
    refuse(&[4, 4], |o| (0..17).fold(o, |o, i| o.fill(f64::from(i))));
    refuse(&[4, 4], |o| o.predictor("nobody").unwrap());
    refuse(&[4, 4], |o| o.predictor("lorenzo:order=3").unwrap());
    refuse(&[4, 4], |o| o.predictor("zero+zero").unwrap());
    assert!(Options::new(Bound::Lossless).predictor("a b").is_err());
}

// --- Predictors that do not play fair. ---

fn registry(name: &str, build: impl Fn() -> Built + Send + Sync + 'static) -> Registry {
    let mut registry = Registry::default();
    registry.register(Entry::new(name, "of a test", move |_| Ok(build())));
    registry
}

fn with_point<P: AnyPoint + Clone + 'static>(point: P) -> Registry {
    registry("odd", move || Built::point(point.clone()))
}

/// Every kind of bound that an odd predictor has to be held to.
fn kinds() -> [Bound; 5] {
    [
        Bound::Absolute(0.01),
        Bound::RangeRelative(1e-4),
        Bound::PointwiseRelative(1e-3),
        Bound::Psnr(50.0),
        Bound::Lossless,
    ]
}

/// Fails unless bounds hold with this predictor, alone and after persistence.
fn assert_bounds_hold<T: Sample>(registry: &Registry) {
    let decoder = Decompressor::default().registry(registry.clone());
    let land = with(smooth(&[5, 9, 14]), T::from_f64(f64::NAN), |i| i % 13 == 4);
    for field in [smooth::<T>(&[5, 9, 14]), land] {
        for bound in kinds() {
            for spec in ["odd", "persistence+odd"] {
                let asked = options(bound, spec).registry(registry.clone());
                let packed = compress(field.view(), &asked).unwrap();
                let decoded = decoder.field::<T>(&packed.bytes).unwrap();
                match bound {
                    Bound::PointwiseRelative(r) => assert_pointwise(spec, &field, &decoded, r),
                    Bound::Psnr(db) => assert!(psnr(&field, &decoded) >= db, "PSNR {db}"),
                    _ => {
                        assert_kept(spec, &field, &decoded, None, packed.report.bound);
                    }
                }
            }
        }
    }
}

/// Codes the field in raster order, with what `guess` says of place and canvas.
fn raster<T: Sample>(
    shape: &[usize],
    coder: &mut dyn Coder<T>,
    guess: impl Fn(usize, &[T]) -> T,
) -> Result<()> {
    let plane = Plane::whole(shape);
    coder.begin(&plane)?;
    for r in 0..plane.rows() {
        let from = r * plane.columns();
        let mut row: Vec<T> = (from..from + plane.columns())
            .map(|at| guess(at, coder.canvas()))
            .collect();
        coder.row(&mut row);
    }
    Ok(())
}

/// Looks where nothing is coded yet.
#[derive(Clone)]
struct Peek;

impl<T: Sample> Predictor<T> for Peek {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        raster(&scene.shape, coder, |at, canvas| {
            let ahead = canvas.get(at + 3).copied().unwrap_or_default();
            let behind = at.checked_sub(5).map_or(T::ONE, |i| canvas[i]);
            ahead + behind
        })
    }
}

#[test]
fn a_predictor_that_peeks_ahead_sees_what_the_decoder_sees() {
    assert_bounds_hold::<f32>(&with_point(Peek));
    assert_bounds_hold::<f64>(&with_point(Peek));
}

/// Remembers the originals in a place the decoder does not have.
#[derive(Clone)]
struct Smuggle(Arc<Mutex<Vec<f64>>>);

impl<T: Sample> Predictor<T> for Smuggle {
    fn learn(&self, originals: &[T], _: &Scene) -> Result<Side> {
        let mut known = self.0.lock().unwrap();
        known.extend(originals.iter().map(|x| x.to_f64()));
        Ok(Side::default())
    }

    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let known = self.0.lock().unwrap();
        raster(&scene.shape, coder, |at, _| {
            T::from_f64(known.get(at).copied().unwrap_or(0.0))
        })
    }
}

#[test]
fn originals_smuggled_past_the_stream_are_found_out_on_decoding() {
    let known = Arc::new(Mutex::new(Vec::new()));
    let registry = with_point(Smuggle(known.clone()));
    let field: ArrayD<f32> = smooth(&[9, 14]);
    for bound in kinds() {
        let asked = options(bound, "odd").registry(registry.clone());
        let stream = compress(field.view(), &asked).unwrap().bytes;
        // On another machine nothing is known.
        known.lock().unwrap().clear();
        let decoder = Decompressor::default().registry(registry.clone());
        let outcome = decoder.field::<f32>(&stream);
        assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{bound:?}");
    }
}

/// Predicts what is no number, or as good as none.
#[derive(Clone)]
struct Absurd;

impl<T: Sample> Predictor<T> for Absurd {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let max = T::MAX.to_f64();
        let guesses = [f64::NAN, f64::INFINITY, -max, f64::NEG_INFINITY, max, 280.0];
        raster(&scene.shape, coder, |at, _| {
            T::from_f64(guesses[at % guesses.len()])
        })
    }
}

#[test]
fn predictions_that_are_no_numbers_do_no_harm() {
    assert_bounds_hold::<f32>(&with_point(Absurd));
    assert_bounds_hold::<f64>(&with_point(Absurd));
}

impl<T: Sample> FramePredictor<T> for Absurd {
    fn window(&self) -> usize {
        3
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(Absurd))
    }
}

impl<T: Sample> FrameWalk<T> for Absurd {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let guesses = [f64::NAN, f64::INFINITY, 1e38, -1e38, 280.0];
        for (i, x) in frame.iter_mut().enumerate() {
            *x = T::from_f64(guesses[(i + past.index) % guesses.len()]);
        }
        Ok(past.index % 2 == 1)
    }
}

#[test]
fn forecasts_that_are_no_numbers_do_no_harm() {
    let frame: fn() -> Built = || Built::frame(Absurd);
    let registry = registry("persistence", frame);
    for spec in SPECS {
        let field: ArrayD<f32> = smooth(&[5, 9, 14]);
        for bound in [Bound::Absolute(0.01), Bound::Lossless] {
            let spec = format!("persistence+{spec}");
            let asked = options(bound, &spec).registry(registry.clone());
            let packed = compress(field.view(), &asked).unwrap();
            let decoder = Decompressor::default().registry(registry.clone());
            let decoded = decoder.field::<f32>(&packed.bytes).unwrap();
            assert_kept(&spec, &field, &decoded, None, packed.report.bound);
        }
    }
}

/// The bits of a NaN are up to the CPU: x86 makes negative ones, ARM positive ones.
#[derive(Clone)]
struct OnAnotherCpu(Arc<AtomicBool>);

impl<T: Sample> Predictor<T> for OnAnotherCpu {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let nan = T::from_f64(f64::NAN);
        let nan = if self.0.load(Ordering::Relaxed) {
            -nan
        } else {
            nan
        };
        raster(&scene.shape, coder, |_, _| nan)
    }
}

fn nan_predictions_have_no_sign<T: Sample>() {
    let arm = Arc::new(AtomicBool::new(false));
    let registry = with_point(OnAnotherCpu(arm.clone()));
    let huge = formula(&[9, 9], |at| T::MAX.to_f64() * (1.0 - at[1] as f64 / 1e4));
    for field in [smooth::<T>(&[9, 9]), huge] {
        for bound in [Bound::Absolute(0.01), Bound::Lossless] {
            arm.store(false, Ordering::Relaxed);
            let asked = options(bound, "odd").registry(registry.clone());
            let packed = compress(field.view(), &asked).unwrap();
            arm.store(true, Ordering::Relaxed);
            let decoder = Decompressor::default().registry(registry.clone());
            let decoded = decoder.field::<T>(&packed.bytes).unwrap();
            assert_kept("another CPU", &field, &decoded, None, packed.report.bound);
        }
    }
}

#[test]
fn the_bits_of_a_nan_prediction_do_not_matter() {
    nan_predictions_have_no_sign::<f32>();
    nan_predictions_have_no_sign::<f64>();
}

// --- Predictors that break the rules of the walk. ---

#[derive(Debug, Clone, Copy)]
enum Wrong {
    Nothing,
    NoPlane,
    TooFewRows,
    TooManyRows,
    TooNarrow,
    TooWide,
    BeginsInTheMiddle,
    Outside,
    FarOutside,
    StepOfZero,
    OtherDimensions,
    Twice,
    HalfTwice,
    Half,
    Loosened,
    TightenedByNan,
    TightenedByInfinity,
    Deaf,
}

const WRONGS: [Wrong; 18] = [
    Wrong::Nothing,
    Wrong::NoPlane,
    Wrong::TooFewRows,
    Wrong::TooManyRows,
    Wrong::TooNarrow,
    Wrong::TooWide,
    Wrong::BeginsInTheMiddle,
    Wrong::Outside,
    Wrong::FarOutside,
    Wrong::StepOfZero,
    Wrong::OtherDimensions,
    Wrong::Twice,
    Wrong::Half,
    // The right number of samples, but not the right ones.
    Wrong::HalfTwice,
    Wrong::Loosened,
    Wrong::TightenedByNan,
    Wrong::TightenedByInfinity,
    Wrong::Deaf,
];

impl Wrong {
    fn plane(self, shape: &[usize]) -> Plane {
        let mut plane = Plane::whole(shape);
        let last = shape.len() - 1;
        match self {
            Wrong::Outside => plane.axes[last].start = 1,
            Wrong::FarOutside | Wrong::Deaf => {
                plane.axes[0] = Axis {
                    start: usize::MAX,
                    step: usize::MAX,
                    count: shape[0],
                };
            }
            Wrong::StepOfZero => plane.axes[last].step = 0,
            Wrong::OtherDimensions => plane.axes.push(Axis::all(1)),
            Wrong::Half | Wrong::HalfTwice => {
                plane.axes[last] = Axis {
                    start: 0,
                    step: 2,
                    count: shape[last] / 2,
                };
            }
            Wrong::Loosened => plane.tighten = 0.5,
            Wrong::TightenedByNan => plane.tighten = f64::NAN,
            Wrong::TightenedByInfinity => plane.tighten = f64::INFINITY,
            _ => {}
        }
        plane
    }
}

impl<T: Sample> Predictor<T> for Wrong {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        let plane = self.plane(&scene.shape);
        let (rows, width) = match self {
            Wrong::Nothing => return Ok(()),
            Wrong::TooFewRows | Wrong::BeginsInTheMiddle => (plane.rows() - 1, plane.columns()),
            Wrong::TooManyRows => (plane.rows() + 2, plane.columns()),
            Wrong::TooNarrow => (plane.rows(), plane.columns() - 1),
            Wrong::TooWide => (plane.rows(), plane.columns() + 1),
            _ => (plane.rows(), plane.columns()),
        };
        let times = match self {
            Wrong::Twice | Wrong::HalfTwice | Wrong::BeginsInTheMiddle => 2,
            _ => 1,
        };
        for _ in 0..times {
            let begun = match self {
                Wrong::NoPlane => Ok(()),
                _ => coder.begin(&plane),
            };
            if begun.is_err() && !matches!(self, Wrong::Deaf) {
                return begun;
            }
            let mut row = vec![T::ONE; width];
            for _ in 0..rows {
                coder.row(&mut row);
            }
        }
        Ok(())
    }
}

/// The same through the other row verbs.
#[derive(Clone)]
struct Slowly(Wrong);

impl<T: Sample> Predictor<T> for Slowly {
    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        self.0.walk(side, scene, &mut OneByOne(coder))
    }
}

/// Fails unless every bound, alone and after persistence, is an error.
fn assert_refused(what: Wrong, registry: &Registry) {
    let field: ArrayD<f32> = smooth(&[3, 4, 6]);
    for bound in kinds() {
        for spec in ["odd", "persistence+odd"] {
            let asked = options(bound, spec).registry(registry.clone());
            let outcome = compress(field.view(), &asked);
            assert!(outcome.is_err(), "{what:?} as {spec} under {bound:?}");
        }
    }
}

#[test]
fn walks_that_break_the_rules_are_refused() {
    for wrong in WRONGS {
        assert_refused(wrong, &with_point(wrong));
        assert_refused(wrong, &with_point(Slowly(wrong)));
    }
}

#[test]
fn walks_that_break_the_rules_on_decoding_are_refused() {
    // Small when it is coded: values that are stored are read without a walk.
    let field: ArrayD<f32> = formula(&[3, 8, 16], |at| (at[1] + at[2]) as f64);
    for spec in ["odd", "persistence+odd"] {
        for bound in kinds() {
            let fair = options(bound, spec).registry(with_point(Peek));
            let stream = compress(field.view(), &fair).unwrap().bytes;
            assert_eq!(inspect(&stream).unwrap().backends, ["context"]);
            for wrong in WRONGS {
                let decoder = Decompressor::default().registry(with_point(wrong));
                assert!(decoder.field::<f32>(&stream).is_err(), "{wrong:?}");
            }
        }
    }
}

/// Refuses to learn, to predict, or its side information.
#[derive(Clone, Copy)]
enum Fails {
    Learning,
    Walking,
}

impl Fails {
    fn error<U>() -> Result<U> {
        Err(foresz::predictors::Error::Side {
            reason: "of a test".into(),
        })
    }
}

impl<T: Sample> Predictor<T> for Fails {
    fn learn(&self, _: &[T], _: &Scene) -> Result<Side> {
        match self {
            Fails::Learning => Fails::error(),
            Fails::Walking => Ok(Side(vec![1; 1000])),
        }
    }

    fn walk(&self, _: &Side, _: &Scene, _: &mut dyn Coder<T>) -> Result<()> {
        Fails::error()
    }
}

#[test]
fn the_errors_of_predictors_reach_the_caller() {
    let field: ArrayD<f64> = smooth(&[3, 4, 6]);
    for fails in [Fails::Learning, Fails::Walking] {
        for spec in ["odd", "persistence+odd"] {
            let asked = options(Bound::Absolute(0.1), spec).registry(with_point(fails));
            let outcome = compress(field.view(), &asked);
            assert!(matches!(outcome, Err(Error::Predictor(_))));
        }
    }
}
