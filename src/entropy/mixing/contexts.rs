//! What of the surroundings selects the contexts of a code.

use foresz_predictors::Plane;

use super::estimate::{self, LEVELS, TILTS};
use super::model::{Place, SETS};
use super::scene::{self, A, Around, B, F, N, NE, NEE, NN, NW, NWW, T, TE, TN, TS, TW, W, WW};

/// Planes that are alike: the same pass of the finest, the second or any coarser
/// level, and what their codes can look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    index: usize,
    /// Other planes lie half a step away.
    gap: bool,
    /// There are slices.
    time: bool,
}

const CLASSES: usize = 4;

impl Group {
    pub(super) const COUNT: usize = 3 * CLASSES;

    pub(super) fn of(plane: &Plane, shape: &[usize]) -> Self {
        let class = usize::from(plane.class).min(CLASSES - 1);
        Group {
            index: usize::from(plane.level.min(2)) * CLASSES + class,
            gap: scene::gap(plane).is_some(),
            time: shape.len() > 2,
        }
    }

    pub(super) fn index(self) -> usize {
        self.index
    }
}

/// Contexts in each set.
const SIZES: [usize; SETS] = [LEVELS / 2 * TILTS, 512, 512, 576, 900, 1500, 512];

/// Where each set starts, and the number of all.
const STARTS: [usize; SETS + 1] = {
    let mut starts = [0; SETS + 1];
    let mut i = 0;
    while i < SETS {
        starts[i + 1] = starts[i] + SIZES[i];
        i += 1;
    }
    starts
};

/// All contexts.
pub(super) const COUNT: usize = STARTS[SETS];
/// Kinds of places for each mixer.
pub(super) const MIXERS: [usize; 2] = [LEVELS, Group::COUNT];
/// Levels of the weighted sum around, for the last stage.
pub(super) const SUMS: usize = 30;

/// The contexts of a code of which a size of `expected` is expected.
#[inline(always)]
pub(super) fn place(
    around: &Around,
    group: Group,
    expected: i32,
    (lean, tilt): (i32, usize),
) -> Place {
    let q = |k: usize| around[k];
    let m = |k: usize| i32::from(around[k].unsigned_abs());
    let level = estimate::level(expected);
    let coarse = (level / 6).min(9);
    let far = m(F) + m(F + 1) + m(F + 2) + m(F + 3);
    let (row2, row) = (m(NW) + m(NE) + m(NWW) + m(NEE), m(W) + m(WW) + m(N) + m(NN));
    let sets = [
        level / 2 * TILTS + tilt,
        octal([m(N), m(NN), m(NE) + m(NEE)]),
        if group.time {
            octal([m(T), m(TW) + m(TE) + m(TN) + m(TS), 0]) + coarse.min(7)
        } else {
            octal([row2, row, 0])
        },
        if group.gap {
            octal([m(A), m(B), far])
        } else {
            512 + octal([0, m(W), 0]) + coarse.min(7)
        },
        (sign(q(W), 2) * 5 + sign(q(N), 2)) * 9
            + sign(q(NW), 1) * 3
            + sign(q(NE), 1)
            + if group.gap {
                225 * (1 + sign(q(A), 1))
            } else {
                0
            },
        10 * if group.gap {
            (sign(q(A), 2) * 5 + sign(q(B), 2)) * 3 + sign(q(W), 1)
        } else {
            75 + (sign(q(T), 2) * 5 + sign(q(W), 2)) * 3 + sign(q(N), 1)
        } + coarse,
        octal([0, 0, m(W)]) + 8 * lean_steps(lean),
    ];
    let mut contexts = [0; SETS];
    for i in 0..SETS {
        debug_assert!(sets[i] < SIZES[i], "set {i}");
        contexts[i] = (STARTS[i] + sets[i]) as u32;
    }
    Place {
        contexts,
        mixers: [level as u32, group.index as u32],
        level: sum_level(around, group.gap) as u32,
    }
}

/// A plain weighted sum of the magnitudes around, in steps of half an octave.
#[inline(always)]
fn sum_level(around: &Around, gap: bool) -> usize {
    let m = |k: usize| i32::from(around[k].unsigned_abs());
    let own = 4 * m(W) + 2 * m(WW) + 5 * m(N) + 2 * m(NN) + 3 * (m(NW) + m(NE)) + m(NWW) + m(NEE);
    let others = 4 * (m(A) + m(B)) + 2 * (m(F) + m(F + 1) + m(F + 2) + m(F + 3));
    let sum = if gap { (own + others) / 3 } else { own / 2 };
    (estimate::log(sum.min(i32::from(i16::MAX)) as i16) as usize / 32).min(SUMS - 1)
}

/// A lean (in units of 1/64) in steps of three eighths of an octave, 0 to 31 to the
/// positive side, 32 to 63 to the negative one.
#[inline(always)]
fn lean_steps(lean: i32) -> usize {
    let quarters = (lean.unsigned_abs() >> 4).min(i16::MAX as u32) as i16;
    let steps = (estimate::log(quarters) as usize / 24).min(31);
    steps + 32 * usize::from(lean < 0)
}

/// Three magnitudes in octaves, 0 to 7 each.
#[inline(always)]
fn octal(magnitudes: [i32; 3]) -> usize {
    let octave = |m: i32| (32 - m.leading_zeros()).min(7) as usize;
    octave(magnitudes[0]) * 64 + octave(magnitudes[1]) * 8 + octave(magnitudes[2])
}

/// A code from −most to most, counted from 0.
#[inline(always)]
fn sign(code: i16, most: i16) -> usize {
    (code.clamp(-most, most) + most) as usize
}
