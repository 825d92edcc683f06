//! The walk of a predictor that looks at forecasts.

use foresz_predictors::{
    Error, Forecasted, Forecasts, Predictor, Rehearsal, Result, Sample, Scene, Side,
};

use super::forecaster::{Forecaster, in_time};
use super::frame::{Lesson, Sides};
use super::{Coded, Encoder};
use crate::entropy;

/// Less than this is within what estimates are off by.
const PAYS: f64 = 0.998;
/// Each comes closer to what the walk will be. On hourly 2 m temperature at 1e-2 of its
/// range, `climatology+stencil+raster` with one: ratio 57.2, with two: 58.3.
const TRIALS: usize = 2;

/// Frames where forecasts cost so many times what none cost do without.
const HARMS: f64 = 1.05;

/// Codes a chunk with a predictor, in both of its roles.
pub(super) fn walk<T: Sample>(
    forecaster: Forecaster<T>,
    (alone, beside): (&dyn Predictor<T>, &dyn Forecasted<T>),
    sides: &mut Sides<T>,
    coder: &mut dyn foresz_predictors::Coder<T>,
) -> Result<()> {
    let scene = forecaster.scene;
    let mut without = Vec::new();
    let side = sides.next(|lesson| {
        let learned = learn(&forecaster, (alone, beside), lesson)?;
        without = learned.without;
        Ok(learned.side)
    })?;
    let without = Without::told(&sides.next(|_| Ok(Side(without)))?, scene)?;
    let mut forecasts = OnDemand::new(forecaster, sides, without);
    beside.walk(&side, scene, &mut forecasts, coder)
}

/// What a walk is told.
struct Learned {
    side: Side,
    /// As bits, of frames.
    without: Vec<u8>,
}

/// Forecasts depend on what coding leaves of the frames before: so all is coded on trial,
/// first without forecasts. If they do not pay, it stays at that; frames where they do
/// harm do without.
fn learn<T: Sample>(
    forecaster: &Forecaster<T>,
    (alone, beside): (&dyn Predictor<T>, &dyn Forecasted<T>),
    lesson: Lesson<T>,
) -> Result<Learned> {
    let scene = forecaster.scene;
    let plain = alone.learn(lesson.originals, scene)?;
    let all = Without::default();
    let before = rehearse(forecaster.afresh(), beside, &plain, &all, lesson)?;
    let mut best = (PAYS * before.bits, plain, Vec::new());
    let mut last = before.rehearsal;
    let mut frames = Vec::new();
    for _ in 0..TRIALS {
        let side = beside.learn(lesson.originals, &last, scene)?;
        let after = rehearse(forecaster.afresh(), beside, &side, &all, lesson)?;
        (last, frames) = (after.rehearsal, after.frames);
        if after.bits < best.0 {
            best = (after.bits, side, Vec::new());
        }
    }
    let (harmed, harm) = Without::harmed(&frames, &before.frames);
    if harm > (1.0 - PAYS) * best.0 {
        harmed.forget(&mut last);
        let side = beside.learn(lesson.originals, &last, scene)?;
        let after = rehearse(forecaster.afresh(), beside, &side, &harmed, lesson)?;
        if after.bits < PAYS * best.0 {
            best = (after.bits, side, harmed.0);
        }
    }
    Ok(Learned {
        side: best.1,
        without: best.2,
    })
}

/// Frames that do without forecasts: a bit each, the lowest first.
#[derive(Default)]
struct Without(Vec<u8>);

impl Without {
    fn told(side: &Side, scene: &Scene) -> Result<Self> {
        let times = scene.time.map_or(0, |t| scene.shape[t]);
        if side.0.is_empty() || side.0.len() == times.div_ceil(8) {
            return Ok(Without(side.0.clone()));
        }
        Err(Error::Side {
            reason: format!("{} bytes of bits for {times} frames", side.0.len()),
        })
    }

    /// Where coding with forecasts takes more than coding without,
    /// and by how much.
    fn harmed(with: &[f64], without: &[f64]) -> (Self, f64) {
        let (mut bits, mut harm) = (vec![0; with.len().div_ceil(8)], 0.0);
        for (i, (with, without)) in with.iter().zip(without).enumerate() {
            if *with > HARMS * without {
                bits[i / 8] |= 1 << (i % 8);
                harm += with - without;
            }
        }
        (Without(bits), harm)
    }

    fn has(&self, frame: usize) -> bool {
        self.0
            .get(frame / 8)
            .is_some_and(|byte| byte >> (frame % 8) & 1 == 1)
    }

    fn forget<T>(&self, rehearsal: &mut Rehearsal<T>) {
        for (i, forecasts) in rehearsal.forecasts.iter_mut().enumerate() {
            if self.has(i) {
                forecasts.iter_mut().for_each(|f| *f = None);
            }
        }
    }
}

/// What a walk on trial takes and sees.
struct Outcome<T> {
    bits: f64,
    /// Of each frame, if planes go through time first.
    frames: Vec<f64>,
    rehearsal: Rehearsal<T>,
}

fn rehearse<T: Sample>(
    forecaster: Forecaster<T>,
    point: &dyn Forecasted<T>,
    side: &Side,
    without: &Without,
    lesson: Lesson<T>,
) -> Result<Outcome<T>> {
    let (scene, time) = (forecaster.scene, forecaster.time);
    let Lesson {
        originals,
        quantiser,
        range,
    } = lesson;
    let mut encoder = Encoder::new(originals, &scene.shape, quantiser, range);
    let mut sides = Sides::learn(lesson);
    let mut noted = Noted {
        forecasts: OnDemand::new(forecaster, &mut sides, Without(without.0.clone())),
        notes: Vec::new(),
    };
    point.walk(side, scene, &mut noted, &mut encoder)?;
    let forecasts = noted.notes;
    let coded = encoder.finish()?;
    let codes = entropy::estimate_bits_in_context(&scene.shape, &coded.planes, &coded.codes);
    let rest = side.0.len() + sides.into_bytes().len() + coded.literals.len() * T::BYTES;
    let frames = time.map_or(Vec::new(), |t| frame_bits(&coded, scene.shape[t], t));
    Ok(Outcome {
        bits: codes + 8.0 * rest as f64,
        frames,
        rehearsal: Rehearsal {
            forecasts,
            canvas: coded.canvas,
        },
    })
}

/// Bits that the codes of each frame take, about.
fn frame_bits<T>(coded: &Coded<T>, times: usize, time: usize) -> Vec<f64> {
    let mut bits = vec![0.0; times];
    let mut rest = coded.codes.as_slice();
    for plane in &coded.planes {
        let (codes, after) = rest.split_at(plane.len());
        rest = after;
        if plane.is_empty() {
            continue;
        }
        if plane.axes[..time].iter().any(|axis| axis.count > 1) {
            return Vec::new();
        }
        let axis = plane.axes[time];
        for (k, codes) in codes.chunks_exact(codes.len() / axis.count).enumerate() {
            bits[axis.start + k * axis.step] += entropy::estimate_bits(codes);
        }
    }
    bits
}

/// Forecasts from what is coded already.
struct OnDemand<'a, 'b, 'c, T> {
    forecaster: Forecaster<'a, T>,
    sides: &'b mut Sides<'c, T>,
    without: Without,
    asked: usize,
}

impl<'a, 'b, 'c, T: Sample> OnDemand<'a, 'b, 'c, T> {
    fn new(forecaster: Forecaster<'a, T>, sides: &'b mut Sides<'c, T>, without: Without) -> Self {
        OnDemand {
            forecaster,
            sides,
            without,
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
        forecaster.predict(self.sides)?;
        forecaster.fill();
        self.asked += 1;
        if self.without.has(self.asked - 1) {
            return Ok(vec![None; forecaster.members.len()]);
        }
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
