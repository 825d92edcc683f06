//! A code as decisions.
//!
//! | decision | node |
//! |---|---|
//! | is it other than 0 | 0 |
//! | is it negative | 1 |
//! | has it more than c bits, from the expected number c up to the first no | 1 + c |
//! | if the first was a no: has it fewer than c bits, down to the first no | 31 + c |
//! | the two bits after its first, t those before them with the first | 35 + 4·min(c, 15) + t |
//! | the bits after these | those of [`low`](super::low) |
//!
//! An escape is a code of 32 bits, which has no bits after the first.

use super::arithmetic::Coin;
use super::model::{HALF, Model, NODES, Place};
use crate::entropy::ESCAPE;

const NONZERO: usize = 0;
const NEGATIVE: usize = 1;
const MORE: usize = 1;
const FEWER: usize = 31;
const BITS: usize = 35;

/// More bits than this are never expected.
const MOST_EXPECTED: u32 = 12;
/// Codes of more bits share the nodes of the bits after the first.
const MOST_TOLD_APART: u32 = 15;
const ESCAPE_BITS: u32 = 32;

// Nothing overlaps: more than 31 bits, fewer than 2 … 12, bits after the first of 2 … 15.
const _: () = assert!(MORE + 31 < FEWER + 2);
const _: () = assert!(FEWER + (MOST_EXPECTED as usize) < BITS + 4 * 2 + 1);
const _: () = assert!(BITS + 4 * MOST_TOLD_APART as usize + 3 < NODES);

/// Writes or reads a code of which a magnitude of `size`/16 is expected.
#[inline(always)]
pub(super) fn settle<C: Coin>(
    model: &mut Model,
    coin: &mut C,
    place: &Place,
    size: u32,
    code: i32,
) -> i32 {
    let prior = Prior::new(size);
    let magnitude = code.unsigned_abs();
    if model.settle(coin, place, NONZERO, prior.0, u32::from(code != 0)) == 0 {
        return 0;
    }
    let negative = model.settle(coin, place, NEGATIVE, HALF, u32::from(code < 0)) == 1;
    let count = settle_count(model, coin, place, (size, prior), magnitude);
    if count == ESCAPE_BITS {
        return ESCAPE;
    }
    let node = BITS + 4 * count.min(MOST_TOLD_APART) as usize;
    let mut read = 1;
    for left in (0..count - 1).rev() {
        let bit = (magnitude >> left) & 1;
        let bit = if read < 4 {
            model.settle(
                coin,
                place,
                node + read as usize,
                prior.upper_half(left),
                bit,
            )
        } else {
            model.low.settle(coin, negative, read, left, bit)
        };
        read = read << 1 | bit;
    }
    // More than this is never written.
    let read = read.min(1 << 30) as i32;
    if negative { -read } else { read }
}

/// How many bits a magnitude has.
#[inline(always)]
fn settle_count<C: Coin>(
    model: &mut Model,
    coin: &mut C,
    place: &Place,
    (size, prior): (u32, Prior),
    magnitude: u32,
) -> u32 {
    let bits = 32 - magnitude.leading_zeros();
    let expected = (32 - (size / 16).leading_zeros()).clamp(1, MOST_EXPECTED);
    let mut count = expected;
    while count < ESCAPE_BITS {
        let more = u32::from(bits > count);
        if model.settle(
            coin,
            place,
            MORE + count as usize,
            prior.beyond(count - 1),
            more,
        ) == 0
        {
            break;
        }
        count += 1;
    }
    if count == expected {
        while count > 1 {
            let fewer = u32::from(bits < count);
            if model.settle(coin, place, FEWER + count as usize, FEWER_PRIOR, fewer) == 0 {
                break;
            }
            count -= 1;
        }
    }
    count
}

/// Of codes with at most the bits expected, about so many have fewer.
const FEWER_PRIOR: u32 = 24_000;

/// Probabilities before anything is known: magnitudes fall off geometrically.
#[derive(Clone, Copy)]
struct Prior(u32);

impl Prior {
    /// The mean m of a geometric distribution is that of P(more) = m/(m + 1).
    #[inline(always)]
    fn new(size: u32) -> Self {
        let size = size.min(65_535);
        Prior(((size << 16) / (size + 16)).clamp(64, 65_536 - 64))
    }

    /// That a magnitude is 2^n larger than it could be.
    #[inline(always)]
    fn beyond(self, n: u32) -> u32 {
        (0..n.min(15)).fold(self.0, |p, _| ((p * p) >> 16).max(64))
    }

    /// That a magnitude is in the upper half of 2^(n + 1) values.
    #[inline(always)]
    fn upper_half(self, n: u32) -> u32 {
        let p = self.beyond(n);
        ((u64::from(p) << 16) / u64::from(p + 65_536)) as u32
    }
}
