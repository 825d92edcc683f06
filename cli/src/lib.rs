//! The command `foresz` as a library: one file per verb, and what verbs share.

mod append;
mod args;
mod cat;
mod choice;
mod compare;
mod complete;
mod compress;
mod decompress;
mod extract;
mod failure;
mod field;
mod fit;
mod form;
mod globe;
mod hdf5;
mod info;
mod input;
mod lacking;
mod model;
mod origin;
mod outcome;
mod output;
mod predictors;
mod program;
mod progress;
mod provenance;
mod recipes;
mod region;
mod registry;
mod resume;
mod samples;
mod select;
mod split;
mod stream;
mod suggest;
mod summary;
mod table;
mod talk;
mod train;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use foresz::predictors::Entry;

use args::{Cli, Verb};
pub use compare::{Compared, Own};
use model::Model;
pub use program::Host;
use talk::Talk;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    main_with(Vec::new())
}

/// Runs the command line of this process with predictors of one's own beside those of foresz:
/// specs can name them in every verb, and `auto` tries those whose entries
/// [say so](foresz::predictors::Entry::tried).
pub fn main_with(predictors: Vec<Entry>) -> ExitCode {
    registry::add(predictors);
    begin(Cli::try_parse())
}

/// Runs a command line, whose first word is the name of the program, in a process that is
/// something else.
pub fn main_within(host: Host, words: Vec<OsString>) -> ExitCode {
    host.tell();
    begin(Cli::try_parse_from(words))
}

fn begin(cli: Result<Cli, clap::Error>) -> ExitCode {
    let cli = match cli {
        Ok(cli) => cli,
        Err(usage) => return failure::usage(&usage),
    };
    foresz::hdf5::register();
    let talk = cli.verb.talk();
    let done = run(&cli.verb, &talk);
    // What an interruption made fail is no failure: it ends the process itself.
    let _held = output::pen();
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error, &talk),
    }
}

fn run(verb: &Verb, talk: &Talk) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Compress(args) => compress::run(args, talk)?,
        Verb::Decompress(args) => return decompress::run(args, talk),
        Verb::Info(args) => info::run(args, talk)?,
        Verb::Append(args) => append::run(args, talk)?,
        Verb::Cat(args) => cat::run(args, talk)?,
        Verb::Split(args) => split::run(args, talk)?,
        Verb::Suggest(args) => suggest::run(args, talk)?,
        Verb::Verify(args) => return verify::run(args, talk),
        Verb::Compare(args) => return compare::run(args, talk),
        Verb::Contend => compare::contend(talk)?,
        Verb::Predictors(_) => predictors::run(talk)?,
        Verb::Hdf5Plugin(args) => hdf5::run(args, talk)?,
        Verb::Model(Model::List(args)) => model::list(args, talk)?,
        Verb::Train(args) => train::run(args, talk)?,
        Verb::Model(Model::Check(args)) => model::check(args, talk)?,
        Verb::Model(Model::Run(args)) => model::step(args, talk)?,
        Verb::Model(Model::Compare(args)) => model::compare(args, talk)?,
    }
    Ok(ExitCode::SUCCESS)
}
