//! A point-wise predictor after a frame predictor: the residual as a view.

use crate::coder::{Coder, Recursion};
use crate::error::Result;
use crate::plane::{Plane, Rows};
use crate::sample::Sample;

/// Lets a walk see `value − forecast` while values are coded.
///
/// The coder below keeps values: turning a decoded residual back into a value by
/// adding the forecast again would round twice and break the bound.
pub struct OnForecast<'a, T> {
    values: &'a mut dyn Coder<T>,
    forecast: &'a [T],
    residual: Vec<T>,
    rows: Rows,
    guess: Vec<T>,
}

impl<'a, T: Sample> OnForecast<'a, T> {
    /// Codes a frame of that shape through `values`, on top of `forecast`.
    pub fn new(values: &'a mut dyn Coder<T>, forecast: &'a [T], shape: &[usize]) -> Self {
        OnForecast {
            values,
            forecast,
            residual: vec![T::ZERO; forecast.len()],
            rows: Rows::new(shape),
            guess: Vec::new(),
        }
    }

    /// Collects the forecast under the next row; nothing once the plane is full (the
    /// coder below then reports the surplus row).
    fn load_row(&mut self, width: usize) -> Option<(usize, usize)> {
        let (start, step) = self.rows.next(width)?;
        self.guess.clear();
        self.guess
            .extend(self.forecast[start..].iter().step_by(step).take(width));
        Some((start, step))
    }

    fn store_row(&mut self, at: Option<(usize, usize)>, values: &mut [T]) {
        let Some((start, step)) = at else { return };
        let places = self.residual[start..].iter_mut().step_by(step);
        for ((v, &f), place) in values.iter_mut().zip(&self.guess).zip(places) {
            *v = *v - f;
            *place = *v;
        }
    }
}

impl<T: Sample> Coder<T> for OnForecast<'_, T> {
    fn begin(&mut self, plane: &Plane) -> Result<()> {
        self.values.begin(plane)?;
        self.rows.begin(plane)
    }

    fn row(&mut self, values: &mut [T]) {
        let at = self.load_row(values.len());
        for (v, &f) in values.iter_mut().zip(&self.guess) {
            *v = *v + f;
        }
        self.values.row(values);
        self.store_row(at, values);
    }

    // p = f + partial + a·(v₁ − f₁) + b·(v₂ − f₂): the forecast's share is known
    // before the row starts, so the recursion below stays one on values.
    fn recur(&mut self, taps: Recursion<T>, values: &mut [T]) {
        let at = self.load_row(values.len());
        let (mut west, mut west2) = (T::ZERO, T::ZERO);
        for (v, &f) in values.iter_mut().zip(&self.guess) {
            *v = *v + (f - taps.west * west - taps.west2 * west2);
            (west, west2) = (f, west);
        }
        self.values.recur(taps, values);
        self.store_row(at, values);
    }

    fn each(&mut self, values: &mut [T], predict: &mut dyn FnMut(&[T]) -> T) {
        let at = self.load_row(values.len());
        let guess = &self.guess;
        let mut so_far: Vec<T> = Vec::with_capacity(values.len());
        self.values.each(values, &mut |row| {
            if let (Some(&v), Some(&f)) = (row.last(), guess.get(so_far.len())) {
                so_far.push(v - f);
            }
            let forecast = guess.get(row.len()).copied().unwrap_or_default();
            predict(&so_far) + forecast
        });
        self.store_row(at, values);
    }

    fn canvas(&self) -> &[T] {
        &self.residual
    }
}
