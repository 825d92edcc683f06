//! The order of codes within a row, and what of W selects their context.
//!
//! Each code's context depends on the one before it, W: a chain that keeps a CPU
//! waiting. So a row is cut into as many parts as there are lanes, each with a W of
//! its own, and codes are taken from the parts in turn.

use foresz_predictors::widest;

use super::scene::BUCKETS;
use crate::entropy::token::NO_TOKEN;

/// The most lanes.
pub(super) const LANES: usize = 8;
/// Parts are at least this long.
const LEAST_PART: usize = 16;
/// Chunks of fewer samples use half of the lanes: each costs two bytes.
const SMALL: usize = 1 << 16;

/// How many lanes a chunk has.
pub(super) fn lanes_of_chunk(samples: usize) -> usize {
    if samples < SMALL { LANES / 2 } else { LANES }
}

/// How many lanes a row uses: a power of two.
#[inline(always)]
pub(super) fn lanes_of_row(columns: usize, lanes: usize) -> usize {
    let room = (columns / LEAST_PART).max(1);
    (1 << room.ilog2()).min(lanes)
}

/// How a code compares with what is expected of it: contexts of a bucket.
pub(super) const REFINEMENTS: usize = 3;
/// Contexts per group.
pub(super) const CONTEXTS: usize = BUCKETS * REFINEMENTS;

/// [Sizes](size_of_token) of W that are told apart; the last stands for no W.
pub(super) const SIZES: usize = 64;
pub(super) const NO_WEST: u8 = SIZES as u8 - 1;
/// Pairs of a bucket and a size of W.
pub(super) const BUCKET_SIZES: usize = BUCKETS * SIZES;

/// A number that grows with the magnitude a token stands for: the magnitude itself up
/// to 16, then the number of the token's group.
#[inline(always)]
pub(super) fn size_of_token(token: u8) -> u8 {
    (token >> 1).min(NO_WEST - 1)
}

/// The size of the token of a magnitude.
const fn size_of(magnitude: u32) -> u32 {
    if magnitude <= 16 {
        magnitude
    } else {
        let exponent = magnitude.ilog2();
        17 + 4 * (exponent - 4) + ((magnitude >> (exponent - 2)) & 3)
    }
}

/// The context within a group for a bucket and a size of W.
pub(super) static CONTEXT_OF: [u8; BUCKET_SIZES] = {
    let mut table = [0; BUCKETS * SIZES];
    let mut bucket = 0;
    while bucket < BUCKETS {
        // In the middle of the bucket, 1 + 8·expectation is 6/5 of its lower end.
        let low = (2 + (bucket as u64 & 1)) << (bucket / 2) >> 1;
        let expected = low * 6 / 5 - 1;
        let about = size_of(expected as u32 / 16 + 1);
        let more = size_of(expected as u32 / 4 + 1);
        let mut size = 0;
        while size < SIZES {
            let refinement = if size + 1 == SIZES {
                1
            } else {
                (size as u32 >= about) as usize + (size as u32 >= more) as usize
            };
            table[bucket * SIZES + size] = (REFINEMENTS * bucket + refinement) as u8;
            size += 1;
        }
        bucket += 1;
    }
    table
};

/// Where a bucket and a size of W stand in tables of all pairs.
#[inline(always)]
pub(super) fn cell(bucket: u8, west: u8) -> usize {
    (usize::from(bucket) % BUCKETS) * SIZES + usize::from(west) % SIZES
}

/// The contexts of the tokens of a row, within its group.
pub(super) fn contexts(buckets: &[u8], tokens: &[u8], lanes: usize, out: &mut [u8]) {
    after_west(&buckets, &tokens, out);
    let part = tokens.len().div_ceil(lanes_of_row(tokens.len(), lanes));
    for start in (0..tokens.len()).step_by(part) {
        out[start] = CONTEXT_OF[cell(buckets[start], NO_WEST)];
    }
}

widest! {
    // All but the first, whose W is elsewhere.
    fn after_west<R: AsRef<[u8]>>(buckets: &R, tokens: &R, out: &mut [u8]) {
        let n = out.len();
        let (buckets, tokens) = (&buckets.as_ref()[..n], &tokens.as_ref()[..n]);
        for j in 1..n {
            let west = tokens[j - 1];
            let size = if west == NO_TOKEN { NO_WEST } else { size_of_token(west) };
            out[j] = CONTEXT_OF[cell(buckets[j], size)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::token;

    #[test]
    fn sizes_of_magnitudes_are_those_of_their_tokens() {
        for magnitude in (0..300).chain([1000, 4095, 4096, 70_000]) {
            let (token, _, _) = token::split(magnitude);
            let size = size_of(magnitude as u32).min(u32::from(NO_WEST) - 1);
            assert_eq!(u32::from(size_of_token(token)), size, "{magnitude}");
        }
    }

    #[test]
    fn rows_are_cut_into_parts_that_are_all_used() {
        for columns in 1..400usize {
            let lanes = lanes_of_row(columns, LANES);
            let part = columns.div_ceil(lanes);
            assert!((lanes - 1) * part < columns && lanes <= LANES);
        }
    }
}
