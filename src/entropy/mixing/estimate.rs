//! What is to be expected of a code: how large it will be and to which side it
//! leans, both learned on the way.

use super::scene::{
    A, Around, B, F, N, NE, NEE, NEIGHBOURS, NN, NW, NWW, T, T2, TE, TN, TS, TW, W, WW,
};

/// Logarithm of a magnitude (of one more than it, precisely), in units of 1/64, by
/// chords between powers of two.
#[inline(always)]
pub(super) fn log(code: i16) -> i32 {
    // The exponent and the first six bits of the mantissa, which vectors can have for
    // the asking: the conversion is exact.
    let bits = ((i32::from(code).abs() + 1) as f32).to_bits() as i32;
    (bits >> 17) - (127 << 6)
}

/// Features of the size: neighbours alone or in groups that count alike, the
/// habit of the place, and 1.
const FEATURES: usize = 14;

/// Learns how the logarithms of codes around add up to that of a code, by
/// normalised least mean squares.
#[derive(Clone)]
pub(super) struct Size {
    weights: [i32; FEATURES],
    features: [i32; FEATURES],
    expected: i32,
}

/// In units of 2^−16, in the order of the features: more than half W, N and
/// what lies next to them, a little of everything else.
const FIRST: [i32; FEATURES] = [
    13_107, 5242, 13_107, 3932, 5242, 1966, 3276, 1310, 3276, 1310, 1310, 1310, 1966, 0,
];

impl Size {
    pub(super) fn new() -> Self {
        Size {
            weights: FIRST,
            features: [0; FEATURES],
            expected: 0,
        }
    }

    /// Expected logarithm in units of 1/1024.
    #[inline(always)]
    pub(super) fn expect(&mut self, around: &Around, habit: i32) -> i32 {
        let mut l = [0; NEIGHBOURS];
        for (l, q) in l.iter_mut().zip(around) {
            *l = log(*q);
        }
        self.features = [
            l[W],
            l[WW],
            l[N],
            l[NN],
            l[NW] + l[NE],
            l[NWW] + l[NEE],
            l[A] + l[B],
            l[F] + l[F + 1] + l[F + 2] + l[F + 3],
            l[T],
            l[TW] + l[TE],
            l[TN] + l[TS],
            l[T2],
            habit,
            64,
        ];
        let terms = self.features.iter().zip(&self.weights);
        // 12 bits times 14 bits, 14 times: below 2^30.
        let sum: i32 = terms.map(|(x, w)| x * (w >> 4)).sum();
        self.expected = (sum >> 8).clamp(0, 15 << 10);
        self.expected
    }

    /// Learns what came out.
    #[inline(always)]
    pub(super) fn learn(&mut self, log: i32) {
        let power: i32 = self.features.iter().map(|x| x * x).sum::<i32>() + 4096;
        let error = 16 * log - self.expected;
        // 14 bits and a sign, then at most 18, times 12 bits.
        let step = (error << 16) / power;
        for (w, x) in self.weights.iter_mut().zip(&self.features) {
            *w = (*w + ((step * x) >> SIZE_SHIFT)).clamp(-MOST_WEIGHT, MOST_WEIGHT);
        }
    }
}

/// 2^4 for the units of the step, and a 16th of a full correction.
const SIZE_SHIFT: u32 = 8;

/// 4 in units of 2^−16: nothing useful comes near.
const MOST_WEIGHT: i32 = 1 << 18;

/// Neighbours that a code may lean on.
const TAPS: usize = 16;

/// Learns how codes around, with their signs, add up to a code, by normalised
/// least mean squares.
#[derive(Clone)]
pub(super) struct Lean {
    weights: [i32; TAPS],
    taps: [i32; TAPS],
    sum: i32,
}

impl Lean {
    pub(super) fn new() -> Self {
        Lean {
            weights: [0; TAPS],
            taps: [0; TAPS],
            sum: 0,
        }
    }

    /// Expected code in units of 1/64.
    #[inline(always)]
    pub(super) fn expect(&mut self, around: &Around) -> i32 {
        const USED: [usize; TAPS] = [
            W,
            WW,
            N,
            NW,
            NE,
            NN,
            A,
            B,
            F,
            F + 1,
            F + 2,
            F + 3,
            T,
            TW,
            TN,
            T2,
        ];
        for (x, k) in self.taps.iter_mut().zip(USED) {
            *x = i32::from(around[k].clamp(-MOST_TAP, MOST_TAP));
        }
        let terms = self.taps.iter().zip(&self.weights);
        // 12 bits times 14 bits, 16 times: at most 2^30.
        self.sum = terms.map(|(x, w)| x * (w >> 3)).sum();
        self.sum >> 7
    }

    /// Learns what came out, where codes of about `size`/16 were expected.
    #[inline(always)]
    pub(super) fn learn(&mut self, code: i16, size: u32) {
        // One that is far out says little about the next ones.
        let size = size.min(1 << 16) as i32;
        let most = (size / 4 + 2) << 13;
        let code = i32::from(code.clamp(-MOST_TAP, MOST_TAP));
        let error = ((code << 13) - self.sum).clamp(-most, most);
        let power = self.taps.iter().map(|x| x * x).sum::<i32>();
        let floor = i64::from(size) * i64::from(size) / 16 + 4;
        let step = ((i64::from(error) << 5) / (i64::from(power) + floor)) as i32;
        for (w, x) in self.weights.iter_mut().zip(&self.taps) {
            *w = (*w + ((step * x) >> LEAN_SHIFT)).clamp(-MOST_LEAN, MOST_LEAN);
        }
    }
}

/// 2^2 for the units of the step, and a quarter of a full correction.
const LEAN_SHIFT: u32 = 4;

const MOST_LEAN: i32 = 1 << 17;
const MOST_TAP: i16 = 4095;

/// Levels of expected size.
pub(super) const LEVELS: usize = 64;

/// Half octaves of the expected magnitude where it is below 1, then quarters.
#[inline(always)]
pub(super) fn level(expected: i32) -> usize {
    if expected < 1024 {
        // 16 to 1039: exponent and first bit of the mantissa.
        let v = expected as u32 + 16;
        let exponent = v.ilog2();
        (2 * (exponent - 4) + (v >> (exponent - 1) & 1)) as usize
    } else {
        (12 + (expected as usize - 1024) / 256).min(LEVELS - 1)
    }
}

/// The expected magnitude in units of 1/16, by a chord of 2^x.
#[inline(always)]
pub(super) fn size(expected: i32) -> u32 {
    let (octave, part) = (expected >> 10, expected & 1023);
    ((((1024 + part) << octave) - 1024) >> 6) as u32
}

/// Steps of a lean to one side.
pub(super) const TILTS: usize = 15;

/// How far a code leans, compared with the size expected: 7 if not at all.
#[inline(always)]
pub(super) fn tilt(lean: i32, size: u32) -> usize {
    let ratio = 4 * lean.unsigned_abs() / (size + 4);
    let steps = match ratio {
        0 => 0,
        1 => 1,
        2..4 => 2,
        4..7 => 3,
        7..12 => 4,
        12..19 => 5,
        19..29 => 6,
        _ => 7,
    };
    if lean < 0 { 7 - steps } else { 7 + steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As docs/format/mixing.md has it.
    fn log_by_hand(magnitude: u32) -> i32 {
        let v = magnitude + 1;
        let e = v.ilog2();
        (64 * e + ((v - (1 << e)) << 6 >> e)) as i32
    }

    #[test]
    fn logarithms_are_chords_between_powers_of_two() {
        for code in -32_000..=32_767i16 {
            assert_eq!(log(code), log_by_hand(u32::from(code.unsigned_abs())));
        }
    }

    #[test]
    fn extremes_stay_within_their_types() {
        for code in [32_000, -32_000, 0] {
            let mut size = Size::new();
            let mut lean = Lean::new();
            for i in 0..2000 {
                let odd = if i % 3 == 0 { 32_000 } else { code };
                let around = [odd; NEIGHBOURS];
                let expected = self::size(size.expect(&around, log(odd)));
                tilt(lean.expect(&around), expected);
                size.learn(log(code));
                lean.learn(code, expected);
            }
        }
    }
}
