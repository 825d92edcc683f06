//! # `forecast`
//!
//! **Idea.** A learned model, given the last reconstructed frames, says what comes next.
//!
//! **Formula.** The contract of the model says what goes in and what comes out;
//! `docs/guide/models.md` explains it. Frames before the model's history is full have no
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

use std::sync::Arc;

use foresz_predictors::{FramePredictor, FrameWalk, Past, Sample, Scene, Teller};

use crate::error::Error;
use crate::exchange::Exchange;
use crate::fit::Fit;
use crate::model::Model;
use crate::runtime::{Idle, Session, Step};
use crate::snap::{self, Guard, Spread};
use crate::told::Told;

type Predicted<T> = foresz_predictors::Result<T>;
/// What a model says, per slot.
type Slots = Vec<(usize, Vec<f64>)>;

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
    idle: Idle,
}

impl Forecast {
    /// Uses a model.
    pub fn new(model: Arc<Model>, care: Care) -> Self {
        Forecast {
            model,
            care,
            idle: Idle::default(),
        }
    }
}

pub(crate) fn said(error: Error) -> foresz_predictors::Error {
    let reason = error.to_string();
    match error {
        Error::Limit(_) => foresz_predictors::Error::Limit { reason },
        _ => foresz_predictors::Error::Model { reason },
    }
}

impl<T: Sample> FramePredictor<T> for Forecast {
    fn window(&self) -> usize {
        self.model.contract().time.history
    }

    fn start<'a>(&'a self, scene: &'a Scene) -> Predicted<Box<dyn FrameWalk<T> + 'a>> {
        let model = &*self.model;
        let fit = Fit::new(model.contract(), model.wiring(), scene).map_err(|reason| {
            said(Error::Unfit {
                model: model.contract().name.clone(),
                reason,
            })
        })?;
        Ok(Box::new(Foreseeing {
            forecast: self,
            exchange: Exchange {
                model,
                fit,
                bound: scene.bound,
            },
            told: Told::default(),
        }))
    }

    fn may_differ(&self) -> bool {
        self.care != Care::Exact
    }
}

/// A model on its way through a chunk.
struct Foreseeing<'a> {
    forecast: &'a Forecast,
    exchange: Exchange<'a>,
    told: Told,
}

impl<T: Sample> FrameWalk<T> for Foreseeing<'_> {
    fn next(&mut self, past: &Past<T>, teller: &mut Teller<T>, frame: &mut [T]) -> Predicted<bool> {
        if past.frames.len() < self.exchange.model.contract().time.history {
            return Ok(false);
        }
        let run = |session: &mut dyn Session| self.run(session, past);
        let runtime = self.exchange.model.runtime();
        let mut predictions = self.forecast.idle.work(runtime, run).map_err(said)?;
        if let Care::Guarded(asked) = self.forecast.care {
            self.settle(past, asked, teller, &mut predictions)?;
        }
        let newest = &past.frames[0];
        frame.copy_from_slice(newest);
        for (slot, values) in &predictions {
            let mut values = values.iter();
            self.exchange.each_cell(*slot, |i| {
                frame[i] = values.next().map_or(frame[i], |p| T::from_f64(*p));
            });
            follow(&self.exchange.fit, *slot, newest, frame);
        }
        Ok(true)
    }
}

impl Foreseeing<'_> {
    fn run<T: Sample>(&self, session: &mut dyn Session, past: &Past<T>) -> crate::Result<Slots> {
        let step = Step {
            index: past.index,
            time: self.exchange.fit.time_of(past.index as i64),
            values: past.shape.iter().product(),
        };
        let outputs = session.run(step, &self.exchange.inputs(past)?)?;
        self.exchange.predictions(&outputs, &past.frames[0])
    }

    /// How wide the band has to be: what runs differ by here, and some.
    fn measured<T: Sample>(&self, past: &Past<T>, predictions: &Slots) -> crate::Result<f64> {
        let mut spread = Spread::none();
        if let Some(mut session) = self.exchange.model.runtime().start_otherwise()? {
            let others = self.run(&mut *session, past)?;
            for ((slot, here), (_, there)) in predictions.iter().zip(&others) {
                let scale = self.exchange.scale(*slot);
                let pairs = here.iter().zip(there);
                pairs.for_each(|(a, b)| spread.see(*a, *b, scale));
            }
        }
        Ok(spread.band())
    }

    /// Predictions with their guards, slot after slot.
    fn guarded(&self, band: f64, predictions: &Slots) -> Vec<(f64, Guard)> {
        let of_slot = |(slot, values): &(usize, Vec<f64>)| {
            let guard = Guard::new(self.exchange.bound, band * self.exchange.scale(*slot));
            values.iter().map(|p| (*p, guard)).collect::<Vec<_>>()
        };
        predictions.iter().flat_map(of_slot).collect()
    }

    /// Predictions as they are on every machine, or nearly so if that is enough.
    fn settle<T: Sample>(
        &self,
        past: &Past<T>,
        asked: Option<f64>,
        teller: &mut Teller<T>,
        predictions: &mut Slots,
    ) -> Predicted<()> {
        let measure = || asked.map_or_else(|| self.measured(past, predictions), Ok);
        let guarded = |band| self.guarded(band, predictions);
        let side = teller.side(|_| self.told.tell(measure, guarded).map_err(said))?;
        let settled = (self.told).settle(&side, |band| band <= snap::WIDEST, guarded)?;
        if !settled.same {
            teller.differs(self.differs(past.index, settled.band))?;
        }
        let values = predictions.iter_mut().flat_map(|(_, values)| values);
        values
            .zip(settled.values)
            .for_each(|(value, settled)| *value = settled);
        Ok(())
    }

    fn differs(&self, frame: usize, band: f64) -> String {
        let model = self.exchange.model;
        format!(
            "frame {frame} of this chunk: model {} ({}…) predicts something else here than where the stream was made, by more than the guard band of {band:.1e}. It runs on {}; run it as foresz info says the stream was made",
            model.contract().name,
            &model.hash()[..12],
            model.runtime().about(),
        )
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
