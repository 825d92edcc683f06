//! Frames to the tensors that a model takes, and what it gives to predictions.

use foresz_predictors::{Past, Sample};

use crate::array::Array;
use crate::contract::{Feed, Get, Kind, Layout, Plane, Slot};
use crate::error::{Error, Result};
use crate::fit::Fit;
use crate::forcing;
use crate::model::Model;

/// A model and the field it is used on.
pub(crate) struct Exchange<'a> {
    pub(crate) model: &'a Model,
    pub(crate) fit: Fit,
    /// That the field is coded under.
    pub(crate) bound: f64,
}

impl Exchange<'_> {
    /// The tensors for the next frame.
    pub(crate) fn inputs<T: Sample>(&self, past: &Past<T>) -> Result<Vec<(&str, Array)>> {
        let feeds = self.model.wiring().feeds.iter();
        self.check_inputs()?;
        feeds
            .map(|feed| Ok((feed.tensor.as_str(), self.input(feed, past)?)))
            .collect()
    }

    /// Contracts can ask for more than models have room for.
    fn check_inputs(&self) -> Result<()> {
        let planes: usize = (self.model.wiring().feeds.iter())
            .map(|feed| feed.planes.len())
            .sum();
        // In the order of the field, of the model, and of the runtime.
        let bytes = planes.saturating_mul(self.fit.cells().saturating_mul(3 * size_of::<f32>()));
        match self.model.runtime().memory() {
            Some(limit) if bytes > limit => Err(Error::Limit(format!(
                "the inputs of model {} take {bytes} bytes of memory, and {limit} are allowed",
                self.model.contract().name
            ))),
            _ => Ok(()),
        }
    }

    fn input<T: Sample>(&self, feed: &Feed, past: &Past<T>) -> Result<Array> {
        let cells = self.fit.cells();
        let mut values = Vec::with_capacity(feed.planes.len() * cells);
        for plane in &feed.planes {
            self.plane(*plane, past, &mut values)?;
        }
        let (rows, columns) = (self.fit.rows.len(), self.fit.columns.len());
        let usual = match feed.layout {
            Layout::Planes => vec![1, feed.planes.len(), rows, columns],
            Layout::Cells => {
                values = crossed(&values, feed.planes.len());
                vec![cells, 1, feed.planes.len()]
            }
        };
        let shape = if feed.shape.is_empty() {
            &usual
        } else {
            &feed.shape
        };
        Array::new(shape, values)
    }

    fn plane<T: Sample>(&self, plane: Plane, past: &Past<T>, out: &mut Vec<f32>) -> Result<()> {
        let wiring = self.model.wiring();
        let frame = |step: i64| past.frames[(-step) as usize].as_slice();
        match plane {
            Plane::Value { slot, step } => {
                let Slot { mean, std, .. } = wiring.slots[slot];
                let frame = frame(step);
                self.each_cell(slot, |i| {
                    out.push(((frame[i].to_f64() - mean) / std) as f32);
                });
            }
            Plane::Change { slot, step, since } => {
                let scale = scale(&wiring.slots[slot], Kind::Increment);
                let (frame, before) = (frame(step), frame(since));
                self.each_cell(slot, |i| {
                    out.push(((frame[i].to_f64() - before[i].to_f64()) / scale) as f32);
                });
            }
            Plane::Forcing {
                forcing,
                step,
                slot,
            } => {
                // Step 1 is the frame to be predicted.
                let index = past.index as i64 + step - 1;
                let time = self.fit.time_of(index).unwrap_or(0);
                let over = self.bound / wiring.slots[slot].std;
                forcing::plane(forcing, self.fit.places(), time, over, out);
            }
            Plane::Static(index) => {
                let (values, mean, std) = self.model.fixed(index);
                if values.len() != self.fit.cells() {
                    return Err(self.unfit(format!(
                        "static {:?} has {} values, the grid {}",
                        self.model.contract().statics[index].name,
                        values.len(),
                        self.fit.cells()
                    )));
                }
                out.extend(values.iter().map(|x| ((f64::from(*x) - mean) / std) as f32));
            }
        }
        Ok(())
    }

    /// Places of a slot's cells in a frame, in the order of the model.
    pub(crate) fn each_cell(&self, slot: usize, mut visit: impl FnMut(usize)) {
        let start = self.fit.slices[slot] * self.fit.slice_len();
        for row in &self.fit.rows {
            let row = start + row * self.fit.frame.1;
            self.fit
                .columns
                .iter()
                .for_each(|column| visit(row + column));
        }
    }

    /// What the model says of a slot's cells, in the order of the model. Where it says
    /// nothing that is a number, nothing changes.
    pub(crate) fn predictions<T: Sample>(
        &self,
        outputs: &[(String, Array)],
        newest: &[T],
    ) -> Result<Vec<(usize, Vec<f64>)>> {
        let mut predictions = Vec::new();
        for get in &self.model.wiring().gets {
            let array = self.model.output(outputs, &get.tensor)?;
            let wanted = get.slots.len() * self.fit.cells();
            if array.values().len() != wanted {
                return Err(self.unfit(format!(
                    "output {:?} has the shape {:?}; {wanted} values were expected",
                    get.tensor,
                    array.shape()
                )));
            }
            let planes = match get.layout {
                Layout::Planes => array.values().to_vec(),
                Layout::Cells => crossed(array.values(), self.fit.cells()),
            };
            for (slot, plane) in get.slots.iter().zip(planes.chunks_exact(self.fit.cells())) {
                predictions.push((*slot, self.values(get, *slot, plane, newest)));
            }
        }
        Ok(predictions)
    }

    fn values<T: Sample>(&self, get: &Get, slot: usize, plane: &[f32], newest: &[T]) -> Vec<f64> {
        let of = &self.model.wiring().slots[slot];
        let (factor, offset) = match (get.kind, get.normalised) {
            (Kind::Absolute, true) => (of.std, of.mean),
            (Kind::Increment, true) => (of.increment_std, 0.0),
            (_, false) => (1.0, 0.0),
        };
        let mut given = plane.iter();
        let mut values = Vec::with_capacity(plane.len());
        self.each_cell(slot, |i| {
            let last = newest[i].to_f64();
            let base = match get.kind {
                Kind::Absolute => offset,
                Kind::Increment => last,
            };
            let said = given
                .next()
                .map_or(f64::NAN, |y| f64::from(*y) * factor + base);
            values.push(if said.is_finite() { said } else { last });
        });
        values
    }

    /// By how much of what predictions of a slot may be expected to differ.
    pub(crate) fn scale(&self, slot: usize) -> f64 {
        let wiring = self.model.wiring();
        let get = wiring.gets.iter().find(|g| g.slots.contains(&slot));
        scale(&wiring.slots[slot], get.map_or(Kind::Absolute, |g| g.kind))
    }

    fn unfit(&self, reason: String) -> Error {
        Error::Unfit {
            model: self.model.contract().name.clone(),
            reason,
        }
    }
}

/// A slot's changes are measured in `increment_std`, if the contract has it.
fn scale(slot: &Slot, kind: Kind) -> f64 {
    match kind {
        Kind::Increment if slot.increment_std > 0.0 => slot.increment_std,
        _ => slot.std,
    }
}

/// Rows of `values` as columns.
fn crossed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows.max(1);
    let column = |c: usize| (0..rows).map(move |r| values[r * columns + c]);
    (0..columns).flat_map(column).collect()
}
