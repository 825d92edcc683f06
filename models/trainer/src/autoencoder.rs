//! Training of autoencoders.

use candle_core::{Device, Tensor};
use foresz_exact::Tensor as Exact;
use foresz_forecast::autoencoder::{
    Autoencoder as Kind, Code, Coding, Contract, Network, Normalise, Scaling,
};
use foresz_forecast::contract::{FORMAT, sha256};

use crate::error::{Error, Result};
use crate::estimate;
use crate::folder::{self, File};
use crate::layer::{Chain, Flow, Layer, Maker, Parameter, Value};
use crate::loss;
use crate::network::{self, Sizes};
use crate::onnx::{Graph, Length};
use crate::random::{Purpose, Random};
use crate::run::{Task, Validation};
use crate::series::{self, Series};
use crate::settings::{Family, Loss, Settings};
use crate::tiles::Tiles;

/// Tiles per step unless said.
const BATCH: usize = 64;
/// Steps per epoch: enough that validation is not most of the work, few enough that
/// progress shows.
const STEPS: std::ops::RangeInclusive<usize> = 16..=400;
/// Tiles that are validated on.
const MOST_HELD: usize = 1024;
/// Tiles that statistics are taken from.
const MOST_SEEN: usize = 8192;
/// Tiles that go through the networks at a time while nothing is learned.
const AT_ONCE: usize = 128;
/// Weights of the term that shapes latents, unless said.
const SWAE_WEIGHT: f64 = 0.01;
const L1_WEIGHT: f64 = 1e-3;

/// Files of the two networks.
const ENCODER: &str = "encoder.onnx";
const DECODER: &str = "decoder.onnx";

pub(crate) struct Autoencoder<'a> {
    settings: &'a Settings,
    sizes: Sizes,
    tiles: Tiles<'a>,
    encoder: Chain,
    decoder: Chain,
    parameters: Vec<Parameter>,
    normaliser: Normaliser,
    held: Vec<f32>,
    bound: f64,
    /// Quantisation step of latents that the estimates are made with.
    step: Option<f64>,
    device: Device,
    random: Random,
}

/// What is subtracted and divided before values go in.
struct Normaliser {
    kind: Scaling,
    offset: f64,
    scale: f64,
}

impl Normaliser {
    fn new(kind: Scaling, series: &Series, seen: &[f32], cells: usize) -> Result<Self> {
        let (low, high) = series.range()?;
        let (low, high) = (f64::from(low), f64::from(high));
        let mut normaliser = Normaliser {
            kind,
            offset: 0.5 * (low + high),
            scale: 0.5 * (high - low),
        };
        match kind {
            Scaling::Field => {}
            Scaling::Fixed => {
                normaliser.offset = mean(seen);
                normaliser.scale = deviation(seen, normaliser.offset);
            }
            Scaling::Tile => {
                let of_one = |tile: &[f32]| deviation(tile, mean(tile)).powi(2);
                let tiles = seen.chunks_exact(cells);
                let count = tiles.len() as f64;
                normaliser.scale = (tiles.map(of_one).sum::<f64>() / count).sqrt();
            }
        }
        if normaliser.scale > 0.0 {
            Ok(normaliser)
        } else {
            Err(Error::Series(
                "no tile of the part to train on has two different values: there is nothing to learn".into(),
            ))
        }
    }

    /// What is subtracted from a tile.
    fn offset(&self, tile: &[f32]) -> f64 {
        match self.kind {
            Scaling::Tile => mean(tile),
            _ => self.offset,
        }
    }

    /// Tiles as the network sees them.
    fn apply(&self, tiles: &[f32], cells: usize) -> Vec<f32> {
        let one = |tile: &[f32]| {
            let offset = self.offset(tile);
            let value = |x: &f32| ((f64::from(*x) - offset) / self.scale) as f32;
            tile.iter().map(value).collect::<Vec<_>>()
        };
        tiles.chunks_exact(cells).flat_map(one).collect()
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f32], mean: f64) -> f64 {
    let squares = values.iter().map(|x| (f64::from(*x) - mean).powi(2));
    (squares.sum::<f64>() / values.len().max(1) as f64).sqrt()
}

impl<'a> Autoencoder<'a> {
    pub(crate) fn new(series: &'a Series, settings: &'a Settings, device: &Device) -> Result<Self> {
        let sizes = Sizes::of(settings, series.shape())?;
        let cut = series::cut(series.shape()[0], settings.validation);
        let tiles = Tiles::new(series, &sizes.tile, cut)?;
        let seen = tiles.grid(false, MOST_SEEN)?;
        let (low, high) = series.range()?;
        let mut random = Random::new(settings.seed, Purpose::Weights);
        let mut maker = Maker::new(&mut random, device);
        let (encoder, decoder) = network::autoencoder(&mut maker, settings, &sizes)?;
        Ok(Autoencoder {
            settings,
            normaliser: Normaliser::new(settings.normalise, series, &seen, sizes.cells())?,
            held: tiles.grid(true, MOST_HELD)?,
            bound: settings.bound_on(f64::from(high) - f64::from(low)),
            step: None,
            parameters: maker.parameters(),
            device: device.clone(),
            random: Random::new(settings.seed, Purpose::Epoch(0)),
            sizes,
            tiles,
            encoder,
            decoder,
        })
    }

    fn batch(&self) -> usize {
        match self.settings.batch {
            0 => BATCH,
            batch => batch,
        }
    }

    /// Tiles as the network sees them, as a tensor.
    fn input(&self, tiles: &[f32]) -> Result<Tensor> {
        let cells = self.sizes.cells();
        let values = self.normaliser.apply(tiles, cells);
        let dims = (tiles.len() / cells, cells, 1);
        Ok(Tensor::from_vec(values, dims, &self.device)?)
    }

    fn encode(&self, x: &Tensor) -> Result<Tensor> {
        let flow = Flow {
            x: x.clone(),
            lengths: self.sizes.tile.clone(),
        };
        Ok(self.encoder.forward(flow)?.x)
    }

    fn decode(&self, z: &Tensor) -> Result<Tensor> {
        let flow = Flow {
            x: z.clone(),
            lengths: Vec::new(),
        };
        Ok(self.decoder.forward(flow)?.x)
    }

    fn loss_of(&self, tiles: &[f32], random: &mut Random) -> Result<Tensor> {
        let x = self.input(tiles)?;
        let z = self.encode(&x)?;
        let residual = (self.decode(&z)? - &x)?;
        let samples = x.dim(0)?;
        let latents = z.reshape((samples, self.sizes.latents))?;
        let squares = loss::mean_square(&residual)?;
        match self.settings.loss() {
            Loss::Mse => Ok(squares),
            Loss::Rough => {
                let mut dims = vec![samples];
                dims.extend(&self.sizes.tile);
                loss::rough(&residual.reshape(dims)?)
            }
            Loss::Swae => {
                let weight = self.settings.weight.unwrap_or(SWAE_WEIGHT);
                Ok((squares + (loss::sliced_wasserstein(&latents, random)? * weight)?)?)
            }
            Loss::L1 => {
                let weight = self.settings.weight.unwrap_or(L1_WEIGHT);
                let sparsity = loss::sparsity(&latents, self.settings.differences)?;
                Ok((squares + (sparsity * weight)?)?)
            }
        }
    }

    /// Latents of tiles, one list after the other.
    fn latents(&self, tiles: &[f32]) -> Result<Vec<f32>> {
        let mut all = Vec::new();
        for part in tiles.chunks(AT_ONCE * self.sizes.cells()) {
            all.extend(
                self.encode(&self.input(part)?)?
                    .flatten_all()?
                    .to_vec1::<f32>()?,
            );
        }
        Ok(all)
    }

    /// Estimated bits per value of tiles whose latents are given, quantised by `step`.
    fn bits(&self, tiles: &[f32], latents: &[f32], step: f64) -> Result<f64> {
        let (cells, count) = (self.sizes.cells(), self.sizes.latents);
        let quantised: Vec<i64> = latents
            .iter()
            .map(|z| (f64::from(*z) / step).round() as i64)
            .collect();
        let mut residuals = Vec::with_capacity(tiles.len());
        let mut means = Vec::new();
        for (part, codes) in tiles
            .chunks(AT_ONCE * cells)
            .zip(quantised.chunks(AT_ONCE * count))
        {
            let z: Vec<f32> = codes.iter().map(|q| (*q as f64 * step) as f32).collect();
            let z = Tensor::from_vec(z, (codes.len() / count, 1, count), &self.device)?;
            let y = self.decode(&z)?.flatten_all()?.to_vec1::<f32>()?;
            for (tile, y) in part.chunks_exact(cells).zip(y.chunks_exact(cells)) {
                let mut offset = self.normaliser.offset(tile);
                if self.settings.normalise == Scaling::Tile {
                    let mean = (offset / self.bound).round();
                    means.push(mean as i64);
                    offset = mean * self.bound;
                }
                let residual = |(x, y): (&f32, &f32)| {
                    f64::from(*x) - (f64::from(*y) * self.normaliser.scale + offset)
                };
                let codes = tile.iter().zip(y).map(residual);
                residuals.extend(codes.map(|r| estimate::code(r, self.bound)));
            }
        }
        let changes = means.windows(2).map(|pair| pair[1] - pair[0]);
        let along: Vec<i64> = if self.settings.differences {
            let of_one = |list: &[i64]| {
                let before = [0].into_iter().chain(list.iter().copied());
                list.iter()
                    .zip(before)
                    .map(|(q, p)| q - p)
                    .collect::<Vec<_>>()
            };
            quantised.chunks_exact(count).flat_map(of_one).collect()
        } else {
            quantised
        };
        let values = residuals.len() as f64;
        let bits = estimate::bits(residuals) + estimate::bits(along) + estimate::bits(changes);
        Ok(bits / values)
    }

    /// A step of latents by their size, before the best one is looked for.
    fn usual_step(latents: &[f32]) -> f64 {
        (deviation(latents, 0.0) / 8.0).max(1e-6)
    }

    fn contract(&self, encoder: &[u8], decoder: &[u8]) -> Contract {
        let settings = self.settings;
        let network = |file: &str, bytes| Network {
            file: file.into(),
            sha256: sha256(bytes),
        };
        let fixed = |x: f64| (settings.normalise == Scaling::Fixed).then_some(x);
        Contract {
            format: FORMAT,
            kind: Kind::Autoencoder,
            name: settings.name.clone(),
            description: settings.description.clone(),
            licence: settings.licence.clone(),
            recipe: settings.recipe.clone(),
            tile: self.sizes.tile.clone(),
            latents: self.sizes.latents,
            normalise: Normalise {
                kind: settings.normalise,
                mean: fixed(self.normaliser.offset),
                std: fixed(self.normaliser.scale),
            },
            encoder: network(ENCODER, encoder),
            decoder: network(DECODER, decoder),
            code: Code {
                kind: if settings.family == Family::Sparse {
                    Coding::Sparse
                } else {
                    Coding::Dense
                },
                differences: settings.differences,
                step: self.step.unwrap_or(1.0),
            },
        }
    }

    fn export(&self) -> Result<[Vec<u8>; 2]> {
        let any = Length::Any("n");
        let tile = self.sizes.tile.iter().map(|n| Length::Is(*n));
        let outside: Vec<Length> = [any, Length::Is(1)].into_iter().chain(tile).collect();
        let inside = [any, Length::Is(self.sizes.latents)];
        let mut graph = Graph::new(self.settings.weights);
        let x = Value {
            name: "x".into(),
            lengths: self.sizes.tile.clone(),
            channels: 1,
        };
        let z = self.encoder.export(&mut graph, x)?;
        let encoder = graph.file(("x", &outside), ("z", &inside), &z.name);
        let mut graph = Graph::new(self.settings.weights);
        let z = Value {
            name: "z".into(),
            lengths: Vec::new(),
            channels: self.sizes.latents,
        };
        let y = self.decoder.export(&mut graph, z)?;
        Ok([
            encoder,
            graph.file(("z", &inside), ("y", &outside), &y.name),
        ])
    }
}

impl Task for Autoencoder<'_> {
    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn start(&mut self, epoch: usize) {
        self.random = Random::new(self.settings.seed, Purpose::Epoch(epoch));
    }

    fn steps(&self) -> usize {
        let all = self.tiles.count().div_ceil(self.batch());
        all.clamp(*STEPS.start(), *STEPS.end())
    }

    fn loss(&mut self, _step: usize) -> Result<Tensor> {
        let tiles = self.tiles.random(self.batch(), &mut self.random)?;
        let mut random = std::mem::replace(&mut self.random, Random::new(0, Purpose::Validation));
        let loss = self.loss_of(&tiles, &mut random);
        self.random = random;
        loss
    }

    fn validate(&mut self) -> Result<Validation> {
        let cells = self.sizes.cells();
        let mut random = Random::new(self.settings.seed, Purpose::Validation);
        let mut sum = 0.0;
        for part in self.held.chunks(AT_ONCE * cells) {
            let loss = self.loss_of(part, &mut random)?.to_scalar::<f32>()?;
            sum += f64::from(loss) * part.len() as f64;
        }
        let latents = self.latents(&self.held)?;
        let step = self.step.unwrap_or_else(|| Self::usual_step(&latents));
        Ok(Validation {
            loss: sum / self.held.len() as f64,
            bits: self.bits(&self.held, &latents, step)?,
        })
    }

    fn settle(&mut self) -> Result<()> {
        let latents = self.latents(&self.held)?;
        let usual = Self::usual_step(&latents);
        let mut best = (f64::INFINITY, usual);
        for power in -4..=4 {
            let step = usual * f64::from(power).exp2();
            let bits = self.bits(&self.held, &latents, step)?;
            if bits < best.0 {
                best = (bits, step);
            }
        }
        self.step = Some(best.1);
        Ok(())
    }

    fn write(&self) -> Result<Vec<File>> {
        let [encoder, decoder] = self.export()?;
        let contract = folder::contract(&self.contract(&encoder, &decoder))?;
        let model = |name, bytes| File { name, bytes };
        Ok(vec![
            model(ENCODER, encoder),
            model(DECODER, decoder),
            contract,
        ])
    }

    fn difference(&self, files: &[File]) -> Result<f64> {
        let few = &self.held[..self.held.len().min(4 * self.sizes.cells())];
        let x = self.input(few)?;
        let z = self.encode(&x)?;
        let y = self.decode(&z)?;
        let samples = x.dim(0)?;
        let mut outside = vec![samples, 1];
        outside.extend(&self.sizes.tile);
        let values = |tensor: &Tensor| -> Result<Vec<f32>> { Ok(tensor.flatten_all()?.to_vec1()?) };
        let x = Exact::new(&outside, values(&x)?)?;
        let again = folder::run(&files[0], "x", x)?;
        let encoded = folder::distance(&again, &values(&z)?);
        let z = Exact::new(&[samples, self.sizes.latents], values(&z)?)?;
        let decoded = folder::distance(&folder::run(&files[1], "z", z)?, &values(&y)?);
        Ok(encoded.max(decoded))
    }
}
