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
mod within;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use foresz_compare::results::{Results, SCHEMA, Status};
use foresz_compare::{csv, latex, markdown, page, summary};

use super::failure::{BROKEN, invalid};
use super::output::{Output, Target, files_in};
use super::talk::Talk;

pub(crate) use args::Compare;
pub(crate) use contend::run as contend;
pub use within::{Compared, Own};

pub(crate) fn run(args: &Compare, talk: &Talk) -> anyhow::Result<ExitCode> {
    for (i, path) in outputs(args).enumerate() {
        // Refused now rather than after an hour of work.
        if outputs(args).take(i).any(|other| other == path) {
            return Err(invalid(format!(
                "two results are written to {}: name another file for one of them",
                path.display()
            )));
        }
        Output::open(&target(path, args))?;
    }
    let results = match &args.from {
        Some(path) => read(path)?,
        None => measure::all(args, talk, &Own::default())?,
    };
    write(args.results.as_deref(), args, || {
        Ok(serde_json::to_string_pretty(&results)? + "\n")
    })?;
    write(args.csv.as_deref(), args, || Ok(csv(&results)))?;
    write(args.latex.as_deref(), args, || Ok(latex(&results)))?;
    write(args.markdown.as_deref(), args, || Ok(markdown(&results)))?;
    write(args.report.as_deref(), args, || Ok(page(&results)))?;
    if let ([], [left, ..]) = (results.rows.as_slice(), results.left_out.as_slice()) {
        return Err(invalid(format!(
            "nothing was compared; {}: {}",
            left.field, left.reason
        )));
    }
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
        &args.results,
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
    Output::open(&target(path, args))?.write(|sink| Ok(sink.write_all(content.as_bytes())?))
}

fn target(path: &Path, args: &Compare) -> Target {
    let models = args.model.iter().flat_map(|folder| files_in(folder));
    let inputs = data::files(args).into_iter().chain(models);
    Target::new(path, args.force).reading(inputs.chain(args.from.clone()))
}

fn read(path: &Path) -> anyhow::Result<Results> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let results: Results = serde_json::from_str(&text).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        invalid(format!(
            "{shown} is not what compare --results writes, at line {line}, column {column}"
        ))
    })?;
    if results.schema != SCHEMA {
        let found = results.schema;
        return Err(invalid(format!(
            "{shown} has schema {found}, not {SCHEMA}: measure it again"
        )));
    }
    Ok(results)
}
