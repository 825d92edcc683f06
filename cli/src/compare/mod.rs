//! `foresz compare`: everybody on the same fields, under the same bounds, held to the same
//! checks.

mod args;
mod contend;
mod contenders;
mod data;
mod measure;
mod process;
mod progress;
mod store;
mod wind;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use foresz_compare::results::{Results, SCHEMA, Status};
use foresz_compare::{csv, latex, markdown, page, summary};

use super::failure::{BROKEN, invalid};
use super::output::Output;
use super::talk::Talk;

pub(crate) use args::Compare;
pub(crate) use contend::run as contend;

pub(crate) fn run(args: &Compare, talk: &Talk) -> anyhow::Result<ExitCode> {
    for path in outputs(args) {
        // Refused now rather than after an hour of work.
        Output::open(path, args.force)?;
    }
    let results = match &args.from {
        Some(path) => read(path)?,
        None => measure::all(args, talk)?,
    };
    write(args.json.as_deref(), args, || {
        Ok(serde_json::to_string_pretty(&results)? + "\n")
    })?;
    write(args.csv.as_deref(), args, || Ok(csv(&results)))?;
    write(args.latex.as_deref(), args, || Ok(latex(&results)))?;
    write(args.markdown.as_deref(), args, || Ok(markdown(&results)))?;
    write(args.report.as_deref(), args, || Ok(page(&results)))?;
    talk.answer(&results, &summary(&results))?;
    Ok(verdict(&results))
}

/// Whether foresz kept what it promises.
fn verdict(results: &Results) -> ExitCode {
    let ours = |name: &str| {
        let entrant = results
            .contenders
            .iter()
            .find(|entrant| entrant.name == name);
        entrant.is_some_and(|entrant| entrant.make.is_ours())
    };
    let failed = |status| matches!(status, Status::Broken | Status::Crashed);
    if results
        .rows
        .iter()
        .any(|row| failed(row.status) && ours(&row.contender))
    {
        ExitCode::from(BROKEN)
    } else {
        ExitCode::SUCCESS
    }
}

fn outputs(args: &Compare) -> impl Iterator<Item = &Path> {
    let all = [
        &args.report,
        &args.json,
        &args.csv,
        &args.latex,
        &args.markdown,
    ];
    all.into_iter().filter_map(|path| path.as_deref())
}

fn write(
    path: Option<&Path>,
    args: &Compare,
    content: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let content = content()?;
    Output::open(path, args.force)?.write(|sink| Ok(sink.write_all(content.as_bytes())?))
}

fn read(path: &Path) -> anyhow::Result<Results> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let results: Results = serde_json::from_str(&text)
        .map_err(|e| invalid(format!("{shown} is not what compare --json writes: {e}")))?;
    if results.schema != SCHEMA {
        let found = results.schema;
        return Err(invalid(format!(
            "{shown} has schema {found}, not {SCHEMA}: measure it again"
        )));
    }
    Ok(results)
}
