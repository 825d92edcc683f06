//! The probability of a decision: what came out in like contexts, mixed.

use super::arithmetic::Coin;
use super::logistic::{LIMIT, squash, stretch};

/// Decisions that are told apart.
pub(super) const NODES: usize = 128;
/// Context sets.
pub(super) const SETS: usize = 7;
/// Two inputs per set, a constant, and one that is always 0: its weight counts how
/// often a weight set was used.
const LANES: usize = 16;
const CONSTANT: usize = 2 * SETS;
const COUNT: usize = LANES - 1;

/// Where the decisions about one code are looked up.
pub(super) struct Place {
    /// The context in each set, counted over all sets.
    pub(super) contexts: [u32; SETS],
    /// The weight sets.
    pub(super) mixers: [u32; 2],
    /// The row of the last stage.
    pub(super) level: u32,
}

/// Everything that is learned about decisions.
pub(super) struct Model {
    /// Probability in the upper 22 bits, how often it was used in the lower 10;
    /// 0 is a slot never used.
    slots: Vec<u32>,
    mixers: [Mixer; 2],
    stage: LastStage,
}

/// Shares of a correction by how often a slot was used: 1/(n + 1.5) of 2^12.
static SHARES: [i32; MOST_USED as usize + 1] = {
    let mut table = [0; MOST_USED as usize + 1];
    let mut n = 0;
    while n < table.len() {
        table[n] = (8192 / (2 * n + 3)) as i32;
        n += 1;
    }
    table
};
/// Slots remember about so many decisions.
const MOST_USED: u32 = 255;
/// From so many uses on a slot's probability counts in full.
const TRUSTED: i32 = 30;

impl Model {
    pub(super) fn new(contexts: usize, mixers: [usize; 2], levels: usize) -> Self {
        Model {
            slots: vec![0; contexts * NODES],
            mixers: mixers.map(Mixer::new),
            stage: LastStage::new(levels),
        }
    }

    /// Settles one decision; `prior` is the probability of 1 for a context never seen.
    #[inline(always)]
    pub(super) fn settle<C: Coin>(
        &mut self,
        coin: &mut C,
        place: &Place,
        node: usize,
        prior: u32,
        bit: u32,
    ) -> u32 {
        let mut inputs = [0; LANES];
        let at = place.contexts.map(|c| c as usize * NODES + node);
        let mut parent = prior << 16 & !1023;
        for (i, at) in at.iter().enumerate() {
            let slot = &mut self.slots[*at];
            if *slot == 0 {
                *slot = parent;
            }
            if i == 0 {
                parent = *slot & !1023;
            }
            let p = *slot >> 16;
            inputs[i] = stretch(p);
            let used = (*slot & 1023) as i32;
            inputs[SETS + i] = ((p as i32 - 32_768) * used.min(TRUSTED)) >> 10;
        }
        inputs[CONSTANT] = 256;
        let rows = place.mixers.map(|m| m as usize * NODES + node);
        let logits = [
            self.mixers[0].mix(rows[0], &inputs),
            self.mixers[1].mix(rows[1], &inputs),
        ];
        let logit = (logits[0] + logits[1]) >> 1;
        let (refined, cell) = self
            .stage
            .refine(place.level as usize * NODES + node, logit);
        let p = ((squash(logit) + refined) >> 1).max(1);
        let bit = coin.toss(p as u32, bit);
        self.stage.learn(cell, bit);
        for i in 0..2 {
            self.mixers[i].learn(rows[i], &inputs, logits[i], bit);
        }
        for at in at {
            adapt(&mut self.slots[at], bit);
        }
        bit
    }
}

#[inline(always)]
fn adapt(slot: &mut u32, bit: u32) {
    let used = *slot & 1023;
    let p = (*slot >> 10) as i32;
    // 19 bits and a sign times 12 bits.
    let p = p + ((((target(bit) - p) >> 3) * SHARES[used as usize]) >> 9);
    *slot = (p as u32) << 10 | (used + 1).min(MOST_USED);
}

/// The probability in units of 2^−22 that a decision turned out to have had.
#[inline(always)]
fn target(bit: u32) -> i32 {
    if bit == 1 { (1 << 22) - 1 } else { 0 }
}

/// Weights for every node, in as many sets as there are kinds of places.
struct Mixer {
    weights: Vec<[i32; LANES]>,
}

impl Mixer {
    fn new(sets: usize) -> Self {
        let mut first = [0; LANES];
        first[..SETS].fill(FIRST_WEIGHT);
        Mixer {
            weights: vec![first; sets * NODES],
        }
    }

    #[inline(always)]
    fn mix(&self, row: usize, inputs: &[i32; LANES]) -> i32 {
        let weights = &self.weights[row];
        // 13 bits times 15 bits, 15 times: below 2^31.
        let mut sum = 2048;
        for i in 0..LANES {
            sum += inputs[i] * (weights[i] >> 4);
        }
        sum >> 12
    }

    #[inline(always)]
    fn learn(&mut self, row: usize, inputs: &[i32; LANES], logit: i32, bit: u32) {
        let weights = &mut self.weights[row];
        let count = weights[COUNT];
        // 17 bits times 8 bits.
        let error = (((bit << 16) as i32 - squash(logit)) * RATES[count as usize]) >> 8;
        for i in 0..LANES {
            let w = weights[i] + ((inputs[i] * error + 2048) >> 12);
            weights[i] = w.clamp(-MOST_WEIGHT, MOST_WEIGHT);
        }
        weights[COUNT] = (count + 1).min(RATES.len() as i32 - 1);
    }
}

/// Weights in units of 2^−16: together the sets count a little less than in full.
const FIRST_WEIGHT: i32 = 7000;
/// 4: the products of mixing fit.
const MOST_WEIGHT: i32 = 1 << 18;

/// How fast weights follow: 14 in the end, 134 at first.
static RATES: [i32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < table.len() {
        table[n] = 16 + 480 / (n as i32 + 4);
        n += 1;
    }
    table
};

/// Corrects probabilities that turn out too bold or too shy.
struct LastStage {
    /// Probabilities in units of 2^−22.
    cells: Vec<u32>,
}

const SPACING: i32 = 192;
const CELLS: usize = (2 * LIMIT / SPACING) as usize + 1;

impl LastStage {
    fn new(levels: usize) -> Self {
        let row: Vec<u32> = (0..CELLS as i32)
            .map(|i| (squash(i * SPACING - LIMIT) as u32) << 6)
            .collect();
        LastStage {
            cells: row.repeat(levels * NODES),
        }
    }

    #[inline(always)]
    fn refine(&self, row: usize, logit: i32) -> (i32, usize) {
        let x = logit.clamp(-LIMIT, LIMIT - 1) + LIMIT;
        let (cell, part) = (row * CELLS + (x / SPACING) as usize, x % SPACING);
        let (a, b) = (self.cells[cell] >> 6, self.cells[cell + 1] >> 6);
        let refined = (a as i32 * (SPACING - part) + b as i32 * part) / SPACING;
        (refined, cell + usize::from(2 * part > SPACING))
    }

    #[inline(always)]
    fn learn(&mut self, cell: usize, bit: u32) {
        let p = self.cells[cell] as i32;
        self.cells[cell] = (p + ((target(bit) - p) >> 6)) as u32;
    }
}
