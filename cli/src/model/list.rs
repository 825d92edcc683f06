//! `foresz model list`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use foresz::forecast::{Found, Shelf};
use serde::Serialize;

use super::super::args::{Saying, placed};
use super::super::summary;
use super::super::talk::Talk;

const EXAMPLES: &str = "\
Examples:
  foresz model list
  foresz model list --model my-models --json | jq '.models[].name'

Some models are part of foresz; others lie in folders.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelList {
    /// A model's folder, or a folder of models, to look in besides those that `FORESZ_MODELS`
    /// names; may be repeated
    #[arg(long, value_name = "FOLDER")]
    model: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    models: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    kind: String,
    /// Of all files but the contract.
    bytes: u64,
    sha256: String,
    place: String,
    description: String,
}

pub(crate) fn list(args: &ModelList, talk: &Talk) -> anyhow::Result<()> {
    let shelf = placed(foresz::stocked(Shelf::default()), &args.model);
    let found = shelf.all();
    let models = found.iter().map(row).collect::<anyhow::Result<_>>()?;
    let answer = Answer { models };
    talk.answer(&answer, &describe(&answer)?)
}

fn row(found: &Found) -> anyhow::Result<Row> {
    Ok(Row {
        name: found.name().into(),
        kind: found.kind().into(),
        bytes: found.bytes()?,
        sha256: found.hash().into(),
        place: found.source().place().display().to_string(),
        description: found.description().into(),
    })
}

fn describe(answer: &Answer) -> anyhow::Result<String> {
    let mut text = String::new();
    for row in &answer.models {
        let size = summary::bytes(row.bytes);
        writeln!(text, "{}  {}, {size}, in {}", row.name, row.kind, row.place)?;
        writeln!(text, "    sha256 {}", row.sha256)?;
        if !row.description.is_empty() {
            writeln!(text, "    {}", row.description)?;
        }
    }
    Ok(text)
}
