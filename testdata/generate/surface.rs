//! Made-up continents and mountains on the output grid.

use super::flow::LENGTH;
use super::noise::Noise;
use super::numbers::{Random, greater};

const LAND_SHARE: f64 = 0.35;
const TOP: f64 = 5200.0;

/// The ground below the weather; row 0 is the northernmost.
pub(crate) struct Surface {
    /// Metres above the sea, zero at sea.
    pub(crate) height: Vec<f64>,
    pub(crate) is_land: Vec<bool>,
    /// Metres of rise per metre towards the east and the north.
    pub(crate) slope: Vec<(f64, f64)>,
    /// Between -1 and 1: forests, deserts and cities in one number.
    pub(crate) cover: Vec<f64>,
}

impl Surface {
    pub(crate) fn new(ny: usize, nx: usize, rng: &mut Random) -> Self {
        // Tiny grids still need some noise to have a coast at all.
        let finest = nx.div_ceil(3).max(16);
        let bends = [Noise::new(6, 12, 0.5, rng), Noise::new(6, 12, 0.5, rng)];
        let land = Noise::new(5, finest, 0.6, rng);
        let mountains = Noise::new(9, finest, 0.6, rng);
        let continents = everywhere(ny, nx, |x, y| bent(&land, &bends, x, y));
        let ridges = everywhere(ny, nx, |x, y| bent(&mountains, &bends, x, y));
        let patches = Noise::new(12, nx.div_ceil(2).max(16), 0.75, rng);
        let cover = everywhere(ny, nx, |x, y| patches.at(x, y));
        let shore = shoreline(&continents);
        let top = continents
            .iter()
            .fold(shore, |top, &value| greater(top, value));
        let height: Vec<f64> = continents
            .iter()
            .zip(&ridges)
            .map(|(&inland, &ridge)| elevation((inland - shore) / (top - shore), ridge))
            .collect();
        let is_land = continents.iter().map(|&value| value > shore).collect();
        let slope = slopes(ny, nx, &height);
        Self {
            height,
            is_land,
            slope,
            cover,
        }
    }
}

/// Position of an output cell as fractions of the domain, from the south-west.
pub(crate) fn place(ny: usize, nx: usize, row: usize, column: usize) -> (f64, f64) {
    (
        column as f64 / nx as f64,
        1.0 - (row as f64 + 0.5) / ny as f64,
    )
}

fn everywhere(ny: usize, nx: usize, noise: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..ny * nx)
        .map(|cell| {
            let (x, y) = place(ny, nx, cell / nx, cell % nx);
            noise(x, y)
        })
        .collect()
}

/// Noise on bent coordinates: straight ones let the lattice show as coasts
/// that run due north or due east.
fn bent(noise: &Noise, bends: &[Noise; 2], x: f64, y: f64) -> f64 {
    let east = 0.05 * bends[0].at(x, y);
    let north = 0.05 * bends[1].at(x, y);
    noise.at(x + east, y + north)
}

/// The level above which the wanted share of the cells lies.
fn shoreline(continents: &[f64]) -> f64 {
    let mut sorted = continents.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let sea = ((1.0 - LAND_SHARE) * sorted.len() as f64) as usize;
    sorted[sea.saturating_sub(1).min(sorted.len() - 1)]
}

/// Plains near the coast, and sharp crests where the ridge noise crosses zero.
fn elevation(inland: f64, ridge: f64) -> f64 {
    // Not `inland <= 0.0`: without any land, zero over zero makes it NaN.
    if inland > 0.0 {
        let crest = 1.0 / (1.0 + 12.0 * ridge * ridge);
        TOP * inland * (0.12 + 0.88 * crest * inland.sqrt())
    } else {
        0.0
    }
}

fn slopes(ny: usize, nx: usize, height: &[f64]) -> Vec<(f64, f64)> {
    let (dx, dy) = (LENGTH / nx as f64, LENGTH / 2.0 / ny as f64);
    (0..ny * nx)
        .map(|cell| {
            let (row, column) = (cell / nx, cell % nx);
            let (west, east) = ((column + nx - 1) % nx, (column + 1) % nx);
            let (north, south) = (row.saturating_sub(1), (row + 1).min(ny - 1));
            let eastward = height[row * nx + east] - height[row * nx + west];
            let northward = height[north * nx + column] - height[south * nx + column];
            (eastward / (2.0 * dx), northward / (2.0 * dy))
        })
        .collect()
}
