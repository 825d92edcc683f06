//! # `climatology`
//!
//! **Idea.** A day is like the days before at the same hour, a year like the years
//! before in the same month.
//!
//! **Formula.** `F(t) = M`, the mean of R(t−p), R(t−2p), … with p = `period`, the
//! older the less: of the k-th frame of a phase, counted from 1,
//! `M ← M + (R − M) · max(1/k, 1/5)`, from 0, in `f64`. The first p frames have no guess
//! and stand alone.
//!
//! **Side information.** With `period=0`, the default, that of the first frame has the
//! period as two bytes, or nothing if the series has none: then there are no forecasts.
//! That of all others is empty.
//!
//! The encoder takes for the period the lag at which changes from frame to frame
//! are most like each other, see [`find_period`].
//!
//! **When it wins and loses.** Alone it hardly ever wins: it knows the daily cycle but
//! not the weather. Beside the past frames it tells what the hour is about to do, and
//! it has fine structure that does not move (coasts, mountains) with less noise than
//! any single frame.

use crate::candidate::{Candidate, Occasion};
use crate::error::{Error, Result};
use crate::frame::{FramePredictor, FrameWalk, Originals, Past, Teller};
use crate::predictor::{Scene, Side};
use crate::sample::Sample;
use crate::spec::{Params, Part};

/// As many hours as a leap year has.
const LONGEST: usize = 8784;
/// Forecasters cannot learn from fewer.
const LEAST_FRAMES: usize = 8;
/// The least that a frame counts for in the mean. On hourly 2 m temperature at 1e-2 of
/// its range, `climatology+stencil+raster` with it: ratio 58.1; without: 57.5.
const LEAST_SHARE: f64 = 0.2;

/// Predicts the mean of the same phase so far.
#[derive(Debug, Clone, Copy)]
pub struct Climatology {
    /// 0 is for the encoder to find.
    period: usize,
}

impl Climatology {
    pub(crate) fn from_part(part: &Part) -> Result<Self> {
        let mut params = Params::new(part);
        let period = params.integer("period", 0, 0..=LONGEST)?;
        params.finish(&["period"])?;
        Ok(Climatology { period })
    }

    /// In series that forecasters can learn from.
    pub(crate) fn candidates(chunk: &Occasion) -> Vec<Candidate> {
        if chunk.judged.is_terse() || chunk.times(2) < LEAST_FRAMES {
            return Vec::new();
        }
        vec![Candidate {
            blind: Some("raster:past=0".into()),
            ..Candidate::new("climatology+stencil+raster", 20.0)
        }]
    }
}

impl<T: Sample> FramePredictor<T> for Climatology {
    fn window(&self) -> usize {
        1
    }

    fn start<'a>(&'a self, _: &'a Scene) -> Result<Box<dyn FrameWalk<T> + 'a>> {
        Ok(Box::new(Means {
            period: (self.period > 0).then_some(self.period),
            phases: Vec::new(),
        }))
    }
}

/// The means of the phases seen so far.
struct Means {
    /// 0 if there is none; not known before the first frame tells it.
    period: Option<usize>,
    phases: Vec<f64>,
}

impl<T: Sample> FrameWalk<T> for Means {
    fn next(&mut self, past: &Past<T>, teller: &mut Teller<T>, frame: &mut [T]) -> Result<bool> {
        let period = match self.period {
            Some(period) => period,
            None => read(&teller.side(|originals| Ok(tell(originals)))?)?,
        };
        self.period = Some(period);
        if period == 0 {
            return Ok(false);
        }
        let size = frame.len();
        let place = |index: usize| index % period * size;
        if let (Some(newest), Some(index)) = (past.frames.first(), past.index.checked_sub(1)) {
            let start = place(index);
            if self.phases.len() < start + size {
                self.phases.resize(start + size, 0.0);
            }
            let share = (1.0 / (index / period + 1) as f64).max(LEAST_SHARE);
            for (mean, x) in self.phases[start..].iter_mut().zip(newest) {
                *mean += (x.to_f64() - *mean) * share;
            }
        }
        if past.index < period {
            return Ok(false);
        }
        for (guess, mean) in frame.iter_mut().zip(&self.phases[place(past.index)..]) {
            *guess = T::from_f64(*mean);
        }
        Ok(true)
    }
}

fn tell<T: Sample>(originals: &Originals<T>) -> Side {
    let found = find_period(originals).and_then(|p| u16::try_from(p).ok());
    Side(found.map_or_else(Vec::new, |p| p.to_le_bytes().to_vec()))
}

fn read(side: &Side) -> Result<usize> {
    let period = match *side.0.as_slice() {
        [] => return Ok(0),
        [low, high] => usize::from(u16::from_le_bytes([low, high])),
        _ => 0,
    };
    if (1..=LONGEST).contains(&period) {
        return Ok(period);
    }
    Err(Error::Side {
        reason: format!("{:?} is not a period", side.0),
    })
}

/// What is looked at to find a period: so many frames and places, lags up to so many
/// frames.
const FRAMES: usize = 2048;
const PLACES: usize = 256;
const LAGS: usize = 400;
/// A period is where changes correlate by so much, and more than at lags beside it.
const LIKE: f64 = 0.3;
/// Multiples of a period correlate about as well: the shortest lag is taken that comes
/// so close to the best.
const AS_GOOD: f64 = 0.8;

/// The lag at which changes from frame to frame repeat themselves.
fn find_period<T: Sample>(originals: &Originals<T>) -> Option<usize> {
    let count = originals.frames().min(FRAMES);
    let frames: Vec<Vec<f64>> = (0..count)
        .map(|t| some_places(&originals.frame(t)))
        .collect();
    let changes: Vec<Vec<f64>> = frames
        .windows(2)
        .map(|pair| pair[1].iter().zip(&pair[0]).map(|(b, a)| b - a).collect())
        .collect();
    let longest = LAGS.min(count / 3);
    let alike: Vec<f64> = (0..=longest + 1)
        .map(|lag| likeness(&changes, lag))
        .collect();
    let peak = |lag: &usize| {
        let around = alike[*lag - 1].max(alike[*lag + 1]);
        alike[*lag] >= LIKE && alike[*lag] > around
    };
    let peaks: Vec<usize> = (2..=longest).filter(peak).collect();
    let best = peaks
        .iter()
        .fold(0.0, |best: f64, lag| best.max(alike[*lag]));
    peaks.into_iter().find(|lag| alike[*lag] >= AS_GOOD * best)
}

fn some_places<T: Sample>(frame: &[T]) -> Vec<f64> {
    let every = frame.len().div_ceil(PLACES);
    frame.iter().step_by(every).map(|x| x.to_f64()).collect()
}

/// How changes correlate with those `lag` frames before; holes do not count.
fn likeness(changes: &[Vec<f64>], lag: usize) -> f64 {
    let (mut product, mut new, mut old) = (0.0, 0.0, 0.0);
    for (a, b) in changes.iter().skip(lag).zip(changes) {
        for (a, b) in a.iter().zip(b) {
            let both = a * b;
            if both.is_finite() {
                product += both;
                new += a * a;
                old += b * b;
            }
        }
    }
    let size = (new * old).sqrt();
    if size > 0.0 { product / size } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period_of(value: impl Fn(usize, usize) -> f32) -> Option<usize> {
        let field: Vec<f32> = (0..120 * 9).map(|i| value(i / 9, i % 9)).collect();
        find_period(&Originals {
            field: &field,
            shape: &[120, 3, 3],
            time: Some(0),
            bound: 0.1,
        })
    }

    #[test]
    fn a_cycle_is_found_under_a_trend_and_holes() {
        let saw = |t: usize| (t % 12) as f32 * 0.5 + (t % 3) as f32;
        assert_eq!(period_of(|t, x| saw(t + x) + t as f32 * 0.1), Some(12));
        let holed = |t: usize, x: usize| if (t + x) % 7 == 3 { f32::NAN } else { saw(t) };
        assert_eq!(period_of(holed), Some(12));
    }

    #[test]
    fn there_is_none_in_what_stands_still_or_moves_on() {
        assert_eq!(period_of(|_, x| x as f32), None);
        assert_eq!(period_of(|t, _| (t * t) as f32), None);
        assert_eq!(period_of(|_, _| f32::NAN), None);
    }
}
