//! Which variables are meant.

use foresz::Error;
use foresz::dataset::{Role, roles};
use foresz::files::arrays::DATA;
use foresz::files::{Dataset, Source};

use crate::failure::invalid;

/// Names more alike than this are taken for slips.
const ALIKE: f64 = 0.7;
/// More names than this are too many to read.
pub(crate) const MANY: usize = 12;

/// Variables of data.
pub(crate) fn data(dataset: &Dataset) -> Vec<usize> {
    let roles = roles(dataset).into_iter().enumerate();
    let data = roles.filter(|(_, role)| *role == Role::Data);
    data.map(|(v, _)| v).collect()
}

fn names(dataset: &Dataset, variables: &[usize]) -> String {
    let names = variables
        .iter()
        .map(|v| dataset.variables[*v].name.as_str());
    let shown: Vec<&str> = names.take(MANY).collect();
    let more = if variables.len() > MANY { ", …" } else { "" };
    shown.join(", ") + more
}

/// The variable of that name, or an error that says which ones there are.
pub(crate) fn find(dataset: &Dataset, name: &str) -> anyhow::Result<usize> {
    if let Some(v) = dataset.position(name) {
        return Ok(v);
    }
    let likeness = |v: &usize| {
        let other = dataset.variables[*v].name.to_lowercase();
        strsim::jaro_winkler(&other, &name.to_lowercase())
    };
    let all: Vec<usize> = (0..dataset.variables.len()).collect();
    let mut alike: Vec<usize> = all
        .iter()
        .copied()
        .filter(|v| likeness(v) > ALIKE)
        .collect();
    alike.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    Err(invalid(if alike.is_empty() {
        format!(
            "there is no variable {name}; the file has {}",
            names(dataset, &data(dataset))
        )
    } else {
        format!(
            "there is no variable {name}; did you mean {}?",
            names(dataset, &alike)
        )
    }))
}

/// The variables that are asked for: those named, all, the only one, or the one called `data`.
/// What cannot be read is refused with the reason.
pub(crate) fn wanted(
    source: &dyn Source,
    named: &[String],
    all: bool,
) -> anyhow::Result<Vec<usize>> {
    refuse_skipped(source, named)?;
    let dataset = source.dataset();
    if !named.is_empty() {
        let mut wanted: Vec<usize> = Vec::new();
        for name in named {
            let v = find(dataset, name)?;
            if !wanted.contains(&v) {
                wanted.push(v);
            }
        }
        return Ok(wanted);
    }
    let data = data(dataset);
    match (data.as_slice(), source.skipped()) {
        (_, _) if all => Ok(data),
        ([_], _) => Ok(data),
        ([], [(name, why), ..]) => {
            Err(Error::Unsupported(format!("nothing of it can be read; {name}: {why}")).into())
        }
        ([], []) => Err(invalid(
            "found nothing to compress: all variables are coordinates, texts or single values; name one with -v",
        )),
        _ => match data.iter().find(|v| dataset.variables[**v].name == DATA) {
            Some(v) => Ok(vec![*v]),
            None => Err(invalid(format!(
                "there are several variables; name those you want with -v, or take --all: {}",
                names(dataset, &data)
            ))),
        },
    }
}

/// The same where it has to be one.
pub(crate) fn one(source: &dyn Source, named: &[String]) -> anyhow::Result<usize> {
    match wanted(source, named, false)?.as_slice() {
        [v] => Ok(*v),
        _ => Err(invalid("this takes one variable: name one with -v")),
    }
}

/// Refuses what a file has and cannot be read.
pub(crate) fn refuse_skipped(source: &dyn Source, named: &[String]) -> anyhow::Result<()> {
    let mut skipped = source.skipped().iter();
    match skipped.find(|(name, _)| named.contains(name)) {
        Some((name, why)) => {
            Err(Error::Unsupported(format!("{name} cannot be read: {why}")).into())
        }
        None => Ok(()),
    }
}
