//! `foresz decompress`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use foresz::dataset::{DatasetReader, VariableInfo};
use foresz::{Decompressor, Drift, Store};
use serde::Serialize;

use super::args::{BarArgs, ModelArgs, OutputArgs, Saying, Threads, VariableArgs};
use super::extract::{Order, Written};
use super::failure::{DRIFTED, invalid};
use super::form::{self, Format};
use super::outcome::{Clock, Only, Outcome};
use super::stream;
use super::summary;
use super::talk::Talk;

const EXAMPLES: &str = "\
Examples:
  foresz decompress era5.nc.fsz -o back.nc
  foresz decompress era5.fsz -v t2m --sel time=2020-01-01/2020-01-02,latitude=50:40 -o part.zarr
  foresz decompress t2m.fsz -o t2m.f32
  foresz decompress era5.fsz -o europe.npy --region 0:24,80:230,-40:
  foresz decompress t2m.fsz -o thumbnail.npy --preview 3
  foresz decompress t2m.fsz -o - | head -c 16 | od -f

A region has one item per dimension, slowest first: a:b, a:, :b, : or a single index.
Negative numbers count from the end. Only the chunks that hold any of it are decoded.

A preview has the very values of the whole field at rows and columns 0, 2^L, 2·2^L, …,
under the same bound; of a region, those that lie in it. Chunks coded by pyramid or spline
are decoded only as far as needed, others (and what follows a frame predictor) in full:
foresz info says what a preview saves. What is not decoded is not checked either, beyond the
checksum of its bytes.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Decompress {
    /// A stream; - for standard input
    pub(crate) stream: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    /// Decode only this part, such as 3:7,0:100,: or time=3:7
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) region: Option<String>,
    /// Decode only this part, by coordinates: latitude=50:40 or
    /// time=2020-01-01/2020-01-02T06:00; may be repeated
    #[arg(
        long,
        value_name = "NAME=FROM/TO",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) sel: Vec<String>,
    /// Pack numbers again that the source had packed into integers
    #[arg(long)]
    pub(crate) repack: bool,
    /// Do not say in the output what was lost
    #[arg(long)]
    pub(crate) no_provenance: bool,
    /// Only every 2^L-th row and column of each frame (the last two dimensions)
    #[arg(long, value_name = "L", default_value_t = 0, hide_default_value = true)]
    pub(crate) preview: u8,
    /// Continue where a learned model predicts something else than on encoding, by more than
    /// the guard band. Says which frames may break the bound and by how much at most
    #[arg(long)]
    pub(crate) best_effort: bool,
    /// What to write [default: by the name of the output; else raw for an array, netcdf for a
    /// data set]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) bars: BarArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

impl Decompress {
    /// All that is read.
    pub(crate) fn inputs(&self) -> Vec<PathBuf> {
        let stream = std::iter::once(self.stream.clone());
        stream.chain(self.models.files()).collect()
    }
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    outcome: Outcome,
    preview: u8,
    /// Frames that may break the bound.
    drifts: Vec<Drift>,
}

pub(crate) fn run(args: &Decompress, talk: &Talk) -> anyhow::Result<ExitCode> {
    let clock = Clock::start();
    let store = stream::store(&args.stream)?;
    let reader = stream::open(&*store, &args.stream)?;
    let bare = reader.is_single_field();
    let path = form::target(args, bare)?;
    let format = form::of(args, &path, bare)?;
    let decoder = Decompressor::default()
        .registry(args.models.registry()?)
        .limits(args.models.limits())
        .threads(args.threads.count())
        .preview(args.preview)
        .best_effort(args.best_effort);
    let order = Order::of(args, (&*store, &reader), decoder)?;
    check(args, &order, format)?;
    let written = match format {
        Format::Netcdf | Format::Zarr => order.file(&path, format)?,
        Format::Npy | Format::Raw => order.array(&path, format)?,
    };
    let mut outcome = outcome(args, &reader, order.wanted(), &written)?;
    outcome.output = path.display().to_string();
    outcome.format = format.name().into();
    (outcome.cpu_seconds, outcome.wall_seconds) = clock.seconds();
    if let Some(report) = &written.report {
        outcome.timed(report);
    }
    let remark = outcome.describe(bare) + &preview(args.preview, &written.shape);
    let drifts = written.drifts;
    drifts
        .iter()
        .for_each(|drift| eprintln!("{}", warning(drift)));
    let code = if drifts.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DRIFTED)
    };
    let answer = Answer {
        outcome,
        preview: args.preview,
        drifts,
    };
    talk.outcome(&answer, &remark)?;
    Ok(code)
}

/// Refuses what makes sense for some variables and formats only.
fn check(args: &Decompress, order: &Order, format: Format) -> anyhow::Result<()> {
    let to_file = matches!(format, Format::Netcdf | Format::Zarr);
    if args.best_effort && (to_file || !order.is_bare()) {
        return Err(invalid(
            "--best-effort is for the stream of a single array, written as .npy or raw samples",
        ));
    }
    if args.preview > 0 && to_file {
        return Err(invalid(
            "--preview writes .npy or raw samples only: the coordinates of the whole grid would not fit it",
        ));
    }
    Ok(())
}

fn outcome(
    args: &Decompress,
    reader: &DatasetReader<&dyn Store>,
    wanted: &[usize],
    written: &Written,
) -> anyhow::Result<Outcome> {
    let variables = wanted.iter().map(|v| reader.about(*v));
    let variables: Vec<VariableInfo> = variables.collect::<foresz::Result<_>>()?;
    let (raw, stream) = (written.bytes, reader.bytes());
    let only = match wanted {
        [v] => Some(Only::of(reader, *v, written.shape.clone(), (raw, stream))?),
        _ => None,
    };
    Ok(Outcome {
        input: args.stream.display().to_string(),
        format: String::new(),
        output: String::new(),
        input_bytes: stream,
        output_bytes: raw,
        ratio: raw as f64 / stream as f64,
        cpu_seconds: 0.0,
        wall_seconds: 0.0,
        only,
        variables,
    })
}

/// Says what the bound of the stream does not hold for.
fn warning(drift: &Drift) -> String {
    let Drift {
        chunk,
        frames,
        bound,
        reason,
        ..
    } = drift;
    let (first, last) = (frames.start, frames.end - 1);
    let most = if bound.is_finite() {
        format!("they are off by {} at most", summary::number(*bound))
    } else {
        "how far they are off is unknown".into()
    };
    format!(
        "foresz: frames {first} to {last} (chunk {chunk}) may break the bound; {most}. In {reason}"
    )
}

/// Says that this is not the whole field.
fn preview(level: u8, shape: &[usize]) -> String {
    if level == 0 {
        return String::new();
    }
    format!(
        "\npreview of level {level}: {}, under the same bound",
        summary::shape(shape)
    )
}
