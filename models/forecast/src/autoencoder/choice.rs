//! What the encoder tells: how finely latents are rounded, and which tiles are worth
//! theirs.

use super::adaptive::Counter;
use super::contract::Scaling;
use super::cost;
use super::latents::{Latents, MOST, Walk, differ};
use super::model::Model;
use super::network::Rows;
use super::paint::{Hand, paint};
use super::scaling::Scale;
use super::tiles::Tiling;
use super::told::Told;
use crate::error::Result;

/// Tiles that steps are tried on.
const SAMPLE: usize = 48;
/// Steps are halved or doubled so many times at most.
const MOST_TRIES: usize = 7;
/// Bits that have to be gained in a chunk: its head, and what estimates are off by.
const LEAST_GAIN: f64 = 512.0;
/// Part of what the chunk takes that has to be gained.
const LEAST_PART: f64 = 0.01;
/// Unit of errors where nothing may be lost, in parts of the range: about the last bit of
/// single precision.
const LAST_BIT: f64 = 1e-7;

/// A chunk as it is compressed.
pub(crate) struct Chooser<'a> {
    model: &'a Model,
    tiling: &'a Tiling,
    /// Holes are the mean of their tile.
    field: Vec<f64>,
    /// Tiles that hold anything but holes.
    usable: Vec<bool>,
    means: Vec<i32>,
    scale: Scale,
    /// What errors are measured in.
    unit: f64,
}

impl<'a> Chooser<'a> {
    /// Looks at a chunk, NaN in its holes. `None` if it cannot be normalised.
    pub(crate) fn new(
        model: &'a Model,
        tiling: &'a Tiling,
        mut field: Vec<f64>,
        bound: f64,
    ) -> Option<Self> {
        let mut averages = vec![0.0; tiling.len()];
        let mut usable = vec![false; tiling.len()];
        for tile in 0..tiling.len() {
            let places = tiling.runs(tile).flat_map(|r| r.place..r.place + r.len);
            let values = places.map(|i| field[i]).filter(|x| x.is_finite());
            let (sum, count) = values.fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
            if count > 0.0 {
                (averages[tile], usable[tile]) = (sum / count, true);
            }
        }
        let contract = model.contract();
        let finite = field.iter().copied().filter(|x| x.is_finite());
        let (low, high) = finite
            .clone()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| {
                (if x < l { x } else { l }, if x > h { x } else { h })
            });
        let deviations = (0..tiling.len()).flat_map(|tile| {
            let places = tiling.runs(tile).flat_map(|r| r.place..r.place + r.len);
            let (field, average) = (&field, averages[tile]);
            let values = places.map(|i| field[i]).filter(|x| x.is_finite());
            values.map(move |x| x - average)
        });
        let scale = Scale::of(&contract.normalise, bound, finite, deviations)?;
        let span = high - low;
        let unit = if bound > 0.0 { bound } else { LAST_BIT * span };
        if !(unit > 0.0 && span.is_finite()) {
            return None;
        }
        let means = if contract.normalise.kind == Scaling::Tile {
            let whole = averages.iter().map(|a| multiple(*a, scale.quantum));
            whole.collect::<Option<_>>()?
        } else {
            Vec::new()
        };
        for tile in 0..tiling.len() {
            for run in tiling.runs(tile) {
                let holes = field[run.place..run.place + run.len].iter_mut();
                holes
                    .filter(|x| !x.is_finite())
                    .for_each(|x| *x = averages[tile]);
            }
        }
        Some(Chooser {
            model,
            tiling,
            field,
            usable,
            means,
            scale,
            unit,
        })
    }

    /// What is told, and the field of predictions, NaN where there is none. `None` if the
    /// chunk does better without.
    pub(crate) fn choose(&self) -> Result<Option<(Told, Vec<f64>)>> {
        let latents = self.latents()?;
        let mut told = self.rounded(&latents, self.step(&latents)?);
        let costs = self.costs(&mut told);
        let field = self.painted(&told)?;
        let (plain, left) = (self.bits_of_tiles(None), self.bits_of_tiles(Some(&field)));
        let (mut gain, mut all) = (0.0, 0.0);
        for tile in 0..self.tiling.len() {
            let gained = plain[tile] - left[tile] - costs[tile];
            all += plain[tile];
            told.latents.on[tile] = self.usable[tile] && gained > 0.0;
            if told.latents.on[tile] {
                gain += gained;
            }
        }
        if !(gain > LEAST_GAIN && gain > LEAST_PART * all) {
            return Ok(None);
        }
        let mut field = field;
        self.forget(&mut told, &mut field);
        Ok(Some((told, field)))
    }

    /// Nothing is told of tiles that are off.
    fn forget(&self, told: &mut Told, field: &mut [f64]) {
        let latents = self.model.contract().latents;
        for tile in (0..self.tiling.len()).filter(|t| !told.latents.on[*t]) {
            told.latents.numbers[tile * latents..(tile + 1) * latents].fill(0);
            if let Some(mean) = told.latents.means.get_mut(tile) {
                *mean = 0;
            }
            for run in self.tiling.runs(tile) {
                field[run.place..run.place + run.len].fill(f64::NAN);
            }
        }
    }

    /// Of all tiles, as the network gives them.
    fn latents(&self) -> Result<Vec<f32>> {
        let encoder = self.model.encoder()?;
        let tiles: Vec<usize> = (0..self.tiling.len()).collect();
        let mut latents = Vec::with_capacity(tiles.len() * self.model.contract().latents);
        let mut cut = Vec::new();
        for batch in tiles.chunks(encoder.batch()) {
            let mut x = Vec::with_capacity(batch.len() * self.tiling.cells());
            for tile in batch {
                cut.clear();
                self.tiling.cut(&self.field, *tile, &mut cut);
                let base = self.scale.base(self.means.get(*tile).copied().unwrap_or(0));
                x.extend(cut.iter().map(|x| ((x - base) / self.scale.factor) as f32));
            }
            let rows = Rows {
                count: batch.len(),
                values: self.tiling.share(batch.len()),
            };
            latents.extend(encoder.run(rows, x)?);
        }
        Ok(latents)
    }

    fn rounded(&self, latents: &[f32], step: f32) -> Told {
        let round = |z: &f32| multiple(f64::from(*z), f64::from(step)).unwrap_or(0);
        let mut numbers: Vec<i32> = latents.iter().map(round).collect();
        let contract = self.model.contract();
        if contract.code.differences {
            numbers.chunks_exact_mut(contract.latents).for_each(differ);
        }
        Told {
            scale: self.scale,
            step,
            latents: Latents {
                on: vec![true; self.tiling.len()],
                numbers,
                means: self.means.clone(),
            },
        }
    }

    /// The step that takes least in all, going from the usual one as long as it helps.
    fn step(&self, latents: &[f32]) -> Result<f32> {
        let tiles: Vec<usize> = (0..self.tiling.len()).filter(|t| self.usable[*t]).collect();
        let every = tiles.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<usize> = tiles.iter().copied().step_by(every).collect();
        let share = tiles.len() as f64 / sample.len().max(1) as f64;
        let total = |step: f32| -> Result<f64> {
            let mut told = self.rounded(latents, step);
            let codes: f64 = self.costs(&mut told).iter().sum();
            Ok(codes + share * self.bits_left(&told, &sample)?)
        };
        let usual = self.model.contract().code.step as f32;
        let (mut best, mut least) = (usual, total(usual)?);
        for factor in [2.0, 0.5] {
            let mut step = usual;
            for _ in 0..MOST_TRIES {
                step *= factor;
                let bits = total(step)?;
                if bits >= least {
                    break;
                }
                (best, least) = (step, bits);
            }
            if best != usual {
                break;
            }
        }
        Ok(best)
    }

    /// Bits that telling each tile takes.
    fn costs(&self, told: &mut Told) -> Vec<f64> {
        let contract = self.model.contract();
        let mut walk = Walk::new(&contract.code, contract.latents, self.tiling);
        let mut counter = Counter::default();
        let mut last = 0.0;
        let cost = |tile| {
            walk.tile(&mut counter, &mut told.latents, tile);
            let cost = counter.bits - last;
            last = counter.bits;
            cost
        };
        (0..self.tiling.len()).map(cost).collect()
    }

    /// Bits that some tiles leave, each by itself.
    fn bits_left(&self, told: &Told, tiles: &[usize]) -> Result<f64> {
        let mut bits = 0.0;
        let mut cut = Vec::new();
        paint(
            self.model,
            told,
            (self.tiling, tiles),
            Hand::Any,
            |tile, predictions| {
                cut.clear();
                self.tiling.cut(&self.field, tile, &mut cut);
                let left: Vec<f64> = cut.iter().zip(predictions).map(|(x, p)| x - p).collect();
                cost::each_error(&left, self.tiling.one_tile(), self.unit, |_, b| bits += b);
            },
        )?;
        Ok(bits)
    }

    /// Predictions of all tiles.
    fn painted(&self, told: &Told) -> Result<Vec<f64>> {
        let mut field = vec![f64::NAN; self.field.len()];
        let tiles: Vec<usize> = (0..self.tiling.len()).collect();
        paint(
            self.model,
            told,
            (self.tiling, &tiles),
            Hand::Any,
            |tile, predictions| {
                self.tiling.put(tile, predictions, &mut field);
            },
        )?;
        Ok(field)
    }

    /// Bits of each tile in the field, on top of predictions or without.
    fn bits_of_tiles(&self, predictions: Option<&[f64]>) -> Vec<f64> {
        let left: Vec<f64>;
        let field = match predictions {
            None => &self.field,
            Some(p) => {
                left = self.field.iter().zip(p).map(|(x, p)| x - p).collect();
                &left
            }
        };
        let mut each = vec![0.0f32; field.len()];
        cost::each_error(field, self.tiling.shape(), self.unit, |place, bits| {
            each[place] = bits as f32;
        });
        let of_tile = |tile| {
            let runs = self.tiling.runs(tile);
            let bits = runs.flat_map(|r| &each[r.place..r.place + r.len]);
            bits.map(|b| f64::from(*b)).sum()
        };
        (0..self.tiling.len()).map(of_tile).collect()
    }
}

/// The nearest whole multiple, if it can be told.
fn multiple(x: f64, quantum: f64) -> Option<i32> {
    let n = (x / quantum + 0.5).floor();
    (n.abs() <= f64::from(MOST)).then_some(n as i32)
}
