//! # `autoencoder`
//!
//! **Idea.** A network makes a few numbers of each tile of the field, which travel; another
//! makes the tile of them again, about, which is the prediction.
//!
//! **Formula.** The contract of the model says how large tiles are and what networks see;
//! `docs/guide/models.md` explains it. Tiles that are not worth their latents have no
//! prediction: NaN.
//!
//! **Side information.** None if no tile is worth it. Else, told with the first frame for
//! the whole chunk, see `docs/format/format.md`: the step of latents, the normalisation, latents,
//! and a guard band where the runtime is not exact.
//!
//! **When it wins and loses.** Wins at loose bounds on fields like those that it was
//! trained on. At tight bounds what is left is noise that latents cannot hold.
//!
//! **References.** Liu et al.: AE-SZ, CLUSTER 2021, for tiles, decoded latents and the
//! choice per tile.

use std::sync::Arc;

use foresz_predictors::{
    Error, FramePredictor, FrameWalk, Past, Result, Sample, Scene, Side, Teller,
};

use super::choice::Chooser;
use super::model::Model;
use super::paint::{Hand, paint};
use super::tiles::Tiling;
use super::told::Told;
use crate::forecast::{Care, said};
use crate::snap::{self, Guard, Spread};

/// An autoencoder as a frame predictor.
pub struct Autoencoding {
    model: Arc<Model>,
    care: Care,
}

impl Autoencoding {
    /// Uses a model.
    pub fn new(model: Arc<Model>, care: Care) -> Self {
        Autoencoding { model, care }
    }

    fn tiling(&self, scene: &Scene) -> Result<Tiling> {
        let contract = self.model.contract();
        let tiling = Tiling::new(&scene.shape, &contract.tile, contract.latents);
        tiling.map_err(|reason| Error::Model {
            reason: format!("model {}: {reason}", contract.name),
        })
    }

    fn is_guarded(&self) -> bool {
        self.care != Care::Exact
    }

    /// What is told of a chunk and the predictions that follow; nothing if it does not pay.
    fn told(&self, values: Vec<f64>, scene: &Scene) -> Result<(Side, Vec<f64>)> {
        let tiling = self.tiling(scene)?;
        let Some(chooser) = Chooser::new(&self.model, &tiling, values, scene.bound) else {
            return Ok(Default::default());
        };
        let Some((mut told, mut field)) = chooser.choose().map_err(said)? else {
            return Ok(Default::default());
        };
        let mut side = told.write(self.model.contract(), &tiling, self.is_guarded());
        if let Care::Guarded(asked) = self.care {
            let band = match asked {
                Some(band) => band,
                None => self.band(&told, &tiling, &field).map_err(said)?,
            };
            let mut guard = Guarding::new(&told, &tiling, scene.bound, band);
            let (integers, list) = snap::snap(&guard.predictions(&field));
            side.extend(band.to_le_bytes());
            side.extend(list);
            guard.settle(&integers, &mut field);
        }
        Ok((Side(side), field))
    }

    /// How wide the guard band has to be: what runs differ by here, and some.
    fn band(&self, told: &Told, tiling: &Tiling, field: &[f64]) -> crate::Result<f64> {
        let mut spread = Spread::none();
        if let Some(mut session) = self.model.runtime().start_otherwise()? {
            let tiles: Vec<usize> = on(told).take(self.model.decoder().batch()).collect();
            let hand = Hand::This(&mut *session);
            paint(
                &self.model,
                told,
                (tiling, &tiles),
                hand,
                |tile, predictions| {
                    for run in tiling.runs(tile) {
                        let here = &field[run.place..run.place + run.len];
                        let pairs = here.iter().zip(&predictions[run.cell..]);
                        pairs.for_each(|(a, b)| spread.see(*a, *b, told.scale.factor));
                    }
                },
            )?;
        }
        Ok(spread.band())
    }

    /// The predictions of a chunk, NaN where there is none: the encoder's, or nearly so if
    /// that is enough.
    fn field<T>(&self, side: &[u8], scene: &Scene, teller: &mut Teller<T>) -> Result<Vec<f64>> {
        let tiling = self.tiling(scene)?;
        let contract = self.model.contract();
        let read = Told::read(contract, &tiling, scene.bound, self.is_guarded(), side);
        let (told, mut rest) = read.ok_or_else(damaged)?;
        let mut field = vec![f64::NAN; tiling.samples()];
        let tiles: Vec<usize> = on(&told).collect();
        paint(
            &self.model,
            &told,
            (&tiling, &tiles),
            Hand::Any,
            |tile, predictions| {
                tiling.put(tile, predictions, &mut field);
            },
        )
        .map_err(said)?;
        if self.is_guarded() {
            let (band, list) = rest.split_first_chunk().ok_or_else(damaged)?;
            let band = f64::from_le_bytes(*band);
            if !(band > 0.0 && band <= snap::WIDEST) {
                return Err(damaged());
            }
            let mut guard = Guarding::new(&told, &tiling, scene.bound, band);
            let repaired = snap::repair(&guard.predictions(&field), list);
            let repaired = repaired.map_err(|_| damaged())?;
            if !repaired.same {
                teller.differs(self.differs(band))?;
            }
            guard.settle(&repaired.integers, &mut field);
            rest = &[];
        }
        if rest.is_empty() {
            Ok(field)
        } else {
            Err(damaged())
        }
    }

    fn differs(&self, band: f64) -> String {
        format!(
            "model {} ({}…) gives something else here than where the stream was made, by more than the guard band of {band:.1e}. It runs on {}; run it as foresz info says the stream was made",
            self.model.contract().name,
            &self.model.hash()[..12],
            self.model.runtime().about(),
        )
    }
}

fn damaged() -> Error {
    Error::Side {
        reason: "the latents of an autoencoder".into(),
    }
}

/// The tiles that have a prediction.
fn on(told: &Told) -> impl Iterator<Item = usize> {
    let on = told.latents.on.iter();
    on.enumerate().filter(|(_, on)| **on).map(|(tile, _)| tile)
}

/// Predictions in the order in which the guard band knows them.
struct Guarding {
    guard: Guard,
    places: Vec<usize>,
}

impl Guarding {
    fn new(told: &Told, tiling: &Tiling, bound: f64, band: f64) -> Self {
        let runs = on(told).flat_map(|tile| tiling.runs(tile));
        Guarding {
            guard: Guard::new(bound, band * told.scale.factor),
            places: runs.flat_map(|r| r.place..r.place + r.len).collect(),
        }
    }

    fn predictions(&self, field: &[f64]) -> Vec<(f64, Guard)> {
        let places = self.places.iter();
        places.map(|place| (field[*place], self.guard)).collect()
    }

    /// Predictions as they are on every machine.
    fn settle(&mut self, integers: &[i64], field: &mut [f64]) {
        for (place, integer) in self.places.iter().zip(integers) {
            field[*place] = self.guard.value(*integer);
        }
    }
}

/// A prediction in the type of the field, which may not reach as far.
fn sample<T: Sample>(prediction: f64) -> T {
    let sample = T::from_f64(prediction);
    if sample.is_finite() || prediction.is_nan() {
        sample
    } else {
        T::ZERO
    }
}

impl<T: Sample> FramePredictor<T> for Autoencoding {
    fn window(&self) -> usize {
        0
    }

    fn needs_past(&self) -> bool {
        false
    }

    fn start<'a>(&'a self, scene: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(Painting {
            by: self,
            scene,
            field: Vec::new(),
        }))
    }

    fn may_differ(&self) -> bool {
        self.is_guarded()
    }
}

/// An autoencoder on its way through a chunk.
struct Painting<'a> {
    by: &'a Autoencoding,
    scene: &'a Scene,
    /// The predictions of the chunk; empty if there are none.
    field: Vec<f64>,
}

impl Painting<'_> {
    /// What the first frame tells, for all.
    fn read<T: Sample>(&self, teller: &mut Teller<T>) -> Result<Vec<f64>> {
        let mut field = None;
        let side = teller.side(|originals| {
            let value = |x: &T| if x.is_finite() { x.to_f64() } else { f64::NAN };
            let values = originals.field.iter().map(value).collect();
            let (side, predictions) = self.by.told(values, self.scene)?;
            field = Some(predictions);
            Ok(side)
        })?;
        match field {
            // The encoder has them already.
            Some(field) => Ok(field),
            None if side.0.is_empty() => Ok(Vec::new()),
            None => self.by.field(&side.0, self.scene, teller),
        }
    }
}

impl<T: Sample> FrameWalk<T> for Painting<'_> {
    /// The part of the chunk's predictions that the frame is.
    fn next(&mut self, past: &Past<T>, teller: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        if past.index == 0 {
            self.field = self.read(teller)?;
        }
        if self.field.is_empty() {
            return Ok(false);
        }
        let shape = &self.scene.shape;
        let (from, inner) = match self.scene.time {
            Some(time) if past.shape.len() < shape.len() => {
                let inner: usize = shape[time + 1..].iter().product();
                (inner * shape[time], inner)
            }
            _ => (self.field.len(), self.field.len()),
        };
        let outer = self.field.chunks_exact(from);
        let of_frame = outer.flat_map(|o| &o[past.index * inner..(past.index + 1) * inner]);
        let mut any = false;
        for (to, prediction) in frame.iter_mut().zip(of_frame) {
            *to = sample(*prediction);
            any |= !prediction.is_nan();
        }
        Ok(any)
    }
}
