//! The walk over the codes of a chunk, the same for writing and reading.

use foresz_predictors::{Plane, widest};

use super::arithmetic::Coin;
use super::contexts::{self, Group};
use super::estimate::{self, Lean, Size};
use super::model::Model;
use super::scene::{self, Around, Scene, W, WW};
use super::spare;
use super::symbol;
use crate::entropy::HOLE;

/// Follows the codes of a chunk and learns from them.
pub(super) struct Walker {
    shape: Vec<usize>,
    scene: Scene,
    around: Vec<Around>,
    model: Model,
    groups: Vec<(Size, Lean)>,
    /// For each place of a slice, the mean logarithm of its codes so far.
    habits: Vec<i32>,
}

/// A stretch of a row about to be coded.
pub(super) struct Stretch {
    group: Group,
    /// Where it starts in the chunk, and from sample to sample.
    at: usize,
    step: usize,
    /// The last two codes of the row.
    west: [i16; 2],
}

/// Samples in a stretch: what lies around them is 40 bytes each, and a row may be as
/// long as the chunk.
const LENGTH: usize = 1024;

impl Walker {
    pub(super) fn new(shape: &[usize]) -> Self {
        let model = if shape.iter().product::<usize>() <= spare::MOST_SAMPLES {
            spare::take()
        } else {
            Model::new(contexts::COUNT, contexts::MIXERS, contexts::SUMS)
        };
        Walker {
            shape: shape.to_vec(),
            scene: Scene::new(shape),
            around: Vec::new(),
            model,
            groups: vec![(Size::new(), Lean::new()); Group::COUNT],
            habits: vec![0; shape.iter().rev().take(2).product()],
        }
    }

    /// Writes or reads the codes of the next plane.
    pub(super) fn plane<C: Coin>(&mut self, coin: &mut C, plane: &Plane, codes: &mut [i32]) {
        if plane.is_empty() {
            return;
        }
        let group = Group::of(plane, &self.shape);
        let rows = codes.chunks_exact_mut(plane.columns());
        let step = plane.row_step();
        for (at, row) in plane.row_offsets(&self.shape).zip(rows) {
            let mut stretch = Stretch {
                group,
                at,
                step,
                west: [0; 2],
            };
            for part in row.chunks_mut(LENGTH) {
                let columns = part.len();
                self.scene
                    .look(plane, stretch.at, columns, &mut self.around);
                code_stretch(self, coin, &mut stretch, part);
                stretch.at += columns * step;
            }
            self.scene.keep(plane, at, row);
        }
    }
}

impl Drop for Walker {
    fn drop(&mut self) {
        let model = std::mem::take(&mut self.model);
        if model.trail.is_some() {
            spare::put(model);
        }
    }
}

/// A habit moves by so many sixteenths of the way to each new code.
const HABIT_SHARE: i32 = 3;

widest! {
    fn code_stretch<C: Coin>(
        walker: &mut Walker,
        coin: &mut C,
        stretch: &mut Stretch,
        codes: &mut [i32],
    ) {
        let (size, lean) = &mut walker.groups[stretch.group.index()];
        let slice = walker.habits.len();
        let [mut west, mut west2] = stretch.west;
        for ((j, code), around) in codes.iter_mut().enumerate().zip(&mut walker.around) {
            let habit = &mut walker.habits[(stretch.at + j * stretch.step) % slice];
            (around[W], around[WW]) = (west, west2);
            (west, west2) = (0, west);
            if *code == HOLE {
                continue;
            }
            let expected = size.expect(around, *habit);
            let expected_size = estimate::size(expected);
            let leaning = lean.expect(around);
            let tilt = estimate::tilt(leaning, expected_size);
            let place = contexts::place(around, stretch.group, expected, (leaning, tilt));
            if let Some(trail) = &mut walker.model.trail {
                trail.note(&place);
            }
            *code = symbol::settle(&mut walker.model, coin, &place, expected_size, *code);
            west = scene::seen(*code);
            let log = estimate::log(west);
            size.learn(log);
            lean.learn(west, expected_size);
            *habit += ((log - *habit) * HABIT_SHARE) >> 4;
        }
        stretch.west = [west, west2];
    }
}
