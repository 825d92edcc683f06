//! What the wind carries: temperature, moisture, a trace gas, and where the
//! air came from.
//!
//! A semi-Lagrangian scheme with a limiter keeps fronts sharp without the
//! ripples that centred differences would leave beside them.

use super::flow::{Flow, Grid, LENGTH};
use super::modes::Modes;
use super::numbers::{Random, cubic_weights, greater, growth, hump, lesser, within};

const HOUR: f64 = 3600.0;
/// Shares of the way back to balance taken in one hour.
const WARMING: f64 = 1.0 / 110.0;
const EVAPORATION: f64 = 1.0 / 170.0;
const EMISSION: f64 = 1.0 / 240.0;
const RAINOUT: f64 = 0.10;
/// Air forgets where it came from within a day, or the map of origins would
/// wind up without end.
const FORGETTING: f64 = 1.0 / 24.0;
/// Relative humidity above which rain takes water out.
const RAIN_HUMIDITY: f64 = 0.86;

/// Fields on the model's grid, carried along hour by hour.
pub(crate) struct Tracers {
    /// Kelvin, as if at sea level.
    pub(crate) temperature: Vec<f64>,
    /// Kilograms of vapour in a kilogram of air.
    pub(crate) moisture: Vec<f64>,
    pub(crate) gas: Vec<f64>,
    /// How far air has come of late, in fractions of the domain.
    pub(crate) shift_x: Vec<f64>,
    pub(crate) shift_y: Vec<f64>,
    warmth: Vec<f64>,
    emission: Vec<f64>,
}

impl Tracers {
    pub(crate) fn new(grid: &Grid, rng: &mut Random) -> Self {
        let plumes = Modes::new(3..=10, 0.5, rng).field(grid);
        let uneven = Modes::new(1..=5, 2.5, rng).field(grid);
        let latitudes = (0..grid.cells()).map(|cell| grid.latitude(cell / grid.nx));
        let warmth: Vec<f64> = latitudes
            .clone()
            .zip(&uneven)
            .map(|(at, more)| balance(at) + more * hump(at))
            .collect();
        let emission: Vec<f64> = latitudes
            .zip(&plumes)
            .map(|(at, plume)| 2.0 + 1.5 * at * at + plume)
            .collect();
        Self {
            temperature: warmth.clone(),
            moisture: warmth
                .iter()
                .map(|&warmth| 0.7 * saturation(warmth))
                .collect(),
            gas: emission.clone(),
            shift_x: vec![0.0; grid.cells()],
            shift_y: vec![0.0; grid.cells()],
            warmth,
            emission,
        }
    }

    pub(crate) fn advance_hour(&mut self, flow: &mut Flow) {
        let grid = flow.grid();
        let origins = origins(flow);
        for field in [
            &mut self.temperature,
            &mut self.moisture,
            &mut self.gas,
            &mut self.shift_x,
            &mut self.shift_y,
        ] {
            *field = origins
                .iter()
                .map(|&origin| cubic(&grid, field, origin))
                .collect();
        }
        self.add_shift(&grid, &origins);
        self.exchange();
    }

    fn add_shift(&mut self, grid: &Grid, origins: &[(f64, f64)]) {
        for (cell, &(x, y)) in origins.iter().enumerate() {
            let moved_x = ((cell % grid.nx) as f64 - x) / grid.nx as f64;
            let moved_y = ((cell / grid.nx) as f64 - y) / (grid.ny + 1) as f64;
            self.shift_x[cell] = (self.shift_x[cell] + moved_x) * (1.0 - FORGETTING);
            self.shift_y[cell] = (self.shift_y[cell] + moved_y) * (1.0 - FORGETTING);
        }
    }

    fn exchange(&mut self) {
        let air = self
            .temperature
            .iter_mut()
            .zip(&mut self.moisture)
            .zip(&mut self.gas);
        let ground = self.warmth.iter().zip(&self.emission);
        for (((temperature, moisture), gas), (warmth, emission)) in air.zip(ground) {
            *temperature += WARMING * (warmth - *temperature);
            *moisture += EVAPORATION * (0.82 * saturation(*warmth) - *moisture);
            *gas += EMISSION * (emission - *gas);
            let most = RAIN_HUMIDITY * saturation(*temperature);
            if *moisture > most {
                *moisture -= RAINOUT * (*moisture - most);
            }
        }
    }
}

/// Vapour that air can hold at a temperature in kelvin, roughly.
pub(crate) fn saturation(temperature: f64) -> f64 {
    0.0038 * growth(0.065 * (temperature - 273.0))
}

/// Temperature at sea level that sunshine alone would give a latitude.
pub(crate) fn balance(latitude: f64) -> f64 {
    let square = latitude * latitude;
    301.0 - 38.0 * square - 14.0 * square * square
}

/// Where the air of each cell was an hour ago, in cells from the first.
fn origins(flow: &mut Flow) -> Vec<(f64, f64)> {
    let grid = flow.grid();
    let (mut eastward, mut northward) = flow.wind();
    for (east, north) in eastward.iter_mut().zip(&mut northward) {
        *east *= HOUR * grid.nx as f64 / LENGTH;
        *north *= HOUR / grid.dy;
    }
    (0..grid.cells())
        .map(|cell| {
            let (x, y) = ((cell % grid.nx) as f64, (cell / grid.nx) as f64);
            let halfway = (x - 0.5 * eastward[cell], y - 0.5 * northward[cell]);
            let wind = (
                linear(&grid, &eastward, halfway),
                linear(&grid, &northward, halfway),
            );
            (x - wind.0, y - wind.1)
        })
        .collect()
}

/// Row and fraction beyond it; air does not come through the walls.
fn locate_row(grid: &Grid, y: f64) -> (usize, f64) {
    let y = within(y, 0.0, (grid.ny - 1) as f64);
    let row = y.floor();
    (row as usize, y - row)
}

fn locate_column(grid: &Grid, x: f64) -> (usize, f64) {
    let column = x.floor();
    (column as i64 as usize & (grid.nx - 1), x - column)
}

fn linear(grid: &Grid, field: &[f64], (x, y): (f64, f64)) -> f64 {
    let (row, north) = locate_row(grid, y);
    let (column, east) = locate_column(grid, x);
    let next = (column + 1) & (grid.nx - 1);
    let along = |row: usize| {
        let values = &field[row * grid.nx..(row + 1) * grid.nx];
        values[column] + (values[next] - values[column]) * east
    };
    let south = along(row);
    south + (along((row + 1).min(grid.ny - 1)) - south) * north
}

/// Cubic interpolation, held between the four nearest values.
fn cubic(grid: &Grid, field: &[f64], (x, y): (f64, f64)) -> f64 {
    let (row, north) = locate_row(grid, y);
    let (column, east) = locate_column(grid, x);
    let columns = [grid.nx - 1, 0, 1, 2].map(|step| (column + step) & (grid.nx - 1));
    let last = grid.ny - 1;
    let rows = [
        row.saturating_sub(1),
        row,
        (row + 1).min(last),
        (row + 2).min(last),
    ];
    let (wx, wy) = (cubic_weights(east), cubic_weights(north));
    let mut sum = 0.0;
    let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
    for (k, (row, weight)) in rows.into_iter().zip(wy).enumerate() {
        let values = &field[row * grid.nx..(row + 1) * grid.nx];
        let [a, b, c, d] = columns.map(|column| values[column]);
        sum += weight * (wx[0] * a + wx[1] * b + wx[2] * c + wx[3] * d);
        if k == 1 || k == 2 {
            bounds = (
                lesser(bounds.0, lesser(b, c)),
                greater(bounds.1, greater(b, c)),
            );
        }
    }
    within(sum, bounds.0, bounds.1)
}
