//! Who takes part: one trait, and one file each.

mod ours;
mod peer;
mod zstd;

use std::process::Command;

use super::super::failure::invalid;
use super::args::{Compare, specs};
use super::within::Own;
use crate::program;
use foresz::predictors::Registry;
use foresz_compare::job::How;
use foresz_compare::results::Make;

/// Somebody who compresses a field in a process of its own, told by a job on standard input.
pub(super) trait Contender {
    /// As tables show it.
    fn name(&self) -> String;

    /// What it is made of.
    fn make(&self) -> Make;

    /// Its version, or why it is not here.
    fn version(&self) -> Result<String, String>;

    /// What it is told of a field of that name.
    fn how(&self, field: &str) -> How;

    /// The process that does the job.
    fn command(&self) -> anyhow::Result<Command>;

    /// The predictors to do it with in this process, if no other can.
    fn here(&self) -> Option<&Registry> {
        None
    }
}

/// All that were asked for, ours first.
pub(super) fn all(args: &Compare, own: &Own) -> anyhow::Result<Vec<Box<dyn Contender>>> {
    let mut all: Vec<Box<dyn Contender>> = Vec::new();
    for spec in specs(&args.predictors) {
        for ours in ours::Ours::all(&spec, args, own)? {
            all.push(Box::new(ours));
        }
    }
    for name in &args.peers {
        if name == zstd::NAME {
            all.push(Box::new(zstd::Zstd));
            continue;
        }
        let peers = peer::Peer::all(name, &args.python);
        if peers.is_empty() {
            let known = peer::NAMES.join(", ");
            return Err(invalid(format!(
                "no peer is called {name:?}; there are: {known}, zstd"
            )));
        }
        for peer in peers {
            all.push(Box::new(peer));
        }
    }
    for (i, one) in all.iter().enumerate() {
        if all[..i].iter().any(|other| other.name() == one.name()) {
            return Err(invalid(format!("{} is asked for twice", one.name())));
        }
    }
    Ok(all)
}

/// This very program, to do a job.
fn ourselves() -> anyhow::Result<Command> {
    let mut command = program::ourselves()?;
    command.arg("contend");
    Ok(command)
}
