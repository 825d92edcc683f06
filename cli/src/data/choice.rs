//! Which variables are meant.

use foresz::dataset::{Role, roles};
use foresz::files::Dataset;

use crate::failure::invalid;

/// Names more alike than this are taken for slips.
const ALIKE: f64 = 0.7;
/// More names than this are too many to read.
pub(super) const MANY: usize = 12;

/// Variables of data.
pub(super) fn data(dataset: &Dataset) -> Vec<usize> {
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
pub(super) fn find(dataset: &Dataset, name: &str) -> anyhow::Result<usize> {
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
            "there is no variable {name}; there are {}",
            names(dataset, &data(dataset))
        )
    } else {
        format!(
            "there is no variable {name}; did you mean {}?",
            names(dataset, &alike)
        )
    }))
}

/// The variables that were asked for: those named, all, or the only one.
pub(super) fn wanted(dataset: &Dataset, named: &[String], all: bool) -> anyhow::Result<Vec<usize>> {
    let data = data(dataset);
    if !named.is_empty() {
        return named.iter().map(|name| find(dataset, name)).collect();
    }
    match data.as_slice() {
        [] if !all => Err(invalid(
            "found nothing to compress: all variables are coordinates, texts or single values; name one with -v",
        )),
        [_] => Ok(data),
        _ if all => Ok(data),
        _ => Err(invalid(format!(
            "there are several variables: name those to compress with -v, or take --all: {}",
            names(dataset, &data)
        ))),
    }
}
