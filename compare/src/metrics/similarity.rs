//! Structural similarity of fields.

use serde::{Deserialize, Serialize};

use super::frames::frame;

/// Climate fields at least this similar pass for the same: the threshold of Baker et al.
pub const ALIKE: f64 = 0.99995;

/// Windows are 11 samples wide, weighted by a Gaussian with a standard deviation of 1.5.
const REACH: usize = 5;
const DEVIATION: f64 = 1.5;

/// Structural similarity of a field with its original, frame by frame; 1 is the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    /// The least of all frames.
    pub worst: f64,
    /// The mean of frames.
    pub mean: f64,
    /// Which part of the frames are at least [`ALIKE`].
    pub alike: f64,
}

impl Similarity {
    /// The index of Baker et al. (2023) for floating-point data, DSSIM: each frame is scaled to
    /// 0 to 1 and rounded to 255ths, both constants are 1e-8, and five samples at the edges do
    /// not count. Holes are left out of windows.
    ///
    /// `None` for frames with fewer than 11 rows or columns, or without numbers.
    pub fn climate(original: &[f64], decoded: &[f64], shape: &[usize]) -> Option<Self> {
        by_frames(original, decoded, shape, |x, y, columns| {
            let (low, high) = common_range(x, y)?;
            let scaled = |values: &[f64]| {
                let scale = |v: &f64| (scale(*v, low, high) * 255.0).round_ties_even() / 255.0;
                values.iter().map(scale).collect::<Vec<_>>()
            };
            mean_index(&scaled(x), &scaled(y), columns, [1e-8, 1e-8])
        })
    }

    /// The index of Wang et al. (2004) with its usual constants, 0.01 and 0.03 of the range of
    /// the original. Frames without a range do not count.
    pub fn classic(original: &[f64], decoded: &[f64], shape: &[usize]) -> Option<Self> {
        by_frames(original, decoded, shape, |x, y, columns| {
            let (low, high) = common_range(x, x).filter(|(low, high)| low < high)?;
            let constants = [0.01, 0.03].map(|k| (k * (high - low)) * (k * (high - low)));
            mean_index(x, y, columns, constants)
        })
    }
}

fn scale(value: f64, low: f64, high: f64) -> f64 {
    if high > low {
        (value - low) / (high - low)
    } else if high == 0.0 {
        value
    } else {
        value / high
    }
}

fn by_frames(
    original: &[f64],
    decoded: &[f64],
    shape: &[usize],
    index: impl Fn(&[f64], &[f64], usize) -> Option<f64>,
) -> Option<Similarity> {
    let (rows, columns) = frame(shape);
    if rows <= 2 * REACH || columns <= 2 * REACH {
        return None;
    }
    let frames = original.chunks_exact(rows * columns);
    let pairs = frames.zip(decoded.chunks_exact(rows * columns));
    let found: Vec<f64> = pairs.filter_map(|(x, y)| index(x, y, columns)).collect();
    let count = found.len() as f64;
    let alike = found.iter().filter(|s| **s >= ALIKE).count();
    (!found.is_empty()).then(|| Similarity {
        worst: found.iter().copied().fold(f64::INFINITY, f64::min),
        mean: found.iter().sum::<f64>() / count,
        alike: alike as f64 / count,
    })
}

fn common_range(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let numbers = x.iter().chain(y).filter(|v| v.is_finite());
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = numbers.fold(start, |(low, high), v| (low.min(*v), high.max(*v)));
    (low <= high).then_some((low, high))
}

/// The mean of the index over places with a whole window.
fn mean_index(x: &[f64], y: &[f64], columns: usize, [c1, c2]: [f64; 2]) -> Option<f64> {
    let there: Vec<f64> = x
        .iter()
        .zip(y)
        .map(|(a, b)| {
            if a.is_finite() && b.is_finite() {
                1.0
            } else {
                0.0
            }
        })
        .collect();
    let masked = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let value = |i: usize| if there[i] > 0.0 { value(i) } else { 0.0 };
        blur(&(0..there.len()).map(value).collect::<Vec<_>>(), columns)
    };
    let weight = blur(&there, columns);
    let moments = [
        masked(&|i| x[i]),
        masked(&|i| y[i]),
        masked(&|i| x[i] * x[i]),
        masked(&|i| y[i] * y[i]),
        masked(&|i| x[i] * y[i]),
    ];
    let inner = columns - 2 * REACH;
    let (mut sum, mut count) = (0.0, 0usize);
    for (k, w) in weight.iter().enumerate() {
        let centre = (k / inner + REACH) * columns + k % inner + REACH;
        if there[centre] == 0.0 {
            continue;
        }
        let [mx, my, xx, yy, xy] = [0, 1, 2, 3, 4].map(|m| moments[m][k] / w);
        let means = (2.0 * mx * my + c1) / (mx * mx + my * my + c1);
        let deviations = (2.0 * (xy - mx * my) + c2) / ((xx - mx * mx) + (yy - my * my) + c2);
        sum += means * deviations;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// Weighted sums over windows, of places with a whole window only.
fn blur(values: &[f64], columns: usize) -> Vec<f64> {
    let taps = taps();
    let inner = columns - 2 * REACH;
    let rows = values.len() / columns;
    let mut along = vec![0.0; rows * inner];
    for (row, out) in values
        .chunks_exact(columns)
        .zip(along.chunks_exact_mut(inner))
    {
        for (k, tap) in taps.iter().enumerate() {
            let shifted = &row[k..k + inner];
            out.iter_mut().zip(shifted).for_each(|(o, v)| *o += tap * v);
        }
    }
    let mut out = vec![0.0; (rows - 2 * REACH) * inner];
    for (r, out) in out.chunks_exact_mut(inner).enumerate() {
        for (k, tap) in taps.iter().enumerate() {
            let row = &along[(r + k) * inner..(r + k + 1) * inner];
            out.iter_mut().zip(row).for_each(|(o, v)| *o += tap * v);
        }
    }
    out
}

fn taps() -> [f64; 2 * REACH + 1] {
    let bell = |k: usize| {
        let at = (k as f64 - REACH as f64) / DEVIATION;
        (-0.5 * at * at).exp()
    };
    let taps: [f64; 2 * REACH + 1] = std::array::from_fn(bell);
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{close, fields};
    use super::*;

    #[test]
    fn as_the_window_by_window_definition_has_it() {
        let (x, y) = fields();
        let found = Similarity::climate(&x, &y, &[24, 40]).unwrap();
        close(found.mean, 0.999_867_285_528_482_4);
        let (mut holed_x, mut holed_y) = (x.clone(), y.clone());
        for i in [300, 301, 340, 555] {
            (holed_x[i], holed_y[i]) = (f64::NAN, f64::NAN);
        }
        let found = Similarity::climate(&holed_x, &holed_y, &[24, 40]).unwrap();
        close(found.mean, 0.999_867_643_246_142_6);
    }

    #[test]
    fn as_scikit_image_has_it() {
        let (x, y) = fields();
        let found = Similarity::classic(&x, &y, &[24, 40]).unwrap();
        close(found.mean, 0.999_909_899_998_562);
    }

    #[test]
    fn frames_are_judged_one_by_one() {
        let (x, y) = fields();
        let found = Similarity::climate(
            &[x.clone(), x.clone()].concat(),
            &[x, y].concat(),
            &[2, 24, 40],
        )
        .unwrap();
        assert_eq!(found.alike, 0.5);
        close(found.worst, 0.999_867_285_528_482_4);
        close(found.mean, f64::midpoint(1.0, 0.999_867_285_528_482_4));
    }

    #[test]
    fn the_same_field_is_the_same_even_if_constant() {
        let same = [7.0; 144];
        assert_eq!(
            Similarity::climate(&same, &same, &[12, 12]).unwrap().worst,
            1.0
        );
        assert_eq!(Similarity::climate(&same, &same, &[144]), None);
        assert_eq!(Similarity::classic(&same, &same, &[12, 12]), None);
        let nothing = [f64::NAN; 144];
        assert_eq!(Similarity::climate(&nothing, &nothing, &[12, 12]), None);
    }
}
