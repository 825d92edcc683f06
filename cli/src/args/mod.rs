//! The command line: verbs here, their options beside them, and what they share below. Doc
//! comments are the help texts.

mod bound;
mod input;
mod limits;
mod models;
mod run;

use std::path::Path;

use clap::{Parser, Subcommand};

use crate::append::Append;
use crate::cat::Cat;
use crate::compare::Compare;
use crate::compress::Compress;
use crate::decompress::Decompress;
use crate::failure::EXIT_CODES;
use crate::hdf5::Hdf5Plugin;
use crate::info::Info;
use crate::model::Model;
use crate::predictors::Predictors;
use crate::split::Split;
use crate::suggest::Suggest;
use crate::talk::Talk;
use crate::train::Train;
use crate::verify::Verify;

pub(crate) use bound::{BOUND, BoundArgs, OneBound};
pub(crate) use input::{INPUT, LayoutArgs, Shape, VariableArgs, attribute, name as kind_name};
pub(crate) use models::{MODELS, ModelArgs, RuntimeArgs, placed};
pub(crate) use run::{BarArgs, CodingArgs, EffortArgs, OutputArgs, Saying, Threads};

/// Error-bounded lossy compression of scientific fields
#[derive(Debug, Parser)]
#[command(name = "foresz", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Compress variables or arrays under error bounds
    Compress(Box<Compress>),
    /// Restore variables or arrays, parts of them or a preview
    Decompress(Decompress),
    /// Describe a stream or a file without decoding it
    Info(Info),
    /// Check a stream against the original: are the bounds kept?
    Verify(Verify),
    /// Add frames to a stream, under its bounds
    Append(Append),
    /// Join streams along time, without decoding them
    Cat(Cat),
    /// Split a stream along time, without decoding it
    Split(Split),
    /// Try bounds on a variable: sizes, errors, gradients
    Suggest(Suggest),
    /// Compare predictors, back ends and other compressors on your own fields
    Compare(Box<Compare>),
    /// Do one job of compare
    #[command(hide = true)]
    Contend,
    /// List the predictors and their parameters
    Predictors(Predictors),
    /// Install the HDF5 plugin, or tell the numbers that its filter takes
    #[command(name = "hdf5-plugin")]
    Hdf5Plugin(Hdf5Plugin),
    /// List, check, run or compare learned models
    #[command(subcommand)]
    Model(Model),
    /// Train a model on a series, for compress to use
    Train(Box<Train>),
}

impl Verb {
    /// How this run is to speak.
    pub(crate) fn talk(&self) -> Talk {
        let (saying, output) = match self {
            Verb::Compress(args) => (&args.saying, args.output.output.as_deref()),
            Verb::Decompress(args) => (&args.saying, args.output.output.as_deref()),
            Verb::Model(Model::Run(args)) => (&args.saying, Some(args.output.as_path())),
            Verb::Cat(args) => (&args.saying, Some(args.output.as_path())),
            Verb::Info(args) => (&args.saying, None),
            Verb::Verify(args) => (&args.saying, None),
            Verb::Append(args) => (&args.saying, None),
            Verb::Split(args) => (&args.saying, None),
            Verb::Suggest(args) => (&args.saying, None),
            Verb::Compare(args) => (&args.saying, None),
            Verb::Predictors(args) => (&args.saying, None),
            Verb::Hdf5Plugin(args) => (&args.saying, None),
            Verb::Train(args) => (&args.saying, None),
            Verb::Model(Model::List(args)) => (&args.saying, None),
            Verb::Model(Model::Check(args)) => (&args.saying, None),
            Verb::Model(Model::Compare(args)) => (&args.saying, None),
            Verb::Contend => return Talk::in_json(),
        };
        Talk {
            json: saying.json,
            quiet: saying.quiet,
            stdout_taken: output.is_some_and(is_stdio),
        }
    }
}

/// Whether a path means standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_makes_sense_to_clap() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_can_be_quiet_and_speak_json() {
        let command = Cli::command();
        let verbs = command.get_subcommands().flat_map(|verb| {
            let within: Vec<_> = verb.get_subcommands().collect();
            if within.is_empty() {
                vec![verb]
            } else {
                within
            }
        });
        for verb in verbs.filter(|verb| !verb.is_hide_set()) {
            for (long, short) in [("quiet", Some('q')), ("json", None)] {
                let found = verb
                    .get_arguments()
                    .find(|arg| arg.get_long() == Some(long));
                let found = found.map(|arg| (arg.get_short(), arg.get_action().takes_values()));
                assert_eq!(found, Some((short, false)), "{} --{long}", verb.get_name());
            }
        }
    }
}
