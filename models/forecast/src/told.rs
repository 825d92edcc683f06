//! The guard band of a chunk, from the encoder's measuring to the decoder's repair.

use std::cell::Cell;

use foresz_predictors::Side;

use crate::snap::{self, Guard};

/// How wide the band is, once that was told.
#[derive(Default)]
pub(crate) struct Told {
    band: Cell<Option<f64>>,
}

/// No encoder has written this.
fn damaged() -> foresz_predictors::Error {
    foresz_predictors::Error::Side {
        reason: "the guard band of a forecast".into(),
    }
}

/// Predictions as they are on every machine.
pub(crate) struct Settled {
    pub(crate) values: Vec<f64>,
    /// Whether they are the encoder's.
    pub(crate) same: bool,
    pub(crate) band: f64,
}

impl Told {
    /// What decoders have to know of a frame. `measure` says how wide the band has to be.
    pub(crate) fn tell<E>(
        &self,
        measure: impl FnOnce() -> Result<f64, E>,
        guarded: impl FnOnce(f64) -> Vec<(f64, Guard)>,
    ) -> Result<Side, E> {
        let mut side = Vec::new();
        let band = self.band.get().map_or_else(measure, Ok)?;
        if self.band.get().is_none() {
            side.extend(band.to_le_bytes());
        }
        side.extend(snap::snap(&guarded(band)).1);
        Ok(Side(side))
    }

    /// Predictions out of their own and what was told, with a band that is `allowed`.
    pub(crate) fn settle(
        &self,
        side: &Side,
        allowed: impl FnOnce(f64) -> bool,
        guarded: impl FnOnce(f64) -> Vec<(f64, Guard)>,
    ) -> foresz_predictors::Result<Settled> {
        let (band, told) = match self.band.get() {
            Some(band) => (band, side.0.as_slice()),
            None => {
                let (band, told) = side.0.split_first_chunk().ok_or_else(damaged)?;
                (f64::from_le_bytes(*band), told)
            }
        };
        if !(band > 0.0 && allowed(band)) {
            return Err(damaged());
        }
        let guarded = guarded(band);
        let repaired = snap::repair(&guarded, told).map_err(|_| damaged())?;
        self.band.set(Some(band));
        let values = guarded.iter().zip(repaired.integers);
        Ok(Settled {
            values: values.map(|((_, guard), i)| guard.value(i)).collect(),
            same: repaired.same,
            band,
        })
    }
}
