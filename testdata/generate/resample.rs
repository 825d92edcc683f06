//! Bicubic interpolation from the model's grid to the output grid.

use super::flow::Grid;
use super::numbers::{cubic_weights, within};
use super::surface::place;

type Tap = ([usize; 4], [f64; 4]);

pub(crate) struct Resampler {
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    from: Grid,
}

impl Resampler {
    pub(crate) fn new(from: Grid, ny: usize, nx: usize) -> Self {
        let columns = (0..nx)
            .map(|column| {
                let at = place(ny, nx, 0, column).0 * from.nx as f64;
                tap(at, |index| index.rem_euclid(from.nx as i64))
            })
            .collect();
        let last = from.ny as i64 - 1;
        let rows = (0..ny)
            .map(|row| {
                let at = place(ny, nx, row, 0).1 * (from.ny + 1) as f64 - 1.0;
                tap(within(at, 0.0, last as f64), |index| index.clamp(0, last))
            })
            .collect();
        Self {
            columns,
            rows,
            from,
        }
    }

    pub(crate) fn apply(&self, field: &[f64]) -> Vec<f64> {
        let nx = self.from.nx;
        let mut out = Vec::with_capacity(self.rows.len() * self.columns.len());
        for (indices, weights) in &self.rows {
            let line: Vec<f64> = (0..nx)
                .map(|column| weigh(weights, indices.map(|row| field[row * nx + column])))
                .collect();
            let values = self.columns.iter();
            out.extend(values.map(|(indices, weights)| weigh(weights, indices.map(|i| line[i]))));
        }
        out
    }
}

fn tap(at: f64, wrap: impl Fn(i64) -> i64) -> Tap {
    let first = at.floor();
    let indices = [-1, 0, 1, 2].map(|step| wrap(first as i64 + step) as usize);
    (indices, cubic_weights(at - first))
}

fn weigh(weights: &[f64; 4], values: [f64; 4]) -> f64 {
    weights[0] * values[0]
        + weights[1] * values[1]
        + weights[2] * values[2]
        + weights[3] * values[3]
}
