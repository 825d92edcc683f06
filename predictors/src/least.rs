//! Weighted least squares for predictors, and taps as small whole numbers.

use std::borrow::Cow;

use crate::sample::Sample;

/// Normal equations of a fit.
#[derive(Debug, Clone)]
pub(crate) struct Normal {
    n: usize,
    /// Lower triangle, row by row with stride `n`.
    matrix: Vec<f64>,
    right: Vec<f64>,
    pub(crate) weight: f64,
    pub(crate) samples: usize,
}

impl Normal {
    pub(crate) fn new(n: usize) -> Self {
        Normal {
            n,
            matrix: vec![0.0; n * n],
            right: vec![0.0; n],
            weight: 0.0,
            samples: 0,
        }
    }

    /// Takes samples into account: their features one after the other, targets and
    /// weights.
    pub(crate) fn add(&mut self, features: &[f32], targets: &[f32], weights: &[f64]) {
        let size = f64::from(largest(&features).max(largest(&targets)));
        let weight = weights.iter().fold(0.0f64, |m, w| m.max(*w));
        // Products of scaled numbers fit single precision whatever the field's unit.
        let scales = (1.0 / size, 1.0 / weight);
        let back = size * size * weight;
        if back > 0.0 {
            let n = self.n;
            let mut block = Block::new(n);
            let features = features.chunks(BLOCK * n).zip(targets.chunks(BLOCK));
            for ((features, targets), weights) in features.zip(weights.chunks(BLOCK)) {
                block.load(features, targets, weights, scales);
                products(&block, back, &mut self.matrix, &mut self.right);
            }
        }
        self.weight += weights.iter().sum::<f64>();
        self.samples += targets.len();
    }

    /// Adds another fit's sums.
    pub(crate) fn merge(&mut self, other: &Normal) {
        self.matrix
            .iter_mut()
            .zip(&other.matrix)
            .for_each(|(a, b)| *a += b);
        self.right
            .iter_mut()
            .zip(&other.right)
            .for_each(|(a, b)| *a += b);
        self.weight += other.weight;
        self.samples += other.samples;
    }

    /// Makes the fit expect noise of that variance in every value, because the
    /// decoder predicts from reconstructions: features `group` are differences of
    /// values to one base value, whose noise they share; `target` says whether the
    /// target is a difference to the same base.
    pub(crate) fn expect_noise(
        &mut self,
        group: std::ops::Range<usize>,
        variance: f64,
        target: bool,
    ) {
        let noise = self.weight * variance;
        for i in group.clone() {
            for j in group.start..=i {
                self.matrix[i * self.n + j] += if i == j { 2.0 * noise } else { noise };
            }
            if target {
                self.right[i] += noise;
            }
        }
    }

    /// The same for features that are differences to a weighted sum of values, `base`
    /// giving the weight of each in that sum.
    pub(crate) fn expect_noise_around(
        &mut self,
        group: std::ops::Range<usize>,
        variance: f64,
        base: impl Fn(usize) -> f64,
        target: bool,
    ) {
        let noise = self.weight * variance;
        let (own, length) = (
            |k: usize| base(k - group.start),
            (0..16).map(|k| base(k) * base(k)).sum::<f64>(),
        );
        for i in group.clone() {
            for j in group.start..=i {
                self.matrix[i * self.n + j] +=
                    noise * (f64::from(u8::from(i == j)) - own(i) - own(j) + length);
            }
            if target {
                self.right[i] += noise * (length - own(i));
            }
        }
    }

    /// The taps, by Cholesky's method on a slightly stiffened matrix; nothing if there
    /// are too few samples or the matrix is degenerate all the same.
    pub(crate) fn solve(&self) -> Option<Vec<f64>> {
        let n = self.n;
        if self.samples < 2 * n {
            return None;
        }
        let trace: f64 = (0..n).map(|i| self.matrix[i * n + i]).sum();
        let stiffness = 1e-5 * trace / n as f64;
        if !(stiffness > 0.0 && stiffness.is_finite()) {
            return None;
        }
        let mut lower = self.matrix.clone();
        (0..n).for_each(|i| lower[i * n + i] += stiffness);
        for i in 0..n {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
                let rest = lower[i * n + j] - dot;
                if i > j {
                    lower[i * n + j] = rest / lower[j * n + j];
                } else if rest > 0.0 {
                    lower[i * n + i] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        let mut taps = self.right.clone();
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| lower[i * n + k] * taps[k]).sum();
            taps[i] = (taps[i] - dot) / lower[i * n + i];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| lower[k * n + i] * taps[k]).sum();
            taps[i] = (taps[i] - dot) / lower[i * n + i];
        }
        taps.iter().all(|t| t.is_finite()).then_some(taps)
    }
}

/// So many samples are summed up in single precision.
const BLOCK: usize = 256;
/// Rows and columns of the matrix that are computed at a time.
const TILE: (usize, usize) = (4, 16);

/// Samples, padded to whole tiles.
pub(super) struct Block {
    n: usize,
    /// Features.
    plain: Vec<f32>,
    /// Features and the target, times the weight.
    weighted: Vec<f32>,
}

impl Block {
    fn new(n: usize) -> Self {
        Block {
            n,
            plain: Vec::new(),
            weighted: Vec::new(),
        }
    }

    /// From sample to sample in both.
    fn strides(&self) -> (usize, usize) {
        let n = self.n;
        (n.next_multiple_of(TILE.1), (n + 1).next_multiple_of(TILE.0))
    }

    fn load(&mut self, features: &[f32], targets: &[f32], weights: &[f64], scales: (f64, f64)) {
        let (across, down) = self.strides();
        self.plain.resize(targets.len() * across, 0.0);
        self.weighted.resize(targets.len() * down, 0.0);
        let rows = self.plain.chunks_exact_mut(across);
        let rows = rows.zip(self.weighted.chunks_exact_mut(down));
        let samples = features.chunks_exact(self.n).zip(targets).zip(weights);
        let scale = scales.0 as f32;
        for ((plain, weighted), ((features, target), weight)) in rows.zip(samples) {
            let weight = (weight * scales.1) as f32;
            let pairs = plain.iter_mut().zip(weighted.iter_mut()).zip(features);
            for ((p, w), x) in pairs {
                *p = x * scale;
                *w = *p * weight;
            }
            weighted[self.n] = target * scale * weight;
        }
    }
}

#[inline(always)]
fn add_product(sums: &mut [f32; TILE.1], factor: f32, row: &[f32; TILE.1]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += factor * x;
    }
}

crate::widest! {
    // The largest magnitude; as large as can be if any is not a number.
    fn largest<F: AsRef<[f32]>>(values: &F) -> f32 {
        let magnitudes = values.as_ref().iter().map(|x| x.to_bits() & 0x7fff_ffff);
        f32::from_bits(magnitudes.fold(0, u32::max))
    }

    // Adds the products of all pairs of features, lower triangle only, times `back`.
    fn products<>(block: &Block, back: f64, matrix: &mut [f64], right: &mut [f64]) {
        let (n, strides) = (block.n, block.strides());
        for top in (0..=n).step_by(TILE.0) {
            for left in (0..n.min(top + TILE.0)).step_by(TILE.1) {
                let [mut a, mut b, mut c, mut d] = [[0f32; TILE.1]; TILE.0];
                let (plain, weighted) = (block.plain.chunks_exact(strides.0), block.weighted.chunks_exact(strides.1));
                for (plain, weighted) in plain.zip(weighted) {
                    let across = &plain.as_chunks::<{ TILE.1 }>().0[left / TILE.1];
                    let down = &weighted.as_chunks::<{ TILE.0 }>().0[top / TILE.0];
                    add_product(&mut a, down[0], across);
                    add_product(&mut b, down[1], across);
                    add_product(&mut c, down[2], across);
                    add_product(&mut d, down[3], across);
                }
                let sums = [a, b, c, d];
                for (i, sums) in (top..).zip(&sums) {
                    for (j, sum) in (left..).zip(sums) {
                        if j <= i && i < n {
                            matrix[i * n + j] += f64::from(*sum) * back;
                        } else if i == n && j < n {
                            right[j] += f64::from(*sum) * back;
                        }
                    }
                }
            }
        }
    }
}

/// Originals in which holes take the value before them, and about their mean.
pub(crate) fn fill_holes<T: Sample>(originals: &[T]) -> (Cow<'_, [T]>, f64) {
    let filled = if crate::padded::all_finite(originals) {
        Cow::Borrowed(originals)
    } else {
        let mut last = originals
            .iter()
            .copied()
            .find(|x| x.is_finite())
            .unwrap_or_default();
        let fill = |&x: &T| {
            last = if x.is_finite() { x } else { last };
            last
        };
        Cow::Owned(originals.iter().map(fill).collect::<Vec<T>>())
    };
    let first = filled[0].to_f64();
    let every = filled.len().div_ceil(4096);
    let (mut sum, mut count) = (0.0, 0.0);
    for x in filled.iter().step_by(every) {
        sum += x.to_f64() - first;
        count += 1.0;
    }
    let mean = first + sum / count;
    (filled, if mean.is_finite() { mean } else { 0.0 })
}

/// Taps are stored in units of 2^−13.
const UNIT: f64 = 8192.0;

/// The stored form of a tap, ±4 at most.
pub(crate) fn to_fixed(tap: f64) -> i16 {
    let scaled = tap * UNIT;
    // `as` saturates and turns NaN into 0.
    (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i16
}

/// The exact value of a stored tap, or of a sum of some.
pub(crate) fn from_fixed(tap: i32) -> f64 {
    f64::from(tap) / UNIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn a_linear_law_is_found() {
        let mut normal = Normal::new(2);
        for i in 0..50u16 {
            let (a, b) = (f32::from(i % 7) - 3.0, f32::from(i % 5) - 2.0);
            normal.add(&[a, b], &[0.75 * a - 0.5 * b], &[1.0]);
        }
        let taps = normal.solve().unwrap();
        assert_abs_diff_eq!(taps[0], 0.75, epsilon = 1e-4);
        assert_abs_diff_eq!(taps[1], -0.5, epsilon = 1e-4);
    }

    #[test]
    fn tiles_add_up_what_single_products_do() {
        for (n, unit) in [(1, 1.0), (5, 1e-15), (16, 1e15), (46, 3.0)] {
            let count = 600;
            let wave = |i: usize| (((i * 7919) % 1013) as f32 / 500.0 - 1.0) * unit;
            let features: Vec<f32> = (0..count * n).map(wave).collect();
            let targets: Vec<f32> = (0..count).map(|i| wave(i * 31 + 5)).collect();
            let weights: Vec<f64> = (0..count).map(|i| (1 + i % 9) as f64 * 1e20).collect();
            let mut normal = Normal::new(n);
            normal.add(&features, &targets, &weights);
            let unit = f64::from(unit) * f64::from(unit) * 1e20 * count as f64;
            let sum = |x: &dyn Fn(usize) -> f32, y: &dyn Fn(usize) -> f32| -> f64 {
                let product = |s| f64::from(x(s)) * f64::from(y(s)) * weights[s];
                (0..count).map(product).sum::<f64>() / unit
            };
            for i in 0..n {
                for j in 0..=i {
                    let want = sum(&|s| features[s * n + i], &|s| features[s * n + j]);
                    assert_abs_diff_eq!(normal.matrix[i * n + j] / unit, want, epsilon = 1e-5);
                }
                let want = sum(&|s| features[s * n + i], &|s| targets[s]);
                assert_abs_diff_eq!(normal.right[i] / unit, want, epsilon = 1e-5);
            }
        }
    }

    #[test]
    fn degenerate_samples_give_no_taps() {
        let mut normal = Normal::new(2);
        assert!(normal.solve().is_none());
        (0..50).for_each(|_| normal.add(&[0.0, 0.0], &[1.0], &[1.0]));
        assert!(normal.solve().is_none());
        (0..50).for_each(|_| normal.add(&[f32::NAN, 0.0], &[1.0], &[1.0]));
        assert!(normal.solve().is_none());
    }

    #[test]
    fn fewer_samples_than_taps_give_none() {
        let mut normal = Normal::new(4);
        for i in 0..7u16 {
            assert!(normal.solve().is_none());
            let x = f32::from(i);
            normal.add(&[x, 1.0 - x, x * x, 2.0], &[x], &[1.0]);
        }
        assert!(normal.solve().is_none());
    }

    #[test]
    fn features_that_repeat_each_other_share_a_tap() {
        // Constant rows: what lies left and right of a sample is the same everywhere.
        let mut normal = Normal::new(3);
        for i in 0..200u16 {
            let x = f32::from(i % 17) - 8.0;
            normal.add(&[x, x, 0.0], &[x], &[1.0]);
        }
        let taps = normal.solve().unwrap();
        assert_abs_diff_eq!(taps[0], 0.5, epsilon = 1e-3);
        assert_abs_diff_eq!(taps[1], 0.5, epsilon = 1e-3);
        assert_abs_diff_eq!(taps[2], 0.0, epsilon = 1e-3);
    }

    #[test]
    fn features_of_wildly_different_scale_give_finite_taps_or_none() {
        for scale in [1e-38, 1e-20, 1.0, 1e18, 1e30, f32::MAX] {
            let mut normal = Normal::new(2);
            for i in 0..100u16 {
                let x = f32::from(i % 7) - 3.0;
                normal.add(&[x, x * scale], &[x * scale], &[1.0]);
            }
            let taps = normal.solve().unwrap_or_default();
            assert!(taps.iter().all(|t| t.is_finite()), "{scale}");
        }
    }

    #[test]
    fn stored_taps_saturate() {
        assert_eq!(
            (
                to_fixed(1.0),
                to_fixed(-0.5),
                to_fixed(99.0),
                to_fixed(f64::NAN)
            ),
            (8192, -4096, i16::MAX, 0)
        );
        assert_eq!(from_fixed(8192), 1.0);
    }
}
