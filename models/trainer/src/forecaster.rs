//! Training of forecasters.

use candle_core::{Device, Tensor};
use foresz_exact::Tensor as Exact;
use foresz_forecast::contract::{
    Contract, FORMAT, Grid, Input, Kind, Layout, Numbers, Output, Time, Variable, Weights, sha256,
};

use crate::attention::WindowAttention;
use crate::convolution::{Border, Convolution, Window};
use crate::error::{Error, Result};
use crate::estimate;
use crate::folder::{self, File};
use crate::frames::{Frames, HISTORY, Patch, Plane};
use crate::layer::{Chain, Flow, Layer, Maker, Parameter, Relu, Residual, Value};
use crate::loss;
use crate::onnx::{Graph, Length};
use crate::random::{Purpose, Random};
use crate::run::{Task, Validation};
use crate::series::Series;
use crate::settings::{Family, Loss, Settings};

/// Channels between layers unless said.
const CHANNELS: usize = 32;
/// Patches per step unless said, and how large.
const BATCH: usize = 4;
const PATCH: usize = 64;
/// Steps per epoch.
const STEPS: std::ops::RangeInclusive<usize> = 16..=400;
/// Frames that are validated on, and how much of large ones.
const MOST_HELD: usize = 32;
const MOST_ALONG: usize = 192;

pub(crate) struct Forecaster<'a> {
    settings: &'a Settings,
    frames: Frames<'a>,
    network: Chain,
    parameters: Vec<Parameter>,
    patch: [usize; 2],
    bound: f64,
    device: Device,
    order: Vec<usize>,
    random: Random,
}

impl<'a> Forecaster<'a> {
    pub(crate) fn new(series: &'a Series, settings: &'a Settings, device: &Device) -> Result<Self> {
        if !matches!(settings.loss(), Loss::Mse | Loss::Rough) {
            return Err(Error::Settings(
                "forecasters have no latents: their loss is mse or rough".into(),
            ));
        }
        let frames = Frames::new(series, settings)?;
        let patch = match settings.tile.as_slice() {
            [] => [frames.rows.min(PATCH), frames.columns.min(PATCH)],
            [rows, columns]
                if (1..=frames.rows).contains(rows) && (1..=frames.columns).contains(columns) =>
            {
                [*rows, *columns]
            }
            other => {
                return Err(Error::Settings(format!(
                    "patches of {other:?}: a forecaster is trained on rows × columns, at most {} × {}",
                    frames.rows, frames.columns
                )));
            }
        };
        let (low, high) = series.range()?;
        let mut random = Random::new(settings.seed, Purpose::Weights);
        let mut maker = Maker::new(&mut random, device);
        let network = network(&mut maker, settings, frames.planes.len())?;
        Ok(Forecaster {
            settings,
            parameters: maker.parameters(),
            network,
            patch,
            bound: settings.bound_on(f64::from(high) - f64::from(low)),
            device: device.clone(),
            order: Vec::new(),
            random: Random::new(settings.seed, Purpose::Epoch(0)),
            frames,
        })
    }

    fn batch(&self) -> usize {
        match self.settings.batch {
            0 => BATCH,
            batch => batch,
        }
    }

    /// What the network says of inputs, `[samples, rows, columns]`.
    fn answer(&self, inputs: Vec<f32>, samples: usize, lengths: [usize; 2]) -> Result<Tensor> {
        let dims = (samples, lengths[0] * lengths[1], self.frames.planes.len());
        let flow = Flow {
            x: Tensor::from_vec(inputs, dims, &self.device)?,
            lengths: lengths.to_vec(),
        };
        let made = self.network.forward(flow)?;
        Ok(made.x.reshape((samples, lengths[0], lengths[1]))?)
    }

    fn loss_of(&self, residual: &Tensor) -> Result<Tensor> {
        match self.settings.loss() {
            Loss::Rough => loss::rough(residual),
            _ => loss::mean_square(residual),
        }
    }

    /// Where the noise is larger than changes, its error is not to outweigh all others.
    fn weight(&self, bound: f64) -> f32 {
        (self.frames.increment_std / bound).min(1.0) as f32
    }

    fn held(&self) -> Vec<usize> {
        let all = &self.frames.held;
        let most = all.len().min(MOST_HELD);
        (0..most).map(|i| all[i * all.len() / most]).collect()
    }

    fn contract(&self, onnx: &[u8]) -> Contract {
        let settings = self.settings;
        let variable = &settings.variable;
        let fixed = settings.family == Family::Attention;
        let channels = |planes: &[Plane]| planes.iter().map(|p| p.channel(variable)).collect();
        Contract {
            format: FORMAT,
            kind: None,
            name: settings.name.clone(),
            description: settings.description.clone(),
            licence: settings.licence.clone(),
            recipe: settings.recipe.clone(),
            weights: Weights {
                file: "model.onnx".into(),
                sha256: sha256(onnx),
                bytes: 0,
            },
            grid: Grid {
                rows: fixed.then_some(self.frames.rows),
                columns: fixed.then_some(self.frames.columns),
                ..Grid::default()
            },
            time: Time {
                step: settings.step.clone(),
                history: HISTORY,
            },
            variables: vec![Variable {
                name: variable.clone(),
                units: settings.units.clone(),
                levels: Vec::new(),
                mean: Numbers::One(self.frames.mean),
                std: Numbers::One(self.frames.std),
                increment_std: Some(Numbers::One(self.frames.increment_std)),
            }],
            statics: Vec::new(),
            inputs: vec![Input {
                tensor: "x".into(),
                layout: Layout::Planes,
                shape: Vec::new(),
                channels: channels(&self.frames.planes),
            }],
            outputs: vec![Output {
                tensor: "y".into(),
                layout: Layout::Planes,
                kind: Kind::Increment,
                normalised: true,
                channels: channels(&[Plane::Value]),
            }],
        }
    }

    fn export(&self) -> Result<Vec<u8>> {
        let mut graph = Graph::new(self.settings.weights);
        let (rows, columns) = (self.frames.rows, self.frames.columns);
        let x = Value {
            name: "x".into(),
            lengths: vec![rows, columns],
            channels: self.frames.planes.len(),
        };
        let y = self.network.export(&mut graph, x)?;
        let cells = if self.settings.family == Family::Attention {
            [Length::Is(rows), Length::Is(columns)]
        } else {
            [Length::Any("rows"), Length::Any("columns")]
        };
        let shape = |planes| [Length::Is(1), Length::Is(planes), cells[0], cells[1]];
        let (input, output) = (shape(self.frames.planes.len()), shape(1));
        Ok(graph.file(("x", &input), ("y", &output), &y.name))
    }
}

/// A convolution, residual blocks, and a convolution that at first says nothing: the
/// untrained network foresees the last frame.
fn network(maker: &mut Maker, settings: &Settings, planes: usize) -> Result<Chain> {
    let channels = settings.channels.first().copied().unwrap_or(CHANNELS);
    let window = |kernel| Window { kernel, dims: 2 };
    maker.called("stem");
    let mut chain: Chain = vec![Box::new(Convolution::new(
        maker,
        window(5),
        [planes, channels],
        1,
        Border::Edge,
    )?)];
    for block in 0..settings.blocks {
        maker.called(&format!("block{block}"));
        if settings.family == Family::Attention {
            let shifted = block % 2 == 1;
            let attention: Chain = vec![Box::new(WindowAttention::new(maker, channels, shifted)?)];
            chain.push(Box::new(Residual(attention)));
        }
        let pair: Chain = vec![
            Box::new(Convolution::new(
                maker,
                window(3),
                [channels, channels],
                1,
                Border::Edge,
            )?),
            Box::new(Relu { slope: 0.0 }),
            Box::new(Convolution::new(
                maker,
                window(3),
                [channels, channels],
                1,
                Border::Edge,
            )?),
        ];
        chain.push(Box::new(Residual(pair)));
    }
    maker.called("head");
    chain.push(Box::new(Convolution::silent(
        maker,
        window(3),
        [channels, 1],
    )?));
    Ok(chain)
}

impl Task for Forecaster<'_> {
    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn start(&mut self, epoch: usize) {
        self.random = Random::new(self.settings.seed, Purpose::Epoch(epoch));
        self.order.clone_from(&self.frames.learned);
        self.random.shuffle(&mut self.order);
    }

    fn steps(&self) -> usize {
        let patches =
            (self.frames.rows * self.frames.columns).div_ceil(self.patch[0] * self.patch[1]);
        let all = (self.frames.learned.len() * patches).div_ceil(self.batch());
        all.clamp(*STEPS.start(), *STEPS.end())
    }

    fn loss(&mut self, step: usize) -> Result<Tensor> {
        let batch = self.batch();
        let (mut inputs, mut wanted, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..batch {
            let t = self.order[(step * batch + i) % self.order.len()];
            let patch = self.frames.any_patch(self.patch, &mut self.random);
            let bound = self.frames.any_bound(&mut self.random);
            let sample = self.frames.sample(t, patch, bound, &mut self.random);
            inputs.extend(sample.inputs);
            wanted.extend(sample.wanted);
            weights.push(self.weight(bound));
        }
        let dims = (batch, self.patch[0], self.patch[1]);
        let wanted = Tensor::from_vec(wanted, dims, &self.device)?;
        let weights = Tensor::from_vec(weights, (batch, 1, 1), &self.device)?;
        let residual = (self.answer(inputs, batch, self.patch)? - wanted)?;
        self.loss_of(&residual.broadcast_mul(&weights)?)
    }

    fn validate(&mut self) -> Result<Validation> {
        let mut random = Random::new(self.settings.seed, Purpose::Validation);
        let patch = self.frames.middle(MOST_ALONG);
        let lengths = patch.lengths();
        let weight = f64::from(self.weight(self.bound)).powi(2);
        let held = self.held();
        let mut sum = 0.0;
        let (mut plain, mut rough) = (Vec::new(), Vec::new());
        for t in &held {
            let sample = self.frames.sample(*t, patch, self.bound, &mut random);
            let answer = self.answer(sample.inputs, 1, lengths)?;
            let wanted =
                Tensor::from_vec(sample.wanted, (1, lengths[0], lengths[1]), &self.device)?;
            let residual = (wanted - answer)?;
            sum += weight * f64::from(self.loss_of(&residual)?.to_scalar::<f32>()?);
            let values = residual.flatten_all()?.to_vec1::<f32>()?;
            codes(
                &values,
                lengths[1],
                self.frames.increment_std / self.bound,
                &mut plain,
                &mut rough,
            );
        }
        let values = (held.len() * patch.cells()) as f64;
        Ok(Validation {
            loss: sum / held.len() as f64,
            bits: estimate::bits(plain).min(estimate::bits(rough)) / values,
        })
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn write(&self) -> Result<Vec<File>> {
        let onnx = self.export()?;
        let contract = folder::contract(&self.contract(&onnx))?;
        let model = File {
            name: "model.onnx",
            bytes: onnx,
        };
        Ok(vec![model, contract])
    }

    fn difference(&self, files: &[File]) -> Result<f64> {
        let Some(&t) = self.frames.held.first() else {
            return Ok(f64::INFINITY);
        };
        let all = Patch {
            rows: (0, self.frames.rows),
            columns: (0, self.frames.columns),
        };
        let mut random = Random::new(self.settings.seed, Purpose::Validation);
        let sample = self.frames.sample(t, all, self.bound, &mut random);
        let planes = self.frames.planes.len();
        let channel = |c: usize| sample.inputs.iter().skip(c).step_by(planes).copied();
        let first: Vec<f32> = (0..planes).flat_map(channel).collect();
        let x = Exact::new(&[1, planes, self.frames.rows, self.frames.columns], first)?;
        let answer = self.answer(sample.inputs, 1, all.lengths())?;
        let again = folder::run(&files[0], "x", x)?;
        Ok(folder::distance(
            &again,
            &answer.flatten_all()?.to_vec1::<f32>()?,
        ))
    }
}

/// Codes of residuals as they are, and of residuals less their neighbours to the west
/// and north, roughly what a predictor behind the forecast leaves.
fn codes(residual: &[f32], columns: usize, over: f64, plain: &mut Vec<i64>, rough: &mut Vec<i64>) {
    for (i, r) in residual.iter().enumerate() {
        let at = |back: usize| i.checked_sub(back).map_or(0.0, |p| f64::from(residual[p]));
        let west = if i % columns == 0 { 0.0 } else { at(1) };
        let r = f64::from(*r);
        plain.push(estimate::code(r * over, 1.0));
        rough.push(estimate::code((r - 0.5 * (west + at(columns))) * over, 1.0));
    }
}
