//! Extremes and quantiles.

use serde::{Deserialize, Serialize};

/// The quantile of sorted numbers, between neighbours by a straight line.
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = part.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// Where the numbers of a field lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// A thousandth is below.
    pub low: f64,
    /// Half is below.
    pub median: f64,
    /// A thousandth is above.
    pub high: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// `None` without numbers.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Some(Spread {
            min: *sorted.first()?,
            low: quantile(&sorted, 0.001)?,
            median: quantile(&sorted, 0.5)?,
            high: quantile(&sorted, 0.999)?,
            max: *sorted.last()?,
        })
    }

    /// The largest difference between any of these numbers and those of another field.
    pub fn shift(&self, other: &Spread) -> f64 {
        let [ours, theirs] = [self, other].map(|s| [s.min, s.low, s.median, s.high, s.max]);
        let differences = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f64::max)
    }

    /// The largest minus the smallest.
    pub fn range(&self) -> f64 {
        self.max - self.min
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_numpy_has_them() {
        let (x, _) = fields();
        let spread = Spread::of(&x).unwrap();
        close(spread.low, -1.571_848_691_969_197_9);
        close(spread.median, 5.284_266_688_082_027);
        close(spread.high, 11.351_587_163_216_111);
        close(spread.range(), 13.136_529_213_349_94);
    }

    #[test]
    fn between_neighbours_by_a_straight_line() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), Some(4.0));
        assert_eq!(
            (quantile(&[], 0.5), quantile(&[5.0], 0.3)),
            (None, Some(5.0))
        );
        assert_eq!(Spread::of(&[f64::NAN]), None);
    }

    #[test]
    fn a_shift_is_the_largest_of_all() {
        let spread = Spread::of(&[1.0, 2.0, 3.0]).unwrap();
        let other = Spread::of(&[1.5, 2.0, 2.75]).unwrap();
        assert_eq!((spread.shift(&other), spread.shift(&spread)), (0.5, 0.0));
    }
}
