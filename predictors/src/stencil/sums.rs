//! The normal equations of a tile.
//!
//! A row holds the products of a feature with itself and all after it and with the
//! target. Rows come in strips of four that start at the same column, so that they are
//! made of whole vectors; what lies before the diagonal is never looked at.

use super::places::{RUN, TAPS};

/// Features, the target and what fills up the last vector.
const WIDTH: usize = (TAPS + 1).next_multiple_of(STRIP);
const STRIP: usize = 4;
/// Numbers of a tile.
pub(super) const SUMS: usize = start(TAPS);
/// Added to the diagonal, in parts of its mean.
const STIFFNESS: f64 = 1e-3;

/// Where row `i` starts.
const fn start(i: usize) -> usize {
    let (strip, rest) = (i / STRIP, i % STRIP);
    // The strips before are `STRIP` rows each, every one a vector shorter than the last.
    let before = STRIP * (strip * WIDTH - STRIP * (strip * strip - strip) / 2);
    before + rest * (WIDTH - STRIP * strip)
}

/// Multiplies all sums.
pub(super) fn fade(sums: &mut [f64], factor: f64) {
    sums.iter_mut().for_each(|s| *s *= factor);
}

#[inline(always)]
fn add_strip<const FIRST: usize>(sums: &mut [f64; SUMS], rows: &[[f64; WIDTH]; RUN], count: usize) {
    for i in FIRST..(FIRST + STRIP).min(TAPS) {
        let own = &mut sums[start(i)..start(i) + WIDTH - FIRST];
        let mut total = [0.0; WIDTH];
        total[FIRST..].copy_from_slice(own);
        for row in &rows[..count] {
            for j in FIRST..WIDTH {
                total[j] += row[i] * row[j];
            }
        }
        own.copy_from_slice(&total[FIRST..]);
    }
}

crate::widest! {
    // Takes the first `count` places of a run into account, one after the other.
    fn add<>(sums: &mut [f64; SUMS], features: &[[f64; RUN]; TAPS], targets: &[f64; RUN], count: usize) {
        let mut rows = [[0.0; WIDTH]; RUN];
        for (k, row) in rows.iter_mut().enumerate() {
            for (x, feature) in row.iter_mut().zip(features) {
                *x = feature[k];
            }
            row[TAPS] = targets[k];
        }
        const { assert!(TAPS == 17, "there is a strip for each four taps") };
        add_strip::<0>(sums, &rows, count);
        add_strip::<4>(sums, &rows, count);
        add_strip::<8>(sums, &rows, count);
        add_strip::<12>(sums, &rows, count);
        add_strip::<16>(sums, &rows, count);
    }

    fn merge<>(total: &mut [f64; SUMS], sums: &[f64; SUMS], weight: f64) {
        total.iter_mut().zip(sums).for_each(|(t, s)| *t += weight * s);
    }

    // The taps, by Cholesky's method on a stiffened matrix.
    fn solve<>(sums: &[f64; SUMS]) -> Option<[f64; TAPS]> {
        let mut trace = 0.0;
        let mut rows = [[0.0; WIDTH]; TAPS];
        for (i, row) in rows.iter_mut().enumerate() {
            let first = i / STRIP * STRIP;
            row[first..].copy_from_slice(&sums[start(i)..start(i) + WIDTH - first]);
            trace += row[i];
        }
        let stiffness = STIFFNESS * trace / TAPS as f64;
        (0..TAPS).for_each(|i| rows[i][i] += stiffness);
        // The right side is a column like any other: it comes out as the forward solution.
        for k in 0..TAPS {
            let (done, rest) = rows.split_at_mut(k + 1);
            let row = &mut done[k];
            let root = Some(row[k]).filter(|pivot| *pivot > 0.0)?.sqrt();
            row[k / STRIP * STRIP..].iter_mut().for_each(|x| *x /= root);
            row[k] = root;
            for (i, other) in (k + 1..).zip(rest) {
                let (factor, first) = (row[i], i / STRIP);
                let row = &row.as_chunks::<STRIP>().0[first..];
                for (x, y) in other.as_chunks_mut::<STRIP>().0[first..].iter_mut().zip(row) {
                    x.iter_mut().zip(y).for_each(|(x, y)| *x -= factor * y);
                }
            }
        }
        let mut taps = rows.map(|row| row[TAPS]);
        for i in (0..TAPS).rev() {
            for k in i + 1..TAPS {
                taps[i] -= rows[i][k] * taps[k];
            }
            taps[i] /= rows[i][i];
        }
        taps.iter().all(|t| t.is_finite()).then_some(taps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -1 to 1.
    fn noise(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    /// Row after row of the lower triangle.
    fn solve_plainly(matrix: &[[f64; TAPS]; TAPS], right: &[f64; TAPS]) -> [f64; TAPS] {
        let mut lower = *matrix;
        let trace = (0..TAPS).fold(0.0, |sum, i| sum + matrix[i][i]);
        for i in 0..TAPS {
            lower[i][i] += STIFFNESS * trace / TAPS as f64;
            for j in 0..=i {
                let mut rest = lower[i][j];
                for k in 0..j {
                    rest -= lower[i][k] * lower[j][k];
                }
                lower[i][j] = if i > j {
                    rest / lower[j][j]
                } else {
                    rest.sqrt()
                };
            }
        }
        let mut taps = [0.0; TAPS];
        for i in 0..TAPS {
            let mut rest = right[i];
            for k in 0..i {
                rest -= lower[i][k] * taps[k];
            }
            taps[i] = rest / lower[i][i];
        }
        for i in (0..TAPS).rev() {
            for k in i + 1..TAPS {
                taps[i] -= lower[k][i] * taps[k];
            }
            taps[i] /= lower[i][i];
        }
        taps
    }

    #[test]
    fn strips_add_up_and_solve_as_plain_loops_do() {
        let mut seed = 3;
        let mut sums = [0.0; SUMS];
        let (mut matrix, mut right) = ([[0.0; TAPS]; TAPS], [0.0; TAPS]);
        for count in (1..=RUN).cycle().take(60) {
            let features = [[0.0; RUN]; TAPS].map(|x| x.map(|_: f64| noise(&mut seed)));
            let targets = [0.0; RUN].map(|_: f64| noise(&mut seed));
            add(&mut sums, &features, &targets, count);
            for k in 0..count {
                for i in 0..TAPS {
                    for j in 0..TAPS {
                        matrix[i][j] += features[i][k] * features[j][k];
                    }
                    right[i] += features[i][k] * targets[k];
                }
            }
        }
        for i in 0..TAPS {
            let row = &sums[start(i)..];
            let diagonal = i % STRIP;
            assert_eq!(row[diagonal..diagonal + TAPS - i], matrix[i][i..]);
            assert_eq!(row[diagonal + TAPS - i], right[i]);
        }
        assert_eq!(solve(&sums), Some(solve_plainly(&matrix, &right)));
    }

    #[test]
    fn nothing_gives_no_taps() {
        assert_eq!(solve(&[0.0; SUMS]), None);
        assert_eq!(solve(&[f64::NAN; SUMS]), None);
    }
}
