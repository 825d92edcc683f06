//! `foresz model run`: one step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use foresz::files::Kind;
use foresz::files::arrays::npy;
use foresz::forecast::{Care, Forecast, Model};
use foresz::predictors::{FramePredictor, Originals, Past, Place, Scene, Side, Teller};
use foresz::{AnyField, Sample};
use ndarray::ArrayD;
use serde::Serialize;

use super::super::args::{INPUT, LayoutArgs, RuntimeArgs, Saying, VariableArgs, attribute};
use super::super::failure::invalid;
use super::super::output::{Output, Target, files_in};
use super::super::talk::Talk;
use super::super::{input, samples, summary};
use super::open;

const EXAMPLES: &str = "\
Examples:
  foresz model run flow-filter vorticity.npy -o next.npy
  foresz model run my-model t2m.f32 --shape 744x33x49 --attr start=2019-03-01T00:00 --attr step=1h --frame 100 -o f100.npy";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelRun {
    /// The model's folder, or its name
    model: PathBuf,
    /// A series: a file of any kind that compress reads; - for standard input
    input: PathBuf,
    /// Forecast this frame from those before it, counted from 0 [default: the one after
    /// the last]
    #[arg(long, value_name = "FRAME")]
    frame: Option<usize>,
    /// Where to write the frame; - for standard output
    #[arg(short, long, value_name = "FRAME.npy")]
    pub(crate) output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    variables: VariableArgs,
    /// An attribute of the series, such as start=2018-06-01T00:00; may be repeated
    #[arg(help_heading = INPUT, long, value_name = "KEY=VALUE", value_parser = attribute)]
    attr: Vec<(String, String)>,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Outcome {
    model: String,
    runtime: String,
    frame: usize,
    output: String,
    shape: Vec<usize>,
    seconds: f64,
}

pub(crate) fn step(args: &ModelRun, talk: &Talk) -> anyhow::Result<()> {
    let model = open(&args.runtime.shelf(), &args.model)?;
    let target = &args.output;
    let mut inputs = files_in(&args.model);
    inputs.push(args.input.clone());
    let output = Output::open(&Target::new(target, args.force).reading(inputs))?;
    let (field, dims) = input::whole(&args.input, &args.layout, &args.variables.names)?;
    let clock = Instant::now();
    let (frame, shape) = match field {
        AnyField::F32(field) => run(args, &model, (&field, &dims), output)?,
        AnyField::F64(field) => run(args, &model, (&field, &dims), output)?,
    };
    let outcome = Outcome {
        model: model.contract().name.clone(),
        runtime: model.runtime().about(),
        frame,
        output: target.display().to_string(),
        shape,
        seconds: clock.elapsed().as_secs_f64(),
    };
    let remark = format!(
        "frame {frame} by {} → {}  {} in {:.3} s on {}",
        outcome.model,
        outcome.output,
        summary::shape(&outcome.shape),
        outcome.seconds,
        outcome.runtime
    );
    talk.outcome(&outcome, &remark)
}

/// Forecasts and writes a frame; returns which, and its shape.
fn run<T: Sample>(
    args: &ModelRun,
    model: &Arc<Model>,
    (field, dims): (&ArrayD<T>, &[String]),
    output: Output,
) -> anyhow::Result<(usize, Vec<usize>)> {
    let time = foresz::time_dimension(dims, field.ndim())?;
    let Some(time) = time.filter(|t| t + 2 < field.ndim()) else {
        return Err(invalid(
            "a series has a time dimension before rows and columns: name one `time` with --dims",
        ));
    };
    let frame = args.frame.unwrap_or(field.shape()[time]);
    let history = model.contract().time.history;
    if frame < history || frame > field.shape()[time] {
        return Err(invalid(format!(
            "frame {frame} cannot be forecast: the model looks back on {history} frames, and the series has {}",
            field.shape()[time]
        )));
    }
    let (values, shape) = forecast(args, model, (field, dims), (time, frame))?;
    output.write(|sink| {
        let kind = if T::BYTES == 4 { Kind::F32 } else { Kind::F64 };
        npy::write_header(kind, &shape, sink)?;
        Ok(samples::write(&values, sink)?)
    })?;
    Ok((frame, shape))
}

/// The values of a frame and their shape.
fn forecast<T: Sample>(
    args: &ModelRun,
    model: &Arc<Model>,
    (field, dims): (&ArrayD<T>, &[String]),
    (time, frame): (usize, usize),
) -> anyhow::Result<(Vec<T>, Vec<usize>)> {
    let history = model.contract().time.history;
    let standard = field.as_standard_layout();
    let originals = Originals {
        field: standard.as_slice().unwrap_or_default(),
        shape: field.shape(),
        time: Some(time),
        bound: 0.0,
    };
    let frames: Vec<Vec<T>> = (frame - history..frame)
        .rev()
        .map(|t| originals.frame(t))
        .collect();
    let scene = Scene {
        shape: field.shape().to_vec(),
        time: Some(time),
        periodic: false,
        bound: 0.0,
        share: 1.0,
        place: Place {
            origin: Vec::new(),
            dims: dims.into(),
            attributes: args.attr.as_slice().into(),
        },
    };
    let mut shape = field.shape().to_vec();
    shape.remove(time);
    let past = Past {
        frames: &frames,
        shape: &shape,
        index: frame,
    };
    let mut values = vec![T::ZERO; shape.iter().product()];
    let forecast = Forecast::new(Arc::clone(model), Care::Exact);
    let walk = forecast.start(&scene);
    walk.and_then(|mut walk| {
        walk.next(
            &past,
            &mut Teller::given(Side::default(), false),
            &mut values,
        )
    })
    .map_err(foresz::Error::from)?;
    Ok((values, shape))
}
