//! Whether a frame is coded on top of a forecast, and of which.

use foresz_predictors::{Error, Predictor, Result, Sample, Scene, Side};

use super::Encoder;
use super::frame::{Lesson, walk_on};

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
pub(super) struct Frame<'a, 'f, T> {
    /// The frame by itself.
    pub(super) scene: &'a Scene,
    pub(super) point: &'a dyn Predictor<T>,
    pub(super) forecasts: &'a [Option<&'f [T]>],
}

impl<'f, T: Sample> Frame<'_, 'f, T> {
    /// Whether there is anything to decide.
    pub(super) fn has_choice(&self) -> bool {
        self.forecasts.iter().any(Option::is_some)
    }

    /// The forecast under a frame; the usual one if that is lacking.
    pub(super) fn forecast(&self, base: Base) -> Option<&'f [T]> {
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

    /// What leaves least, on the encoder: by a glance where smoothness tells, else on
    /// trial, which then costs little.
    pub(super) fn choose(&self, original: &[T], lesson: Lesson<T>, before: Base) -> Result<Side> {
        let unit = lesson.unit(self.scene);
        let cost = |forecast: Option<&[T]>| {
            if self.point.looks_around() {
                Ok(self.roughness(original, forecast, unit) as f64)
            } else {
                self.trial(original, forecast, lesson)
            }
        };
        let (mut least, mut chosen) = (cost(None)?, Base::Nothing);
        let mut usual = None;
        for (i, forecast) in self.forecasts.iter().enumerate() {
            if forecast.is_some() {
                usual = Some(i);
                let bits = cost(*forecast)?;
                if bits <= least {
                    (least, chosen) = (bits, Base::Forecaster(i));
                }
            }
        }
        let same = match (chosen, before) {
            (Base::Forecaster(i), Base::Usual) => usual == Some(i),
            _ => chosen == before,
        };
        Ok(match chosen {
            _ if same => Side::default(),
            Base::Forecaster(i) => Side(vec![i as u8 + 1]),
            Base::Usual | Base::Nothing => Side(vec![0]),
        })
    }

    /// Bits of second differences, in some of the rows.
    fn roughness(&self, original: &[T], forecast: Option<&[T]>, unit: f64) -> u64 {
        let columns = self.scene.shape.last().copied().unwrap_or(1);
        // Where there is no forecast all is left, as without.
        let left = |i: usize| match forecast.map(|f| f[i].to_f64()) {
            Some(f) if !f.is_nan() => original[i].to_f64() - f,
            _ => original[i].to_f64(),
        };
        let row = |row: usize| {
            let difference =
                |i: usize| left(i) - left(i - 1) - left(i - columns) + left(i - columns - 1);
            (row + 1..row + columns).map(move |i| bits(difference(i), unit))
        };
        let rows = (columns..original.len()).step_by(ROWS * columns);
        rows.flat_map(row).sum()
    }

    /// Bits that the frame takes on top of a forecast, about.
    fn trial(&self, original: &[T], forecast: Option<&[T]>, lesson: Lesson<T>) -> Result<f64> {
        let shape = &self.scene.shape;
        let side = self.learn(original, forecast, &lesson.scene(self.scene))?;
        // A frame may have values of many slices.
        let quantiser = lesson.quantiser.anywhere();
        let lesson = Lesson {
            originals: original,
            quantiser: &quantiser,
            ..lesson
        };
        let mut encoder = Encoder::new(lesson, shape);
        walk_on(forecast, self.point, &side, self.scene, &mut encoder)?;
        let coded = encoder.finish()?;
        let codes = coded.bits_of_codes(shape);
        Ok(codes + 8.0 * (side.0.len() + coded.literals.len() * T::BYTES) as f64)
    }

    /// What the point-wise predictor learns of what a forecast leaves.
    pub(super) fn learn(
        &self,
        original: &[T],
        forecast: Option<&[T]>,
        scene: &Scene,
    ) -> Result<Side> {
        let Some(forecast) = forecast else {
            return self.point.learn(original, scene);
        };
        let left: Vec<T> = original
            .iter()
            .zip(forecast)
            .map(|(x, f)| *x - *f)
            .collect();
        self.point.learn(&left, scene)
    }
}

/// Of a number in some unit; none of NaN, which is in holes.
fn bits(x: f64, unit: f64) -> u64 {
    u64::from(64 - ((x.abs() / unit) as u64).leading_zeros())
}
