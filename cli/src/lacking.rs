//! What an original has and a stream has not.

use foresz::files::{Attribute, Dataset, Dimension};
use serde::Serialize;

use super::complete::Reason;

/// Names of what a stream lacks.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Lacking {
    variables: Vec<String>,
    /// Those of another length, or that can only grow there, too.
    dimensions: Vec<String>,
    /// `variable:attribute`, and `:attribute` of the whole.
    attributes: Vec<String>,
    /// What cannot be read in the original, and so not be compared, with the reasons.
    unreadable: Vec<Reason>,
}

impl Lacking {
    pub(crate) fn of(original: &Dataset, stream: &Dataset, unreadable: Vec<Reason>) -> Self {
        let same = |a: &Dimension, b: &Dimension| {
            a.name == b.name && a.length == b.length && (b.unlimited || !a.unlimited)
        };
        let is_lacking = |d: &&Dimension| !stream.dimensions.iter().any(|own| same(d, own));
        let dimensions = original.dimensions.iter().filter(is_lacking);
        let mut lacking = Lacking {
            dimensions: dimensions.map(|d| d.name.clone()).collect(),
            unreadable,
            ..Lacking::default()
        };
        lacking.attributes("", &original.attributes, &stream.attributes);
        for variable in &original.variables {
            match stream.position(&variable.name) {
                None => lacking.variables.push(variable.name.clone()),
                Some(v) => {
                    let ours = &stream.variables[v].attributes;
                    lacking.attributes(&variable.name, &variable.attributes, ours);
                }
            }
        }
        lacking
    }

    fn attributes(&mut self, of: &str, theirs: &[Attribute], ours: &[Attribute]) {
        let missing = theirs
            .iter()
            .filter(|a| ours.iter().all(|b| b.name != a.name));
        self.attributes
            .extend(missing.map(|a| format!("{of}:{}", a.name)));
    }

    /// For people; nothing if nothing is lacking.
    pub(crate) fn describe(&self) -> String {
        let parts = [
            ("variables", &self.variables),
            ("dimensions", &self.dimensions),
            ("attributes", &self.attributes),
        ];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts
            .map(|(what, names)| format!("{what} {}", names.join(", ")))
            .collect();
        let mut text = String::new();
        if !parts.is_empty() {
            text = format!("the stream lacks of the original: {}\n", parts.join("; "));
        }
        let unreadable = self.unreadable.iter();
        text.extend(
            unreadable
                .map(|(name, reason)| format!("not compared: {name} cannot be read: {reason}\n")),
        );
        text
    }
}
