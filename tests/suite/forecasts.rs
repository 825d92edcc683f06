//! Frame predictors on series: nothing accumulates, gaps and short series do no harm,
//! forecasts that are no use cost next to nothing.

#![allow(dead_code, reason = "the program that makes series uses more of it")]

#[path = "../../testdata/generate/flow.rs"]
mod flow;
#[path = "../../testdata/generate/modes.rs"]
mod modes;
#[path = "../../testdata/generate/noise.rs"]
mod noise;
#[path = "../../testdata/generate/numbers.rs"]
mod numbers;
#[path = "../../testdata/generate/poisson.rs"]
mod poisson;
#[path = "../../testdata/generate/resample.rs"]
mod resample;
#[path = "../../testdata/generate/surface.rs"]
mod surface;
#[path = "../../testdata/generate/tracers.rs"]
mod tracers;
#[path = "../../testdata/generate/variables.rs"]
mod variables;
#[path = "../../testdata/generate/world.rs"]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::coders::scene;
use crate::common::fields::{formula, smooth, with};
use crate::common::{array, assert_kept, options, pack, round_trip};
use foresz::predictors::{
    Built, Entry, FramePredictor, FrameWalk, Past, Registry, Result, Scene, Side, Teller,
};
use foresz::{Bound, Decompressor, Effort, Options, Sample, compress};
use ndarray::ArrayD;
use variables::VARIABLES;
use world::{Model, World};

const FORECASTERS: [&str; 6] = [
    "persistence",
    "linear",
    "stencil",
    "stencil:fit=stored",
    "climatology:period=5",
    "climatology+stencil",
];
const AFTER: [&str; 4] = ["zero", "spline", "raster", "pyramid"];

/// Hourly temperatures near the ground from the generator.
fn series(frames: usize) -> ArrayD<f32> {
    let (rows, columns) = (16, 32);
    let world = World::new(rows, columns, 7);
    let mut model = Model::new(columns, 7);
    let t2m = VARIABLES.iter().find(|v| v.name == "t2m").unwrap();
    let mut values = Vec::new();
    for _ in 0..frames {
        let frame = world.frame(&mut model);
        values.extend((t2m.values)(&world, &frame).iter().map(|x| *x as f32));
        model.advance(1);
    }
    array(&[frames, rows, columns], values)
}

fn rms(original: &ArrayD<f32>, decoded: &ArrayD<f32>, frames: std::ops::Range<usize>) -> f64 {
    let size = original.len() / original.shape()[0];
    let part = frames.start * size..frames.end * size;
    let errors = original.iter().zip(decoded).map(|(x, y)| f64::from(x - y));
    let squares = errors.skip(part.start).take(part.len()).map(|e| e * e);
    (squares.sum::<f64>() / part.len() as f64).sqrt()
}

#[test]
fn errors_do_not_accumulate() {
    let field = series(205);
    let bound = 0.2;
    for frame in FORECASTERS {
        for point in ["zero", "raster"] {
            let spec = format!("{frame}+{point}");
            let decoded = round_trip(&field, &options(Bound::Absolute(bound), &spec));
            assert_kept(&spec, &field, &decoded, None, bound);
            let (early, late) = (
                rms(&field, &decoded, 8..13),
                rms(&field, &decoded, 198..203),
            );
            let ratio = late / early;
            assert!((0.9..1.1).contains(&ratio), "{spec}: {early} became {late}");
        }
    }
}

#[test]
fn forecasts_beside_the_past_make_series_smaller() {
    let field = series(72);
    let size = |spec: &str| {
        pack(&field, &options(Bound::RangeRelative(1e-2), spec))
            .bytes
            .len()
    };
    let (alone, local) = (size("raster"), size("stencil+raster"));
    assert!(
        local < alone,
        "{local} bytes with forecasts, {alone} without"
    );
    assert!(size("stencil+zero") < size("persistence+zero"));
}

#[test]
fn gaps_in_some_frames_do_no_harm() {
    let field: ArrayD<f32> = smooth(&[14, 9, 11]);
    // Some places, a whole frame, and one of the first.
    let field = with(field, f32::NAN, |i| {
        i % 23 == 5 || i / 99 == 6 || i / 99 == 1
    });
    for frame in FORECASTERS {
        for point in AFTER {
            let spec = format!("{frame}+{point}");
            for bound in [
                Bound::Absolute(0.01),
                Bound::PointwiseRelative(0.01),
                Bound::Lossless,
            ] {
                let decoded = round_trip(&field, &options(bound, &spec));
                if bound == Bound::Absolute(0.01) {
                    assert_kept(&spec, &field, &decoded, None, 0.01);
                }
            }
        }
    }
}

#[test]
fn series_may_be_shorter_than_the_window_and_time_need_not_come_first() {
    let dims = [
        ["t", "level", "y", "x"],
        ["level", "t", "y", "x"],
        ["level", "y", "t", "x"],
    ];
    for frames in 1..=4 {
        for (place, dims) in dims.iter().enumerate() {
            let mut shape = vec![2, 5, 6];
            shape.insert(place, frames);
            let field: ArrayD<f64> = smooth(&shape);
            for frame in FORECASTERS {
                for point in AFTER {
                    let spec = format!("{frame}+{point}");
                    let options = options(Bound::Absolute(0.01), &spec).dims(*dims);
                    let decoded = round_trip(&field, &options);
                    assert_kept(&spec, &field, &decoded, None, 0.01);
                }
            }
        }
    }
}

#[test]
fn time_after_another_dimension_costs_little() {
    let field = series(40);
    let turned = field
        .clone()
        .into_shape_with_order(vec![1, 40, 16, 32])
        .unwrap();
    let size = |field: &ArrayD<f32>, options: &Options| pack(field, options).bytes.len() as f64;
    let asked = options(Bound::RangeRelative(1e-2), "stencil+raster");
    let first = size(&field, &asked);
    let second = size(&turned, &asked.dims(["level", "t", "y", "x"]));
    assert!(second < 1.02 * first, "{second} bytes instead of {first}");
}

/// A forecaster of nonsense.
#[derive(Clone, Copy)]
struct Dice;

impl<T: Sample> FramePredictor<T> for Dice {
    fn window(&self) -> usize {
        0
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(*self))
    }
}

impl<T: Sample> FrameWalk<T> for Dice {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let mut state = past.index as u32;
        for guess in frame {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *guess = T::from_f64(250.0 + f64::from(state >> 8) / f64::from(1u32 << 19));
        }
        Ok(true)
    }
}

#[test]
fn a_useless_forecast_costs_half_a_percent_at_most() {
    let mut registry = Registry::default();
    registry.register(Entry::new("dice", "frame: anything", |_| {
        Ok(Built::frame(Dice))
    }));
    let field = series(150);
    for bound in [1e-2, 1e-3, 1e-4] {
        let size = |spec: &str| {
            let options = Options::new(Bound::RangeRelative(bound)).registry(registry.clone());
            pack(&field, &options.predictor(spec).unwrap()).bytes.len() as f64
        };
        let (alone, with) = (size("raster"), size("dice+raster"));
        assert!(
            with < 1.005 * alone,
            "{with} bytes instead of {alone} at {bound:e}"
        );
    }
}

#[test]
fn the_best_effort_uses_forecasts_where_they_pay() {
    let field = series(240);
    let asked = Options::new(Bound::RangeRelative(1e-2)).effort(Effort::Best);
    let packed = compress(field.view(), &asked).unwrap();
    let size = |spec: &str| {
        let asked = asked.clone().predictor(spec).unwrap();
        pack(&field, &asked).bytes.len()
    };
    let (alone, with) = (size("raster"), size("climatology+stencil+raster"));
    let least = alone.min(with);
    assert!(
        (packed.bytes.len() as f64) < 1.005 * least as f64,
        "{} bytes, {alone} alone, {with} with forecasts",
        packed.bytes.len()
    );
}

#[test]
fn an_all_but_perfectly_forecast_frame_costs_next_to_nothing() {
    let still = |frames: usize| -> ArrayD<f32> {
        formula(&[frames, 20, 30], |at| {
            ((at[1] * at[1] + at[2] * 7) % 31) as f64
        })
    };
    let size = |frames: usize, spec: &str| {
        let asked = options(Bound::Absolute(0.1), spec);
        pack(&still(frames), &asked).bytes.len()
    };
    for spec in [
        "persistence+zero",
        "stencil+raster",
        "climatology:period=1+raster",
    ] {
        let more = size(110, spec).saturating_sub(size(10, spec));
        assert!(
            more <= 20 * 100,
            "{spec}: 100 more frames take {more} bytes"
        );
    }
}

#[test]
fn damaged_side_information_is_refused() {
    use foresz::predictors::{Originals, Spec};
    for text in ["stencil:fit=stored", "climatology"] {
        let spec: Spec = text.parse().unwrap();
        let pipeline = Registry::default().build(&spec).unwrap();
        let frame = f32::frame(&*pipeline.frames[0]);
        let frames = vec![vec![1.0; 12]; 2];
        let scene = scene(&[2, 3, 4]);
        let past = Past {
            frames: &frames,
            shape: &[3, 4],
            index: 2,
        };
        for side in [
            vec![0; 1],
            vec![0; 2],
            vec![255; 2],
            vec![7; 33],
            vec![7; 35],
        ] {
            let mut teller = Teller::given(Side(side), false);
            let mut walk = frame.start(&scene).unwrap();
            let outcome = walk.next(&past, &mut teller, &mut [0.0; 12]);
            assert!(outcome.is_err(), "{text}");
        }
        let field = vec![1.0; 24];
        let originals = Originals {
            field: &field,
            shape: &[2, 3, 4],
            time: Some(0),
            bound: 0.1,
        };
        let mut teller = Teller::learning(originals);
        let mut walk = frame.start(&scene).unwrap();
        let outcome = walk.next(&past, &mut teller, &mut [0.0; 12]);
        assert!(outcome.is_ok() && teller.finish().is_ok(), "{text}");
    }
}

#[test]
fn decoders_take_the_series_apart_by_time() {
    let field = series(30);
    let asked = options(Bound::Absolute(0.1), "climatology:period=6+stencil+raster");
    let stream = pack(&field, &asked.chunk([10, 16, 32])).bytes;
    let whole = Decompressor::default().field::<f32>(&stream).unwrap();
    assert_kept("in chunks", &field, &whole, None, 0.1);
}

/// A frame predictor that foresees the frame before, some of the time, and rubbish otherwise.
#[derive(Clone, Copy)]
struct Moody {
    sane: fn(usize) -> bool,
}

impl<T: Sample> FramePredictor<T> for Moody {
    fn window(&self) -> usize {
        1
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(*self))
    }
}

impl<T: Sample> FrameWalk<T> for Moody {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let Some(last) = past.frames.first() else {
            return Ok(false);
        };
        for (i, (guess, x)) in frame.iter_mut().zip(last).enumerate() {
            let noise = ((i * 7919 + past.index * 104_729) % 1009) as f64;
            *guess = if (self.sane)(past.index) {
                *x
            } else {
                T::from_f64(250.0 + 0.1 * noise)
            };
        }
        Ok(true)
    }
}

/// One that never has a forecast.
#[derive(Clone, Copy)]
struct Mute;

impl<T: Sample> FramePredictor<T> for Mute {
    fn window(&self) -> usize {
        0
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(*self))
    }
}

impl<T: Sample> FrameWalk<T> for Mute {
    fn next(&mut self, _: &Past<T>, _: &mut Teller<T>, _: &mut [T]) -> Result<bool> {
        Ok(false)
    }
}

fn moody() -> Registry {
    let mut registry = Registry::default();
    let mut add = |name: &str, sane: fn(usize) -> bool| {
        let build = move |_: &_| Ok(Built::frame(Moody { sane }));
        registry.register(Entry::new(name, "frame: of the tests", build));
    };
    add("never", |_| false);
    add("seldom", |t| t % 8 == 0);
    add("mostly", |t| t % 8 != 0);
    registry.register(Entry::new("mute", "frame: of the tests", |_| {
        Ok(Built::frame(Mute))
    }));
    registry
}

#[test]
fn forecasts_are_switched_off_frame_by_frame() {
    let field = series(64);
    let size = |spec: String| {
        let asked = options(Bound::Absolute(0.1), &spec).registry(moody());
        let stream = pack(&field, &asked).bytes;
        let decoded = Decompressor::default().registry(moody()).field(&stream);
        assert_kept(&spec, &field, &decoded.unwrap(), None, 0.1);
        stream.len() as f64
    };
    for after in AFTER {
        let alone = size(format!("mute+{after}"));
        for mood in ["never", "seldom"] {
            let with = size(format!("{mood}+{after}"));
            assert!(
                with <= 1.005 * alone + 64.0,
                "{mood}+{after}: {with} bytes, {alone} without"
            );
        }
    }
    for after in ["zero", "spline"] {
        let always = size(format!("persistence+{after}"));
        let mostly = size(format!("mostly+{after}"));
        let alone = size(format!("mute+{after}"));
        assert!(
            mostly < always + 0.2 * (alone - always) + 80.0,
            "{after}: {mostly} bytes, {always} at best, {alone} without"
        );
    }
}

#[test]
fn the_better_of_two_forecasts_is_taken() {
    let field = series(64);
    let size = |spec: &str| {
        let asked = options(Bound::Absolute(0.1), spec).registry(moody());
        let stream = pack(&field, &asked).bytes;
        let decoded = Decompressor::default().registry(moody()).field(&stream);
        assert_kept(spec, &field, &decoded.unwrap(), None, 0.1);
        stream.len() as f64
    };
    let good = size("persistence+spline");
    for both in ["never+persistence+spline", "persistence+never+spline"] {
        let packed = size(both);
        assert!(
            packed < 1.01 * good + 80.0,
            "{both}: {packed} bytes, {good}"
        );
    }
}

/// Persistence that counts.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl<T: Sample> FramePredictor<T> for Counted {
    fn window(&self) -> usize {
        1
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(self.clone()))
    }
}

impl<T: Sample> FrameWalk<T> for Counted {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        self.0.fetch_add(1, Ordering::Relaxed);
        if let Some(last) = past.frames.first() {
            frame.copy_from_slice(last);
        }
        Ok(!past.frames.is_empty())
    }
}

#[test]
fn no_frame_is_foreseen_again_for_a_walk_that_was_on_trial() {
    let count = Arc::new(AtomicUsize::new(0));
    let mut registry = Registry::default();
    let counted = Counted(Arc::clone(&count));
    registry.register(Entry::new("counted", "frame: of the tests", move |_| {
        Ok(Built::frame(counted.clone()))
    }));
    let field = series(20);
    // `raster` has one trial without forecasts and two with them.
    for (spec, walks) in [("counted+spline", 1), ("counted+raster", 3)] {
        let asked = options(Bound::Absolute(0.1), spec).registry(registry.clone());
        let stream = pack(&field, &asked).bytes;
        assert_eq!(count.swap(0, Ordering::Relaxed), walks * 20, "{spec}");
        let decoder = Decompressor::default().registry(registry.clone());
        assert_kept(spec, &field, &decoder.field(&stream).unwrap(), None, 0.1);
        assert_eq!(count.swap(0, Ordering::Relaxed), 20, "{spec}");
    }
}
