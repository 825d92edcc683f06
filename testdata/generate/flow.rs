//! A barotropic flow on a beta plane: the wind of the made-up weather.
//!
//! The domain is a channel from pole to pole, periodic from west to east.
//! Absolute vorticity is carried by the wind it implies, stirred by slowly
//! changing random storms and drawn back towards two jets. Row 0 is the
//! southernmost row inside the channel.

use super::modes::Modes;
use super::numbers::{Random, hump};
use super::poisson::Poisson;

/// Distance around the channel in metres.
pub(crate) const LENGTH: f64 = 4.0e7;
const WIDTH: f64 = LENGTH / 2.0;
const BETA: f64 = 1.6e-11;
/// The wind that the walls' stream function imposes on the whole channel.
const MEAN_WIND: f64 = 6.0;
const JET_WIND: f64 = 28.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
const JET_RELAXATION: f64 = 9.0 * DAY;
/// Share of the finest ripples that friction takes out in one step: less lets
/// wave trains grow beside thin filaments, two or more is unstable.
const FRICTION: f64 = 0.6;
const START_VORTICITY: f64 = 2.2e-5;
const STORM_PUSH: f64 = 2.6e-5 / DAY;
const STORM_MEMORY: f64 = 0.96;

/// The model's grid; `nx` is a power of two and `ny` is even.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) nx: usize,
    pub(crate) ny: usize,
    pub(crate) dx: f64,
    pub(crate) dy: f64,
}

impl Grid {
    /// A grid fit to be sampled at `columns`: finer output than the limit is
    /// filled in by noise, since the cost of the model grows with the cube.
    pub(crate) fn for_columns(columns: usize) -> Self {
        let mut nx = 128;
        while nx < 512 && 2 * nx <= columns {
            nx *= 2;
        }
        let ny = nx / 2;
        Self {
            nx,
            ny,
            dx: LENGTH / nx as f64,
            dy: WIDTH / (ny + 1) as f64,
        }
    }

    pub(crate) fn cells(&self) -> usize {
        self.nx * self.ny
    }

    /// Latitude of a row as a fraction: `-1` and `1` are the walls.
    pub(crate) fn latitude(&self, row: usize) -> f64 {
        2.0 * (row + 1) as f64 / (self.ny + 1) as f64 - 1.0
    }

    /// Model steps in an hour, to keep the wind within a cell or so per step.
    fn steps_per_hour(&self) -> usize {
        self.nx / 128
    }
}

/// The state of the flow.
pub(crate) struct Flow {
    pub(crate) vorticity: Vec<f64>,
    dynamics: Dynamics,
    jets: Vec<f64>,
    storms: Modes,
    push: Vec<f64>,
    rng: Random,
}

impl Flow {
    pub(crate) fn new(grid: Grid, mut rng: Random) -> Self {
        let jets: Vec<f64> = (0..grid.ny).map(|row| jet_vorticity(&grid, row)).collect();
        let start = Modes::new(1..=14, START_VORTICITY, &mut rng);
        let mut vorticity = start.field(&grid);
        for (row, jet) in vorticity.chunks_exact_mut(grid.nx).zip(&jets) {
            for value in row {
                *value += jet;
            }
        }
        Self {
            vorticity,
            dynamics: Dynamics::new(grid),
            jets,
            storms: Modes::new(4..=9, STORM_PUSH, &mut rng),
            push: vec![0.0; grid.cells()],
            rng,
        }
    }

    pub(crate) fn grid(&self) -> Grid {
        self.dynamics.grid
    }

    /// The stream function without the uniform wind's share.
    pub(crate) fn stream(&mut self) -> Vec<f64> {
        let mut stream = vec![0.0; self.vorticity.len()];
        self.dynamics.poisson.solve(&self.vorticity, &mut stream);
        stream
    }

    /// Eastward and northward wind in metres per second.
    pub(crate) fn wind(&mut self) -> (Vec<f64>, Vec<f64>) {
        self.dynamics.wind(&self.vorticity)
    }

    pub(crate) fn advance_hour(&mut self) {
        self.storms.wander(STORM_MEMORY, &mut self.rng);
        self.push = self.storms.field(&self.grid());
        let steps = self.grid().steps_per_hour();
        let dt = HOUR / steps as f64;
        for _ in 0..steps {
            self.dynamics.advect(&mut self.vorticity, dt);
            self.damp();
            self.force(dt);
        }
    }

    fn force(&mut self, dt: f64) {
        let grid = self.grid();
        let rate = dt / JET_RELAXATION;
        let rows = self.vorticity.chunks_exact_mut(grid.nx);
        let pushes = self.push.chunks_exact(grid.nx);
        for (row, ((values, pushes), jet)) in rows.zip(pushes).zip(&self.jets).enumerate() {
            let strength = dt * storm_track(grid.latitude(row));
            for (value, push) in values.iter_mut().zip(pushes) {
                *value += strength * push - rate * (*value - jet);
            }
        }
    }

    /// Takes out what piles up at the grid scale with a biharmonic friction.
    fn damp(&mut self) {
        let grid = self.grid();
        let curvature = shape_laplacian(&grid, &self.vorticity);
        let friction = shape_laplacian(&grid, &curvature);
        // Eight squared is the largest eigenvalue of the two in a row.
        let rate = FRICTION / 64.0;
        for (value, friction) in self.vorticity.iter_mut().zip(&friction) {
            *value -= rate * friction;
        }
    }
}

struct Dynamics {
    grid: Grid,
    poisson: Poisson,
    /// With a row for each wall before the first and after the last.
    stream: Vec<f64>,
    absolute: Vec<f64>,
}

impl Dynamics {
    fn new(grid: Grid) -> Self {
        let walled = grid.cells() + 2 * grid.nx;
        Self {
            grid,
            poisson: Poisson::new(grid),
            stream: vec![0.0; walled],
            absolute: vec![0.0; walled],
        }
    }

    /// One step of the third-order Runge-Kutta scheme of Shu and Osher.
    fn advect(&mut self, vorticity: &mut [f64], dt: f64) {
        let start = vorticity.to_vec();
        for (kept, stepped) in [(0.0, 1.0), (0.75, 0.25), (1.0 / 3.0, 2.0 / 3.0)] {
            let tendency = self.tendency(vorticity);
            for ((value, start), slope) in vorticity.iter_mut().zip(&start).zip(&tendency) {
                *value = kept * start + stepped * (*value + dt * slope);
            }
        }
    }

    fn tendency(&mut self, vorticity: &[f64]) -> Vec<f64> {
        self.refresh(vorticity);
        let nx = self.grid.nx;
        let scale = -1.0 / (12.0 * self.grid.dx * self.grid.dy);
        let mut out = vec![0.0; vorticity.len()];
        let streams = self.stream.windows(3 * nx).step_by(nx);
        let absolutes = self.absolute.windows(3 * nx).step_by(nx);
        for ((row, stream), absolute) in out.chunks_exact_mut(nx).zip(streams).zip(absolutes) {
            arakawa_row(stream, absolute, row);
            for value in row {
                *value *= scale;
            }
        }
        out
    }

    /// Fills the walled fields from the vorticity.
    fn refresh(&mut self, vorticity: &[f64]) {
        let Grid { nx, dy, .. } = self.grid;
        self.poisson
            .solve(vorticity, &mut self.stream[nx..nx + vorticity.len()]);
        self.absolute[nx..nx + vorticity.len()].copy_from_slice(vorticity);
        let rows = self
            .stream
            .chunks_exact_mut(nx)
            .zip(self.absolute.chunks_exact_mut(nx));
        let last = self.grid.ny + 1;
        for (row, (stream, absolute)) in rows.enumerate() {
            if row == 0 || row == last {
                stream.fill(0.0);
                absolute.fill(0.0);
            }
            let y = row as f64 * dy;
            for (stream, absolute) in stream.iter_mut().zip(absolute) {
                *stream -= MEAN_WIND * y;
                *absolute += BETA * y;
            }
        }
    }

    fn wind(&mut self, vorticity: &[f64]) -> (Vec<f64>, Vec<f64>) {
        self.refresh(vorticity);
        let Grid { nx, dx, dy, .. } = self.grid;
        let mut eastward = Vec::with_capacity(vorticity.len());
        let mut northward = Vec::with_capacity(vorticity.len());
        for rows in self.stream.windows(3 * nx).step_by(nx) {
            for column in 0..nx {
                let (west, east) = neighbours(column, nx);
                eastward.push((rows[column] - rows[2 * nx + column]) / (2.0 * dy));
                northward.push((rows[nx + east] - rows[nx + west]) / (2.0 * dx));
            }
        }
        (eastward, northward)
    }
}

/// Arakawa's Jacobian of three rows of each field, which conserves energy and
/// enstrophy: a plain centred difference blows up after a few days.
fn arakawa_row(stream: &[f64], carried: &[f64], out: &mut [f64]) {
    let nx = out.len();
    let (ps, rest) = stream.split_at(nx);
    let (pm, pn) = rest.split_at(nx);
    let (qs, rest) = carried.split_at(nx);
    let (qm, qn) = rest.split_at(nx);
    for (i, value) in out.iter_mut().enumerate() {
        let (w, e) = neighbours(i, nx);
        let plus_plus = (pm[e] - pm[w]) * (qn[i] - qs[i]) - (pn[i] - ps[i]) * (qm[e] - qm[w]);
        let plus_cross =
            pm[e] * (qn[e] - qs[e]) - pm[w] * (qn[w] - qs[w]) - pn[i] * (qn[e] - qn[w])
                + ps[i] * (qs[e] - qs[w]);
        let cross_plus =
            pn[e] * (qn[i] - qm[e]) - ps[w] * (qm[w] - qs[i]) - pn[w] * (qn[i] - qm[w])
                + ps[e] * (qm[e] - qs[i]);
        *value = plus_plus + plus_cross + cross_plus;
    }
}

/// Columns to the west and east; `nx` is a power of two.
fn neighbours(column: usize, nx: usize) -> (usize, usize) {
    ((column + nx - 1) & (nx - 1), (column + 1) & (nx - 1))
}

/// Sum of the four neighbours less four times the cell, zero beyond the walls.
fn shape_laplacian(grid: &Grid, field: &[f64]) -> Vec<f64> {
    let nx = grid.nx;
    let wall = vec![0.0; nx];
    let row_at = |row: usize| field.get(row * nx..(row + 1) * nx).unwrap_or(&wall);
    let mut out = Vec::with_capacity(field.len());
    for row in 0..grid.ny {
        let south = if row == 0 { &wall[..] } else { row_at(row - 1) };
        let (middle, north) = (row_at(row), row_at(row + 1));
        for column in 0..nx {
            let (west, east) = neighbours(column, nx);
            let around = middle[west] + middle[east] + south[column] + north[column];
            out.push(around - 4.0 * middle[column]);
        }
    }
    out
}

fn jet_vorticity(grid: &Grid, row: usize) -> f64 {
    let wind =
        |latitude: f64| JET_WIND * (hump((latitude - 0.5) / 0.38) + hump((latitude + 0.5) / 0.38));
    let here = grid.latitude(row);
    let step = 2.0 * grid.dy / WIDTH;
    (wind(here - step) - wind(here + step)) / (2.0 * grid.dy)
}

/// Storms belong to the middle latitudes.
fn storm_track(latitude: f64) -> f64 {
    0.3 + 0.7 * hump(latitude.abs() / 0.55 - 1.0)
}
