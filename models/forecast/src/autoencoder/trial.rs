//! An autoencoder run once on made-up tiles: does it work, and what does it cost?

use super::model::Model;
use super::network::Rows;
use crate::error::{Error, Result};

/// What a run on made-up tiles showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// How many tiles.
    pub tiles: usize,
    /// Seconds that each network took.
    pub seconds: [f64; 2],
    /// The least and the largest latent.
    pub latents: [f32; 2],
    /// What comes out differs by that much from what went in, as a root mean square; what
    /// went in has about 0.6.
    pub error: f64,
}

/// Tiles of a trial.
const TILES: usize = 16;

impl Model {
    /// Runs both networks once, on slopes and waves.
    pub fn try_out(&self) -> Result<Trial> {
        let (encoder, decoder) = (self.encoder()?, self.decoder());
        let tiles = TILES.min(encoder.batch()).min(decoder.batch());
        let x: Vec<f32> = (0..tiles).flat_map(|tile| self.made_up(tile)).collect();
        let clock = std::time::Instant::now();
        let rows = Rows {
            count: tiles,
            values: x.len(),
        };
        let z = encoder.run(rows, x.clone())?;
        let encoding = clock.elapsed().as_secs_f64();
        let y = decoder.run(rows, z.clone())?;
        let decoding = clock.elapsed().as_secs_f64() - encoding;
        if z.iter().chain(&y).any(|x| !x.is_finite()) {
            return Err(Error::Unfit {
                model: self.contract().name.clone(),
                reason: "it works, but gives what is no number".into(),
            });
        }
        let fold = |pick: fn(f32, f32) -> f32, from| z.iter().copied().fold(from, pick);
        let errors = x.iter().zip(&y).map(|(x, y)| f64::from(x - y));
        let squares: f64 = errors.map(|e| e * e).sum();
        Ok(Trial {
            tiles,
            seconds: [encoding, decoding],
            latents: [
                fold(f32::min, f32::INFINITY),
                fold(f32::max, f32::NEG_INFINITY),
            ],
            error: (squares / x.len() as f64).sqrt(),
        })
    }

    /// A tile between −1 and 1.
    fn made_up(&self, tile: usize) -> impl Iterator<Item = f32> {
        let columns = self.contract().tile.last().copied().unwrap_or(1);
        let (dx, dy) = (2 * tile + 1, 3 * tile % 7);
        (0..self.contract().cells()).map(move |i| {
            let phase = (i % columns * dx + i / columns * dy) % (4 * columns);
            (phase as f32 / (2 * columns) as f32 - 1.0).abs() * 2.0 - 1.0
        })
    }
}
