//! From values to what networks see, and back.

use super::contract::{Normalise, Scaling};

/// What a network sees of a value x of a tile: (x − offset − mean) / factor, where the
/// mean is a whole multiple of the quantum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) offset: f64,
    pub(crate) factor: f64,
    /// What means of tiles are multiples of; 0 if they are not taken out.
    pub(crate) quantum: f64,
}

/// Part of the scale that means are told in where nothing may be lost.
const FINE: f64 = 1.0 / 256.0;

impl Scale {
    fn new(offset: f64, scale: f64, by_tile: bool, bound: f64) -> Option<Self> {
        let quantum = if by_tile {
            if bound > 0.0 { bound } else { scale * FINE }
        } else {
            0.0
        };
        let usable = offset.is_finite() && scale.is_normal() && scale > 0.0;
        usable.then_some(Scale {
            offset,
            factor: scale,
            quantum,
        })
    }

    /// Of the finite values of a chunk, given the mean of each tile. `None` if they are
    /// all the same or leave single precision.
    pub(crate) fn of(
        normalise: &Normalise,
        bound: f64,
        values: impl Iterator<Item = f64>,
        deviations: impl Iterator<Item = f64>,
    ) -> Option<Self> {
        let single = |x: f64| f64::from(x as f32);
        match normalise.kind {
            Scaling::Fixed => Scale::told(normalise, bound, &mut &[][..]),
            Scaling::Field => {
                let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                for x in values {
                    low = if x < low { x } else { low };
                    high = if x > high { x } else { high };
                }
                let (centre, half) = (0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low);
                Scale::new(single(centre), single(half), false, bound)
            }
            Scaling::Tile => {
                let (mut squares, mut count) = (0.0, 0.0);
                for d in deviations {
                    squares += d * d;
                    count += 1.0;
                }
                Scale::new(0.0, single((squares / count).sqrt()), true, bound)
            }
        }
    }

    /// What the decoder needs of it.
    pub(crate) fn tell(&self, normalise: &Normalise, out: &mut Vec<u8>) {
        match normalise.kind {
            Scaling::Fixed => {}
            Scaling::Field => {
                out.extend((self.offset as f32).to_le_bytes());
                out.extend((self.factor as f32).to_le_bytes());
            }
            Scaling::Tile => out.extend((self.factor as f32).to_le_bytes()),
        }
    }

    /// What was told, taken from the front of `bytes`.
    pub(crate) fn told(normalise: &Normalise, bound: f64, bytes: &mut &[u8]) -> Option<Self> {
        let mut number = || take_f32(bytes).map(f64::from);
        match normalise.kind {
            Scaling::Fixed => Scale::new(normalise.mean?, normalise.std?, false, bound),
            Scaling::Field => {
                let offset = number()?;
                Scale::new(offset, number()?, false, bound)
            }
            Scaling::Tile => Scale::new(0.0, number()?, true, bound),
        }
    }

    /// What is taken from the values of a tile.
    pub(crate) fn base(&self, mean: i32) -> f64 {
        self.offset + self.quantum * f64::from(mean)
    }
}

/// Four bytes from the front.
pub(crate) fn take_f32(bytes: &mut &[u8]) -> Option<f32> {
    let (four, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(f32::from_le_bytes(*four))
}
