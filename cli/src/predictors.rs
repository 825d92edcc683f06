//! `foresz predictors`.

use clap::Args;
use foresz::forecast::Shelf;
use serde::Serialize;

use super::args::Saying;
use super::talk::Talk;

const AUTO: &str =
    "codes a sample of each chunk with several and takes the smallest  [the default]";

const EXAMPLES: &str = "\
Examples:
  foresz predictors
  foresz compress t2m.npy --abs 0.01 --predictor lorenzo:order=2

A spec is name:key=value,key=value; a frame predictor and the predictor of what it
leaves are joined by +, as in persistence+spline.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Predictors {
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    predictors: Vec<Predictor>,
}

#[derive(Serialize)]
struct Predictor {
    name: String,
    summary: String,
}

pub(crate) fn run(talk: &Talk) -> anyhow::Result<()> {
    let auto = Predictor {
        name: "auto".into(),
        summary: AUTO.into(),
    };
    let registry = crate::registry::registry(Shelf::default());
    let listed = registry.entries().iter().map(|e| Predictor {
        name: e.name.clone(),
        summary: e.summary.clone(),
    });
    let predictors: Vec<Predictor> = std::iter::once(auto).chain(listed).collect();
    let width = predictors
        .iter()
        .map(|p| p.name.chars().count())
        .max()
        .unwrap_or(0);
    let line = |p: &Predictor| format!("{:<width$}  {}\n", p.name, p.summary);
    let text = predictors.iter().map(line).collect::<Vec<_>>().concat();
    talk.answer(&Answer { predictors }, &text)
}
