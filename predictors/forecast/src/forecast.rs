//! # `forecast`
//!
//! **Idea.** A learned model, given the last reconstructed frames, says what comes next.
//!
//! **Formula.** The contract of the model says what goes in and what comes out;
//! `docs/models.md` explains it. Frames before the model's history is full have no
//! forecast; places that the model does not cover change as their neighbour does.
//!
//! **Side information.** None where the runtime is exact. Else with every forecast:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | with the first only: the band in units of the variable's scale, `f64` |
//! | 4 | CRC-32 of all integers, eight bytes each |
//! | rest | for each prediction in the band at a border: predictions skipped since the one before, times two, plus one if the integer is odd; seven bits a byte, the lowest first |
//!
//! **When it wins and loses.** Wins where the flow moves things and the bound is loose.
//! At tight bounds what is left is noise that no model foresees, and the past frames
//! alone do as well.

use std::sync::{Arc, Mutex, PoisonError};

use foresz_predictors::{FramePredictor, Originals, Past, Sample, Side};

use crate::array::Array;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::fit::Fit;
use crate::model::Model;
use crate::runtime::{Session, Step};
use crate::snap::{self, Guard, Spread};

type Predicted<T> = foresz_predictors::Result<T>;

/// How a forecast is made the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Care {
    /// The runtime sees to it.
    Exact,
    /// A guard band that wide, in units of a variable's scale; measured if not said.
    Guarded(Option<f64>),
}

/// A learned model as a frame predictor.
pub struct Forecast {
    model: Arc<Model>,
    care: Care,
    idle: Mutex<Vec<Box<dyn Session>>>,
    /// What was predicted for which inputs and is about to be asked for again.
    noted: Mutex<Vec<Note>>,
}

struct Note {
    inputs: Vec<Array>,
    predictions: Vec<(usize, Vec<f64>)>,
}

/// More would be kept for nobody.
const MOST_NOTES: usize = 64;

impl Forecast {
    /// Uses a model.
    pub fn new(model: Arc<Model>, care: Care) -> Self {
        Forecast {
            model,
            care,
            idle: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    fn fit<T>(&self, past: &Past<T>) -> Predicted<Fit> {
        let model = &self.model;
        Fit::new(model.contract(), model.wiring(), past.scene).map_err(|reason| {
            said(Error::Unfit {
                model: model.contract().name.clone(),
                reason,
            })
        })
    }

    /// Whether there are frames enough.
    fn knows<T>(&self, past: &Past<T>) -> bool {
        past.frames.len() >= self.model.contract().time.history
    }

    fn run(&self, step: Step, inputs: &[(&str, Array)]) -> crate::Result<Vec<(String, Array)>> {
        let idle = lock(&self.idle).pop();
        let mut session = match idle {
            Some(session) => session,
            None => self.model.runtime().start()?,
        };
        let outputs = session.run(step, inputs)?;
        lock(&self.idle).push(session);
        Ok(outputs)
    }

    /// What the model says, per slot.
    fn predictions<T: Sample>(
        &self,
        exchange: Exchange,
        past: &Past<T>,
    ) -> crate::Result<Vec<(usize, Vec<f64>)>> {
        let inputs = exchange.inputs(past)?;
        let arrays = || inputs.iter().map(|(_, array)| array);
        let mut noted = lock(&self.noted);
        let found = noted
            .iter()
            .position(|note| note.inputs.iter().eq(arrays()));
        if let Some(found) = found {
            return Ok(noted.swap_remove(found).predictions);
        }
        drop(noted);
        let outputs = self.run(step(exchange.fit, past), &inputs)?;
        exchange.predictions(&outputs, &past.frames[0])
    }

    /// The same, to be asked for once more.
    fn note<T: Sample>(
        &self,
        exchange: Exchange,
        past: &Past<T>,
    ) -> crate::Result<Vec<(usize, Vec<f64>)>> {
        let predictions = self.predictions(exchange, past)?;
        let inputs = exchange.inputs(past)?;
        let mut noted = lock(&self.noted);
        if noted.len() == MOST_NOTES {
            noted.remove(0);
        }
        noted.push(Note {
            inputs: inputs.into_iter().map(|(_, array)| array).collect(),
            predictions: predictions.clone(),
        });
        Ok(predictions)
    }

    /// How wide the band has to be: what runs differ by here, and some.
    fn band<T: Sample>(
        &self,
        exchange: Exchange,
        past: &Past<T>,
        predictions: &[(usize, Vec<f64>)],
    ) -> crate::Result<f64> {
        let mut spread = Spread::none();
        if let Some(mut session) = self.model.runtime().start_otherwise()? {
            let outputs = session.run(step(exchange.fit, past), &exchange.inputs(past)?)?;
            let others = exchange.predictions(&outputs, &past.frames[0])?;
            for ((slot, here), (_, there)) in predictions.iter().zip(&others) {
                let scale = exchange.scale(*slot);
                let pairs = here.iter().zip(there);
                pairs.for_each(|(a, b)| spread.see(*a, *b, scale));
            }
        }
        Ok(spread.band())
    }

    /// Predictions with their guards, slot after slot.
    fn guarded(
        exchange: Exchange,
        bound: f64,
        band: f64,
        predictions: &[(usize, Vec<f64>)],
    ) -> Vec<(f64, Guard)> {
        let of_slot = |(slot, values): &(usize, Vec<f64>)| {
            let guard = Guard::new(bound, band * exchange.scale(*slot));
            values.iter().map(|p| (*p, guard)).collect::<Vec<_>>()
        };
        predictions.iter().flat_map(of_slot).collect()
    }

    fn tell<T: Sample>(
        &self,
        exchange: Exchange,
        past: &Past<T>,
        asked: Option<f64>,
        known: Option<f64>,
    ) -> crate::Result<Vec<u8>> {
        let predictions = self.note(exchange, past)?;
        let mut side = Vec::new();
        let band = match known.or(asked) {
            Some(band) => band,
            None => self.band(exchange, past, &predictions)?,
        };
        if known.is_none() {
            side.extend(band.to_le_bytes());
        }
        let guarded = Self::guarded(exchange, past.scene.bound, band, &predictions);
        side.extend(snap::snap(&guarded).1);
        Ok(side)
    }

    /// Predictions as they are on every machine, or nearly so if that is enough.
    fn settle<T: Sample>(
        &self,
        exchange: Exchange,
        past: &Past<T>,
        (side, anyway): (&[u8], bool),
        memory: &mut Vec<f64>,
        predictions: &mut [(usize, Vec<f64>)],
    ) -> Predicted<()> {
        let damaged = || foresz_predictors::Error::Side {
            reason: "the guard band of a forecast".into(),
        };
        let (band, told) = match memory.first() {
            Some(band) => (*band, side),
            None => {
                let (band, told) = side.split_first_chunk().ok_or_else(damaged)?;
                (f64::from_le_bytes(*band), told)
            }
        };
        if !(band > 0.0 && band <= snap::WIDEST) {
            return Err(damaged());
        }
        let guarded = Self::guarded(exchange, past.scene.bound, band, predictions);
        let repaired = snap::repair(&guarded, told).map_err(|_| damaged())?;
        if !repaired.same && !anyway {
            return Err(self.differs(past.index, band));
        }
        *memory = vec![band];
        let values = predictions.iter_mut().flat_map(|(_, values)| values);
        for ((value, (_, guard)), integer) in values.zip(&guarded).zip(repaired.integers) {
            *value = guard.value(integer);
        }
        Ok(())
    }

    fn differs(&self, frame: usize, band: f64) -> foresz_predictors::Error {
        foresz_predictors::Error::Differs {
            reason: format!(
                "frame {frame} of this chunk: model {} ({}…) predicts something else here than where the stream was made, by more than the guard band of {band:.1e}. It runs on {}; run it as foresz info says the stream was made",
                self.model.contract().name,
                &self.model.hash()[..12],
                self.model.runtime().about(),
            ),
        }
    }
}

fn step<T>(fit: &Fit, past: &Past<T>) -> Step {
    Step {
        index: past.index,
        time: fit.time_of(past.index as i64),
        values: past.shape.iter().product(),
    }
}

pub(crate) fn said(error: Error) -> foresz_predictors::Error {
    let reason = error.to_string();
    match error {
        Error::Limit(_) => foresz_predictors::Error::Limit { reason },
        _ => foresz_predictors::Error::Model { reason },
    }
}

/// A thread that panicked has left nothing half done in these.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Sample> FramePredictor<T> for Forecast {
    fn window(&self) -> usize {
        self.model.contract().time.history
    }

    fn learn(&self, _: &Originals<T>, past: &Past<T>, memory: &[f64]) -> Predicted<Side> {
        let fit = self.fit(past)?;
        let Care::Guarded(asked) = self.care else {
            return Ok(Side::default());
        };
        if !self.knows(past) {
            return Ok(Side::default());
        }
        let exchange = Exchange {
            model: &self.model,
            fit: &fit,
        };
        let told = self.tell(exchange, past, asked, memory.first().copied());
        told.map(Side).map_err(said)
    }

    fn predict(
        &self,
        side: &Side,
        past: &Past<T>,
        memory: &mut Vec<f64>,
        frame: &mut [T],
    ) -> Predicted<bool> {
        self.paint((&side.0, false), past, memory, frame)
    }

    fn may_differ(&self) -> bool {
        self.care != Care::Exact
    }

    fn predict_anyway(
        &self,
        side: &Side,
        past: &Past<T>,
        memory: &mut Vec<f64>,
        frame: &mut [T],
    ) -> Predicted<bool> {
        self.paint((&side.0, true), past, memory, frame)
    }
}

impl Forecast {
    /// Side information comes with whether it need not fit.
    fn paint<T: Sample>(
        &self,
        side: (&[u8], bool),
        past: &Past<T>,
        memory: &mut Vec<f64>,
        frame: &mut [T],
    ) -> Predicted<bool> {
        if !self.knows(past) {
            return Ok(false);
        }
        let fit = self.fit(past)?;
        let exchange = Exchange {
            model: &self.model,
            fit: &fit,
        };
        let mut predictions = self.predictions(exchange, past).map_err(said)?;
        if self.care != Care::Exact {
            self.settle(exchange, past, side, memory, &mut predictions)?;
        }
        let newest = &past.frames[0];
        frame.copy_from_slice(newest);
        for (slot, values) in &predictions {
            let mut values = values.iter();
            exchange.each_cell(*slot, |i| {
                frame[i] = values.next().map_or(frame[i], |p| T::from_f64(*p));
            });
            follow(&fit, *slot, newest, frame);
        }
        Ok(true)
    }
}

/// Rows that the model does not cover change as the nearest one does that it covers.
fn follow<T: Sample>(fit: &Fit, slot: usize, newest: &[T], frame: &mut [T]) {
    let start = fit.slices[slot] * fit.slice_len();
    let (Some(low), Some(high)) = (fit.rows.iter().min(), fit.rows.iter().max()) else {
        return;
    };
    for row in (0..fit.frame.0).filter(|r| r < low || r > high) {
        let near = row.clamp(*low, *high);
        for column in 0..fit.frame.1 {
            let (to, from) = (
                start + row * fit.frame.1 + column,
                start + near * fit.frame.1 + column,
            );
            let change = frame[from].to_f64() - newest[from].to_f64();
            frame[to] = T::from_f64(newest[to].to_f64() + change);
        }
    }
}
