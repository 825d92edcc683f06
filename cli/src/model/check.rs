//! `foresz model check`.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use foresz::forecast::autoencoder::AUTOENCODER;
use foresz::forecast::contract::Kind;
use foresz::forecast::{Array, Model};
use serde::Serialize;

use super::super::args::{RuntimeArgs, Saying};
use super::super::failure::invalid;
use super::super::summary;
use super::super::talk::Talk;
use super::autoencoder;

const EXAMPLES: &str = "\
Examples:
  foresz model check flow-filter
  foresz model check my-models/t2m --json | jq .seconds

Says what goes in and what comes out, whether all files are those that the contract was
written for, and what one step costs.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelCheck {
    /// The model's folder, or its name
    model: PathBuf,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    sha256: &'a str,
    description: &'a str,
    licence: &'a str,
    recipe: &'a str,
    weights_bytes: u64,
    runtime: String,
    exact: bool,
    history: usize,
    step: Option<&'a str>,
    variables: Vec<String>,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
    seconds: f64,
}

#[derive(Serialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
    /// Of an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[f32; 2]>,
}

pub(crate) fn check(args: &ModelCheck, talk: &Talk) -> anyhow::Result<()> {
    let shelf = args.runtime.shelf();
    let found = shelf.find(&args.model.display().to_string())?;
    if found.kind() == AUTOENCODER {
        return autoencoder::check(&*shelf.open_autoencoder(&found)?, talk);
    }
    let model = shelf.open(&found)?;
    let inputs = model.trial_inputs()?;
    let clock = Instant::now();
    let outputs = model.run_once(&inputs)?;
    let seconds = clock.elapsed().as_secs_f64();
    let contract = model.contract();
    let answer = Check {
        name: &contract.name,
        sha256: model.hash(),
        description: &contract.description,
        licence: &contract.licence,
        recipe: &contract.recipe,
        weights_bytes: model.weights_bytes(),
        runtime: model.runtime().about(),
        exact: model.runtime().is_exact(),
        history: contract.time.history,
        step: contract.time.step.as_deref(),
        variables: model
            .wiring()
            .slots
            .iter()
            .map(ToString::to_string)
            .collect(),
        inputs: inputs
            .iter()
            .map(|(name, a)| tensor(name, a, false))
            .collect(),
        outputs: outputs
            .iter()
            .map(|(name, a)| tensor(name, a, true))
            .collect(),
        seconds,
    };
    for (name, array) in &outputs {
        if array.values().iter().any(|x| !x.is_finite()) {
            return Err(invalid(format!(
                "the model runs, but with noise about the means as input its output {name:?} holds values that are not numbers: its weights or the contract's mean and std are wrong"
            )));
        }
    }
    talk.answer(&answer, &describe(&answer, &model)?)
}

fn tensor(name: &str, array: &Array, ranged: bool) -> Tensor {
    let fold = |pick: fn(f32, f32) -> f32, from| array.values().iter().copied().fold(from, pick);
    Tensor {
        name: name.into(),
        shape: array.shape().to_vec(),
        range: ranged.then(|| {
            [
                fold(f32::min, f32::INFINITY),
                fold(f32::max, f32::NEG_INFINITY),
            ]
        }),
    }
}

fn describe(check: &Check, model: &Model) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        if value.is_empty() {
            return Ok(());
        }
        writeln!(text, "{key:<12}{value}")
    };
    line("model", check.name)?;
    line("sha256", check.sha256)?;
    line("about", check.description)?;
    line("licence", check.licence)?;
    line("recipe", check.recipe)?;
    line("weights", &summary::bytes(check.weights_bytes))?;
    line("variables", &check.variables.join(", "))?;
    let step = check.step.map_or(String::new(), |s| format!(" of {s}"));
    line("looks back", &format!("{} steps{step}", check.history))?;
    for input in &check.inputs {
        line(
            "takes",
            &format!("{} {}", input.name, summary::shape(&input.shape)),
        )?;
    }
    for output in &check.outputs {
        let get = model.wiring().gets.iter().find(|g| g.tensor == output.name);
        let kind = match get.map(|g| (g.kind, g.normalised)) {
            None => "not used",
            Some((Kind::Absolute, false)) => "values",
            Some((Kind::Absolute, true)) => "normalised values",
            Some((Kind::Increment, false)) => "changes",
            Some((Kind::Increment, true)) => "normalised changes",
        };
        line(
            "gives",
            &format!("{} {} ({kind})", output.name, summary::shape(&output.shape)),
        )?;
    }
    let care = if check.exact {
        "the same bits everywhere"
    } else {
        "behind a guard band"
    };
    line("runs on", &format!("{}, {care}", check.runtime))?;
    line("one step", &format!("{:.3} s", check.seconds))?;
    Ok(text)
}
