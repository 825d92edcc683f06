//! `foresz model run`: one step.

use std::sync::Arc;
use std::time::Instant;

use foresz::Sample;
use foresz::forecast::{Care, Forecast, Model};
use foresz::predictors::{FramePredictor, Originals, Past, Place, Scene, Side, Teller};
use ndarray::ArrayD;
use serde::Serialize;

use super::super::args::ModelRun;
use super::super::failure::invalid;
use super::super::input::{self, Expected, Field};
use super::super::output::{Output, Target, files_in};
use super::super::talk::Talk;
use super::super::{npy, samples, summary};
use super::open;

#[derive(Serialize)]
struct Outcome {
    model: String,
    runtime: String,
    frame: usize,
    output: String,
    shape: Vec<usize>,
    seconds: f64,
}

pub(in super::super) fn step(args: &ModelRun, talk: &Talk) -> anyhow::Result<()> {
    let model = open(&args.runtime.shelf(), &args.model)?;
    let target = args
        .output
        .output
        .clone()
        .ok_or_else(|| invalid("say where the frame goes with -o FRAME.npy"))?;
    let mut inputs = files_in(&args.model);
    inputs.push(args.input.clone());
    let output = Output::open(&Target::new(&target, args.output.force).reading(inputs))?;
    let expected = Expected {
        shape: args.layout.shape(),
        dtype: args.layout.dtype,
        variable: args.variable.clone(),
    };
    let field = input::read_field(&args.input, &expected)?;
    let clock = Instant::now();
    let (frame, shape) = match field {
        Field::F32(field) => run(args, &model, &field, output)?,
        Field::F64(field) => run(args, &model, &field, output)?,
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
    field: &ArrayD<T>,
    output: Output,
) -> anyhow::Result<(usize, Vec<usize>)> {
    let time = foresz::time_dimension(&args.layout.dims, field.ndim())?;
    let Some(time) = time.filter(|t| t + 2 < field.ndim()) else {
        return Err(invalid(
            "a series has a time dimension before rows and columns; name one `time` with --dims",
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
            dims: args.layout.dims.as_slice().into(),
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
    output.write(|sink| {
        npy::write_header::<T>(&shape, sink)?;
        Ok(samples::write(&values, sink)?)
    })?;
    Ok((frame, shape))
}
