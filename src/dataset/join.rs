//! How two data sets fit together along a dimension.

use foresz_files::{Dataset, Values, Variable};

use crate::error::{Result, invalid};

/// Names that mean time.
const TIMES: [&str; 3] = ["time", "valid_time", "t"];
/// Attributes without which numbers mean something else.
const MEANING: [&str; 5] = [
    "units",
    "calendar",
    "scale_factor",
    "add_offset",
    "_FillValue",
];

/// The dimension that data sets grow along: the one that is named, or is unlimited, or is
/// time, or else the first of the first variable.
pub(crate) fn growing(dataset: &Dataset, named: Option<&str>) -> Result<usize> {
    let find = |wanted: &dyn Fn(&foresz_files::Dimension) -> bool| {
        dataset.dimensions.iter().position(wanted)
    };
    if let Some(name) = named {
        let Some(d) = find(&|d| d.name == name) else {
            return invalid(format!("there is no dimension {name}"));
        };
        return Ok(d);
    }
    let since = |name: &str| {
        let axis = dataset.position(name).map(|v| &dataset.variables[v]);
        let units = axis.and_then(|v| v.attribute("units")?.as_text());
        units.is_some_and(|units| units.contains(" since "))
    };
    let time = find(&|d| since(&d.name) || TIMES.contains(&d.name.as_str()));
    let found = time.or_else(|| find(&|d| d.unlimited));
    let first = || {
        dataset
            .variables
            .iter()
            .find_map(|v| v.dimensions.first().copied())
    };
    match found.or_else(first) {
        Some(d) => Ok(d),
        None => invalid("nothing can grow: no variable has a dimension"),
    }
}

/// Which dimension of a variable grows, if one does.
pub(crate) fn place(variable: &Variable, growing: usize) -> Option<usize> {
    variable.dimensions.iter().position(|d| *d == growing)
}

/// Refuses a data set whose variables are not those of another, but for their lengths along
/// the growing dimension. Returns where each variable of the first is in the second.
pub(crate) fn matches(ours: &Dataset, theirs: &Dataset, growing: usize) -> Result<Vec<usize>> {
    let name = &ours.dimensions[growing].name;
    let position = |variable: &Variable| {
        let about = &variable.name;
        let Some(position) = theirs.position(about) else {
            return invalid(format!("{about} is missing in the added data"));
        };
        let other = &theirs.variables[position];
        if other.kind != variable.kind || theirs.dims(other) != ours.dims(variable) {
            return invalid(format!(
                "{about} is {} along {} in the added data, and {} along {} in the stream",
                other.kind.name(),
                theirs.dims(other).join(", "),
                variable.kind.name(),
                ours.dims(variable).join(", ")
            ));
        }
        let lengths = ours.shape(variable).into_iter().zip(theirs.shape(other));
        for ((a, b), dim) in lengths.zip(ours.dims(variable)) {
            if a != b && dim != name {
                return invalid(format!(
                    "{dim} has {b} places in the added data, and {a} in the stream"
                ));
            }
        }
        for attribute in MEANING {
            let same = match (variable.attribute(attribute), other.attribute(attribute)) {
                (None, None) => true,
                (Some(a), Some(b)) => a.differing(b) == 0,
                _ => false,
            };
            if !same {
                let shown = |v: &Variable| v.attribute(attribute).map_or("none".into(), show);
                return invalid(format!(
                    "{attribute} of {about} is {} in the added data, and {} in the stream, so the numbers mean something else: compress it to a stream of its own",
                    shown(other),
                    shown(variable)
                ));
            }
        }
        Ok(position)
    };
    ours.variables.iter().map(position).collect()
}

fn show(value: &Values) -> String {
    match (value.as_text(), value.as_number()) {
        (Some(text), _) => text.into(),
        (_, Some(number)) => number.to_string(),
        _ => "something else".into(),
    }
}

/// Refuses an axis that does not go on where another ends.
pub(crate) fn goes_on(name: &str, before: &Values, after: &Values) -> Result<()> {
    let (Some(before), Some(after)) = (before.to_f64(), after.to_f64()) else {
        return Ok(());
    };
    let (Some(first), Some(last), Some(next)) = (before.first(), before.last(), after.first())
    else {
        return Ok(());
    };
    let rises = before.len() < 2 || last > first;
    let falls = before.len() < 2 || last < first;
    if (rises && next > last) || (falls && next < last) {
        return Ok(());
    }
    invalid(format!(
        "{name} starts at {next} in the added data, and ends at {last} in the stream: it must continue from there"
    ))
}
