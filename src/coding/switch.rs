//! Whether a frame is coded on top of a forecast, and of which.

use foresz_predictors::{Error, OnForecast, Predictor, Result, Sample, Scene, Side};

use super::Encoder;
use super::frame::Lesson;
use crate::entropy;

/// A forecast that leaves so much less to code by a glance is taken without a trial.
const CLEARLY: f64 = 0.75;
/// At a glance: the first of so many rows.
const ROWS: usize = 4;

/// What frames are coded on top of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The last forecaster that has a forecast.
    Usual,
    Forecaster(usize),
    Nothing,
}

/// A frame to be coded, with what is known of it.
pub(super) struct Frame<'a, T> {
    /// The frame by itself.
    pub(super) scene: &'a Scene,
    pub(super) point: &'a dyn Predictor<T>,
    pub(super) forecasts: &'a [Option<&'a [T]>],
}

impl<'a, T: Sample> Frame<'a, T> {
    /// Whether there is anything to decide.
    pub(super) fn has_choice(&self) -> bool {
        self.forecasts.iter().any(Option::is_some)
    }

    /// The forecast under a frame; the usual one if that is lacking.
    pub(super) fn forecast(&self, base: Base) -> Option<&'a [T]> {
        let usual = || self.forecasts.iter().rev().flatten().next().copied();
        match base {
            Base::Nothing => None,
            Base::Usual => usual(),
            Base::Forecaster(i) => self.forecasts[i].or_else(usual),
        }
    }

    /// What side information says: nothing, if the base is that of the frame before.
    pub(super) fn told(&self, side: &Side, before: Base) -> Result<Base> {
        match side.0.as_slice() {
            [] => Ok(before),
            [0] => Ok(Base::Nothing),
            [i] if usize::from(*i) <= self.forecasts.len() => {
                Ok(Base::Forecaster(usize::from(*i) - 1))
            }
            _ => Err(Error::Side {
                reason: "a frame on top of a forecaster that there is not".into(),
            }),
        }
    }

    /// What leaves least, on the encoder.
    pub(super) fn choose(&self, original: &[T], lesson: Lesson<T>, before: Base) -> Result<Side> {
        let among: Vec<usize> = (0..self.forecasts.len())
            .filter(|i| self.forecasts[*i].is_some())
            .collect();
        let chosen = match among[..] {
            [only] if self.clearly_pays(original, only) => Base::Forecaster(only),
            _ => self.tried(original, lesson, &among)?,
        };
        let same = match (chosen, before) {
            (Base::Forecaster(i), Base::Usual) => among.last() == Some(&i),
            _ => chosen == before,
        };
        Ok(match chosen {
            _ if same => Side::default(),
            Base::Forecaster(i) => Side(vec![i as u8 + 1]),
            Base::Usual | Base::Nothing => Side(vec![0]),
        })
    }

    /// The least of all, coded on trial.
    fn tried(&self, original: &[T], lesson: Lesson<T>, among: &[usize]) -> Result<Base> {
        let mut best = (self.bits(original, None, lesson)?, Base::Nothing);
        for &i in among {
            let bits = self.bits(original, self.forecasts[i], lesson)?;
            if bits <= best.0 {
                best = (bits, Base::Forecaster(i));
            }
        }
        Ok(best.1)
    }

    fn clearly_pays(&self, original: &[T], forecaster: usize) -> bool {
        let alone = self.glance(original, None);
        self.glance(original, self.forecasts[forecaster]) <= CLEARLY * alone
    }

    /// Bits of second differences in the unit of the bound, in some of the rows.
    fn glance(&self, original: &[T], forecast: Option<&[T]>) -> f64 {
        let columns = self.scene.shape.last().copied().unwrap_or(1);
        let unit = if self.scene.bound > 0.0 {
            self.scene.bound
        } else {
            f64::MIN_POSITIVE
        };
        let left = |i: usize| original[i].to_f64() - forecast.map_or(0.0, |f| f[i].to_f64());
        let mut bits = 0;
        for row in (columns..original.len()).step_by(ROWS * columns) {
            for i in row + 1..row + columns {
                let d = left(i) - left(i - 1) - left(i - columns) + left(i - columns - 1);
                // NaN, in holes, is nothing.
                bits += u64::from(64 - ((d.abs() / unit) as u64).leading_zeros());
            }
        }
        bits as f64
    }

    /// Bits that the frame takes on top of a forecast, about.
    fn bits(&self, original: &[T], forecast: Option<&[T]>, lesson: Lesson<T>) -> Result<f64> {
        let shape = &self.scene.shape;
        let side = self.learn(original, forecast)?;
        let mut encoder = Encoder::new(original, shape, lesson.quantiser, lesson.range);
        match forecast {
            Some(forecast) => {
                let mut residual = OnForecast::new(&mut encoder, forecast, shape);
                self.point.walk(&side, self.scene, &mut residual)?;
            }
            None => self.point.walk(&side, self.scene, &mut encoder)?,
        }
        let coded = encoder.finish()?;
        let codes = entropy::estimate_bits_in_context(shape, &coded.planes, &coded.codes);
        Ok(codes + 8.0 * (side.0.len() + coded.literals.len() * T::BYTES) as f64)
    }

    /// What the point-wise predictor learns of what a forecast leaves.
    pub(super) fn learn(&self, original: &[T], forecast: Option<&[T]>) -> Result<Side> {
        let Some(forecast) = forecast else {
            return self.point.learn(original, self.scene);
        };
        let left: Vec<T> = original
            .iter()
            .zip(forecast)
            .map(|(x, f)| *x - *f)
            .collect();
        self.point.learn(&left, self.scene)
    }
}
