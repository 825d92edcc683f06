//! How much each part of the surroundings says about a code.

use foresz_predictors::Plane;

use super::scene::{self, FEATURES, Group, Scene};
use crate::coding::HOLE;
use crate::container::bytes::Reader;
use crate::error::{Result, Section, corrupt};

/// Weights in units of 2^−10: Σ weight·feature is the expected magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weights(pub(super) [u16; FEATURES]);

const UNIT: f64 = 1024.0;
/// Stored in steps of this, as a byte.
const STEP: u16 = 4;

/// About right for any plane: mostly the row above.
const USUAL: Weights = Weights([160, 60, 40, 40, 20]);

impl Weights {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend(self.0.map(|w| (w / STEP) as u8));
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Self> {
        let bytes = reader.take(FEATURES)?;
        let mut weights = [0; FEATURES];
        weights
            .iter_mut()
            .zip(bytes)
            .for_each(|(w, b)| *w = u16::from(*b) * STEP);
        if weights.iter().all(|w| *w < 1 << 11) {
            Ok(Weights(weights))
        } else {
            corrupt(Section::Codes, "a weight is too large")
        }
    }
}

/// Sums of a weighted least-squares fit of magnitudes on features.
#[derive(Clone, Default)]
struct Normal {
    matrix: [[f64; FEATURES]; FEATURES],
    right: [f64; FEATURES],
    samples: usize,
}

/// About so many rows of a plane are looked at.
const ROWS: usize = 48;
/// Fewer samples than this are not worth a fit of their own.
const LEAST_SAMPLES: usize = 400;

/// Weights for every group up to the last that occurs.
pub(super) fn fit(shape: &[usize], planes: &[Plane], codes: &[i32]) -> Vec<Weights> {
    let groups = planes
        .iter()
        .filter(|p| !p.is_empty())
        .map(|p| Group::of(p).index() + 1)
        .max()
        .unwrap_or(0);
    let mut sums = vec![Normal::default(); groups];
    let mut scene = Scene::new(shape, planes.iter().any(scene::has_gaps));
    let mut rest = codes;
    for plane in planes.iter().filter(|p| !p.is_empty()) {
        let (own, later) = rest.split_at(plane.len());
        rest = later;
        let sum = &mut sums[Group::of(plane).index()];
        scene.begin(plane);
        let every = plane.rows().div_ceil(ROWS);
        for (r, row) in own.chunks_exact(plane.columns()).enumerate() {
            if r % every == every / 2 {
                sum.add_row(scene.look(), row);
            }
            scene.keep(row);
        }
        scene.end();
    }
    sums.iter().map(Normal::solve).collect()
}

impl Normal {
    fn add_row(&mut self, features: &scene::Features, codes: &[i32]) {
        for (j, &code) in codes.iter().enumerate().filter(|(_, c)| **c != HOLE) {
            let x = features.each_ref().map(|f| f64::from(f[j]));
            let size = f64::from(scene::magnitude(code).min(1000));
            // Being off by a factor matters, not by an amount.
            let guess = 0.1 + 0.12 * x[0] + 0.05 * x[1] + 0.04 * (x[2] + x[3]) + 0.02 * x[4];
            let weight = 1.0 / (guess * guess + 0.05 * guess);
            for a in 0..FEATURES {
                for b in 0..=a {
                    self.matrix[a][b] += weight * x[a] * x[b];
                }
                self.right[a] += weight * x[a] * size;
            }
            self.samples += 1;
        }
    }

    /// Non-negative weights by coordinate descent.
    fn solve(&self) -> Weights {
        if self.samples < LEAST_SAMPLES {
            return USUAL;
        }
        let entry = |a: usize, b: usize| {
            if a >= b {
                self.matrix[a][b]
            } else {
                self.matrix[b][a]
            }
        };
        let mut w = [0.1, 0.05, 0.0, 0.0, 0.0];
        for _ in 0..60 {
            for a in 0..FEATURES {
                let others: f64 = (0..FEATURES)
                    .filter(|b| *b != a)
                    .map(|b| entry(a, b) * w[b])
                    .sum();
                let diagonal = entry(a, a);
                w[a] = if diagonal > 0.0 {
                    ((self.right[a] - others) / diagonal).clamp(0.0, 0.9)
                } else {
                    0.0
                };
            }
        }
        Weights(w.map(|x| ((x * UNIT) as u16).min(255 * STEP) / STEP * STEP))
    }
}
