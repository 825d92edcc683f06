//! Latents as whole numbers, and the walk that tells them.

use super::adaptive::{Bit, Bits, Natural};
use super::contract::{Code, Coding};
use super::tiles::Tiling;

/// What is told of the tiles of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Latents {
    /// Which tiles the autoencoder predicts.
    pub(crate) on: Vec<bool>,
    /// As they travel, tile after tile; 0 where it does not.
    pub(crate) numbers: Vec<i32>,
    /// Means of tiles in multiples of a quantum; none if the contract has no use for them.
    pub(crate) means: Vec<i32>,
}

/// Magnitudes of latents and means end here.
pub(crate) const MOST: i32 = 1 << 30;

impl Latents {
    /// Of tiles of which nothing is known.
    pub(crate) fn unknown(tiles: usize, latents: usize, means: bool) -> Self {
        Latents {
            on: vec![false; tiles],
            numbers: vec![0; tiles * latents],
            means: vec![0; if means { tiles } else { 0 }],
        }
    }
}

/// From multiples of a step to what travels, in place. What does not fit is not there.
pub(crate) fn differ(numbers: &mut [i32]) {
    for k in (1..numbers.len()).rev() {
        numbers[k] = (i64::from(numbers[k]) - i64::from(numbers[k - 1]))
            .clamp(-i64::from(MOST), i64::from(MOST)) as i32;
    }
}

/// Back from what travels; never further than it can have been.
pub(crate) fn undiffer(numbers: &mut [i32]) {
    for k in 1..numbers.len() {
        numbers[k] = (i64::from(numbers[k]) + i64::from(numbers[k - 1]))
            .clamp(-i64::from(MOST), i64::from(MOST)) as i32;
    }
}

/// Models of a number with a sign.
#[derive(Clone, Default)]
struct Signed {
    zero: [Bit; ACTIVITIES],
    sign: [Bit; 3],
    size: [Natural; 2],
}

/// How lively the same number is in neighbouring tiles: none there, 0, little, more, much.
const ACTIVITIES: usize = 5;

/// What neighbouring tiles have for a number.
#[derive(Clone, Copy, Default)]
struct Around {
    activity: usize,
    sign: usize,
}

impl Around {
    fn of(numbers: impl Iterator<Item = i32>) -> Self {
        let (mut sum, mut size, mut count) = (0i64, 0i64, 0i64);
        for n in numbers {
            sum += i64::from(n);
            size += i64::from(n.unsigned_abs());
            count += 1;
        }
        let activity = match (count, size) {
            (0, _) => 0,
            (_, 0) => 1,
            (n, size) if size <= n => 2,
            (n, size) if size <= 4 * n => 3,
            _ => 4,
        };
        Around {
            activity,
            sign: (sum.signum() + 1) as usize,
        }
    }
}

impl Signed {
    fn code(&mut self, bits: &mut impl Bits, around: Around, number: i32) -> i32 {
        if !bits.bit(&mut self.zero[around.activity], number != 0) {
            return 0;
        }
        self.other(bits, around, number)
    }

    /// A number that is not 0.
    fn other(&mut self, bits: &mut impl Bits, around: Around, number: i32) -> i32 {
        let negative = bits.bit(&mut self.sign[around.sign], number < 0);
        let size = &mut self.size[usize::from(around.activity > 3)];
        let told = size.code(bits, number.unsigned_abs().saturating_sub(1));
        let size = told.min(MOST as u32 - 1) as i32 + 1;
        if negative { -size } else { size }
    }
}

/// The walk over all tiles, one after the other.
pub(crate) struct Walk<'a> {
    kind: Coding,
    latents: usize,
    tiling: &'a Tiling,
    on: [Bit; 3],
    mean: Signed,
    last_mean: i32,
    /// One per latent, or one for all.
    numbers: Vec<Signed>,
    count: Natural,
    gap: Natural,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(code: &Code, latents: usize, tiling: &'a Tiling) -> Self {
        let models = match code.kind {
            Coding::Dense => latents,
            Coding::Sparse => 1,
        };
        Walk {
            kind: code.kind,
            latents,
            tiling,
            on: Default::default(),
            mean: Signed::default(),
            last_mean: 0,
            numbers: vec![Signed::default(); models],
            count: Natural::default(),
            gap: Natural::default(),
        }
    }

    /// Codes what is told of the next tile.
    pub(crate) fn tile(&mut self, bits: &mut impl Bits, told: &mut Latents, tile: usize) {
        let mut near: Vec<usize> = self.tiling.neighbours(tile).collect();
        let lit = near.iter().filter(|n| told.on[**n]).count();
        let context = match lit {
            0 => 0,
            n if n < near.len() => 1,
            _ => 2,
        };
        told.on[tile] = bits.bit(&mut self.on[context], told.on[tile]);
        if !told.on[tile] {
            return;
        }
        near.retain(|n| told.on[*n]);
        if let Some(mean) = told.means.get_mut(tile) {
            let change = (i64::from(*mean) - i64::from(self.last_mean)) as i32;
            let change = self.mean.code(bits, Around::default(), change);
            *mean = self.last_mean.saturating_add(change).clamp(-MOST, MOST);
            self.last_mean = *mean;
        }
        match self.kind {
            Coding::Dense => self.dense(bits, &mut told.numbers, tile, &near),
            Coding::Sparse => {
                let all = tile * self.latents..(tile + 1) * self.latents;
                self.sparse(bits, &mut told.numbers[all]);
            }
        }
    }

    fn dense(&mut self, bits: &mut impl Bits, numbers: &mut [i32], tile: usize, near: &[usize]) {
        for k in 0..self.latents {
            let around = Around::of(near.iter().map(|n| numbers[n * self.latents + k]));
            let number = &mut numbers[tile * self.latents + k];
            *number = self.numbers[k].code(bits, around, *number);
        }
    }

    /// How many are not 0, and before each how many are.
    fn sparse(&mut self, bits: &mut impl Bits, numbers: &mut [i32]) {
        let there: Vec<usize> = (0..numbers.len()).filter(|k| numbers[*k] != 0).collect();
        let count = self.count.code(bits, there.len() as u32) as usize;
        let mut next = 0;
        for k in 0..count.min(numbers.len()) {
            let given = there.get(k).map_or(0, |at| at - next);
            let gap = self.gap.code(bits, given as u32) as usize;
            // Damaged streams count further than there is.
            let Some(number) = numbers.get_mut(next.saturating_add(gap)) else {
                return;
            };
            *number = self.numbers[0].other(bits, Around::default(), *number);
            next += gap + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::adaptive::{Counter, Reader, Writer};
    use super::*;

    fn code(kind: Coding) -> Code {
        Code {
            kind,
            differences: false,
            step: 1.0,
        }
    }

    fn some(tiling: &Tiling, latents: usize, means: bool) -> Latents {
        let mut told = Latents::unknown(tiling.len(), latents, means);
        let mut state = 3u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 10) as i32
        };
        for tile in 0..tiling.len() {
            told.on[tile] = next() % 4 > 0;
            if !told.on[tile] {
                continue;
            }
            for k in 0..latents {
                let number = (next() % 9 - 4) * i32::from(next() % 3 == 0);
                told.numbers[tile * latents + k] = number;
            }
            if means {
                told.means[tile] = next() % 1000 - 500;
            }
        }
        told.numbers[0] = if told.on[0] { MOST } else { 0 };
        told
    }

    #[test]
    fn latents_come_back() {
        let tiling = Tiling::new(&[3, 20, 30], &[4, 8], 6).unwrap();
        for kind in [Coding::Dense, Coding::Sparse] {
            for means in [false, true] {
                let (code, mut told) = (code(kind), some(&tiling, 6, means));
                let (mut writer, mut counter) = (Writer::default(), Counter::default());
                let mut walks = [(); 2].map(|()| Walk::new(&code, 6, &tiling));
                for tile in 0..tiling.len() {
                    walks[0].tile(&mut writer, &mut told, tile);
                    walks[1].tile(&mut counter, &mut told, tile);
                }
                let bytes = writer.finish();
                assert!(
                    (bytes.len() as f64 * 8.0 - counter.bits).abs() < 64.0 + 0.05 * counter.bits
                );
                let mut seen = Latents::unknown(tiling.len(), 6, means);
                let (mut reader, mut walk) = (Reader::new(&bytes), Walk::new(&code, 6, &tiling));
                (0..tiling.len()).for_each(|tile| walk.tile(&mut reader, &mut seen, tile));
                assert!(reader.is_finished() && seen == told);
            }
        }
    }

    #[test]
    fn differences_come_back() {
        let numbers = vec![5, -3, 0, 7, -40, 1 << 20];
        let mut there = numbers.clone();
        differ(&mut there);
        assert_eq!(there[1], -8);
        undiffer(&mut there);
        assert_eq!(there, numbers);
        let mut wild = vec![MOST; 40];
        undiffer(&mut wild);
        assert_eq!(wild[39], MOST);
    }

    #[test]
    fn nonsense_is_some_latents() {
        let tiling = Tiling::new(&[40, 40], &[4, 4], 9).unwrap();
        for kind in [Coding::Dense, Coding::Sparse] {
            for byte in 0..=255 {
                let bytes = [byte; 50];
                let code = code(kind);
                let mut seen = Latents::unknown(tiling.len(), 9, true);
                let (mut reader, mut walk) = (Reader::new(&bytes), Walk::new(&code, 9, &tiling));
                (0..tiling.len()).for_each(|tile| walk.tile(&mut reader, &mut seen, tile));
                assert!(seen.numbers.iter().all(|n| n.abs() <= MOST));
            }
        }
    }
}
