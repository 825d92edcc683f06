//! The weather of one moment, laid out on the output grid.

use super::flow::{Flow, Grid};
use super::noise::Noise;
use super::numbers::Random;
use super::resample::Resampler;
use super::surface::{Surface, place};
use super::tracers::Tracers;

/// Long enough for the random start to turn into fronts and storms.
const SPIN_UP_HOURS: usize = 240;

/// Independent random streams of one seed.
const FLOW_STREAM: u64 = 1;
const TRACER_STREAM: u64 = 2;
const SURFACE_STREAM: u64 = 3;
const TEXTURE_STREAM: u64 = 4;

/// What stays the same from frame to frame.
pub(crate) struct World {
    pub(crate) ny: usize,
    pub(crate) nx: usize,
    pub(crate) surface: Surface,
    /// Noise drifting with the sea's currents.
    pub(crate) eddies: Noise,
    resampler: Resampler,
    detail: Noise,
    showers: Noise,
}

/// What changes, sampled on the output grid; row 0 is the northernmost.
pub(crate) struct Frame {
    pub(crate) hour: f64,
    pub(crate) vorticity: Vec<f64>,
    pub(crate) stream: Vec<f64>,
    pub(crate) wind: Vec<(f64, f64)>,
    pub(crate) temperature: Vec<f64>,
    pub(crate) moisture: Vec<f64>,
    pub(crate) gas: Vec<f64>,
    /// Noise finer than the model's grid; zero where the model is fine enough.
    pub(crate) detail: Vec<f64>,
    pub(crate) showers: Vec<f64>,
}

/// The weather itself, advancing hour by hour on the model's grid.
pub(crate) struct Model {
    flow: Flow,
    tracers: Tracers,
    hour: usize,
}

impl Model {
    pub(crate) fn new(columns: usize, seed: u64) -> Self {
        let grid = Grid::for_columns(columns);
        let flow = Flow::new(grid, Random::new(seed, FLOW_STREAM));
        let tracers = Tracers::new(&grid, &mut Random::new(seed, TRACER_STREAM));
        let mut model = Self {
            flow,
            tracers,
            hour: 0,
        };
        model.advance(SPIN_UP_HOURS);
        model
    }

    pub(crate) fn advance(&mut self, hours: usize) {
        for _ in 0..hours {
            self.flow.advance_hour();
            self.tracers.advance_hour(&mut self.flow);
            self.hour += 1;
        }
    }
}

impl Frame {
    /// False once the flow has blown up, which only a coding mistake should do.
    pub(crate) fn is_plausible(&self) -> bool {
        self.vorticity
            .iter()
            .all(|vorticity| vorticity.abs() < 1e-2)
    }
}

impl World {
    pub(crate) fn new(ny: usize, nx: usize, seed: u64) -> Self {
        let grid = Grid::for_columns(nx);
        let mut textures = Random::new(seed, TEXTURE_STREAM);
        let finest = nx.div_ceil(3);
        Self {
            ny,
            nx,
            surface: Surface::new(ny, nx, &mut Random::new(seed, SURFACE_STREAM)),
            eddies: Noise::new(16, finest.max(16), 0.6, &mut textures),
            resampler: Resampler::new(grid, ny, nx),
            // The model's friction smooths everything below about four cells.
            detail: Noise::new(grid.nx / 4, finest, 0.5, &mut textures),
            showers: Noise::new(16, finest.max(16), 0.8, &mut textures),
        }
    }

    pub(crate) fn place(&self, cell: usize) -> (f64, f64) {
        place(self.ny, self.nx, cell / self.nx, cell % self.nx)
    }

    /// Latitude of a cell as a fraction, `1` at the north pole.
    pub(crate) fn latitude(&self, cell: usize) -> f64 {
        2.0 * self.place(cell).1 - 1.0
    }

    pub(crate) fn frame(&self, model: &mut Model) -> Frame {
        let (eastward, northward) = model.flow.wind();
        let onto_grid = |field: &[f64]| self.resampler.apply(field);
        let wind = onto_grid(&eastward)
            .into_iter()
            .zip(onto_grid(&northward))
            .collect();
        let shift_x = onto_grid(&model.tracers.shift_x);
        let shift_y = onto_grid(&model.tracers.shift_y);
        Frame {
            hour: model.hour as f64,
            vorticity: onto_grid(&model.flow.vorticity),
            stream: onto_grid(&model.flow.stream()),
            wind,
            temperature: onto_grid(&model.tracers.temperature),
            moisture: onto_grid(&model.tracers.moisture),
            gas: onto_grid(&model.tracers.gas),
            detail: self.carried(&self.detail, &shift_x, &shift_y),
            showers: self.carried(&self.showers, &shift_x, &shift_y),
        }
    }

    /// Noise looked up where the air came from, so that it moves with the wind.
    fn carried(&self, noise: &Noise, shift_x: &[f64], shift_y: &[f64]) -> Vec<f64> {
        if noise.is_silent() {
            return vec![0.0; shift_x.len()];
        }
        let shifts = shift_x.iter().zip(shift_y);
        shifts
            .enumerate()
            .map(|(cell, (east, north))| {
                let (x, y) = self.place(cell);
                noise.at(x - east, y - north)
            })
            .collect()
    }
}
