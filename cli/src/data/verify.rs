//! `foresz verify` of data sets: each variable against the file it came from.

use std::path::Path;
use std::process::ExitCode;

use foresz::dataset::{DatasetReader, View};
use foresz::files::{Attribute, Source};
use foresz::{Bound, Decompressor, FileStore};
use serde::Serialize;

use super::lacking::Lacking;
use super::source;
use super::table::layout;
use crate::args::Verify;
use crate::failure::{BROKEN, OTHERWISE, invalid, while_decoding};
use crate::summary;
use crate::talk::Talk;

#[derive(Serialize)]
struct Answer {
    stream: String,
    original: String,
    kept: bool,
    /// Of the whole.
    attributes_changed: Vec<String>,
    variables: Vec<Verdict>,
    /// What only the original has. No reason to call the stream broken: it may have been
    /// made of a part.
    lacking: Lacking,
}

#[derive(Serialize)]
struct Verdict {
    variable: String,
    kept: bool,
    asked: Vec<Bound>,
    values: usize,
    broken: usize,
    max_error: f64,
    /// Attributes that are not those of the original.
    attributes_changed: Vec<String>,
}

pub(crate) fn run(args: &Verify, talk: &Talk) -> anyhow::Result<ExitCode> {
    let reader = source::open_stream(&args.stream)?;
    let mut original = source::open_like(&args.original, &reader)?;
    let decoder = Decompressor::default()
        .registry(args.models.registry()?)
        .limits(args.models.limits())
        .threads(args.threads.count());
    let dataset = reader.dataset(View::Stored);
    let wanted = |name: &String| args.variable.as_ref().is_none_or(|v| v == name);
    let mut variables = Vec::new();
    for (v, variable) in dataset.variables.iter().enumerate() {
        if wanted(&variable.name) {
            variables.push(judge(&reader, v, &mut *original, &decoder, &args.original)?);
        }
    }
    if variables.is_empty() {
        let name = args.variable.as_deref().unwrap_or_default();
        return Err(invalid(format!("the stream has no variable {name}")));
    }
    let theirs = original.dataset();
    let attributes_changed = if theirs.attributes.is_empty() && reader.is_single_field() {
        Vec::new()
    } else {
        changed(&theirs.attributes, &dataset.attributes)
    };
    let lacking = match args.variable {
        None => Lacking::of(theirs, &dataset, original.skipped().to_vec()),
        Some(_) => Lacking::default(),
    };
    let answer = Answer {
        stream: args.stream.display().to_string(),
        original: args.original.display().to_string(),
        kept: variables.iter().all(|v| v.kept),
        attributes_changed,
        variables,
        lacking,
    };
    talk.answer(&answer, &describe(&answer))?;
    Ok(if !answer.kept {
        ExitCode::from(BROKEN)
    } else if answer.has_other_attributes() {
        ExitCode::from(OTHERWISE)
    } else {
        ExitCode::SUCCESS
    })
}

impl Answer {
    /// Of the whole, or of a variable.
    fn has_other_attributes(&self) -> bool {
        let mut variables = self.variables.iter();
        !self.attributes_changed.is_empty() || variables.any(|v| !v.attributes_changed.is_empty())
    }
}

fn judge(
    reader: &DatasetReader<FileStore>,
    v: usize,
    original: &mut dyn Source,
    decoder: &Decompressor,
    path: &Path,
) -> anyhow::Result<Verdict> {
    let dataset = reader.dataset(View::Stored);
    let variable = &dataset.variables[v];
    let theirs = original.dataset().clone();
    let Some(position) = theirs.position(&variable.name) else {
        return Err(invalid(format!(
            "{} has no variable {}",
            path.display(),
            variable.name
        )));
    };
    let other = &theirs.variables[position];
    let shape = dataset.shape(variable);
    if theirs.shape(other) != shape || other.kind != variable.kind {
        return Err(invalid(format!(
            "{} of {} is {} {}, that of the stream {} {}",
            variable.name,
            path.display(),
            other.kind.name(),
            summary::shape(&theirs.shape(other)),
            variable.kind.name(),
            summary::shape(&shape)
        )));
    }
    let changed = changed(&other.attributes, &variable.attributes);
    let found = reader.verify(v, original, position, decoder);
    let found = found.map_err(while_decoding)?;
    Ok(Verdict {
        variable: variable.name.clone(),
        kept: found.broken == 0,
        asked: reader.about(v)?.asked,
        values: found.values,
        broken: found.broken,
        max_error: found.max_error,
        attributes_changed: changed,
    })
}

/// Names of attributes that are not the same on both sides.
fn changed(theirs: &[Attribute], ours: &[Attribute]) -> Vec<String> {
    let find = |all: &'_ [Attribute], name: &str| {
        let found = all.iter().find(|a| a.name == name);
        found.map(|a| a.value.clone())
    };
    let mut changed: Vec<String> = Vec::new();
    for Attribute { name, .. } in theirs.iter().chain(ours) {
        let same = match (find(theirs, name), find(ours, name)) {
            (Some(a), Some(b)) => a.differing(&b) == 0,
            _ => false,
        };
        if !same && !changed.contains(name) {
            changed.push(name.clone());
        }
    }
    changed
}

fn describe(answer: &Answer) -> String {
    let verdict = match (answer.kept, answer.has_other_attributes()) {
        (false, _) => "BROKEN",
        (true, true) => "bounds kept, attributes differ",
        (true, false) => "kept",
    };
    let whole = match answer.attributes_changed.as_slice() {
        [] => String::new(),
        changed => format!("attributes of the whole changed: {}\n", changed.join(", ")),
    };
    let mut rows = vec![
        [
            "variable",
            "",
            "bound",
            "max error",
            "values",
            "broken",
            "attributes",
        ]
        .map(String::from)
        .to_vec(),
    ];
    for v in &answer.variables {
        let asked: Vec<String> = v.asked.iter().map(|b| summary::bound(*b)).collect();
        rows.push(vec![
            v.variable.clone(),
            if v.kept { "kept" } else { "BROKEN" }.into(),
            asked.join(" | "),
            summary::number(v.max_error),
            v.values.to_string(),
            v.broken.to_string(),
            if v.attributes_changed.is_empty() {
                "all the same".into()
            } else {
                format!("changed: {}", v.attributes_changed.join(", "))
            },
        ]);
    }
    format!(
        "{verdict}: {} against {}\n{}{whole}{}",
        answer.stream,
        answer.original,
        layout(&rows),
        answer.lacking.describe()
    )
}
