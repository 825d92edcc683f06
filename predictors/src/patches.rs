//! A point-wise predictor on a forecast that is not everywhere.

use crate::coder::{Coder, Recursion};
use crate::error::Result;
use crate::plane::{Plane, Rows};
use crate::predictor::{Predictor, Scene, Side};
use crate::sample::Sample;

/// Lets a walk see values, and adds what a forecast knows better.
///
/// With S(x) what the predictor makes of values, a sample is predicted as
/// S(x) + F − S(F), which is the forecast F and what the predictor makes of what the
/// forecast leaves, if it is linear. Where F or S(F) is NaN there is no forecast and
/// S(x) stands alone: borders between places with a forecast and without cost nothing.
pub struct OnPatches<'a, T> {
    values: &'a mut dyn Coder<T>,
    /// F − S(F), or 0.
    gain: Vec<T>,
    rows: Rows,
    row: Vec<T>,
}

impl<'a, T: Sample> OnPatches<'a, T> {
    /// Codes a frame through `values`, on top of `forecast` where that is a number, with a
    /// predictor that will walk with that side information.
    pub fn new(
        values: &'a mut dyn Coder<T>,
        forecast: &[T],
        point: &dyn Predictor<T>,
        side: &Side,
        scene: &Scene,
    ) -> Result<Self> {
        let mut shadow = Shadow {
            forecast,
            gain: vec![T::ZERO; forecast.len()],
            rows: Rows::new(&scene.shape),
        };
        point.walk(side, scene, &mut shadow)?;
        Ok(OnPatches {
            values,
            gain: shadow.gain,
            rows: Rows::new(&scene.shape),
            row: Vec::new(),
        })
    }

    /// Gathers the gain of the next row.
    fn load_row(&mut self, width: usize) {
        self.row.clear();
        if let Some((start, step)) = self.rows.next(width) {
            let gain = self.gain[start..].iter().step_by(step);
            self.row.extend(gain.take(width));
        }
    }
}

impl<T: Sample> Coder<T> for OnPatches<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.values.begin(plane)?;
        self.rows.begin(plane)
    }

    fn row(&mut self, values: &mut [T]) {
        self.load_row(values.len());
        for (v, &gain) in values.iter_mut().zip(&self.row) {
            *v = *v + gain;
        }
        self.values.row(values);
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        self.load_row(values.len());
        for (v, &gain) in values.iter_mut().zip(&self.row) {
            *v = *v + gain;
        }
        self.values.recur(taps, values);
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.load_row(values.len());
        let row = &self.row;
        self.values.each(values, &mut |so_far| {
            predict(so_far) + row.get(so_far.len()).copied().unwrap_or_default()
        });
    }

    fn canvas(&self) -> &[T] {
        self.values.canvas()
    }
}

/// Walks over a forecast as if it were decoded values.
struct Shadow<'a, T> {
    forecast: &'a [T],
    gain: Vec<T>,
    rows: Rows,
}

impl<T: Sample> Shadow<'_, T> {
    /// Trades what is made of the forecast for the forecast, sample by sample.
    fn trade(&mut self, values: &mut [T], mut predict: impl FnMut(&[T], T) -> T) {
        let Some((start, step)) = self.rows.next(values.len()) else {
            return;
        };
        for j in 0..values.len() {
            let prediction = predict(&values[..j], values[j]);
            let place = start + j * step;
            values[j] = self.forecast[place];
            let gain = values[j] - prediction;
            if gain.is_finite() {
                self.gain[place] = gain;
            }
        }
    }
}

impl<T: Sample> Coder<T> for Shadow<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.rows.begin(plane)
    }

    fn row(&mut self, values: &mut [T]) {
        self.trade(values, |_, prediction| prediction);
    }

    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        let before = |so_far: &[T], back: usize| {
            let at = so_far.len().checked_sub(back);
            at.map_or(T::ZERO, |at| so_far[at])
        };
        self.trade(values, |so_far, partial| {
            partial + taps.west * before(so_far, 1) + taps.west2 * before(so_far, 2)
        });
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        self.trade(values, |so_far, _| predict(so_far));
    }

    fn canvas(&self) -> &[T] {
        self.forecast
    }
}
