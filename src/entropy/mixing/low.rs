//! The bits of a magnitude after its first three.
//!
//! They are noise in most fields. Where values keep to a few levels (counts, steps of an
//! instrument) and nothing better is predicted than 0, they repeat to the bit.

use super::arithmetic::Coin;
use super::logistic::{squash, stretch};
use super::model::{HALF, MOST_WEIGHT, TRUSTED, adapt};

/// Bits from here on are as likely 0 as 1.
const DEPTH: u32 = 12;

/// What is learned about them: a tree of magnitudes for either sign.
#[derive(Default)]
pub(super) struct Low {
    slots: Vec<[u32; 1]>,
    /// By the number of bits that are known and that are left.
    weights: Vec<[i32; 2]>,
}

/// Nothing is believed of a slot but what it has seen.
const FIRST_WEIGHTS: [i32; 2] = [0, 1 << 14];
const RATE: i32 = 32;

impl Low {
    pub(super) fn new() -> Self {
        Low {
            slots: vec![[HALF << 16]; 2 << DEPTH],
            weights: vec![FIRST_WEIGHTS; (DEPTH as usize + 1) * 32],
        }
    }

    /// Makes everything as it was at first.
    pub(super) fn forget(&mut self) {
        self.slots.fill([HALF << 16]);
        self.weights.fill(FIRST_WEIGHTS);
    }

    /// Settles the bit after those of `known`, `left` more being to come.
    #[inline(always)]
    pub(super) fn settle<C: Coin>(
        &mut self,
        coin: &mut C,
        negative: bool,
        known: u32,
        left: u32,
        bit: u32,
    ) -> u32 {
        if known >> DEPTH != 0 {
            return coin.toss(HALF, bit);
        }
        let slot = &mut self.slots[usize::from(negative) << DEPTH | known as usize];
        let weights = &mut self.weights[(known.ilog2() * 32 + left) as usize];
        let p = (slot[0] >> 16) as i32;
        let used = (slot[0] & 255) as i32;
        let inputs = [
            stretch(slot[0] >> 16),
            ((p - HALF as i32) * used.min(TRUSTED)) >> 10,
        ];
        let sum = inputs[0] * (weights[0] >> 4) + inputs[1] * (weights[1] >> 4);
        let p = squash((sum + 2048) >> 12);
        let bit = coin.toss(p as u32, bit);
        let error = (((bit << 16) as i32 - p) * RATE) >> 8;
        for (w, x) in weights.iter_mut().zip(inputs) {
            *w = (*w + ((x * error + 2048) >> 12)).clamp(-MOST_WEIGHT, MOST_WEIGHT);
        }
        adapt(slot, bit);
        bit
    }
}
