//! A model run once on made-up frames: does it work, and what does it cost?

use std::sync::Arc;

use foresz_predictors::{Past, Place, Scene};

use crate::array::Array;
use crate::contract::Slot;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::fit::Fit;
use crate::model::Model;
use crate::runtime::Step;

/// Rows and columns for models that take any.
const ANY: (usize, usize) = (32, 64);
/// Used where a contract leaves the step open.
const STEP: &str = "1h";

impl Model {
    /// Named tensors as the model may get them: frames of seeded noise about its means.
    pub fn trial_inputs(&self) -> Result<Vec<(String, Array)>> {
        let (rows, columns) = self.trial_grid();
        let slots = &self.wiring().slots;
        let history = self.contract().time.history;
        let mut noise = Noise(1);
        let frames: Vec<Vec<f32>> = (0..history)
            .map(|_| {
                let mut frame = Vec::with_capacity(slots.len() * rows * columns);
                for slot in slots {
                    let values =
                        (0..rows * columns).map(|_| (slot.mean + slot.std * noise.next()) as f32);
                    frame.extend(values);
                }
                frame
            })
            .collect();
        let scene = self.trial_scene(history, rows, columns);
        let unfit = |reason| Error::Unfit {
            model: self.contract().name.clone(),
            reason,
        };
        let fit = Fit::new(self.contract(), self.wiring(), &scene).map_err(unfit)?;
        let past = Past {
            frames: &frames,
            shape: &scene.shape[1..],
            index: history,
        };
        let exchange = Exchange {
            model: self,
            fit,
            bound: scene.bound,
        };
        let inputs = exchange.inputs(&past)?;
        Ok(inputs
            .into_iter()
            .map(|(name, array)| (name.to_owned(), array))
            .collect())
    }

    /// Runs the model once.
    pub fn run_once(&self, inputs: &[(String, Array)]) -> Result<Vec<(String, Array)>> {
        let named: Vec<(&str, Array)> = inputs
            .iter()
            .map(|(name, array)| (name.as_str(), array.clone()))
            .collect();
        let step = Step {
            index: self.contract().time.history,
            time: Some(0),
            values: inputs.iter().map(|(_, array)| array.values().len()).sum(),
        };
        self.runtime().start()?.run(step, &named)
    }

    /// The grid of the contract, or of the model's first four-dimensional input.
    fn trial_grid(&self) -> (usize, usize) {
        let ports = self.runtime().inputs();
        let shape = ports.iter().find_map(|p| match p.shape.as_deref() {
            Some([_, _, rows, columns]) => Some((*rows, *columns)),
            _ => None,
        });
        let (rows, columns) = shape.unwrap_or_default();
        let grid = &self.contract().grid;
        (
            grid.rows.or(rows).unwrap_or(ANY.0),
            grid.columns.or(columns).unwrap_or(ANY.1),
        )
    }

    fn trial_scene(&self, history: usize, rows: usize, columns: usize) -> Scene {
        let grid = &self.contract().grid;
        let ends = |axis: Option<[f64; 2]>, usual: [f64; 2], count: usize| {
            let [first, step] = axis.unwrap_or(usual);
            format!("{first}:{}", first + step * (count - 1) as f64)
        };
        let labels: Vec<String> = self.wiring().slots.iter().map(Slot::label).collect();
        let down = [90.0, -180.0 / (rows.max(2) - 1) as f64];
        let round = [0.0, 360.0 / columns as f64];
        let step = self.contract().time.step.clone();
        let mut attributes = vec![
            ("variable".to_owned(), labels.join(",")),
            ("start".to_owned(), "2000-01-01".to_owned()),
            ("step".to_owned(), step.unwrap_or_else(|| STEP.into())),
        ];
        if rows > 1 {
            attributes.push(("latitudes".into(), ends(grid.latitudes, down, rows)));
        }
        if columns > 1 {
            attributes.push(("longitudes".into(), ends(grid.longitudes, round, columns)));
        }
        let dims = ["time", "variable", "lat", "lon"];
        Scene {
            shape: vec![history + 1, labels.len(), rows, columns],
            time: Some(0),
            periodic: false,
            bound: self.wiring().slots[0].std * 1e-3,
            share: 1.0,
            place: Place {
                origin: Vec::new(),
                dims: dims.iter().map(|&d| d.to_owned()).collect(),
                attributes: Arc::from(attributes),
            },
        }
    }
}

/// Numbers between −1 and 1, the same everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}
