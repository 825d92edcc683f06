//! Regions of data sets: a range for each of some dimensions.

use std::ops::Range;

use foresz::files::{Dataset, Dimension};

use crate::failure::invalid;
use crate::region;

/// Ranges along the dimensions of a data set.
pub(super) type Ranges = Vec<Range<usize>>;

/// Everything.
pub(super) fn whole(dataset: &Dataset) -> Ranges {
    dataset.dimensions.iter().map(|d| 0..d.length).collect()
}

/// Narrows ranges to a region: `time=3:7,latitude=0:100`, or without names one item for each
/// dimension of the variables that are asked for.
pub(super) fn narrow(
    ranges: &mut Ranges,
    text: &str,
    dataset: &Dataset,
    wanted: &[usize],
) -> anyhow::Result<()> {
    if text.contains('=') {
        for item in text.split(',') {
            let Some((name, range)) = item.split_once('=') else {
                return Err(invalid(format!(
                    "region {item:?}: give all dimensions by name, or none"
                )));
            };
            let d = dimension(dataset, name.trim())?;
            let length = dataset.dimensions[d].length;
            let names = [dataset.dimensions[d].name.clone()];
            let parsed = region::parse(range, &[length], &names)?;
            let parsed = parsed.into_iter().next().unwrap_or(0..length);
            set(ranges, d, parsed, dataset)?;
        }
        return Ok(());
    }
    let mut dimensions = wanted.iter().map(|v| &dataset.variables[*v].dimensions);
    let first = dimensions.next().cloned().unwrap_or_default();
    if dimensions.any(|other| *other != first) {
        return Err(invalid(
            "the variables have different dimensions: name those of the region, as in time=3:7",
        ));
    }
    let shape: Vec<usize> = first
        .iter()
        .map(|d| dataset.dimensions[*d].length)
        .collect();
    let names: Vec<String> = first
        .iter()
        .map(|d| dataset.dimensions[*d].name.clone())
        .collect();
    for (d, range) in first.iter().zip(region::parse(text, &shape, &names)?) {
        set(ranges, *d, range, dataset)?;
    }
    Ok(())
}

/// Narrows a dimension that is whole so far.
pub(super) fn set(
    ranges: &mut Ranges,
    d: usize,
    range: Range<usize>,
    dataset: &Dataset,
) -> anyhow::Result<()> {
    let Dimension { name, length, .. } = &dataset.dimensions[d];
    if ranges[d] != (0..*length) {
        return Err(invalid(format!("{name} is selected twice")));
    }
    ranges[d] = range;
    Ok(())
}

/// The dimension of that name.
pub(super) fn dimension(dataset: &Dataset, name: &str) -> anyhow::Result<usize> {
    let found = dataset.dimensions.iter().position(|d| d.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = dataset.dimensions.iter().map(|d| d.name.as_str()).collect();
        invalid(format!(
            "there is no dimension {name}; there are {}",
            names.join(", ")
        ))
    })
}

/// Samples and bytes of parts of variables.
pub(super) fn samples(
    dataset: &Dataset,
    variables: impl IntoIterator<Item = usize>,
    ranges: &Ranges,
) -> (usize, u64) {
    variables.into_iter().fold((0, 0), |(samples, bytes), v| {
        let region = of(dataset, v, ranges);
        let more: usize = region.iter().map(ExactSizeIterator::len).product();
        let width = dataset.variables[v].kind.bytes().unwrap_or(1);
        (samples + more, bytes + (more * width) as u64)
    })
}

/// The region of a variable.
pub(super) fn of(dataset: &Dataset, variable: usize, ranges: &Ranges) -> Ranges {
    let dimensions = &dataset.variables[variable].dimensions;
    dimensions.iter().map(|d| ranges[*d].clone()).collect()
}
