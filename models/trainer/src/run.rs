//! The loop that all families share.

use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::{Device, Tensor};
use serde::Serialize;

use crate::adam::Adam;
use crate::autoencoder::Autoencoder;
use crate::checkpoint::{self, State};
use crate::error::{Error, Result};
use crate::folder::{self, File};
use crate::forecaster::Forecaster;
use crate::layer::Parameter;
use crate::plot;
use crate::quantise;
use crate::record::{Epoch, Record};
use crate::series::Series;
use crate::settings::{Settings, WeightFormat};

/// What is trained: data, a network and a loss.
pub(crate) trait Task {
    fn parameters(&self) -> &[Parameter];
    /// Everything random in an epoch depends on its number alone.
    fn start(&mut self, epoch: usize);
    fn steps(&self) -> usize;
    fn loss(&mut self, step: usize) -> Result<Tensor>;
    fn validate(&mut self) -> Result<Validation>;
    /// Chooses what is chosen once training is over.
    fn settle(&mut self) -> Result<()>;
    /// The files of the model, the contract last.
    fn write(&self) -> Result<Vec<File>>;
    /// How far the files are from what was trained, in the exact runtime.
    fn difference(&self, files: &[File]) -> Result<f64>;
}

/// How well a network does on what it is not trained on.
pub(crate) struct Validation {
    pub(crate) loss: f64,
    /// Estimated, per value.
    pub(crate) bits: f64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// All epochs are done.
    Epochs,
    /// The minutes are over.
    Minutes,
    /// Nothing got better for as long as `patience` says.
    Patience,
    /// The loss went astray time and again; the best weights before that are kept.
    Astray,
}

/// What came of a training.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Of the model.
    pub name: String,
    /// Why it ended.
    pub end: End,
    /// All epochs.
    pub record: Record,
    /// How many numbers were learned.
    pub weights: usize,
    /// Of all ONNX files.
    pub model_bytes: usize,
    /// In validation, of the best weights.
    pub loss: f64,
    /// The same with weights as they are stored.
    pub loss_as_stored: f64,
    /// The bound that sizes are estimated for.
    pub bound: f64,
    /// Estimated bits per value of what was not trained on, the model not counted.
    pub bits: f64,
    /// Estimated ratio of the whole series, the model not counted.
    pub ratio: f64,
    /// And with the model's bytes.
    pub ratio_with_model: f64,
    /// Largest difference between the model as written, in the exact runtime, and as trained.
    pub difference: f64,
    /// That training took.
    pub seconds: f64,
}

impl Report {
    /// Loss and estimated ratio over the epochs, as SVG.
    pub fn plot(&self) -> String {
        plot::svg(&self.record)
    }
}

/// A model that is further off than this in the exact runtime was not written as it was
/// trained; rounding alone stays far below.
const UNFAITHFUL: f64 = 1e-3;
/// Times that a loss may go astray before training ends.
const MOST_ASTRAY: usize = 3;
/// What the rate is multiplied by each time.
const RESTRAINT: f64 = 0.3;
/// Steps in which the rate rises to its highest.
const WARM_UP: f64 = 50.0;
/// The rate at the end, as part of the highest.
const LAST_RATE: f64 = 0.02;
/// Seconds between checkpoints.
const CHECKPOINT_SECONDS: f64 = 5.0;
/// Of learning, unless said.
const AUTOENCODER_RATE: f64 = 1e-3;
const FORECASTER_RATE: f64 = 2e-3;

/// Trains a model and writes it into a folder. `watch` is told of every epoch and how
/// many seconds are left at the most.
pub fn train(
    series: &Series,
    settings: &Settings,
    folder: &Path,
    resume: bool,
    watch: &mut dyn FnMut(&Epoch, f64),
) -> Result<Report> {
    check(settings)?;
    let device = device(settings.cuda)?;
    std::fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.into(),
        source,
    })?;
    let (low, high) = series.range()?;
    let bound = settings.bound_on(f64::from(high) - f64::from(low));
    let task: Box<dyn Task + '_> = if settings.family.is_forecaster() {
        Box::new(Forecaster::new(series, settings, &device)?)
    } else {
        Box::new(Autoencoder::new(series, settings, &device)?)
    };
    let mut training = Training::new(task, series, settings, folder)?;
    if resume {
        training.resume()?;
    }
    let end = training.run(watch)?;
    training.finish(series, bound, end)
}

fn check(settings: &Settings) -> Result<()> {
    let wrong = |reason: String| Err(Error::Settings(reason));
    if !(settings.validation > 0.0 && settings.validation < 1.0) {
        return wrong(format!(
            "a validation of {}: it is a part of the series, above 0 and below 1",
            settings.validation
        ));
    }
    if settings.epochs == 0 {
        return wrong("no epochs: there is nothing to do".into());
    }
    let positive = [
        ("rate", settings.rate),
        ("bound", settings.bound),
        ("range-rel", settings.range_relative),
        ("minutes", settings.minutes),
    ];
    for (name, value) in positive {
        if let Some(value) = value.filter(|v| !(*v > 0.0 && v.is_finite())) {
            return wrong(format!("a {name} of {value}: it has to be above 0"));
        }
    }
    Ok(())
}

fn device(cuda: bool) -> Result<Device> {
    if !cuda {
        return Ok(Device::Cpu);
    }
    if !cfg!(feature = "cuda") {
        return Err(Error::Settings(
            "this build cannot train on a CUDA device: build with --features train-cuda".into(),
        ));
    }
    Ok(Device::new_cuda(0)?)
}

/// A training under way.
struct Training<'a> {
    task: Box<dyn Task + 'a>,
    settings: &'a Settings,
    folder: PathBuf,
    adam: Adam,
    best: Vec<Tensor>,
    state: State,
    begun: Instant,
    /// Of runs before this one.
    earlier: f64,
    saved: f64,
}

impl<'a> Training<'a> {
    fn new(
        task: Box<dyn Task + 'a>,
        series: &Series,
        settings: &'a Settings,
        folder: &Path,
    ) -> Result<Self> {
        let adam = Adam::new(task.parameters())?;
        Ok(Training {
            best: copies(task.parameters())?,
            task,
            settings,
            folder: folder.into(),
            adam,
            state: State {
                settings: settings.clone(),
                shape: series.shape().to_vec(),
                record: Record::default(),
                steps: 0,
                restraint: 1.0,
                astray: 0,
            },
            begun: Instant::now(),
            earlier: 0.0,
            saved: 0.0,
        })
    }

    fn resume(&mut self) -> Result<()> {
        let (state, best) = checkpoint::load(
            &self.folder,
            self.settings,
            &self.state.shape,
            self.task.parameters(),
            &mut self.adam,
        )?;
        self.earlier = state.record.epochs.last().map_or(0.0, |e| e.seconds);
        self.state = State {
            settings: self.settings.clone(),
            ..state
        };
        self.best = best;
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.earlier + self.begun.elapsed().as_secs_f64()
    }

    /// How much of the training is done, after so many epochs: 0 to 1.
    fn progress(&self, epochs: f64) -> f64 {
        let by_epochs = epochs / self.settings.epochs as f64;
        let by_clock = self
            .settings
            .minutes
            .map_or(0.0, |m| self.seconds() / (60.0 * m));
        by_epochs.max(by_clock).min(1.0)
    }

    /// The rate falls along half a cosine.
    fn rate(&self, epochs: f64) -> f64 {
        let usual = if self.settings.family.is_forecaster() {
            FORECASTER_RATE
        } else {
            AUTOENCODER_RATE
        };
        let highest = self.settings.rate.unwrap_or(usual) * self.state.restraint;
        let fallen = 0.5 + 0.5 * (std::f64::consts::PI * self.progress(epochs)).cos();
        let warm = ((self.adam.steps + 1) as f64 / WARM_UP).min(1.0);
        highest * warm * (LAST_RATE + (1.0 - LAST_RATE) * fallen)
    }

    fn run(&mut self, watch: &mut dyn FnMut(&Epoch, f64)) -> Result<End> {
        if self.state.record.epochs.is_empty() {
            self.task.start(0);
            let untrained = self.task.validate()?;
            let epoch = self.epoch(0, untrained.loss, &untrained);
            watch(&epoch, f64::INFINITY);
            self.state.record.push(epoch);
        }
        let first = self.state.record.epochs.last().map_or(1, |e| e.epoch + 1);
        for number in first..=self.settings.epochs {
            let Some(loss) = self.learn(number)? else {
                if self.go_back(number)? {
                    continue;
                }
                return Ok(End::Astray);
            };
            let validation = self.task.validate()?;
            if !validation.loss.is_finite() {
                if self.go_back(number)? {
                    continue;
                }
                return Ok(End::Astray);
            }
            let epoch = self.epoch(number, loss, &validation);
            watch(&epoch, self.left(number));
            if self.state.record.push(epoch) {
                self.best = copies(self.task.parameters())?;
            }
            self.save()?;
            if self
                .settings
                .minutes
                .is_some_and(|m| self.seconds() >= 60.0 * m)
            {
                return Ok(End::Minutes);
            }
            if self.state.record.waited() >= self.settings.patience.max(1) {
                return Ok(End::Patience);
            }
        }
        Ok(End::Epochs)
    }

    /// One epoch; `None` if the loss is no longer a number.
    fn learn(&mut self, number: usize) -> Result<Option<f64>> {
        self.task.start(number);
        let steps = self.task.steps();
        let mut sum = 0.0;
        for step in 0..steps {
            let rate = self.rate((number - 1) as f64 + step as f64 / steps as f64);
            let loss = self.task.loss(step)?;
            let value = f64::from(loss.to_scalar::<f32>()?);
            if !value.is_finite() || !self.adam.step(&loss.backward()?, rate)? {
                return Ok(None);
            }
            sum += value;
        }
        Ok(Some(sum / steps as f64))
    }

    /// Back to the best weights with a lower rate; false if that has been tried enough.
    fn go_back(&mut self, number: usize) -> Result<bool> {
        self.restore()?;
        self.adam = Adam::new(self.task.parameters())?;
        self.state.astray += 1;
        self.state.restraint *= RESTRAINT;
        if self.state.astray <= MOST_ASTRAY {
            return Ok(true);
        }
        if self.state.record.best == 0 {
            let suggestion = self.rate(0.0) * WARM_UP;
            return Err(Error::Diverged {
                epoch: number,
                suggestion: 10.0_f64.powf(suggestion.log10().floor()),
            });
        }
        Ok(false)
    }

    fn epoch(&self, epoch: usize, loss: f64, validation: &Validation) -> Epoch {
        Epoch {
            epoch,
            seconds: self.seconds(),
            rate: self.rate(epoch as f64),
            loss,
            validation: validation.loss,
            bits: validation.bits,
        }
    }

    /// Seconds left at the most, after an epoch.
    fn left(&self, number: usize) -> f64 {
        let here = self.begun.elapsed().as_secs_f64();
        let done = (number + 1).saturating_sub(self.first_here()).max(1);
        let by_epochs = here / done as f64 * self.settings.epochs.saturating_sub(number) as f64;
        let by_clock = self.settings.minutes.map(|m| 60.0 * m - self.seconds());
        by_clock.map_or(by_epochs, |left| left.max(0.0).min(by_epochs))
    }

    /// The first epoch of this run.
    fn first_here(&self) -> usize {
        let before = self
            .state
            .record
            .epochs
            .iter()
            .filter(|e| e.seconds <= self.earlier);
        before.count().max(1)
    }

    fn save(&mut self) -> Result<()> {
        let now = self.seconds();
        if now - self.saved < CHECKPOINT_SECONDS {
            return Ok(());
        }
        self.saved = now;
        self.state.steps = self.adam.steps;
        checkpoint::save(
            &self.folder,
            &self.state,
            self.task.parameters(),
            &self.best,
            &self.adam,
        )
    }

    fn restore(&self) -> Result<()> {
        for (parameter, best) in self.task.parameters().iter().zip(&self.best) {
            parameter.var.set(best)?;
        }
        Ok(())
    }

    fn finish(mut self, series: &Series, bound: f64, end: End) -> Result<Report> {
        self.restore()?;
        self.task.settle()?;
        let as_trained = self.task.validate()?;
        let mut files = self.task.write()?;
        let format = self.settings.weights;
        let as_stored = if format == WeightFormat::F32 {
            None
        } else {
            quantise::snap(self.task.parameters(), format)?;
            Some(self.task.validate()?)
        };
        let difference = self.task.difference(&files)?;
        if difference.is_nan() || difference > UNFAITHFUL {
            return Err(Error::Unfaithful { difference });
        }
        let stored = as_stored.as_ref().unwrap_or(&as_trained);
        let model_bytes = folder::model_bytes(&files);
        let values = series.values().len() as f64;
        let coded = values * stored.bits / 8.0;
        let weights = self.task.parameters().iter().map(|p| p.var.elem_count());
        let report = Report {
            name: self.settings.name.clone(),
            end,
            weights: weights.sum(),
            model_bytes,
            loss: as_trained.loss,
            loss_as_stored: stored.loss,
            bound,
            bits: stored.bits,
            ratio: 4.0 * values / coded.max(1.0),
            ratio_with_model: 4.0 * values / (coded + model_bytes as f64),
            difference,
            seconds: self.seconds(),
            record: self.state.record,
        };
        let told = serde_json::to_vec_pretty(&report).map_err(candle_core::Error::wrap)?;
        let mut all = vec![
            File {
                name: "training.json",
                bytes: told,
            },
            File {
                name: "training.svg",
                bytes: report.plot().into_bytes(),
            },
        ];
        all.append(&mut files);
        folder::write(&self.folder, &all)?;
        let checkpoint = checkpoint::path(&self.folder);
        if checkpoint.is_file() {
            std::fs::remove_file(&checkpoint).map_err(|source| Error::Write {
                path: checkpoint,
                source,
            })?;
        }
        Ok(report)
    }
}

fn copies(parameters: &[Parameter]) -> Result<Vec<Tensor>> {
    let copy = |p: &Parameter| Ok(p.var.as_tensor().copy()?.detach());
    parameters.iter().map(copy).collect()
}
