//! What is said of variables and dimensions on the way into a file.

use foresz::FORMAT_VERSION;
use foresz::dataset::VariableInfo;
use foresz::files::{Attribute, Dataset, Values};

use super::summary;

/// Says that Zarr has no place for dimensions that no array has.
pub(crate) fn note_unused(dataset: &Dataset) {
    let used = |d: usize| dataset.variables.iter().any(|v| v.dimensions.contains(&d));
    let dimensions = dataset.dimensions.iter().enumerate();
    let unused = dimensions.filter(|(d, _)| !used(*d));
    let unused: Vec<&str> = unused.map(|(_, d)| d.name.as_str()).collect();
    if !unused.is_empty() {
        eprintln!(
            "foresz: warning: Zarr cannot keep dimensions without arrays, such as {}: NetCDF can",
            unused.join(", ")
        );
    }
}

/// Says in a file what its numbers went through.
pub(crate) fn tell(about: &VariableInfo, writer: &str, attributes: &mut Vec<Attribute>) {
    let asked: Vec<String> = about.asked.iter().map(|b| summary::bound(*b)).collect();
    let mut asked = asked.join(" | ");
    let mut error = about.max_error;
    for Attribute { name, value } in attributes.iter() {
        // Of an earlier pass: errors add up.
        match (name.as_str(), value.as_text(), value.as_number()) {
            ("foresz_bound", Some(before), _) => asked = format!("{asked}; before that {before}"),
            ("foresz_max_error", _, Some(before)) => error += before,
            _ => {}
        }
    }
    let said = [
        (
            "foresz_codec",
            Values::text(&format!("{writer}, stream format {FORMAT_VERSION}")),
        ),
        ("foresz_bound", Values::text(&asked)),
        ("foresz_max_error", Values::F64(vec![error])),
    ];
    for (name, value) in said {
        attributes.retain(|a| a.name != name);
        attributes.push(Attribute {
            name: name.into(),
            value,
        });
    }
}
