//! The places that the taps of a pass weigh.

use crate::least::from_fixed;

/// Rows down and columns right, in units of the level's spacing.
pub(super) type Place = (isize, isize);

/// One of the two passes of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Odd rows of the even columns.
    Vertical,
    /// Odd columns of all rows.
    Horizontal,
}

/// Weights of the cubic at distances 1, 1, 3, 3.
const CUBIC: [f64; 4] = [0.5625, 0.5625, -0.0625, -0.0625];

/// The places of the cubic come first.
const VERTICAL: [Place; 15] = [
    (-1, 0),
    (1, 0),
    (-3, 0),
    (3, 0),
    (-1, -2),
    (-1, 2),
    (1, -2),
    (1, 2),
    (-3, -2),
    (-3, 2),
    (3, -2),
    (3, 2),
    (-2, -2),
    (-2, 0),
    (-2, 2),
];
const HORIZONTAL: [Place; 16] = [
    (0, -1),
    (0, 1),
    (0, -3),
    (0, 3),
    (-1, -3),
    (-1, -1),
    (-1, 1),
    (-1, 3),
    (1, -3),
    (1, -1),
    (1, 1),
    (1, 3),
    (-1, -2),
    (-1, 0),
    (-1, 2),
    (-2, 0),
];
/// Around the same place in a reference; the outer places of the cubic come last
/// and have no tap of their own.
const AROUND_VERTICAL: [Place; 11] = [
    (-1, 0),
    (1, 0),
    (0, 0),
    (0, -1),
    (0, 1),
    (-1, -1),
    (-1, 1),
    (1, -1),
    (1, 1),
    (-3, 0),
    (3, 0),
];
const AROUND_HORIZONTAL: [Place; 11] = [
    (0, -1),
    (0, 1),
    (0, 0),
    (-1, 0),
    (1, 0),
    (-1, -1),
    (-1, 1),
    (1, -1),
    (1, 1),
    (0, -3),
    (0, 3),
];
/// Taps per reference.
pub(super) const REFERENCE_TAPS: usize = 9;

impl Pass {
    pub(super) fn own(self) -> &'static [Place] {
        match self {
            Pass::Vertical => &VERTICAL,
            Pass::Horizontal => &HORIZONTAL,
        }
    }

    pub(super) fn around(self) -> &'static [Place; 11] {
        match self {
            Pass::Vertical => &AROUND_VERTICAL,
            Pass::Horizontal => &AROUND_HORIZONTAL,
        }
    }

    /// Taps with so many references.
    pub(super) fn taps(self, references: u32) -> usize {
        self.own().len() + REFERENCE_TAPS * references as usize
    }
}

/// The share of the cubic that place `k` of the own ones has.
pub(super) fn own_base(k: usize) -> f64 {
    CUBIC.get(k).copied().unwrap_or(0.0)
}

/// The same for a reference.
pub(super) fn reference_base(k: usize) -> f64 {
    match k {
        0 | 1 => CUBIC[0],
        9 | 10 => CUBIC[2],
        _ => 0.0,
    }
}

/// The weights of the own places, which add up to 1, and of those around in each
/// reference, which add up to 0.
pub(super) fn weights(pass: Pass, taps: &[i16]) -> Vec<f64> {
    let plain = |tap: Option<&i16>| from_fixed(tap.copied().map_or(0, i32::from));
    let (own, references) = taps.split_at(pass.own().len());
    let rest = 1.0 - from_fixed(total(own));
    let own_weights = (0..own.len()).map(|k| plain(own.get(k)) + own_base(k) * rest);
    let mut weights: Vec<f64> = own_weights.collect();
    for reference in references.chunks_exact(REFERENCE_TAPS) {
        let all = from_fixed(total(reference));
        let around = 0..pass.around().len();
        weights.extend(around.map(|k| plain(reference.get(k)) - reference_base(k) * all));
    }
    weights
}

fn total(taps: &[i16]) -> i32 {
    taps.iter().map(|t| i32::from(*t)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up() {
        for pass in [Pass::Vertical, Pass::Horizontal] {
            let taps: Vec<i16> = (0..pass.taps(2))
                .map(|k| (k as i16 * 37) % 101 - 40)
                .collect();
            let weights = weights(pass, &taps);
            let (own, references) = weights.split_at(pass.own().len());
            assert!((own.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for reference in references.chunks_exact(pass.around().len()) {
                assert!(reference.iter().sum::<f64>().abs() < 1e-12);
            }
        }
    }
}
