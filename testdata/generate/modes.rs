//! Random large-scale patterns: sums of standing waves that fit the channel.

use std::ops::RangeInclusive;

use super::flow::Grid;
use super::numbers::{Random, cos_turns, sin_turns};

/// Waves around the channel times half-waves across it.
pub(crate) struct Modes {
    waves: Vec<Wave>,
}

struct Wave {
    around: usize,
    across: usize,
    spread: f64,
    cosine: f64,
    sine: f64,
}

impl Modes {
    /// Waves whose counts lie in `band`, with the power falling off steeply
    /// with wave number, scaled so that a field of them has about the given
    /// root mean square.
    pub(crate) fn new(band: RangeInclusive<usize>, rms: f64, rng: &mut Random) -> Self {
        let mut waves = Vec::new();
        for around in band.clone() {
            for across in band.clone() {
                let square = (around * around + across * across) as f64 / 64.0;
                let spread = square / ((1.0 + square) * (1.0 + square));
                waves.push(Wave {
                    around,
                    across,
                    spread,
                    cosine: 0.0,
                    sine: 0.0,
                });
            }
        }
        // Each wave's variance is half of its two coefficients', halved again
        // by the half-wave across.
        let power = waves
            .iter()
            .fold(0.0, |sum, wave| sum + wave.spread * wave.spread / 2.0);
        let scale = rms / power.sqrt();
        for wave in &mut waves {
            wave.spread *= scale;
        }
        let mut modes = Self { waves };
        modes.wander(0.0, rng);
        modes
    }

    /// Keeps a share of every coefficient and makes up the rest at random.
    pub(crate) fn wander(&mut self, memory: f64, rng: &mut Random) {
        let fresh = (1.0 - memory * memory).sqrt();
        for wave in &mut self.waves {
            wave.cosine = memory * wave.cosine + fresh * wave.spread * rng.normal();
            wave.sine = memory * wave.sine + fresh * wave.spread * rng.normal();
        }
    }

    pub(crate) fn field(&self, grid: &Grid) -> Vec<f64> {
        let turns = |column: usize| column as f64 / grid.nx as f64;
        let circle: Vec<(f64, f64)> = (0..grid.nx)
            .map(|i| (cos_turns(turns(i)), sin_turns(turns(i))))
            .collect();
        let longest = self.waves.iter().map(|wave| wave.around).max().unwrap_or(0);
        let mut out = vec![0.0; grid.cells()];
        for (row, values) in out.chunks_exact_mut(grid.nx).enumerate() {
            for (around, (cosine, sine)) in self.row_waves(grid, row, longest).iter().enumerate() {
                for (column, value) in values.iter_mut().enumerate() {
                    let (cos, sin) = circle[(around * column) & (grid.nx - 1)];
                    *value += cosine * cos + sine * sin;
                }
            }
        }
        out
    }

    /// Coefficients along one row, by the number of waves around.
    fn row_waves(&self, grid: &Grid, row: usize, longest: usize) -> Vec<(f64, f64)> {
        let height = (row + 1) as f64 / (grid.ny + 1) as f64;
        let mut sums = vec![(0.0, 0.0); longest + 1];
        for wave in &self.waves {
            let across = sin_turns(0.5 * wave.across as f64 * height);
            let sum = &mut sums[wave.around];
            sum.0 += wave.cosine * across;
            sum.1 += wave.sine * across;
        }
        sums
    }
}
