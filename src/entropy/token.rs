//! Codes as tokens of a small alphabet, with the low bits of large codes apart.
//!
//! | token | code |
//! |---|---|
//! | 0 | escape |
//! | 1 … 33 | 0, −1, 1, −2, 2, … −16, 16 |
//! | 34 + 8·(e−4) + 2·m + s | magnitudes 2^e·(1 + m/4) and up, m < 4, e ≥ 4; negative if s = 1; e − 2 raw bits follow |
//!
//! Magnitude 16 has a token of its own, so the first group starts at 17 with
//! raw bits counted from 16.

use std::sync::OnceLock;

use foresz_predictors::widest;

use crate::entropy::{ESCAPE, HOLE};

/// Tokens that can occur: magnitudes stay below 2^31.
pub(super) const TOKENS: usize = 34 + 8 * 27;

/// Stands for a hole, which has no token.
pub(super) const NO_TOKEN: u8 = u8::MAX;

const DIRECT: u32 = 16;
/// Tokens below this have no raw bits.
pub(super) const DIRECT_TOKENS: usize = 34;

/// Token, number of raw bits, raw bits.
#[inline(always)]
pub(super) fn split(code: i32) -> (u8, u32, u32) {
    let magnitude = code.unsigned_abs();
    if magnitude <= DIRECT {
        return (1 + ((code << 1) ^ (code >> 31)) as u8, 0, 0);
    }
    if code == ESCAPE {
        return (0, 0, 0);
    }
    let exponent = magnitude.ilog2();
    let raw_bits = exponent - 2;
    let mantissa = (magnitude >> raw_bits) & 3;
    let token = 34 + 8 * (exponent - 4) + 2 * mantissa + u32::from(code < 0);
    (token as u8, raw_bits, magnitude & ((1 << raw_bits) - 1))
}

widest! {
    // The tokens of a row; says whether any has raw bits.
    fn split_row<C: AsRef<[i32]>>(codes: &C, tokens: &mut [u8]) -> bool {
        let mut large = false;
        for (token, &code) in tokens.iter_mut().zip(codes.as_ref()) {
            let magnitude = code.unsigned_abs();
            // 24 bits, so that conversion is exact: exponent and two bits of the mantissa.
            let exact = if magnitude < 1 << 16 { magnitude } else { magnitude & !0xff };
            let group = ((exact as f32).to_bits() >> 21).wrapping_sub((127 + 4) << 2);
            let split = if magnitude <= DIRECT {
                1 + ((code << 1) ^ (code >> 31)) as u32
            } else {
                34 + 2 * group + u32::from(code < 0)
            };
            let split = if code == ESCAPE { 0 } else { split };
            let split = if code == HOLE { u32::from(NO_TOKEN) } else { split };
            large |= split >= DIRECT_TOKENS as u32 && split < u32::from(NO_TOKEN);
            *token = split as u8;
        }
        large
    }

    // The codes of a row of tokens without raw bits; holes stay. Says whether there
    // are tokens with raw bits.
    fn join_row<R: AsRef<[u8]>>(tokens: &R, codes: &mut [i32]) -> bool {
        let mut large = false;
        for (code, &token) in codes.iter_mut().zip(tokens.as_ref()) {
            let zigzag = i32::from(token) - 1;
            let joined = (zigzag >> 1) ^ -(zigzag & 1);
            let joined = if token == 0 { ESCAPE } else { joined };
            large |= token >= DIRECT_TOKENS as u8 && token != NO_TOKEN;
            *code = if token == NO_TOKEN { HOLE } else { joined };
        }
        large
    }

    // Marks holes.
    fn mark_holes<C: AsRef<[i32]>>(codes: &C, tokens: &mut [u8]) {
        for (token, &code) in tokens.iter_mut().zip(codes.as_ref()) {
            *token = if code == HOLE { NO_TOKEN } else { 0 };
        }
    }
}

/// Whether raw bits follow.
#[inline(always)]
pub(super) fn is_large(token: u8) -> bool {
    usize::from(token) >= DIRECT_TOKENS && token != NO_TOKEN
}

/// Number of raw bits after a token.
#[inline(always)]
pub(super) fn raw_bits(token: u8) -> u32 {
    if token < 34 {
        0
    } else {
        u32::from(token - 34) / 8 + 2
    }
}

/// Inverse of [`split`].
#[inline(always)]
pub(super) fn join(token: u8, raw: u32) -> i32 {
    if token < 34 {
        let zigzag = i32::from(token) - 1;
        return if token == 0 {
            ESCAPE
        } else {
            (zigzag >> 1) ^ -(zigzag & 1)
        };
    }
    let group = u32::from(token - 34);
    let magnitude = ((4 + (group / 2) % 4) << (group / 8 + 2)) | raw;
    if group & 1 == 1 {
        -(magnitude as i32)
    } else {
        magnitude as i32
    }
}

/// How often each token occurs; holes have none.
pub(super) fn count(codes: &[i32]) -> [u32; TOKENS] {
    const SMALL: i32 = 256;
    // Two tables in turn: runs of equal codes would wait for their own increments.
    let mut small = [[0u32; 2 * SMALL as usize]; 2];
    let mut counts = [0u32; TOKENS];
    for pair in codes.chunks(2) {
        for (table, &code) in small.iter_mut().zip(pair) {
            let place = code.wrapping_add(SMALL) as u32;
            if let Some(n) = table.get_mut(place as usize) {
                *n += 1;
            } else if code != HOLE {
                counts[usize::from(split(code).0)] += 1;
            }
        }
    }
    for (code, (a, b)) in (-SMALL..SMALL).zip(small[0].iter().zip(&small[1])) {
        counts[usize::from(split(code).0)] += a + b;
    }
    counts
}

/// Order-0 entropy of the tokens plus their raw bits.
pub(crate) fn estimate_bits(codes: &[i32]) -> f64 {
    let counts = count(codes);
    let total: u32 = counts.iter().sum();
    let raw = |(token, n): (u8, &u32)| f64::from(*n) * f64::from(raw_bits(token));
    let raw: f64 = (0..=u8::MAX).zip(&counts).map(raw).sum();
    information(total) - counts.iter().map(|n| information(*n)).sum::<f64>() + raw
}

/// n·log2 n.
pub(super) fn information(n: u32) -> f64 {
    static SMALL: OnceLock<Vec<f64>> = OnceLock::new();
    let small = SMALL.get_or_init(|| (0..4096).map(|n| f64::from(n) * log2(n)).collect());
    small
        .get(n as usize)
        .copied()
        .unwrap_or_else(|| f64::from(n) * log2(n))
}

/// log2 by a polynomial: libraries differ in the last bit, and streams should not.
fn log2(n: u32) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let bits = f64::from(n).to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let m = f64::from_bits((bits & ((1 << 52) - 1)) | 1023 << 52);
    // With t = (m−1)/(m+1): ln m = 2(t + t³/3 + t⁵/5 + t⁷/7 + …), t < 1/3.
    let t = (m - 1.0) / (m + 1.0);
    let t2 = t * t;
    let ln = 2.0 * t * (1.0 + t2 * (1.0 / 3.0 + t2 * (0.2 + t2 * (1.0 / 7.0 + t2 / 9.0))));
    exponent as f64 + ln * std::f64::consts::LOG2_E
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log2_is_close() {
        for n in [1u32, 2, 3, 7, 1000, 65_537, u32::MAX] {
            assert!((log2(n) - f64::from(n).log2()).abs() < 1e-4, "{n}");
        }
    }

    #[test]
    fn every_code_splits_and_joins() {
        let edges = (0..31).flat_map(|e| [(1i32 << e) - 1, 1 << e, (1 << e) + 1]);
        for magnitude in (0..5000).chain(edges) {
            for code in [magnitude, -magnitude] {
                let (token, bits, raw) = split(code);
                assert!(usize::from(token) < TOKENS && bits == raw_bits(token) && raw >> bits == 0);
                assert_eq!(join(token, raw), code);
            }
        }
        assert_eq!(split(ESCAPE), (0, 0, 0));
        assert_eq!(join(0, 0), ESCAPE);
    }

    #[test]
    fn rows_are_split_and_joined_like_codes_one_by_one() {
        let edges = (0..31).flat_map(|e| [(1i32 << e) - 1, 1 << e, (1 << e) + 1]);
        let codes: Vec<i32> = (0..5000)
            .chain(edges)
            .flat_map(|m| [m, -m])
            .chain([ESCAPE])
            .collect();
        let mut tokens = vec![0; codes.len()];
        assert!(split_row(&codes, &mut tokens));
        assert!(codes.iter().zip(&tokens).all(|(c, t)| split(*c).0 == *t));
        let small = [0, 3, HOLE, -16, ESCAPE, 16];
        assert!(!split_row(&small, &mut tokens[..6]));
        let mut joined = [7; 6];
        assert!(!join_row(&&tokens[..6], &mut joined));
        assert_eq!(joined, small);
    }

    #[test]
    fn counting_in_tables_is_counting_one_by_one() {
        let codes: Vec<i32> = (0..2001i64)
            .map(|i| ((i * i * 7919) % 1013 - 500) as i32)
            .chain([ESCAPE, HOLE, 1 << 30, 0])
            .collect();
        let mut plain = [0; TOKENS];
        codes
            .iter()
            .filter(|c| **c != HOLE)
            .for_each(|c| plain[usize::from(split(*c).0)] += 1);
        assert_eq!(count(&codes), plain);
    }
}
