//! The walk of a predictor that looks at forecasts.

use foresz_predictors::{Forecasted, Forecasts, Predictor, Rehearsal, Result, Sample, Side};

use super::Encoder;
use super::forecaster::{Forecaster, in_time};
use super::frame::{Lesson, Sides};
use crate::entropy;

/// Less than this is within what estimates are off by.
const PAYS: f64 = 0.998;
/// Each comes closer to what the walk will be. On hourly 2 m temperature at 1e-2 of its
/// range, `climatology+stencil+raster` with one: ratio 57.2, with two: 58.3.
const TRIALS: usize = 2;

/// Codes a chunk with a predictor, in both of its roles.
pub(super) fn walk<T: Sample>(
    forecaster: Forecaster<T>,
    (alone, beside): (&dyn Predictor<T>, &dyn Forecasted<T>),
    sides: &mut Sides<T>,
    coder: &mut dyn foresz_predictors::Coder<T>,
) -> Result<()> {
    let scene = forecaster.scene;
    let side = sides.next(|lesson| learn(&forecaster, (alone, beside), lesson))?;
    beside.walk(&side, scene, &mut OnDemand::new(forecaster, sides), coder)
}

/// Forecasts depend on what coding leaves of the frames before: so all is coded on trial,
/// first without forecasts. If they do not pay, it stays at that.
fn learn<T: Sample>(
    forecaster: &Forecaster<T>,
    (alone, beside): (&dyn Predictor<T>, &dyn Forecasted<T>),
    lesson: Lesson<T>,
) -> Result<Side> {
    let plain = alone.learn(lesson.originals, forecaster.scene)?;
    let (bits, mut rehearsal) = rehearse(forecaster.afresh(), beside, &plain, lesson)?;
    let mut best = (PAYS * bits, plain);
    for _ in 0..TRIALS {
        let side = beside.learn(lesson.originals, &rehearsal, forecaster.scene)?;
        let (bits, after) = rehearse(forecaster.afresh(), beside, &side, lesson)?;
        rehearsal = after;
        if bits < best.0 {
            best = (bits, side);
        }
    }
    Ok(best.1)
}

/// What a walk with that side information takes, in bits, and what it sees.
fn rehearse<T: Sample>(
    forecaster: Forecaster<T>,
    point: &dyn Forecasted<T>,
    side: &Side,
    lesson: Lesson<T>,
) -> Result<(f64, Rehearsal<T>)> {
    let scene = forecaster.scene;
    let Lesson {
        originals,
        quantiser,
        range,
    } = lesson;
    let mut encoder = Encoder::new(originals, &scene.shape, quantiser, range);
    let mut sides = Sides::learn(lesson);
    let mut noted = Noted {
        forecasts: OnDemand::new(forecaster, &mut sides),
        notes: Vec::new(),
    };
    point.walk(side, scene, &mut noted, &mut encoder)?;
    let forecasts = noted.notes;
    let coded = encoder.finish()?;
    let codes = entropy::estimate_bits_in_context(&scene.shape, &coded.planes, &coded.codes);
    let rest = side.0.len() + sides.into_bytes().len() + coded.literals.len() * T::BYTES;
    let rehearsal = Rehearsal {
        forecasts,
        canvas: coded.canvas,
    };
    Ok((codes + 8.0 * rest as f64, rehearsal))
}

/// Forecasts from what is coded already.
struct OnDemand<'a, 'b, 'c, T> {
    forecaster: Forecaster<'a, T>,
    sides: &'b mut Sides<'c, T>,
    asked: usize,
}

impl<'a, 'b, 'c, T: Sample> OnDemand<'a, 'b, 'c, T> {
    fn new(forecaster: Forecaster<'a, T>, sides: &'b mut Sides<'c, T>) -> Self {
        OnDemand {
            forecaster,
            sides,
            asked: 0,
        }
    }
}

impl<T: Sample> Forecasts<T> for OnDemand<'_, '_, '_, T> {
    fn count(&self) -> usize {
        self.forecaster.members.len()
    }

    fn next(&mut self, canvas: &[T]) -> Result<Vec<Option<&[T]>>> {
        let forecaster = &mut self.forecaster;
        if let Some(last) = self.asked.checked_sub(1) {
            let canvas = in_time(canvas, forecaster.scene, forecaster.time);
            let newest = canvas.frame(last);
            forecaster.observe(newest);
        }
        self.asked += 1;
        forecaster.predict(self.sides)?;
        Ok(forecaster.forecasts())
    }
}

/// Forecasts of which a copy is kept.
struct Noted<'a, 'b, 'c, T> {
    forecasts: OnDemand<'a, 'b, 'c, T>,
    notes: Vec<Vec<Option<Vec<T>>>>,
}

impl<T: Sample> Forecasts<T> for Noted<'_, '_, '_, T> {
    fn count(&self) -> usize {
        self.forecasts.count()
    }

    fn next(&mut self, canvas: &[T]) -> Result<Vec<Option<&[T]>>> {
        let forecasts = self.forecasts.next(canvas)?;
        let note = forecasts.iter().map(|f| f.map(<[T]>::to_vec));
        self.notes.push(note.collect());
        Ok(forecasts)
    }
}
