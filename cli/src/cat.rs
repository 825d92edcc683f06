//! `foresz cat`.

use std::path::PathBuf;

use clap::Args;
use foresz::FileStore;
use foresz::dataset::{DatasetReader, join};

use super::append::Outcome;
use super::args::Saying;
use super::output::{Output, Target};
use super::talk::Talk;
use super::{stream, summary};

const EXAMPLES: &str = "\
Examples:
  foresz cat t2m-01.fsz t2m-02.fsz t2m-03.fsz -o t2m.fsz

Nothing is decoded or coded again.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Cat {
    /// Streams, in the order of time
    #[arg(required = true, num_args = 1..)]
    pub(crate) streams: Vec<PathBuf>,
    /// Where to write; - for standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// The dimension to join along [default: time]
    #[arg(long, value_name = "NAME")]
    pub(crate) along: Option<String>,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

pub(crate) fn run(args: &Cat, talk: &Talk) -> anyhow::Result<()> {
    let streams: Vec<DatasetReader<FileStore>> = args
        .streams
        .iter()
        .map(|path| stream::open_file(path))
        .collect::<anyhow::Result<_>>()?;
    let output = Output::open(&Target::new(&args.output, args.force).reading(&args.streams))?;
    let mut bytes = 0;
    output.write(|sink| {
        bytes = join(&streams, args.along.as_deref(), sink)?;
        Ok(())
    })?;
    let (dimension, _) = streams[0].grows_along(args.along.as_deref())?;
    let lengths = streams.iter().map(|s| s.grows_along(Some(&dimension)));
    let lengths: Vec<(String, usize)> = lengths.collect::<foresz::Result<_>>()?;
    let outcome = Outcome {
        output: args.output.display().to_string(),
        bytes_before: streams.iter().map(DatasetReader::bytes).sum(),
        bytes,
        length: lengths.iter().map(|(_, length)| length).sum(),
        dimension,
        variables: stream::names(&streams[0]),
    };
    let remark = format!(
        "{}: {} streams, {} of {}, {}",
        outcome.output,
        streams.len(),
        outcome.length,
        outcome.dimension,
        summary::bytes(bytes)
    );
    talk.outcome(&outcome, &remark)
}
