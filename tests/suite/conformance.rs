//! Every registered predictor, alone and after every frame predictor, with every
//! back end, on every awkward field: what it must do, derived from the registry.

use crate::common::coders::{Double, OneByOne, Rule, echo, quantise, scene, trust};
use crate::common::fields::{Case, awkward, smooth, with};
use crate::common::{assert_kept, bits, names, options, pack, unpack};
use foresz::predictors::{
    AnyPoint, Axis, Built, Coder, Entry, OnForecast, Originals, Past, Plane, Predictor, Registry,
    Result, Scene, Side, Spec, Teller,
};
use foresz::{Backend, Bound, Decompressor, Effort, Options, Sample, compress, inspect};
use ndarray::ArrayD;

/// More than the names alone: parameters that change the walk.
const VARIANTS: [&str; 6] = [
    "lorenzo:order=2",
    "lorenzo:dims=1",
    "lorenzo:order=2,dims=2",
    "spline:kernel=linear,levels=1",
    "spline:alpha=1.5,beta=3",
    "spline:levels=12",
];

/// An absolute bound, or none.
fn loss(bound: f64) -> Bound {
    if bound > 0.0 {
        Bound::Absolute(bound)
    } else {
        Bound::Lossless
    }
}

/// Fails unless `case` survives: bound, exact holes, report, repeatability.
fn assert_conforms<T: Sample>(case: &Case<T>, options: &Options, bound: f64, what: &str) {
    let what = format!("{what} on {} in {}, bound {bound:e}", case.name, T::NAME);
    let packed = pack(&case.field, options);
    let first = Decompressor::default().threads(1).field::<T>(&packed.bytes);
    let decoded = first.unwrap_or_else(|e| panic!("{what}: {e}"));
    let largest = assert_kept(&what, &case.field, &decoded, case.fill, bound);
    assert_eq!(packed.report.max_error, largest, "{what}");
    assert_eq!(inspect(&packed.bytes).unwrap().max_error, largest, "{what}");
    assert_eq!(bits(&unpack::<T>(&packed.bytes)), bits(&decoded), "{what}");
    assert_eq!(pack(&case.field, options).bytes, packed.bytes, "{what}");
}

/// Fails unless it survives in chunks as well, with the same bytes from any number of
/// threads.
fn assert_conforms_in_chunks<T: Sample>(case: &Case<T>, options: &Options, bound: f64, what: &str) {
    let what = format!(
        "{what} in chunks of {} in {}, bound {bound:e}",
        case.name,
        T::NAME
    );
    let mut chunk = case.field.shape().to_vec();
    chunk[0] = chunk[0].div_ceil(3);
    let last = chunk.len() - 1;
    chunk[last] = chunk[last].div_ceil(2);
    let options = options.clone().chunk(chunk);
    let packed = pack(&case.field, &options).bytes;
    for threads in [2, 3] {
        let threaded = compress(case.field.view(), &options.clone().threads(threads));
        assert_eq!(threaded.unwrap().bytes, packed, "{what}, {threads} threads");
    }
    let first = Decompressor::default().threads(1).field::<T>(&packed);
    let decoded = first.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_kept(&what, &case.field, &decoded, case.fill, bound);
    let threaded = Decompressor::default().threads(3).field::<T>(&packed);
    assert_eq!(bits(&threaded.unwrap()), bits(&decoded), "{what}, threads");
}

fn assert_spec_conforms<T: Sample>(spec: &str, cases: &[Case<T>]) {
    let after_frame = spec.contains('+');
    for (i, case) in cases.iter().enumerate() {
        // Frames need time, and something that changes in it.
        let dims = match case.field.ndim() {
            1 if after_frame => continue,
            2 => vec!["time", "x"],
            _ => Vec::new(),
        };
        let usual = Backend::ALL[i % Backend::ALL.len()];
        let span = case.span();
        let bounds = [span * 1e-2, span * 1e-5, 0.0];
        for (k, bound) in bounds.into_iter().enumerate() {
            // Each back end meets each field, and chunks do; bounds take turns.
            let turn = k == i % bounds.len();
            for backend in Backend::ALL {
                if turn || backend == usual {
                    let options = options(loss(bound), spec).backend(backend);
                    let options = case.declare(options.dims(dims.clone()));
                    let what = format!("{spec} with {}", backend.name());
                    assert_conforms(case, &options, bound, &what);
                    if turn && backend == usual {
                        assert_conforms_in_chunks(case, &options, bound, &what);
                    }
                }
            }
        }
    }
}

fn alone<T: Sample>() {
    let (points, _) = names(&Registry::default());
    let specs = points.iter().map(String::as_str).chain(VARIANTS);
    let cases = awkward::<T>();
    specs.for_each(|spec| assert_spec_conforms(spec, &cases));
}

fn after_frames<T: Sample>() {
    let (points, frames) = names(&Registry::default());
    let cases = awkward::<T>();
    for frame in &frames {
        for point in &points {
            assert_spec_conforms(&format!("{frame}+{point}"), &cases);
        }
    }
}

#[test]
fn predictors_conform_in_f32() {
    alone::<f32>();
}

#[test]
fn predictors_conform_in_f64() {
    alone::<f64>();
}

#[test]
fn predictors_conform_after_frame_predictors_in_f32() {
    after_frames::<f32>();
}

#[test]
fn predictors_conform_after_frame_predictors_in_f64() {
    after_frames::<f64>();
}

fn every_effort_conforms<T: Sample>() {
    for (i, case) in awkward::<T>().iter().enumerate() {
        let span = case.span();
        let bounds = [span * 1e-2, span * 1e-5, 0.0];
        for effort in Effort::ALL {
            for (k, bound) in bounds.into_iter().enumerate() {
                let options = case.declare(Options::new(loss(bound)).effort(effort));
                let turn = k == i % bounds.len();
                if turn || effort == Effort::Fast {
                    assert_conforms(case, &options, bound, effort.name());
                }
                if turn {
                    assert_conforms_in_chunks(case, &options, bound, effort.name());
                }
            }
        }
    }
}

#[test]
fn every_effort_conforms_in_f32() {
    every_effort_conforms::<f32>();
}

#[test]
fn every_effort_conforms_in_f64() {
    every_effort_conforms::<f64>();
}

#[test]
fn rows_that_close_on_themselves_change_no_promise() {
    let (points, frames) = names(&Registry::default());
    let specs = points.iter().cloned();
    let after = points.iter().map(|p| format!("{}+{p}", frames[0]));
    for spec in specs.chain(after) {
        for case in awkward::<f32>() {
            if spec.contains('+') && case.field.ndim() < 3 {
                continue;
            }
            let bound = case.span() * 1e-3;
            let options = options(loss(bound), &spec).periodic(true).threads(1);
            let stream = pack(&case.field, &case.declare(options)).bytes;
            let what = format!("periodic {spec} on {}", case.name);
            let decoded = unpack::<f32>(&stream);
            assert_kept(&what, &case.field, &decoded, case.fill, bound);
        }
    }
}

#[test]
fn the_registry_is_not_empty_and_its_names_are_specs() {
    let registry = Registry::default();
    let (points, frames) = names(&registry);
    assert!(points.len() >= 3 && !frames.is_empty());
    for entry in registry.entries() {
        let spec: Spec = entry.name.parse().unwrap();
        assert_eq!(spec.to_string(), entry.name);
        assert!(!entry.summary.is_empty());
    }
}

#[test]
fn series_of_single_samples_survive_every_back_end() {
    let field: ArrayD<f64> = smooth(&[57, 1]);
    for backend in Backend::ALL {
        let options = options(Bound::Absolute(0.4), "persistence+spline").backend(backend);
        let stream = pack(&field, &options.dims(["time", "x"])).bytes;
        let decoded = Decompressor::default().field::<f64>(&stream);
        let decoded = decoded.unwrap_or_else(|e| panic!("{}: {e}", backend.name()));
        assert_kept(backend.name(), &field, &decoded, None, 0.4);
    }
}

#[test]
fn time_may_be_any_dimension_but_the_last() {
    let (points, frames) = names(&Registry::default());
    let field: ArrayD<f32> = with(smooth(&[2, 5, 6, 7]), f32::NAN, |i| i % 19 == 3);
    for point in &points {
        let spec = format!("{}+{point}", frames[0]);
        for dims in [
            ["t", "b", "c", "d"],
            ["a", "t", "c", "d"],
            ["a", "b", "t", "d"],
        ] {
            let options = options(Bound::Absolute(0.01), &spec).dims(dims);
            let decoded = crate::common::round_trip(&field, &options);
            assert_kept(&spec, &field, &decoded, None, 0.01);
        }
        let last = options(Bound::Absolute(0.01), &spec).dims(["a", "b", "c", "t"]);
        assert!(compress(field.view(), &last).is_err());
    }
}

#[test]
fn memory_order_of_the_field_does_not_matter() {
    let field: ArrayD<f64> = smooth(&[5, 6, 7]);
    let turned = field.view().permuted_axes(vec![2, 0, 1]);
    let straight = turned.as_standard_layout().into_owned();
    let options = options(Bound::Absolute(0.01), "spline").chunk([4, 4, 4]);
    let a = compress(turned, &options).unwrap().bytes;
    assert_eq!(a, compress(straight.view(), &options).unwrap().bytes);
    let mut backwards = field.view();
    backwards.invert_axis(ndarray::Axis(1));
    let b = compress(backwards.view(), &options).unwrap().bytes;
    assert_kept("backwards", &backwards.to_owned(), &unpack(&b), None, 0.01);
}

// --- What a walk does, seen through doubles of the coder. ---

const SHAPES: [&[usize]; 12] = [
    &[1],
    &[2],
    &[33],
    &[1, 1],
    &[1, 9],
    &[9, 1],
    &[3, 3],
    &[16, 17],
    &[2, 3, 5],
    &[5, 8, 13],
    &[2, 3, 4, 5, 6],
    &[2, 1, 3, 2, 2, 3, 2, 2],
];

/// Calls `check` for every point-wise predictor and variant.
fn for_each_point(check: impl Fn(&str, &dyn AnyPoint)) {
    let registry = Registry::default();
    let (points, _) = names(&registry);
    let specs = points.iter().map(String::as_str).chain(VARIANTS);
    for text in specs {
        let spec: Spec = text.parse().unwrap();
        check(text, &*registry.build(&spec).unwrap().point);
    }
}

/// Walks over a field, possibly sample by sample.
fn walked<T: Sample>(
    point: &dyn AnyPoint,
    shape: &[usize],
    mut coder: Double<T>,
    one_by_one: bool,
) -> Double<T> {
    let values: Vec<T> = smooth(shape).into_iter().collect();
    let (point, scene) = (T::point(point), scene(shape));
    let side = point.learn(&values, &scene).unwrap();
    let outcome = if one_by_one {
        point.walk(&side, &scene, &mut OneByOne(&mut coder))
    } else {
        point.walk(&side, &scene, &mut coder)
    };
    outcome.unwrap();
    coder
}

fn double<T: Sample>(shape: &[usize], rule: Rule<T>) -> Double<T> {
    let values: Vec<T> = smooth(shape).into_iter().collect();
    Double::new(shape, &values, rule)
}

fn every_sample_is_coded_exactly_once<T: Sample>() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            for rule in [echo, trust, quantise] {
                let what = format!("{name} on {shape:?}");
                let coder = walked(point, shape, double::<T>(shape, rule), false);
                coder.assert_complete(&what);
            }
        }
    });
}

#[test]
fn every_sample_is_coded_exactly_once_in_both_types() {
    every_sample_is_coded_exactly_once::<f32>();
    every_sample_is_coded_exactly_once::<f64>();
}

#[test]
fn rows_are_the_same_as_samples_one_by_one() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            let rows = walked(point, shape, double::<f32>(shape, quantise), false);
            let single = walked(point, shape, double::<f32>(shape, quantise), true);
            assert_eq!(rows.canvas, single.canvas, "{name} on {shape:?}");
        }
    });
}

#[test]
fn what_is_not_yet_coded_is_not_looked_at() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            let plain = walked(point, shape, double::<f64>(shape, quantise), false);
            let poisoned = double::<f64>(shape, quantise).unseen(f64::NAN);
            let poisoned = walked(point, shape, poisoned, false);
            assert_eq!(plain.canvas, poisoned.canvas, "{name} on {shape:?}");
        }
    });
}

#[test]
fn planes_get_no_coarser_and_no_tighter_as_the_walk_goes_on() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            let planes = walked(point, shape, double::<f64>(shape, echo), false).planes;
            for pair in planes.windows(2) {
                assert!(pair[0].level >= pair[1].level, "{name} on {shape:?}");
                assert!(pair[0].tighten >= pair[1].tighten, "{name} on {shape:?}");
            }
        }
    });
}

#[test]
fn the_levels_of_a_walk_come_before_anything_else() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            let planes = walked(point, shape, double::<f64>(shape, echo), false).planes;
            for level in 0..=f64::point(point).levels(&scene(shape)) {
                let frame = shape.len().saturating_sub(2);
                let axes = shape.iter().enumerate().map(|(d, n)| {
                    let step = if d < frame { 1 } else { 1 << level };
                    let count = n.div_ceil(step);
                    Axis {
                        start: 0,
                        step,
                        count,
                    }
                });
                let wanted = Plane::along(axes.collect());
                let (mut coded, mut found) = (0, 0);
                for plane in &planes {
                    if found == wanted.len() {
                        break;
                    }
                    coded += plane.len();
                    found += plane.shared(&wanted);
                }
                assert_eq!(coded, wanted.len(), "{name} on {shape:?}, level {level}");
            }
        }
    });
}

#[test]
fn walks_on_a_forecast_see_values_minus_forecast() {
    for_each_point(|name, point| {
        for shape in SHAPES {
            let forecast: Vec<f64> = smooth(shape).into_iter().map(|x: f64| x - 1.5).collect();
            let on_forecast = |one_by_one: bool| {
                let mut coder = double::<f64>(shape, quantise);
                let mut single;
                let values: &mut dyn Coder<f64> = if one_by_one {
                    single = OneByOne(&mut coder);
                    &mut single
                } else {
                    &mut coder
                };
                let mut view = OnForecast::new(values, &forecast, shape);
                let (point, scene) = (f64::point(point), scene(shape));
                let side = point.learn(&vec![1.5; forecast.len()], &scene).unwrap();
                point.walk(&side, &scene, &mut view).unwrap();
                let residual = view.canvas().to_vec();
                coder.assert_complete(&format!("{name} on {shape:?}"));
                (coder.canvas, residual)
            };
            let (values, residual) = on_forecast(false);
            for ((v, f), r) in values.iter().zip(&forecast).zip(&residual) {
                assert_eq!(v - f, *r, "{name} on {shape:?}");
            }
            assert_eq!((values, residual), on_forecast(true), "{name} on {shape:?}");
        }
    });
}

#[test]
fn frame_predictors_repeat_themselves_and_stand_without_a_past() {
    let registry = Registry::default();
    for name in names(&registry).1 {
        let pipeline = registry.build(&name.parse().unwrap()).unwrap();
        let frame = f32::frame(&*pipeline.frames[0]);
        for shape in [&[9][..], &[7, 5], &[3, 5, 4]] {
            let frames: Vec<Vec<f32>> = (0..frame.window())
                .map(|k| smooth(shape).iter().map(|x: &f32| x + k as f32).collect())
                .collect();
            let field: Vec<f32> = smooth(shape).into_iter().collect();
            let whole = [&[1], shape].concat();
            let scene = scene(&whole);
            let originals = Originals {
                field: &field,
                shape: &whole,
                time: Some(0),
                bound: 0.1,
            };
            for known in 0..=frames.len() {
                let past = Past {
                    frames: &frames[..known],
                    shape,
                    index: known,
                };
                let guess = |filled: f32, mut teller: Teller<f32>| {
                    let mut guess = vec![filled; field.len()];
                    let mut walk = frame.start(&scene).unwrap();
                    let any = walk.next(&past, &mut teller, &mut guess).unwrap();
                    (any.then_some(guess), teller.finish().unwrap().0)
                };
                let (learned, side) = guess(0.0, Teller::learning(originals));
                let (given, _) = guess(7.0, Teller::given(side, false));
                assert_eq!(learned, given, "{name}, {known} frames known");
            }
        }
    }
}

// --- The codec's own coders against their slow verb. ---

/// A predictor whose rows reach the coder one sample at a time.
struct Slow(Box<dyn AnyPoint>);

impl<T: Sample> Predictor<T> for Slow {
    fn learn(&self, originals: &[T], scene: &Scene) -> Result<Side> {
        T::point(&*self.0).learn(originals, scene)
    }

    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        T::point(&*self.0).walk(side, scene, &mut OneByOne(coder))
    }
}

/// The registry with every point-wise predictor slowed down under its own name.
fn slow_registry() -> Registry {
    let fast = Registry::default();
    let mut slow = fast.clone();
    for entry in fast.entries() {
        let original = entry.clone();
        let build = move |part: &_| {
            Ok(match original.build(part)? {
                Built::Point(point) => Built::point(Slow(point)),
                frame @ Built::Frame(_) => frame,
            })
        };
        slow.register(Entry::new(&entry.name, &entry.summary, build));
    }
    slow
}

fn coders_agree_with_their_slow_verb<T: Sample>() {
    let (points, _) = names(&Registry::default());
    let specs = points.iter().map(String::as_str).chain(VARIANTS);
    for spec in specs {
        for case in awkward::<T>() {
            for bound in [loss(case.span() * 1e-3), Bound::Lossless] {
                let options = case.declare(options(bound, spec));
                let what = format!("{spec} on {} in {}", case.name, T::NAME);
                // A recursion may choose other codes than samples one by one, but what
                // its codes mean is the same.
                let slowly = options.clone().registry(slow_registry());
                for stream in [pack(&case.field, &options), pack(&case.field, &slowly)] {
                    let decode = |decoder: Decompressor| {
                        let field = decoder.threads(1).field::<T>(&stream.bytes);
                        field.unwrap_or_else(|e| panic!("{what}: {e}"))
                    };
                    let fast = decode(Decompressor::default());
                    let slow = decode(Decompressor::default().registry(slow_registry()));
                    assert_eq!(bits(&fast), bits(&slow), "{what}");
                    let bound = stream.report.bound;
                    assert_kept(&what, &case.field, &slow, case.fill, bound);
                }
            }
        }
    }
}

#[test]
fn the_coders_rows_are_samples_one_by_one_in_f32() {
    coders_agree_with_their_slow_verb::<f32>();
}

#[test]
fn the_coders_rows_are_samples_one_by_one_in_f64() {
    coders_agree_with_their_slow_verb::<f64>();
}
