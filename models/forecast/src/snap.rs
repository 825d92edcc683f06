//! The guard band: predictions that differ a little from machine to machine become the
//! same integers everywhere.
//!
//! A prediction p is snapped to i = ⌊p/g + ½⌋. Where p lies closer than the band to the
//! border between two integers, the encoder tells the decoder whether its own i is odd.
//! As long as predictions differ by less than the band, the decoder's integers are then the
//! encoder's, and a checksum of them proves it.

/// Runs elsewhere may differ by so many times what two runs here do.
pub(crate) const SAFETY: f64 = 8.0;
/// No band is narrower: single precision has no more to give.
pub(crate) const LEAST_BAND: f64 = 1e-5;
/// A band as wide as the scale guards nothing.
pub(crate) const WIDEST: f64 = 1.0;

/// A grid and the band at its borders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Guard {
    grid: f64,
    band: f64,
}

/// In bands: a coarser grid spares no more bits by fewer borders, a finer one has too many.
const USUAL_GRID: f64 = 512.0;
pub(crate) const LEAST_GRID: f64 = 64.0;
/// Part of the bound: a finer grid tells no more of the forecast.
const FINE: f64 = 0.125;
/// Integers beyond are all the same: nothing so large is snapped in earnest.
const LARGEST: f64 = 9e15;

impl Guard {
    /// A grid as fine as the band allows. Up to the bound, a perfect prediction keeps its
    /// code of 0.
    pub(crate) fn new(bound: f64, band: f64) -> Self {
        let larger = |a: f64, b: f64| if a > b { a } else { b };
        let usual = larger(USUAL_GRID * band, FINE * bound);
        let usual = if usual > bound { bound } else { usual };
        Guard {
            grid: larger(usual, LEAST_GRID * band),
            band,
        }
    }

    fn integer(self, p: f64) -> i64 {
        let i = (p / self.grid + 0.5).floor();
        if i.abs() < LARGEST { i as i64 } else { 0 }
    }

    /// The prediction that an integer stands for.
    pub(crate) fn value(self, integer: i64) -> f64 {
        integer as f64 * self.grid
    }

    /// The other integer that a prediction may have become elsewhere, if it is close to
    /// a border.
    fn other(self, p: f64) -> Option<i64> {
        let (below, above) = (self.integer(p - self.band), self.integer(p + self.band));
        let own = self.integer(p);
        if below != own {
            Some(below)
        } else if above != own {
            Some(above)
        } else {
            None
        }
    }
}

/// Predictions with a guard each, as integers, and what a decoder has to be told.
pub(crate) fn snap(predictions: &[(f64, Guard)]) -> (Vec<i64>, Vec<u8>) {
    let integers: Vec<i64> = predictions.iter().map(|(p, g)| g.integer(*p)).collect();
    let mut told = checksum(&integers).to_le_bytes().to_vec();
    let mut next = 0;
    for (i, (p, guard)) in predictions.iter().enumerate() {
        if guard.other(*p).is_some() {
            put(
                &mut told,
                ((i - next) as u64) << 1 | (integers[i] & 1) as u64,
            );
            next = i + 1;
        }
    }
    (integers, told)
}

/// How wide a band has to be: what two runs differ by, and some.
pub(crate) struct Spread(f64);

impl Spread {
    pub(crate) fn none() -> Self {
        Spread(LEAST_BAND)
    }

    /// Takes note of what both runs say, in units of a scale.
    pub(crate) fn see(&mut self, here: f64, there: f64, scale: f64) {
        let band = SAFETY * (here - there).abs() / scale;
        self.0 = if band > self.0 { band } else { self.0 };
    }

    pub(crate) fn band(self) -> f64 {
        if self.0 < WIDEST { self.0 } else { WIDEST }
    }
}

/// No encoder tells a decoder this.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The integers of a decoder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repaired {
    pub(crate) integers: Vec<i64>,
    /// Whether they are the encoder's.
    pub(crate) same: bool,
}

/// The encoder's integers, if predictions differ from its own by less than the band.
pub(crate) fn repair(predictions: &[(f64, Guard)], told: &[u8]) -> Result<Repaired, Damaged> {
    let mut integers: Vec<i64> = predictions.iter().map(|(p, g)| g.integer(*p)).collect();
    let (sum, mut list) = told.split_first_chunk().ok_or(Damaged)?;
    let mut next = 0;
    while !list.is_empty() {
        let number = take(&mut list).ok_or(Damaged)?;
        let gap = usize::try_from(number >> 1).map_err(|_| Damaged)?;
        let i = gap.checked_add(next).ok_or(Damaged)?;
        let (p, guard) = predictions.get(i).ok_or(Damaged)?;
        if integers[i] & 1 != (number & 1) as i64 {
            // Nearer than half a grid on one side: the neighbour there has the parity.
            let own = integers[i];
            let over = p / guard.grid - own as f64;
            integers[i] = if over > 0.0 { own + 1 } else { own - 1 };
        }
        next = i + 1;
    }
    let same = checksum(&integers) == u32::from_le_bytes(*sum);
    Ok(Repaired { integers, same })
}

fn checksum(integers: &[i64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    integers
        .iter()
        .for_each(|i| hasher.update(&i.to_le_bytes()));
    hasher.finalize()
}

/// Seven bits a byte, the lowest first; all but the last have the highest bit set.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte & 128 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(shift: f64) -> Vec<(f64, Guard)> {
        let guard = Guard::new(0.1, 1e-3);
        let mut state = 1u64;
        let next = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (((state >> 11) as f64) / (1u64 << 53) as f64 - 0.5) * 200.0
        };
        let numbers: Vec<f64> = (0..5000).map(next).collect();
        let sign = |i: usize| if i.is_multiple_of(3) { -1.0 } else { 1.0 };
        (0..)
            .zip(numbers)
            .map(|(i, p)| (p + sign(i) * shift, guard))
            .collect()
    }

    #[test]
    fn what_differs_by_less_than_the_band_becomes_the_same() {
        let here = predictions(0.0);
        let (integers, told) = snap(&here);
        assert!(told.len() > 40 && told.len() < 600, "{}", told.len());
        for shift in [0.0, 1e-6, -3e-4, 9.9e-4, -9.9e-4] {
            let repaired = repair(&predictions(shift), &told).unwrap();
            assert!(repaired.same, "{shift}");
            assert_eq!(repaired.integers, integers, "{shift}");
        }
        let repaired = repair(&predictions(5e-3), &told).unwrap();
        assert!(!repaired.same && repaired.integers != integers);
    }

    #[test]
    fn without_the_list_predictions_at_borders_differ() {
        let (integers, told) = snap(&predictions(0.0));
        assert!(!repair(&predictions(9e-4), &told[..4]).unwrap().same);
        let own = repair(&predictions(0.0), &told[..4]).unwrap();
        assert_eq!((own.integers, own.same), (integers, true));
    }

    #[test]
    fn snapping_moves_by_half_a_grid_at_most() {
        for (p, guard) in predictions(0.0) {
            assert!((guard.value(guard.integer(p)) - p).abs() <= 0.5 * guard.grid + 1e-12);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let here = predictions(0.0);
        for told in [vec![], vec![1, 2, 3], vec![0, 0, 0, 0, 128], vec![255; 30]] {
            assert!(repair(&here, &told).is_ok_and(|r| !r.same) || repair(&here, &told).is_err());
        }
        let wild = [
            (f64::MAX, Guard::new(0.0, 1e-9)),
            (-1e300, Guard::new(1e-300, 1e-300)),
        ];
        let (integers, told) = snap(&wild);
        assert_eq!(repair(&wild, &told).unwrap().integers, integers);
    }
}
