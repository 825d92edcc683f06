//! The probability of a decision: what came out in like contexts, mixed.

use super::arithmetic::Coin;
use super::logistic::{LIMIT, squash, stretch};
use super::low::Low;
use super::spare::Trail;

/// The probability of a coin.
pub(super) const HALF: u32 = 1 << 15;
/// Decisions that are told apart.
pub(super) const NODES: usize = 128;
/// Context sets.
pub(super) const SETS: usize = 7;
/// Two inputs per set, a constant, and one that is always 0: its weight counts how
/// often a weight set was used.
const LANES: usize = 16;
const CONSTANT: usize = SETS;
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
#[derive(Default)]
pub(super) struct Model {
    /// Probability in the upper 24 bits, how often it was used in the lower 8;
    /// 0 is a slot never used.
    slots: Vec<u32>,
    mixers: [Mixer; 2],
    stage: LastStage,
    pub(super) low: Low,
    /// The slots of the decision at hand and what they say. They live here since
    /// compilers make vectors of what is in memory, not of local arrays.
    now: [u32; SETS + 1],
    inputs: [i32; LANES],
    /// What was used, if that is to be put back one day.
    pub(super) trail: Option<Trail>,
    /// Which nodes were.
    nodes: Nodes,
}

/// Decisions that were settled.
struct Nodes([bool; NODES]);

impl Default for Nodes {
    fn default() -> Self {
        Nodes([false; NODES])
    }
}

/// Shares of a correction by how often a slot was used: 1/(n + 2) of 2^12.
static SHARES: [i32; MOST_USED as usize + 1] = {
    let mut table = [0; MOST_USED as usize + 1];
    let mut n = 0;
    while n < table.len() {
        table[n] = (4096 / (n + 2)) as i32;
        n += 1;
    }
    table
};
/// Slots remember about so many decisions.
const MOST_USED: u32 = 255;
/// From so many uses on a slot's probability counts in full.
pub(super) const TRUSTED: i32 = 30;

impl Model {
    pub(super) fn new(contexts: usize, mixers: [usize; 2], levels: usize) -> Self {
        let mut inputs = [0; LANES];
        inputs[CONSTANT] = 256;
        Model {
            slots: vec![0; contexts * NODES],
            mixers: mixers.map(Mixer::new),
            stage: LastStage::new(levels),
            low: Low::new(),
            now: [0; SETS + 1],
            inputs,
            trail: None,
            nodes: Nodes::default(),
        }
    }

    /// Makes what was used as it was at first.
    pub(super) fn forget(&mut self) {
        let Some(trail) = &mut self.trail else {
            return;
        };
        let nodes = std::mem::take(&mut self.nodes).0;
        let nodes: Vec<usize> = (0..NODES).filter(|n| nodes[*n]).collect();
        for context in trail.contexts.drain() {
            nodes
                .iter()
                .for_each(|n| self.slots[context * NODES + n] = 0);
        }
        for (mixer, rows) in self.mixers.iter_mut().zip(&mut trail.mixers) {
            for row in rows.drain() {
                let used = nodes.iter().map(|n| row * NODES + n);
                used.for_each(|at| mixer.weights[at] = Mixer::FIRST);
            }
        }
        let first = LastStage::first();
        for level in trail.levels.drain() {
            for row in nodes.iter().map(|n| level * NODES + n) {
                self.stage.cells[row * CELLS..][..CELLS].copy_from_slice(&first);
            }
        }
        self.low.forget();
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
        self.nodes.0[node] = true;
        let mut at = [0; SETS];
        for i in 0..SETS {
            at[i] = place.contexts[i] as usize * NODES + node;
        }
        self.load(&at, prior);
        self.listen();
        let rows = [
            place.mixers[0] as usize * NODES + node,
            place.mixers[1] as usize * NODES + node,
        ];
        let logits = [
            self.mixers[0].mix(rows[0], &self.inputs),
            self.mixers[1].mix(rows[1], &self.inputs),
        ];
        let logit = (logits[0] + logits[1]) >> 1;
        let (refined, cell) = self
            .stage
            .refine(place.level as usize * NODES + node, logit);
        let p = ((squash(logit) + refined) >> 1).max(1);
        let bit = coin.toss(p as u32, bit);
        self.stage.learn(cell, bit);
        for i in 0..2 {
            self.mixers[i].learn(rows[i], &self.inputs, logits[i], bit);
        }
        adapt(&mut self.now, bit);
        for i in 0..SETS {
            self.slots[at[i]] = self.now[i];
        }
        bit
    }

    /// Looks up the slots. Those never used start with the probability of the first
    /// set's, and that with the prior; the one that is over stays 0.
    #[inline(always)]
    fn load(&mut self, at: &[usize; SETS], prior: u32) {
        let first = self.slots[at[0]];
        let first = if first == 0 { prior << 16 } else { first };
        self.now[0] = first;
        self.now[SETS] = 0;
        for i in 1..SETS {
            let slot = self.slots[at[i]];
            self.now[i] = if slot == 0 { first & !MOST_USED } else { slot };
        }
    }

    /// What slots say, as logits and by how sure they are.
    #[inline(always)]
    fn listen(&mut self) {
        for i in 0..SETS {
            self.inputs[i] = stretch(self.now[i] >> 16);
        }
        for i in 0..=SETS {
            let p = (self.now[i] >> 16) as i32;
            let used = (self.now[i] & MOST_USED) as i32;
            self.inputs[CONSTANT + 1 + i] = ((p - HALF as i32) * used.min(TRUSTED)) >> 10;
        }
    }
}

/// Moves slots towards what came out.
#[inline(always)]
pub(super) fn adapt<const N: usize>(slots: &mut [u32; N], bit: u32) {
    let mut shares = [0; N];
    for i in 0..N {
        shares[i] = SHARES[(slots[i] & MOST_USED) as usize];
    }
    for i in 0..N {
        let used = slots[i] & MOST_USED;
        let p = (slots[i] >> 8) as i32;
        // 19 bits and a sign times 12 bits.
        let p = p + ((((target(bit) - p) >> 5) * shares[i]) >> 7);
        slots[i] = (p as u32) << 8 | (used + 1).min(MOST_USED);
    }
}

/// The probability in units of 2^−24 that a decision turned out to have had.
#[inline(always)]
fn target(bit: u32) -> i32 {
    if bit == 1 { (1 << 24) - 1 } else { 0 }
}

/// Weights for every node, in as many sets as there are kinds of places.
#[derive(Default)]
struct Mixer {
    weights: Vec<[i32; LANES]>,
}

impl Mixer {
    const FIRST: [i32; LANES] = {
        let mut first = [0; LANES];
        let mut i = 0;
        while i < SETS {
            first[i] = FIRST_WEIGHT;
            i += 1;
        }
        first
    };

    fn new(sets: usize) -> Self {
        Mixer {
            weights: vec![Self::FIRST; sets * NODES],
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
const FIRST_WEIGHT: i32 = 6500;
/// 4: the products of mixing fit.
pub(super) const MOST_WEIGHT: i32 = 1 << 18;

/// How fast weights follow: 17 in the end, 136 at first, in units of 1/256.
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
#[derive(Default)]
struct LastStage {
    /// Probabilities in units of 2^−24.
    cells: Vec<u32>,
}

const SPACING: i32 = 256;
const CELLS: usize = (2 * LIMIT / SPACING) as usize + 1;

impl LastStage {
    /// The cells of a row.
    fn first() -> Vec<u32> {
        (0..CELLS as i32)
            .map(|i| (squash(i * SPACING - LIMIT) as u32) << 8)
            .collect()
    }

    fn new(levels: usize) -> Self {
        LastStage {
            cells: Self::first().repeat(levels * NODES),
        }
    }

    #[inline(always)]
    fn refine(&self, row: usize, logit: i32) -> (i32, usize) {
        let x = logit.clamp(-LIMIT, LIMIT - 1) + LIMIT;
        let (cell, part) = (row * CELLS + (x >> 8) as usize, x & 255);
        let (a, b) = (self.cells[cell] >> 8, self.cells[cell + 1] >> 8);
        let refined = (a as i32 * (SPACING - part) + b as i32 * part) >> 8;
        (refined, cell + usize::from(2 * part > SPACING))
    }

    #[inline(always)]
    fn learn(&mut self, cell: usize, bit: u32) {
        let p = self.cells[cell] as i32;
        self.cells[cell] = (p + ((target(bit) - p) >> 6)) as u32;
    }
}
