//! From latents to predictions: the same on both sides.

use super::latents::undiffer;
use super::model::Model;
use super::network::{Network, Rows};
use super::scaling::Scale;
use super::tiles::Tiling;
use super::told::Told;
use crate::error::Result;
use crate::runtime::Session;

/// What runs a batch: of a session among others, or of one of its own.
pub(crate) enum Hand<'a> {
    Any,
    This(&'a mut dyn Session),
}

impl Hand<'_> {
    fn run(&mut self, network: &Network, rows: Rows, numbers: Vec<f32>) -> Result<Vec<f32>> {
        match self {
            Hand::Any => network.run(rows, numbers),
            Hand::This(session) => network.run_on(&mut **session, rows, numbers),
        }
    }
}

/// Calls `take` with each of the tiles and what is predicted for its cells.
pub(crate) fn paint(
    model: &Model,
    told: &Told,
    (tiling, tiles): (&Tiling, &[usize]),
    mut hand: Hand,
    mut take: impl FnMut(usize, &[f64]),
) -> Result<()> {
    let contract = model.contract();
    let (latents, cells) = (contract.latents, contract.cells());
    let mut numbers = vec![0; latents];
    let mut predictions = Vec::with_capacity(cells);
    for batch in tiles.chunks(model.decoder().batch()) {
        let mut z = Vec::with_capacity(batch.len() * latents);
        for tile in batch {
            numbers.copy_from_slice(&told.latents.numbers[tile * latents..][..latents]);
            if contract.code.differences {
                undiffer(&mut numbers);
            }
            let value = |n: &i32| (f64::from(*n) * f64::from(told.step)) as f32;
            z.extend(numbers.iter().map(value));
        }
        let rows = Rows {
            count: batch.len(),
            values: tiling.share(batch.len()),
        };
        let y = hand.run(model.decoder(), rows, z)?;
        for (tile, y) in batch.iter().zip(y.chunks_exact(cells)) {
            let mean = told.latents.means.get(*tile).copied().unwrap_or(0);
            predictions.clear();
            predictions.extend(y.iter().map(|y| prediction(&told.scale, mean, *y)));
            take(*tile, &predictions);
        }
    }
    Ok(())
}

/// What a network gives is a number, whatever it was fed.
fn prediction(scale: &Scale, mean: i32, y: f32) -> f64 {
    let base = scale.base(mean);
    if y.is_finite() {
        base + scale.factor * f64::from(y)
    } else {
        base
    }
}
