//! The step of a lattice, from a few values: a divisor of their differences, up to rounding.

use foresz_predictors::Sample;

/// A step must be this many times the rounding of values, or any values would fit.
const LEAST_STEP: f64 = 8.0;
/// Differences that are smaller than this many roundings may be none.
const NOISE: f64 = 4.0;
/// Rounds of Euclid's algorithm. Each nearly halves the step.
const ROUNDS: usize = 24;
/// How many of the differences have to be multiples of a step. The others may be of values that
/// lie beside the lattice.
const SHARE: f64 = 0.9;
/// How many of the differences a step has to be held against.
const TELLING: f64 = 0.25;

/// A step that divides nearly all differences of the values, which are `blur` off the lattice
/// at most.
pub(super) fn divisor(values: &[f64], blur: f64) -> Option<f64> {
    let differences = differences(values, NOISE * blur);
    // The smallest may be that of a value beside the lattice.
    let seeds = [0, 5].map(|percent| differences.len() * percent / 100);
    let seeds = seeds.iter().filter_map(|place| differences.get(*place));
    let mut found = seeds.filter_map(|seed| euclid(&differences, *seed, blur));
    found.next()
}

/// Steps between neighbours in place, and between neighbours in size. Those are the ones with
/// the smallest multiples of the step.
fn differences(values: &[f64], noise: f64) -> Vec<f64> {
    let beside = values.windows(2).map(|w| (w[1] - w[0]).abs());
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let between = sorted.windows(2).map(|w| w[1] - w[0]);
    let mut all: Vec<f64> = beside.chain(between).filter(|d| *d > noise).collect();
    all.sort_unstable_by(f64::total_cmp);
    all
}

/// What becomes of a guess.
enum Trial {
    Divides(f64),
    /// Something that a divisor has to divide, too.
    Leaves(f64),
    /// Too few differences are near enough to be multiples by more than chance.
    TellsNothing,
}

fn euclid(differences: &[f64], seed: f64, blur: f64) -> Option<f64> {
    let mut step = seed;
    for _ in 0..ROUNDS {
        if step < LEAST_STEP * blur {
            return None;
        }
        match trial(differences, step, blur) {
            Trial::Divides(step) => return Some(step),
            Trial::Leaves(rest) => step = rest,
            Trial::TellsNothing => return None,
        }
    }
    None
}

/// Holds a guess against one difference after the other, the small ones first: each makes
/// it more exact, so that it says something of larger ones.
fn trial(differences: &[f64], guess: f64, blur: f64) -> Trial {
    let mut step = guess;
    // How far off the step can be.
    let mut doubt = blur;
    let mut held = 0;
    loop {
        let reach = (0.2 * step / doubt) * step;
        let near = differences.partition_point(|d| *d <= reach);
        // A step that became smaller reaches less far: it is not tried for ever.
        if near <= held {
            let told = held as f64 >= TELLING * differences.len() as f64;
            return if told {
                Trial::Divides(step)
            } else {
                Trial::TellsNothing
            };
        }
        held = near;
        let (mut products, mut squares, mut rests) = (0.0, 0.0, Vec::new());
        for d in &differences[..near] {
            let n = (d / step).round_to_code().0;
            let rest = (d - n * step).abs();
            if n >= 1.0 && rest <= 2.0 * blur + n * doubt && rest < 0.4 * step {
                products += n * d;
                squares += n * n;
            } else {
                rests.push(if n >= 1.0 { rest } else { *d });
            }
        }
        if rests.len() as f64 > (1.0 - SHARE) * near as f64 {
            let middle = rests.len() / 2;
            return Trial::Leaves(*rests.select_nth_unstable_by(middle, f64::total_cmp).1);
        }
        if squares > 0.0 {
            step = products / squares;
            doubt = doubt.min(2.0 * blur / squares.sqrt());
        }
    }
}
