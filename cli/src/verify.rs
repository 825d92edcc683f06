//! `foresz verify`: trusts nothing in the stream but what was asked for.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use foresz::dataset::{DatasetReader, Verified, View, Worst};
use foresz::files::{Attribute, Dataset, Source};
use foresz::{Bound, Decompressor, Store};
use serde::Serialize;

use super::args::{ModelArgs, Saying, Threads, VariableArgs};
use super::choice;
use super::failure::{BROKEN, OTHERWISE, invalid, while_decoding};
use super::input::Input;
use super::lacking::Lacking;
use super::stream;
use super::summary;
use super::table::layout;
use super::talk::Talk;

const EXAMPLES: &str = "\
Examples:
  foresz verify era5.nc.fsz era5.nc
  foresz verify t2m.fsz t2m.f32
  foresz verify era5.fsz era5.npy --json || echo broken

-v names variables of the stream; of a stream with one variable, also the array of a .npz file.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Verify {
    /// A stream; - for standard input
    stream: PathBuf,
    /// What it was made of: a NetCDF or GRIB file, a Zarr store, raw little-endian samples, .npy
    /// or .npz; - for standard input
    original: PathBuf,
    #[command(flatten)]
    variables: VariableArgs,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    stream: String,
    original: String,
    kept: bool,
    #[serde(flatten)]
    only: Option<Only>,
    variables: Vec<Verdict>,
    /// Of the whole.
    attributes_changed: Vec<String>,
    /// What only the original has. No reason to call the stream broken: it may have been
    /// made of a part.
    lacking: Lacking,
}

/// What is told of a variable that is the only one.
#[derive(Serialize)]
struct Only {
    asked: Option<Bound>,
    /// Numbers that break their bound.
    values_broken: usize,
    #[serde(flatten)]
    found: Verified,
}

#[derive(Serialize)]
struct Verdict {
    name: String,
    kept: bool,
    asked: Vec<Bound>,
    #[serde(flatten)]
    found: Verified,
    /// Attributes that are not those of the original.
    attributes_changed: Vec<String>,
}

pub(crate) fn run(args: &Verify, talk: &Talk) -> anyhow::Result<ExitCode> {
    let store = stream::store(&args.stream)?;
    let reader = stream::open(&*store, &args.stream)?;
    let ours = reader.dataset(View::Stored);
    let mut names = args.variables.names.as_slice();
    let array = match (ours.variables.as_slice(), names) {
        // Arrays of an archive have names, and the variable of a stream may have another.
        ([one], [name]) if one.name != *name => {
            names = &[];
            Some(name)
        }
        _ => None,
    };
    let mut original = stream::original(&args.original, &reader, array.map(String::as_str))?;
    if let Some(name) = array.filter(|_| !original.is_bare()) {
        choice::find(&ours, name)?;
    }
    let decoder = Decompressor::default()
        .registry(args.models.registry()?)
        .limits(args.models.limits())
        .threads(args.threads.count());
    for name in names {
        choice::find(&ours, name)?;
    }
    let mut variables = Vec::new();
    for (v, variable) in ours.variables.iter().enumerate() {
        if names.is_empty() || names.contains(&variable.name) {
            variables.push(judge(&reader, v, &mut original, &decoder)?);
        }
    }
    let theirs = described(&original, &ours);
    let lacking = match args.variables.names.as_slice() {
        [] => Lacking::of(&theirs, &ours, original.skipped().to_vec()),
        _ => Lacking::default(),
    };
    let answer = Answer {
        stream: args.stream.display().to_string(),
        original: args.original.display().to_string(),
        kept: variables.iter().all(|v| v.kept),
        only: match variables.as_slice() {
            [v] => Some(v.alone()),
            _ => None,
        },
        variables,
        attributes_changed: changed(&theirs.attributes, &ours.attributes),
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

/// What an original says of itself; of bare arrays what the stream says, as they say nothing.
fn described(original: &Input, ours: &Dataset) -> Dataset {
    let mut theirs = original.dataset().clone();
    if original.is_bare() {
        (theirs.dimensions, theirs.attributes) = (Vec::new(), ours.attributes.clone());
        for variable in &mut theirs.variables {
            variable.attributes.clear();
        }
    }
    theirs
}

impl Verdict {
    fn alone(&self) -> Only {
        Only {
            asked: match self.asked.as_slice() {
                [asked] => Some(*asked),
                _ => None,
            },
            values_broken: self.found.broken - self.found.specials_changed,
            found: self.found.clone(),
        }
    }
}

impl Answer {
    /// Of the whole, or of a variable.
    fn has_other_attributes(&self) -> bool {
        let mut variables = self.variables.iter();
        !self.attributes_changed.is_empty() || variables.any(|v| !v.attributes_changed.is_empty())
    }
}

fn judge<S: Store>(
    reader: &DatasetReader<S>,
    v: usize,
    original: &mut Input,
    decoder: &Decompressor,
) -> anyhow::Result<Verdict> {
    let dataset = reader.dataset(View::Stored);
    let variable = &dataset.variables[v];
    let theirs = original.dataset().clone();
    let path = original.path().display();
    let Some(position) = theirs.position(&variable.name) else {
        return Err(invalid(format!("{path} has no variable {}", variable.name)));
    };
    let other = &theirs.variables[position];
    let shape = dataset.shape(variable);
    if theirs.shape(other) != shape || other.kind != variable.kind {
        return Err(invalid(format!(
            "{} of {path} is {} {}, that of the stream {} {}",
            variable.name,
            other.kind.name(),
            summary::shape(&theirs.shape(other)),
            variable.kind.name(),
            summary::shape(&shape)
        )));
    }
    let attributes_changed = if original.is_bare() {
        Vec::new()
    } else {
        changed(&other.attributes, &variable.attributes)
    };
    let found = reader.verify(v, original, position, decoder);
    let found = found.map_err(while_decoding)?;
    Ok(Verdict {
        name: variable.name.clone(),
        kept: found.broken == 0,
        asked: reader.about(v)?.asked,
        found,
        attributes_changed,
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
    let heading = [
        "variable",
        "",
        "bound",
        "max error",
        "RMS error",
        "PSNR",
        "values",
        "special",
        "broken",
        "attributes",
    ];
    let mut rows = vec![heading.map(String::from).to_vec()];
    rows.extend(answer.variables.iter().map(row));
    let worst: String = answer.variables.iter().filter_map(worst).collect();
    format!(
        "{verdict}: {} against {}\n{}{worst}{whole}{}",
        answer.stream,
        answer.original,
        layout(&rows),
        answer.lacking.describe()
    )
}

fn row(v: &Verdict) -> Vec<String> {
    let asked = v.asked.iter().map(|asked| match (asked, v.found.bound) {
        (Bound::RangeRelative(_), Some(bound)) => {
            format!("{} (±{})", summary::bound(*asked), summary::number(bound))
        }
        _ => summary::bound(*asked),
    });
    let asked: Vec<String> = asked.collect();
    let psnr = v.found.psnr.map(|p| format!("{p:.1} dB"));
    let special = match v.found.specials_changed {
        0 => v.found.specials.to_string(),
        changed => format!("{}, {changed} changed", v.found.specials),
    };
    vec![
        v.name.clone(),
        if v.kept { "kept" } else { "BROKEN" }.into(),
        asked.join(" | "),
        summary::number(v.found.max_error),
        summary::number(v.found.rms_error),
        psnr.unwrap_or_else(|| "none".into()),
        v.found.values.to_string(),
        special,
        v.found.broken.to_string(),
        if v.attributes_changed.is_empty() {
            "all the same".into()
        } else {
            format!("changed: {}", v.attributes_changed.join(", "))
        },
    ]
}

fn worst(v: &Verdict) -> Option<String> {
    let Worst {
        index,
        original,
        decoded,
        error,
        ..
    } = v.found.worst.as_ref()?;
    Some(format!(
        "worst of {} at {index:?}: {original} came back as {decoded}, off by {error}\n",
        v.name
    ))
}
