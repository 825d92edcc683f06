//! `foresz compress`.

use std::path::{Path, PathBuf};

use clap::Args;
use foresz::dataset::{Coder, DatasetReader, Recipe, View, closes};
use foresz::files::Source;
use foresz::{AnyField, Backend, Bound, Choose, Compressed, FileStore, Options, Sample, Store};
use ndarray::ArrayD;
use serde::Serialize;

use super::args::{
    BOUND, BarArgs, BoundArgs, CodingArgs, LayoutArgs, MODELS, ModelArgs, OutputArgs, Saying,
    Shape, Threads, VariableArgs, attribute, is_stdio,
};
use super::complete::Reason;
use super::failure::invalid;
use super::input::{self, Input};
use super::origin::Origin;
use super::outcome::{Clock, Only, Outcome};
use super::output::{Output, Target, with_ending};
use super::progress::Bar;
use super::talk::Talk;
use super::train::Trained;
use super::{choice, complete, fit, recipes, region, resume};

const EXAMPLES: &str = "\
Examples:
  foresz compress era5.nc -v t2m --abs 0.05
  foresz compress era5.grib --all --preset era5 -o era5.fsz
  foresz compress t2m.f32 --shape 721x1440 --abs 0.005 -o t2m.fsz
  foresz compress era5.npy --dims time,lat,lon --psnr 80 --predictor persistence+spline
  zcat p.f64.gz | foresz compress - --shape 90,180,360 --dtype f64 --range-rel 1e-4 -o p.fsz

Of a file with one variable of data, or one called data, no name is needed. Without --dims, the
last two dimensions of an array are a frame and the first of three or more is time.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compress {
    /// A NetCDF or GRIB file, a Zarr store, a .npy or .npz file, or raw little-endian samples;
    /// - for standard input (raw, .npy and .npz)
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    /// Compress all variables, dimensions and attributes. What cannot be read is an error
    #[arg(help_heading = super::args::INPUT, long, conflicts_with = "names")]
    pub(crate) all: bool,
    /// With --all: leave out what cannot be read, and say so
    #[arg(help_heading = super::args::INPUT, long, requires = "all", conflicts_with = "names")]
    pub(crate) skip_unreadable: bool,
    #[command(flatten)]
    pub(crate) bound: BoundArgs,
    /// Zeros come back as zeros: where it did not rain, it did not rain
    #[arg(help_heading = BOUND, long)]
    pub(crate) keep_zeros: bool,
    /// Nothing comes back negative: for precipitation and concentrations
    #[arg(help_heading = BOUND, long)]
    pub(crate) non_negative: bool,
    /// Keep finished work in OUT.part if the run is interrupted, and continue from there
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) coding: CodingArgs,
    /// How codes become bytes [default: as the effort has it]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Option<Backend>,
    /// Whether the last dimension closes on itself, like longitude on a global grid
    /// [default: looks at the values]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) periodic: Option<bool>,
    /// A value that means "nothing here" and comes back exactly; may be repeated
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    pub(crate) fill: Vec<f64>,
    /// Shape of the chunks, the units of random access, such as 4x721x1440
    #[arg(long, value_name = "SHAPE")]
    pub(crate) chunk: Option<Shape>,
    /// Frames per chunk: each run of frames is decoded on its own
    #[arg(long, value_name = "FRAMES", conflicts_with = "chunk", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keyframe: Option<u32>,
    /// A key and a value to keep with an array; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    pub(crate) attr: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    /// Store the learned models that are used in the stream: decoding then needs nothing
    /// else
    #[arg(help_heading = MODELS, long)]
    pub(crate) store_model: bool,
    /// Train a model on this very variable and store it in the stream, if it pays: options of
    /// foresz train, such as "--family dense --latents 8"
    #[arg(help_heading = MODELS, long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) train: Option<String>,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) bars: BarArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    outcome: Outcome,
    /// What could not be read, with the reasons.
    left_out: Vec<Reason>,
}

pub(crate) fn run(args: &Compress, talk: &Talk) -> anyhow::Result<()> {
    let path = target(args)?;
    let target = Target::new(&path, args.output.force).reading(inputs(args));
    // Wrong options show before a byte is read, and outputs that cannot be.
    let checked = options(args, None)?;
    if args.resume && is_stdio(&args.input) {
        return Err(invalid(
            "--resume reads its input again: name a file instead of standard input",
        ));
    }
    let output = (!args.resume).then(|| Output::open(&target)).transpose()?;
    let mut input = input::open(&args.input, &args.layout)?;
    complete::check(args, &input)?;
    let wanted = choice::wanted(&input, &args.variables.names, args.all)?;
    check(args, &input, &wanted)?;
    let trained = match wanted.as_slice() {
        [v] => Trained::by(args, &input.dataset().variables[*v].name, talk)?,
        _ => None,
    };
    let options = match &trained {
        Some(_) => options(args, trained.as_ref())?,
        None => checked,
    };
    let is_plain = is_plain(args, &input, &wanted);
    let answer = match output {
        Some(output) if is_plain => array(args, input, wanted[0], (options, output, &path))?,
        output => {
            if input.is_bare() {
                let named = !args.layout.dims.is_empty();
                input.describe(named, &args.attr, args.fill.first().copied());
            }
            variables(args, input, &wanted, (options, output, &target))?
        }
    };
    talk.outcome(&answer, &answer.outcome.describe(is_plain))
}

/// Whether an array becomes a stream of its own, as nothing that is asked for needs more.
fn is_plain(args: &Compress, input: &Input, wanted: &[usize]) -> bool {
    let dataset = input.dataset();
    let [v] = wanted else { return false };
    let is_alone = input.is_bare() && (!args.all || dataset.variables.len() == 1);
    let is_float = dataset.variables[*v].kind.is_float();
    is_alone && is_float && !args.resume && args.bound.one.bound().is_some()
}

/// Refuses what does not suit the variables.
fn check(args: &Compress, input: &Input, wanted: &[usize]) -> anyhow::Result<()> {
    if input.is_bare() {
        for v in wanted {
            input.check(*v, &args.layout)?;
        }
        tell_left(args, input, wanted);
    } else if !args.attr.is_empty() {
        return Err(invalid(
            "--attr is for arrays, which have no attributes of their own",
        ));
    }
    if args.train.is_some() && wanted.len() != 1 {
        return Err(invalid(
            "--train trains a model on one variable: name it with -v",
        ));
    }
    Ok(())
}

/// Says which arrays were left out though nobody said which one to take.
fn tell_left(args: &Compress, input: &Input, wanted: &[usize]) {
    let variables = input.dataset().variables.iter().enumerate();
    let left = variables.filter(|(v, _)| !wanted.contains(v));
    let left = left.map(|(_, variable)| &variable.name);
    let left: Vec<&str> = left
        .chain(input.skipped().iter().map(|(name, _)| name))
        .map(String::as_str)
        .collect();
    if args.variables.names.is_empty() && !args.all && !left.is_empty() {
        let taken = &input.dataset().variables[wanted[0]].name;
        eprintln!(
            "foresz: note: {taken} is taken, {} left out",
            left.join(", ")
        );
    }
}

/// All that is read.
fn inputs(args: &Compress) -> Vec<PathBuf> {
    let files = std::iter::once(&args.input).chain(&args.bound.bounds);
    files.cloned().chain(args.models.files()).collect()
}

/// All that can be wrong with these shows before a byte is read. Bounds come from recipes.
fn options(args: &Compress, trained: Option<&Trained>) -> anyhow::Result<Options> {
    let mut models = args.models.clone();
    models.model.extend(trained.map(Trained::folder));
    let registry = models.registry()?;
    let choose = args.coding.predictor.parse().map_err(foresz::Error::from)?;
    // What is still to be trained can be named, but not yet built.
    let is_made = args.train.is_none() || trained.is_some();
    if let Choose::Spec(spec) = &choose
        && is_made
    {
        let settled = registry.settle(spec).and_then(|s| registry.build(&s));
        settled.map_err(foresz::Error::from)?;
    }
    let bound = args.bound.one.bound().unwrap_or(Bound::Lossless);
    let mut options = args
        .coding
        .apply(Options::new(bound.check()?))?
        .threads(args.threads.count())
        .dims(args.layout.dims.iter().cloned())
        .store_models(args.store_model || trained.is_some());
    if choose == Choose::Auto {
        for part in models.offers()? {
            options = options.offer(&format!("{part}+raster"))?;
        }
    }
    options = options.registry(registry);
    if let Some(keyframe) = args.keyframe {
        options = options.keyframe(keyframe as usize);
    }
    if let Some(backend) = args.backend {
        options = options.backend(backend);
    }
    if let Some(periodic) = args.periodic {
        options = options.periodic(periodic);
    }
    for fill in &args.fill {
        options = options.fill(*fill);
    }
    if args.keep_zeros {
        options = options.keep(0.0);
    }
    if args.non_negative {
        options = options.least(0.0);
    }
    for (key, value) in &args.attr {
        options = options.attribute(key, value);
    }
    Ok(match &args.chunk {
        Some(chunk) => options.chunk(chunk.0.clone()),
        None => options,
    })
}

fn target(args: &Compress) -> anyhow::Result<PathBuf> {
    match &args.output.output {
        Some(path) => Ok(path.clone()),
        None if is_stdio(&args.input) => Err(invalid(
            "standard input has no name to derive one from: name the output with -o, or write -o -",
        )),
        None => Ok(with_ending(&args.input, ".fsz")),
    }
}

/// Compresses an array as a stream of its own.
fn array(
    args: &Compress,
    input: Input,
    v: usize,
    (options, output, path): (Options, Output, &Path),
) -> anyhow::Result<Answer> {
    let (format, skipped) = (input.format(), input.skipped().to_vec());
    let Compressed { bytes, report, .. } = match input.into_field(v)? {
        AnyField::F32(field) => code(&field, options, args)?,
        AnyField::F64(field) => code(&field, options, args)?,
    };
    let reader = DatasetReader::open(&bytes)?;
    let mut outcome = outcome(args, &reader, &[0], (path, &format))?;
    outcome.timed(&report);
    output.write(|sink| Ok(sink.write_all(&bytes)?))?;
    let left_out = if args.all { skipped } else { Vec::new() };
    Ok(Answer { outcome, left_out })
}

fn code<T: Sample>(
    field: &ArrayD<T>,
    options: Options,
    args: &Compress,
) -> anyhow::Result<Compressed> {
    let bytes = (field.len() * T::BYTES) as u64;
    let bar = Bar::new(args.bars.wanted(&args.saying), field.len(), bytes);
    let options = Bar::watch(bar.as_ref(), options);
    Ok(foresz::compress(field.view(), &options)?)
}

/// Compresses variables with whatever belongs to them.
fn variables(
    args: &Compress,
    mut input: Input,
    wanted: &[usize],
    (options, output, target): (Options, Option<Output>, &Target),
) -> anyhow::Result<Answer> {
    let clock = Clock::start();
    let origin = Origin::of(&args.input)?;
    let recipes = recipes::of(args, &mut input, wanted)?;
    fit::check(args, input.dataset(), &recipes)?;
    recipes::warn(&recipes, &mut input)?;
    let closes = args
        .periodic
        .is_none()
        .then(|| closes(&mut input))
        .flatten();
    let options = match closes {
        Some(closes) => options.periodic(closes),
        None => options,
    };
    let dataset = input.dataset();
    let samples = region::samples(dataset, wanted.iter().copied(), &region::whole(dataset));
    let bar = Bar::new(args.bars.wanted(&args.saying), samples.0, samples.1);
    let options = Bar::watch(bar.as_ref(), options);
    let mut coder = Coder::new(&recipes, options);
    if args.variables.names.is_empty() && (args.all || !input.is_bare()) {
        coder = coder.all_but(Vec::new());
    }
    let (path, mut bytes) = (target.path(), 0);
    let is_file = match output {
        None => {
            resume::compress(&coder, (&mut input, &origin), target)?;
            true
        }
        Some(output) => {
            let is_file = matches!(output, Output::File(_));
            output.write(|sink| {
                bytes = coder.compress(&mut input, sink)?;
                origin.check()
            })?;
            is_file
        }
    };
    drop(bar);
    let mut outcome = if is_file {
        let reader = DatasetReader::open(FileStore::open(path)?)?;
        let all = 0..reader.dataset(View::Stored).variables.len();
        let told = match recipes.as_slice() {
            [] => all.collect(),
            some => positions(some, &reader),
        };
        outcome(args, &reader, &told, (path, &input.format()))?
    } else {
        elsewhere(args, path, (samples.1, bytes), input.format())
    };
    (outcome.cpu_seconds, outcome.wall_seconds) = clock.seconds();
    let left_out = input.skipped().to_vec();
    Ok(Answer { outcome, left_out })
}

fn positions<S: Store>(recipes: &[Recipe], reader: &DatasetReader<S>) -> Vec<usize> {
    let dataset = reader.dataset(View::Stored);
    let found = recipes.iter().map(|r| dataset.position(&r.variable));
    found.flatten().collect()
}

fn outcome<S: Store>(
    args: &Compress,
    reader: &DatasetReader<S>,
    told: &[usize],
    (path, format): (&Path, &str),
) -> anyhow::Result<Outcome> {
    let variables = told.iter().map(|v| reader.about(*v));
    let variables = variables.collect::<foresz::Result<Vec<_>>>()?;
    let raw: u64 = variables.iter().map(|v| v.raw_bytes).sum();
    let sizes = (raw, reader.bytes());
    let only = match told {
        [v] => Some(Only::of(reader, *v, variables[0].shape.clone(), sizes)?),
        _ => None,
    };
    Ok(Outcome {
        only,
        variables,
        ..elsewhere(args, path, sizes, format.into())
    })
}

/// What is known of a stream that cannot be looked at again.
fn elsewhere(args: &Compress, path: &Path, (raw, stream): (u64, u64), format: String) -> Outcome {
    Outcome {
        input: args.input.display().to_string(),
        format,
        output: path.display().to_string(),
        input_bytes: raw,
        output_bytes: stream,
        ratio: raw as f64 / stream as f64,
        cpu_seconds: 0.0,
        wall_seconds: 0.0,
        only: None,
        variables: Vec::new(),
    }
}
