//! `foresz split`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::args::Saying;
use super::failure::invalid;
use super::output::{Output, Target, with_ending};
use super::talk::Talk;
use super::{stream, summary};

const EXAMPLES: &str = "\
Examples:
  foresz split t2m.fsz --every 24
  foresz split t2m.fsz --at 100,200 -o part

Parts begin where chunks do (compress --keyframe says how long those are), as nothing is
decoded or coded again.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Split {
    /// A stream
    pub(crate) stream: PathBuf,
    /// Where parts start, counted from 0, such as 24,48
    #[arg(
        long,
        value_name = "PLACES",
        value_delimiter = ',',
        required_unless_present = "every"
    )]
    pub(crate) at: Vec<usize>,
    /// Length of the parts
    #[arg(long, value_name = "N", conflicts_with = "at", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) every: Option<u32>,
    /// What the names of the parts start with [default: that of the stream without .fsz]
    #[arg(short, long, value_name = "PREFIX")]
    pub(crate) output: Option<PathBuf>,
    /// Replace outputs that exist
    #[arg(long)]
    pub(crate) force: bool,
    /// The dimension to split along [default: time]
    #[arg(long, value_name = "NAME")]
    pub(crate) along: Option<String>,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    dimension: String,
    parts: Vec<Part>,
    variables: Vec<String>,
}

#[derive(Serialize)]
struct Part {
    output: String,
    first: usize,
    end: usize,
    bytes: u64,
}

/// Where parts start and end.
fn borders(args: &Split, dimension: &str, length: usize) -> anyhow::Result<Vec<usize>> {
    let mut borders: Vec<usize> = match args.every {
        Some(every) => (0..length).step_by(every as usize).collect(),
        None => args.at.clone(),
    };
    borders.extend([0, length]);
    borders.sort_unstable();
    borders.dedup();
    match borders.last() {
        Some(last) if *last > length => Err(invalid(format!(
            "--at {last}: {dimension} has {length} places"
        ))),
        _ => Ok(borders),
    }
}

pub(crate) fn run(args: &Split, talk: &Talk) -> anyhow::Result<()> {
    let reader = stream::open_file(&args.stream)?;
    let along = args.along.as_deref();
    let (dimension, length) = reader.grows_along(along)?;
    let borders = borders(args, &dimension, length)?;
    let prefix = args
        .output
        .clone()
        .unwrap_or_else(|| match args.stream.extension() {
            Some(ending) if ending == "fsz" => args.stream.with_extension(""),
            _ => args.stream.clone(),
        });
    let digits = (borders.len() - 1).to_string().len().max(3);
    let name = |k: usize| with_ending(&prefix, &format!("-{k:0digits$}.fsz"));
    let open = |path: &Path| {
        let target = Target::new(path, args.force);
        Output::open(&target.reading([&args.stream]))
    };
    for k in 0..borders.len() - 1 {
        // Refused now rather than after some of the parts.
        open(&name(k))?;
    }
    let mut parts = Vec::new();
    for (k, ends) in borders.windows(2).enumerate() {
        let (path, mut bytes) = (name(k), 0);
        open(&path)?.write(|sink| {
            bytes = reader.split(along, ends[0]..ends[1], sink)?;
            Ok(())
        })?;
        parts.push(Part {
            output: path.display().to_string(),
            first: ends[0],
            end: ends[1],
            bytes,
        });
    }
    let lines: Vec<String> = parts
        .iter()
        .map(|p| {
            format!(
                "{}: {dimension} {} to {}, {}",
                p.output,
                p.first,
                p.end - 1,
                summary::bytes(p.bytes)
            )
        })
        .collect();
    let outcome = Answer {
        dimension,
        parts,
        variables: stream::names(&reader),
    };
    talk.outcome(&outcome, &lines.join("\n"))
}
