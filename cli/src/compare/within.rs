//! The comparison in a process that is something else, with predictors that only it has.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use foresz::forecast::{FORECAST, Guest, Shelf};
use foresz::predictors::{Params, Registry, Spec};
use foresz_compare::results::Results;
use foresz_compare::{page, summary};

use super::super::args::{Cli, Verb};
use super::super::failure::invalid;
use super::measure;
use crate::Host;

/// Predictors of this process, which no other can run.
#[derive(Default)]
pub struct Own<'a> {
    /// Named in specs as `forecast:model=NAME`.
    pub guests: Vec<Arc<dyn Guest>>,
    /// Whether to give up: asked before each case, and after each of a guest.
    pub stopped: Option<&'a dyn Fn() -> bool>,
}

impl Own<'_> {
    /// All that specs can name, if this one names a guest.
    pub(super) fn registry(&self, spec: &Spec, shelf: Shelf) -> Option<Registry> {
        let named = spec.parts.iter().filter(|part| part.name == FORECAST);
        let mut named = named.filter_map(|part| Params::new(part).text("model"));
        let is_here = |name: &str| self.guests.iter().any(|guest| guest.name() == name);
        let guests = self.guests.iter().map(Arc::clone);
        named
            .any(is_here)
            .then(|| crate::registry::registry(guests.fold(shelf, Shelf::guest)))
    }

    /// Ends what was stopped.
    pub(super) fn go_on(&self) -> anyhow::Result<()> {
        if self.stopped.is_some_and(|stopped| stopped()) {
            return Err(invalid("the comparison was stopped"));
        }
        Ok(())
    }
}

/// What a comparison has found.
pub struct Compared(Results);

impl Compared {
    /// Runs what a command line asks for, that of `foresz compare`, and writes no files.
    ///
    /// # Errors
    /// If the command line is wrong, a field cannot be read, or the comparison was stopped.
    pub fn run(host: Host, words: Vec<OsString>, own: &Own) -> anyhow::Result<Self> {
        host.tell();
        let cli = Cli::try_parse_from(words).map_err(|usage| invalid(usage.to_string()))?;
        let talk = cli.verb.talk();
        let Verb::Compare(args) = cli.verb else {
            return Err(invalid("expected the verb compare"));
        };
        let results = measure::all(&args, &talk, own)?;
        match (results.rows.as_slice(), results.left_out.as_slice()) {
            ([], [left, ..]) => Err(invalid(format!(
                "nothing was compared; {}: {}",
                left.field, left.reason
            ))),
            _ => Ok(Compared(results)),
        }
    }

    /// What `foresz compare --json` prints.
    ///
    /// # Errors
    /// If memory is short.
    pub fn json(&self) -> anyhow::Result<String> {
        serde_json::to_string(&self.0).context("cannot write the results")
    }

    /// What `foresz compare` prints.
    pub fn summary(&self) -> String {
        summary(&self.0)
    }

    /// What `foresz compare --report` writes.
    pub fn page(&self) -> String {
        page(&self.0)
    }
}
