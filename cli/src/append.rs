//! `foresz append`.

use std::path::PathBuf;

use clap::Args;
use foresz::dataset::{Coder, Recipe, lossy_before};
use foresz::files::Source;
use foresz::{Bound, Options};
use serde::Serialize;

use super::args::{BarArgs, CodingArgs, ModelArgs, Saying, Threads};
use super::output::{Growing, refuse_inputs};
use super::progress::Bar;
use super::talk::Talk;
use super::{region, stream, summary};

const EXAMPLES: &str = "\
Examples:
  foresz append t2m.fsz t2m-2020-02.nc
  foresz append field.fsz more.npy

Until all is written the stream reads as before, whatever happens. Bounds are those that the
stream was made with.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Append {
    /// The stream to add to
    pub(crate) stream: PathBuf,
    /// What to add: a file with the same variables, or for a stream of one variable raw samples,
    /// .npy or .npz
    pub(crate) input: PathBuf,
    /// The dimension that grows [default: time]
    #[arg(long, value_name = "NAME")]
    pub(crate) along: Option<String>,
    #[command(flatten)]
    pub(crate) coding: CodingArgs,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) bars: BarArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

/// What became of a stream that is longer now.
#[derive(Serialize)]
pub(crate) struct Outcome {
    pub(crate) output: String,
    pub(crate) bytes_before: u64,
    pub(crate) bytes: u64,
    pub(crate) dimension: String,
    pub(crate) length: usize,
    pub(crate) variables: Vec<String>,
}

pub(crate) fn run(args: &Append, talk: &Talk) -> anyhow::Result<()> {
    refuse_inputs(&args.stream, &[&args.input])?;
    // Before it is read: nobody else adds to it from here on.
    let mut file = Growing::open(&args.stream)?;
    let own = stream::open_own(&args.stream)?;
    let mut more = stream::more(&args.input, &own, args.along.as_deref())?;
    for variable in &more.dataset().variables {
        let asked = Recipe::new(&variable.name, Bound::Absolute(1.0));
        if let Some(warning) = lossy_before(variable, &asked) {
            eprintln!("foresz: warning: {}: {warning}", variable.name);
        }
    }
    let options = Options::new(Bound::Lossless)
        .registry(args.models.registry()?)
        .threads(args.threads.count());
    let bar = bar(&more, args.bars.wanted(&args.saying));
    let options = Bar::watch(bar.as_ref(), args.coding.apply(options)?);
    let before = own.bytes();
    file.cut(before)?;
    let along = args.along.as_deref();
    let mut bytes = 0;
    let shown = args.stream.display().to_string();
    let coder = Coder::new(&[], options);
    let written = file.add(&shown, |sink| {
        bytes = coder.append(&own, &mut more, along, sink)?;
        Ok(())
    });
    if let Err(error) = written.and_then(|()| Ok(file.settle()?)) {
        // As it was. If that fails, readers find the old end all the same.
        let _ = file.cut(before);
        return Err(error.context(format!("{shown} is as it was")));
    }
    drop(bar);
    let grown = stream::open_file(&args.stream)?;
    let (dimension, length) = grown.grows_along(along)?;
    let outcome = Outcome {
        output: args.stream.display().to_string(),
        bytes_before: before,
        bytes,
        dimension,
        length,
        variables: stream::names(&grown),
    };
    let remark = format!(
        "{}: {} added, now {} of {}",
        outcome.output,
        summary::bytes(bytes - before),
        outcome.length,
        outcome.dimension
    );
    talk.outcome(&outcome, &remark)
}

fn bar(source: &dyn Source, wanted: bool) -> Option<Bar> {
    let dataset = source.dataset();
    let all = 0..dataset.variables.len();
    let (samples, bytes) = region::samples(dataset, all, &region::whole(dataset));
    Bar::new(wanted, samples, bytes)
}
