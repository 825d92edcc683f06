//! `auto` tries predictors that were registered from outside, and takes them where they win.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use foresz::predictors::{
    Built, Candidate, Coder, Entry, FramePredictor, FrameWalk, Past, Plane, Predictor, Registry,
    Result, Scene, Side, Teller,
};
use foresz::{Backend, Bound, Decompressor, Effort, Options, Sample, inspect};
use ndarray::ArrayD;

use crate::common::fields::{formula, noise, smooth};
use crate::common::{assert_kept, pack};

/// What follows a number between 0 and 1: chaos to all who do not know the rule.
fn after(x: f64) -> f64 {
    3.99 * x * (1.0 - x)
}

/// Guesses what the rule says of the western neighbour.
#[derive(Clone)]
struct Chaos(Arc<AtomicUsize>);

impl<T: Sample> Predictor<T> for Chaos {
    fn walk(&self, _: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let plane = Plane::whole(&scene.shape);
        coder.begin(&plane)?;
        let mut row = vec![T::ZERO; plane.columns()];
        for _ in 0..plane.rows() {
            coder.each(&mut row, &mut |row| {
                T::from_f64(row.last().map_or(0.5, |x| after(x.to_f64())))
            });
        }
        Ok(())
    }
}

/// Guesses what the rule says of the frame before.
#[derive(Clone)]
struct InTime(Arc<AtomicUsize>);

impl<T: Sample> FramePredictor<T> for InTime {
    fn window(&self) -> usize {
        1
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(self.clone()))
    }
}

impl<T: Sample> FrameWalk<T> for InTime {
    fn next(&mut self, past: &Past<T>, _: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let Some(last) = past.frames.first() else {
            return Ok(false);
        };
        let pairs = frame.iter_mut().zip(last);
        pairs.for_each(|(guess, x)| *guess = T::from_f64(after(x.to_f64())));
        Ok(true)
    }
}

/// Both, with a count of what they did; costs are what a try of either costs.
fn registry(cost: f64) -> (Registry, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let mut registry = Registry::default();
    let chaos = Chaos(Arc::clone(&count));
    let entry = Entry::new("chaos", "of the tests", move |_| {
        Ok(Built::point(chaos.clone()))
    });
    registry.register(entry.tried(move |_| vec![Candidate::new("chaos", cost)]));
    let in_time = InTime(Arc::clone(&count));
    let entry = Entry::new("in-time", "frame: of the tests", move |_| {
        Ok(Built::frame(in_time.clone()))
    });
    let series = move |chunk: &foresz::predictors::Occasion| match chunk.times(1) {
        1 => Vec::new(),
        _ => vec![Candidate::new("in-time+zero", cost)],
    };
    registry.register(entry.tried(series));
    (registry, count)
}

/// Rows, or frames, that follow the rule from sample to sample.
fn chaos(shape: &[usize], along: usize) -> ArrayD<f32> {
    formula(shape, |at| {
        let start: usize = (0..at.len())
            .filter(|d| *d != along)
            .map(|d| at[d] * [7919, 104_729, 1_299_709][d])
            .sum();
        let first = ((start * 2_654_435_761) % 10_007 + 1) as f64 / 10_009.0;
        (0..at[along]).fold(first, |x, _| f64::from(after(x) as f32))
    })
}

/// The predictors that a stream was coded with, once it decodes.
fn chosen(field: &ArrayD<f32>, options: Options, registry: &Registry) -> Vec<String> {
    let stream = pack(field, &options.registry(registry.clone())).bytes;
    let decoder = Decompressor::default().registry(registry.clone());
    assert_kept("chaos", field, &decoder.field(&stream).unwrap(), None, 1e-4);
    let choices = inspect(&stream).unwrap().predictors;
    choices.into_iter().map(|(spec, _)| spec).collect()
}

fn under(effort: Effort) -> Options {
    Options::new(Bound::Absolute(1e-4)).effort(effort)
}

#[test]
fn a_predictor_from_outside_is_tried_and_taken() {
    // The first is coded whole with all candidates, the second is sampled.
    for shape in [[60, 90], [300, 400]] {
        let field = chaos(&shape, 1);
        for effort in [Effort::Default, Effort::Best] {
            let (registry, tries) = registry(3.0);
            assert_eq!(chosen(&field, under(effort), &registry), ["chaos"]);
            assert!(tries.load(Ordering::Relaxed) > 1);
        }
        let (registry, _) = registry(3.0);
        let huffman = under(Effort::Default).backend(Backend::Huffman);
        assert_eq!(chosen(&field, huffman, &registry), ["chaos"]);
    }
}

#[test]
fn a_frame_predictor_from_outside_is_tried_where_there_is_time() {
    let field = chaos(&[12, 70, 100], 0);
    let (registry, tries) = registry(3.0);
    let in_time = under(Effort::Default).dims(["time", "y", "x"]);
    assert_eq!(chosen(&field, in_time, &registry), ["in-time+zero"]);
    tries.store(0, Ordering::Relaxed);
    let out_of_time = under(Effort::Default).dims(["level", "y", "x"]);
    assert_ne!(chosen(&field, out_of_time, &registry), ["in-time+zero"]);
}

#[test]
fn what_costs_much_is_left_to_the_best_effort() {
    let field = chaos(&[60, 90], 1);
    let (registry, tries) = registry(Candidate::USUAL + 1.0);
    assert_ne!(chosen(&field, under(Effort::Default), &registry), ["chaos"]);
    assert_eq!(tries.load(Ordering::Relaxed), 0);
    assert_eq!(chosen(&field, under(Effort::Best), &registry), ["chaos"]);
}

#[test]
fn a_predictor_from_outside_is_not_tried_unless_it_says_so() {
    let field = chaos(&[60, 90], 1);
    let count = Arc::new(AtomicUsize::new(0));
    let chaos = Chaos(Arc::clone(&count));
    let mut registry = Registry::default();
    registry.register(Entry::new("chaos", "of the tests", move |_| {
        Ok(Built::point(chaos.clone()))
    }));
    assert_ne!(chosen(&field, under(Effort::Best), &registry), ["chaos"]);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn nothing_else_is_taken_unseen() {
    let constant: ArrayD<f32> = formula(&[60, 90], |_| 4.0);
    for effort in Effort::ALL {
        let (registry, tries) = registry(3.0);
        let options = under(effort).registry(registry.clone());
        let info = inspect(&pack(&constant, &options).bytes).unwrap();
        assert_eq!(info.predictors[0].0, "raster");
        assert_eq!(tries.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn the_best_effort_is_never_larger_than_the_default() {
    for shape in [
        vec![40, 50],
        vec![9, 30, 40],
        vec![3000],
        vec![150, 170],
        vec![6, 7, 8],
    ] {
        for field in [smooth::<f32>(&shape), noise::<f32>(&shape, 7)] {
            for bound in [1e-3, 0.01, 0.03, 0.1, 0.3] {
                let size = |effort| {
                    let options = Options::new(Bound::RangeRelative(bound)).effort(effort);
                    pack(&field, &options).bytes.len()
                };
                let (best, default) = (size(Effort::Best), size(Effort::Default));
                assert!(best <= default, "{shape:?} {bound}: {best} {default}");
            }
        }
    }
}
