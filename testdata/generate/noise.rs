//! Fractal value noise, periodic from west to east.

use super::numbers::{Random, scatter, to_unit};

/// Several octaves of noise added up.
///
/// Coordinates are fractions of the domain: `x` wraps at `1`, `y` does not.
pub(crate) struct Noise {
    octaves: Vec<Octave>,
}

struct Octave {
    cells_x: i64,
    cells_y: f64,
    amplitude: f64,
    key: u64,
}

impl Noise {
    /// Octaves from `coarsest` lattice cells around the domain, doubling until
    /// `finest`, each `gain` times as strong as the one before; none when
    /// `coarsest` is above `finest`.
    pub(crate) fn new(coarsest: usize, finest: usize, gain: f64, rng: &mut Random) -> Self {
        // A stream of its own: how many octaves fit must not change what is
        // drawn for other noise, or the mountains would depend on the grid.
        let mut keys = Random::new(rng.bits(), 0);
        let mut octaves = Vec::new();
        let mut cells = coarsest;
        let mut amplitude = 1.0;
        while cells <= finest {
            octaves.push(Octave {
                cells_x: cells as i64,
                // The domain is twice as wide as it is high.
                cells_y: cells as f64 / 2.0,
                amplitude,
                key: keys.bits(),
            });
            cells *= 2;
            amplitude *= gain;
        }
        Self { octaves }
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.octaves.is_empty()
    }

    pub(crate) fn at(&self, x: f64, y: f64) -> f64 {
        self.octaves
            .iter()
            .fold(0.0, |sum, octave| sum + octave.amplitude * octave.at(x, y))
    }
}

impl Octave {
    fn at(&self, x: f64, y: f64) -> f64 {
        let x = x * self.cells_x as f64;
        let y = y * self.cells_y;
        let (column, row) = (x.floor(), y.floor());
        let (fx, fy) = (fade(x - column), fade(y - row));
        let west = (column as i64).rem_euclid(self.cells_x);
        let east = if west + 1 == self.cells_x {
            0
        } else {
            west + 1
        };
        let row = row as i64;
        let south = blend(self.knot(west, row), self.knot(east, row), fx);
        let north = blend(self.knot(west, row + 1), self.knot(east, row + 1), fx);
        blend(south, north, fy)
    }

    fn knot(&self, column: i64, row: i64) -> f64 {
        let place = ((column as u64) << 32) ^ (row as u64 & 0xffff_ffff);
        2.0 * to_unit(scatter(place ^ self.key)) - 1.0
    }
}

fn blend(a: f64, b: f64, weight: f64) -> f64 {
    a + (b - a) * weight
}

/// The quintic step: first and second derivatives vanish at both ends, so that
/// the lattice does not show up as creases.
fn fade(x: f64) -> f64 {
    x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
}
