//! `foresz train`, where it is built in.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use foresz::AnyField;
use foresz::forecast::contract::FILE_NAME;
use foresz_train as train;
use foresz_train::{Epoch, Report, Series, Settings};
use serde::Serialize;

use super::super::failure::invalid;
use super::super::input;
use super::super::output::{Output, Target, hold};
use super::super::talk::Talk;
use super::Train;
use super::args::{Family, Loss, Normalise, Weights};

/// Seconds between lines on a training's progress.
const BETWEEN_LINES: f64 = 2.0;

#[derive(Serialize)]
struct Outcome<'a> {
    folder: String,
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &Train, talk: &Talk) -> anyhow::Result<()> {
    let report = learn(args, talk)?;
    let outcome = Outcome {
        folder: args.output.display().to_string(),
        report: &report,
    };
    talk.outcome(&outcome, &remark(&outcome))
}

/// Trains and writes the model.
pub(super) fn learn(args: &Train, talk: &Talk) -> anyhow::Result<Report> {
    if args.output.join(FILE_NAME).exists() && !args.force && !args.resume {
        return Err(invalid(format!(
            "{} holds a model; use --force to replace it",
            args.output.display()
        )));
    }
    let plot = match &args.plot {
        Some(path) => Some(Output::open(
            &Target::new(path, args.force || args.resume).reading([&args.input]),
        )?),
        None => None,
    };
    let settings = settings(args)?;
    let series = series(args)?;
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    // Two trainings in one folder would go on with each other's weights. Where folders cannot
    // be opened they cannot be locked.
    let folder = File::open(&args.output).ok();
    if let Some(folder) = &folder {
        hold(folder, &args.output)?;
    }
    let mut line = Line::new(talk.quiet);
    let watch = &mut |epoch: &Epoch, left: f64| line.tell(epoch, left, settings.epochs);
    let report = train::train(&series, &settings, &args.output, args.resume, watch);
    let report = report.map_err(|e| match e {
        train::Error::Write { path, source } => {
            anyhow::Error::new(source).context(format!("cannot write {}", path.display()))
        }
        other => invalid(other.to_string()),
    })?;
    if let Some(plot) = plot {
        plot.write(|sink| Ok(sink.write_all(report.plot().as_bytes())?))?;
    }
    Ok(report)
}

fn remark(outcome: &Outcome) -> String {
    let report = outcome.report;
    let best = report.record.best().map_or(0, |e| e.epoch);
    let stored = if report.loss == report.loss_as_stored {
        String::new()
    } else {
        format!(" (as stored {:.4e})", report.loss_as_stored)
    };
    format!(
        "{}: {} weights, {} bytes; loss {:.4e}{stored} in epoch {best}; estimated ratio {:.1}, with the model {:.1}, at a bound of {:.3e}; {:.0} s",
        outcome.folder,
        report.weights,
        report.model_bytes,
        report.loss,
        report.ratio,
        report.ratio_with_model,
        report.bound,
        report.seconds,
    )
}

/// Progress, a line every few seconds.
struct Line {
    quiet: bool,
    last: Option<Instant>,
}

impl Line {
    fn new(quiet: bool) -> Self {
        Line { quiet, last: None }
    }

    fn tell(&mut self, epoch: &Epoch, left: f64, epochs: usize) {
        let soon = self
            .last
            .is_some_and(|t| t.elapsed().as_secs_f64() < BETWEEN_LINES);
        if self.quiet || (soon && epoch.epoch != epochs) {
            return;
        }
        self.last = Some(Instant::now());
        let left = if left.is_finite() {
            format!("  at most {} left", span(left))
        } else {
            String::new()
        };
        eprintln!(
            "epoch {:>4} of {epochs}  loss {:.4e}  validation {:.4e}  ratio ~{:.1}{left}",
            epoch.epoch,
            epoch.loss,
            epoch.validation,
            32.0 / epoch.bits.max(1e-9),
        );
    }
}

fn span(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    if whole < 120 {
        format!("{whole} s")
    } else {
        format!("{} min", whole.div_ceil(60))
    }
}

fn series(args: &Train) -> anyhow::Result<Series> {
    let (field, dims) = input::whole(&args.input, &args.layout, args.array.as_slice())?;
    let (values, shape) = match field {
        AnyField::F32(field) => (field.iter().copied().collect(), field.shape().to_vec()),
        AnyField::F64(field) => {
            let narrow = field.iter().map(|x| *x as f32);
            (narrow.collect(), field.shape().to_vec())
        }
    };
    let time = foresz::time_dimension(&dims, shape.len())?;
    if shape.len() > 2 && time.is_some_and(|t| t != 0) {
        return Err(invalid(
            "training divides the first dimension: let it be time",
        ));
    }
    let series = Series::new(values, shape, &args.fill).map_err(|e| invalid(e.to_string()))?;
    Ok(match args.until {
        Some(until) => series.until(until),
        None => series,
    })
}

fn settings(args: &Train) -> anyhow::Result<Settings> {
    let (network, training, field) = (&args.network, &args.training, &args.field);
    Ok(Settings {
        name: name(&args.output)?,
        description: field.about.clone(),
        licence: field.licence.clone(),
        recipe: recipe(),
        family: match network.family {
            Family::Dense => train::Family::Dense,
            Family::Conv => train::Family::Conv,
            Family::Sparse => train::Family::Sparse,
            Family::Forecast => train::Family::Forecast,
            Family::Attention => train::Family::Attention,
        },
        tile: network
            .tile
            .as_ref()
            .map(|t| t.0.clone())
            .unwrap_or_default(),
        latents: network.latents,
        layers: network.layers.clone(),
        channels: network.channels.clone(),
        blocks: network.blocks,
        gdn: network.gdn,
        loss: training.loss.map(|loss| match loss {
            Loss::Mse => train::Loss::Mse,
            Loss::Swae => train::Loss::Swae,
            Loss::L1 => train::Loss::L1,
            Loss::Rough => train::Loss::Rough,
        }),
        weight: training.weight,
        differences: network.differences,
        normalise: match network.normalise {
            Normalise::Field => train::Scaling::Field,
            Normalise::Tile => train::Scaling::Tile,
            Normalise::Fixed => train::Scaling::Fixed,
        },
        epochs: training.epochs,
        minutes: training.minutes,
        seed: training.seed,
        validation: training.validation,
        patience: training.patience,
        batch: training.batch,
        rate: training.rate,
        weights: match network.weights {
            Weights::F32 => train::WeightFormat::F32,
            Weights::I16 => train::WeightFormat::I16,
            Weights::I8 => train::WeightFormat::I8,
        },
        bound: training.bound,
        range_relative: training.range_rel,
        variable: field.variable.clone(),
        units: field.units.clone(),
        step: field.step.clone(),
        start: field.start.clone(),
        latitudes: field.latitudes,
        longitudes: field.longitudes,
        cuda: training.cuda,
    })
}

/// The folder's name is the model's.
fn name(folder: &Path) -> anyhow::Result<String> {
    let name = folder
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(invalid(format!(
            "{}: the folder's name becomes the model's, of letters, digits, -, _ and .",
            folder.display()
        )));
    }
    Ok(name.into())
}

/// The command line, without the folders of this machine.
fn recipe() -> String {
    let word = |arg: String| match arg.rsplit_once('/') {
        Some((_, last)) if !last.is_empty() => last.to_owned(),
        _ => arg,
    };
    let words: Vec<String> = std::env::args().skip(1).map(word).collect();
    format!("foresz {}", words.join(" "))
}
