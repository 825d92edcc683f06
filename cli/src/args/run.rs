//! What verbs share: outputs, coding, threads, and how they speak.

use std::path::PathBuf;

use clap::Args;
use foresz::{Effort, Options};

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Where to write; - for standard output [default: the input with .fsz added or removed]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// How values are coded.
#[derive(Debug, Args)]
pub(crate) struct CodingArgs {
    /// How values are predicted: auto, or a spec (see foresz predictors)
    #[arg(short, long, value_name = "SPEC", default_value = "auto")]
    pub(crate) predictor: String,
    #[command(flatten)]
    pub(crate) effort: EffortArgs,
}

impl CodingArgs {
    pub(crate) fn apply(&self, options: Options) -> foresz::Result<Options> {
        Ok(options
            .predictor(&self.predictor)?
            .effort(self.effort.effort))
    }
}

#[derive(Debug, Args)]
pub(crate) struct EffortArgs {
    /// Speed or size: fast, default or best
    #[arg(long, value_name = "EFFORT", default_value = Effort::default().name())]
    pub(crate) effort: Effort,
}

#[derive(Debug, Args)]
pub(crate) struct Threads {
    /// Number of threads; 0 for one per processor. It never changes a byte
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1024))]
    threads: u16,
}

impl Threads {
    pub(crate) fn count(&self) -> usize {
        self.threads.into()
    }
}

/// How every verb speaks.
#[derive(Debug, Default, Args)]
pub(crate) struct Saying {
    /// Say nothing unless it fails
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Bars of verbs that can take long.
#[derive(Debug, Args)]
pub(crate) struct BarArgs {
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

impl BarArgs {
    pub(crate) fn wanted(&self, saying: &Saying) -> bool {
        !saying.quiet && !self.no_progress
    }
}
