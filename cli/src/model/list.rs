//! `foresz model list`.

use std::fmt::Write;

use foresz::forecast::Found;
use serde::Serialize;

use super::super::args::ModelList;
use super::super::summary;
use super::super::talk::Talk;

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

pub(in super::super) fn list(args: &ModelList, talk: &Talk) -> anyhow::Result<()> {
    let found = args.shelf().all();
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
