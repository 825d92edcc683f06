//! `foresz model compare`.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use foresz::forecast::{Array, Engine};
use serde::Serialize;

use super::super::args::{RuntimeArgs, Saying};
use super::super::talk::Talk;
use super::open;

const EXAMPLES: &str = "\
Examples:
  foresz model compare flow-filter
  foresz model compare my-model --onnxruntime .venv --json | jq .outputs

Differences are in units of an output's standard deviation; the input is noise about the
means of the contract.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelCompare {
    /// The model's folder, or its name
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    exact: Side,
    ort: Side,
    outputs: Vec<Output>,
}

#[derive(Serialize)]
struct Side {
    runtime: String,
    seconds: f64,
}

#[derive(Serialize)]
struct Output {
    name: String,
    std: f64,
    /// Both in units of `std`.
    largest: f64,
    rms: f64,
    /// Part of the values whose bits differ.
    differing: f64,
}

type Outputs = Vec<(String, Array)>;

pub(crate) fn compare(args: &ModelCompare, talk: &Talk) -> anyhow::Result<()> {
    let side = |engine| -> anyhow::Result<(Side, Outputs)> {
        let model = open(&args.runtime.shelf().engine(engine), &args.model)?;
        let inputs = model.trial_inputs()?;
        let clock = Instant::now();
        let outputs = model.run_once(&inputs)?;
        let side = Side {
            runtime: model.runtime().about(),
            seconds: clock.elapsed().as_secs_f64(),
        };
        Ok((side, outputs))
    };
    let (exact, ours) = side(Engine::Exact)?;
    let (ort, theirs) = side(Engine::Ort)?;
    let mut outputs = Vec::new();
    for (name, a) in &ours {
        if let Some((_, b)) = theirs.iter().find(|(n, _)| n == name) {
            outputs.push(apart(name, a.values(), b.values()));
        }
    }
    let answer = Answer {
        exact,
        ort,
        outputs,
    };
    talk.answer(&answer, &describe(&answer)?)
}

fn apart(name: &str, ours: &[f32], theirs: &[f32]) -> Output {
    let count = ours.len().max(1) as f64;
    let mean = ours.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
    let squares: f64 = ours.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum();
    let std = (squares / count).sqrt();
    let scale = if std > 0.0 { std } else { 1.0 };
    let (mut largest, mut sum, mut differing) = (0.0, 0.0, 0);
    for (a, b) in ours.iter().zip(theirs) {
        let d = (f64::from(*a) - f64::from(*b)).abs() / scale;
        largest = if d > largest { d } else { largest };
        sum += d * d;
        differing += usize::from(a.to_bits() != b.to_bits());
    }
    Output {
        name: name.into(),
        std,
        largest,
        rms: (sum / count).sqrt(),
        differing: differing as f64 / count,
    }
}

fn describe(answer: &Answer) -> anyhow::Result<String> {
    let mut text = String::new();
    for side in [&answer.exact, &answer.ort] {
        writeln!(text, "{:.3} s on {}", side.seconds, side.runtime)?;
    }
    for output in &answer.outputs {
        writeln!(
            text,
            "{}: they differ by {:.1e} of its standard deviation at most, {:.1e} RMS, in {:.1} % of the values",
            output.name,
            output.largest,
            output.rms,
            100.0 * output.differing
        )?;
    }
    Ok(text)
}
