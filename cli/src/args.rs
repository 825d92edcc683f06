//! The command line. Doc comments here are the help texts.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use foresz::dataset::Preset;
use foresz::forecast::contract::FILE_NAME;
use foresz::forecast::{Engine, FORECAST, Shelf};
use foresz::predictors::{Part, Registry};
use foresz::{Backend, Bound, DType, Effort, Limits};

use super::compare::Compare;
use super::failure::EXIT_CODES;
use super::limits::LimitArgs;
use super::output::files_in;
use super::talk::Talk;
use super::train::Train;

const COMPRESS_EXAMPLES: &str = "\
Examples:
  foresz compress era5.nc -v t2m --abs 0.05
  foresz compress era5.grib --all --preset era5 -o era5.fsz
  foresz compress t2m.f32 --shape 721x1440 --abs 0.005 -o t2m.fsz
  foresz compress era5.npy --dims time,lat,lon --psnr 80 --predictor persistence+spline
  zcat p.f64.gz | foresz compress - --shape 90,180,360 --dtype f64 --range-rel 1e-4 -o p.fsz

Without --dims, the last two dimensions are a frame and the first of three or more is time.";

const DECOMPRESS_EXAMPLES: &str = "\
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
are decoded only as far as it takes, others (and what follows a frame predictor) in full:
foresz info says what a preview saves. What is not decoded is not checked either, beyond the
checksum of its bytes.";

const INFO_EXAMPLES: &str = "\
Examples:
  foresz info era5.nc
  foresz info t2m.fsz
  foresz info --json t2m.fsz | jq .ratio";

const VERIFY_EXAMPLES: &str = "\
Examples:
  foresz verify era5.nc.fsz era5.nc
  foresz verify t2m.fsz t2m.f32
  foresz verify era5.fsz era5.npy --json || echo broken";

const APPEND_EXAMPLES: &str = "\
Examples:
  foresz append t2m.fsz t2m-2020-02.nc
  foresz append field.fsz more.npy

Until all is written the stream reads as before, whatever happens. Bounds are those that the
stream was made with.";

const CAT_EXAMPLES: &str = "\
Examples:
  foresz cat t2m-01.fsz t2m-02.fsz t2m-03.fsz -o t2m.fsz

Nothing is decoded or coded again.";

const SPLIT_EXAMPLES: &str = "\
Examples:
  foresz split t2m.fsz --every 24
  foresz split t2m.fsz --at 100,200 -o part

Parts begin where chunks do (compress --keyframe says how long those are), as nothing is
decoded or coded again.";

const SUGGEST_EXAMPLES: &str = "\
Examples:
  foresz suggest era5.nc -v t2m
  foresz suggest field.npy --json | jq .suggested

A sample is compressed under a ladder of bounds. The one suggested is the largest that is known
to be safe for the variable, or else the largest that changes differences between neighbours by 5 %.";

const PREDICTORS_EXAMPLES: &str = "\
Examples:
  foresz predictors
  foresz compress t2m.npy --abs 0.01 --predictor lorenzo:order=2

A spec is name:key=value,key=value; a frame predictor and the predictor of what it
leaves are joined by +, as in persistence+spline.";

const MODEL_LIST_EXAMPLES: &str = "\
Examples:
  foresz model list
  foresz model list --model my-models --json | jq '.models[].name'

Some models are part of foresz; others lie in folders.";

const MODEL_CHECK_EXAMPLES: &str = "\
Examples:
  foresz model check flow-filter
  foresz model check my-models/t2m --json | jq .seconds

Says what goes in and what comes out, whether all files are those that the contract was
written for, and what one step costs.";

const MODEL_RUN_EXAMPLES: &str = "\
Examples:
  foresz model run flow-filter vorticity.npy -o next.npy
  foresz model run my-model t2m.f32 --shape 744x33x49 --attr start=2019-03-01T00:00 --attr step=1h --frame 100 -o f100.npy";

const MODEL_COMPARE_EXAMPLES: &str = "\
Examples:
  foresz model compare flow-filter
  foresz model compare my-model --onnxruntime .venv --json | jq .outputs

Differences are in units of an output's standard deviation; the input is noise about the
means of the contract.";

const INPUT: &str = "Input";
pub(crate) const MODELS: &str = "Learned models";
/// What says how much may be lost.
const BOUNDS: [&str; 7] = [
    "abs",
    "range_rel",
    "pw_rel",
    "psnr",
    "lossless",
    "preset",
    "bounds",
];

const BOUND: &str = "Bound (one has to be given)";

/// Error-bounded lossy compression of scientific fields
#[derive(Debug, Parser)]
#[command(name = "foresz", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Compress variables or a field under error bounds
    Compress(Box<Compress>),
    /// Restore variables or a field, parts of them or a preview
    Decompress(Decompress),
    /// Say what a stream or a file holds, without decoding it
    Info(Info),
    /// Check a stream against the original: are bounds kept?
    Verify(Verify),
    /// Add frames to a stream, under its bounds
    Append(Append),
    /// Join streams along time, without decoding them
    Cat(Cat),
    /// Split a stream along time, without decoding it
    Split(Split),
    /// What bounds do to a variable: sizes, errors, gradients
    Suggest(Suggest),
    /// Compare predictors, back ends and other compressors on fields of yours
    Compare(Box<Compare>),
    /// Do one job of compare
    #[command(hide = true)]
    Contend,
    /// List the predictors there are
    Predictors(Predictors),
    /// List, check, run or compare learned models
    #[command(subcommand)]
    Model(Model),
    /// Train a model on a series, for compress to use
    Train(Box<Train>),
}

impl Verb {
    /// How this run is to speak.
    pub(crate) fn talk(&self) -> Talk {
        let product = |output: &OutputArgs, json, loudness: &Loudness| Talk {
            json,
            quiet: loudness.quiet,
            stdout_taken: output.output.as_deref().is_some_and(is_stdio),
        };
        match self {
            Verb::Compress(args) => product(&args.output, args.json, &args.loudness),
            Verb::Decompress(args) => product(&args.output, args.json, &args.loudness),
            Verb::Info(args) => args.saying.talk(),
            Verb::Verify(args) => args.saying.talk(),
            Verb::Compare(args) => Talk {
                quiet: args.loudness.quiet,
                ..Talk::default()
            },
            Verb::Contend => Talk {
                json: true,
                ..Talk::default()
            },
            Verb::Predictors(args) => args.saying.talk(),
            Verb::Append(args) => Talk {
                json: args.json,
                quiet: args.loudness.quiet,
                ..Talk::default()
            },
            Verb::Cat(args) => Talk {
                stdout_taken: is_stdio(&args.output),
                ..args.saying.talk()
            },
            Verb::Split(args) => args.saying.talk(),
            Verb::Suggest(args) => args.saying.talk(),
            Verb::Model(Model::List(args)) => args.saying.talk(),
            Verb::Train(args) => Talk {
                json: args.json,
                quiet: args.loudness.quiet,
                ..Talk::default()
            },
            Verb::Model(Model::Check(args)) => args.saying.talk(),
            Verb::Model(Model::Compare(args)) => args.saying.talk(),
            Verb::Model(Model::Run(args)) => product(&args.output, args.json, &args.loudness),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = COMPRESS_EXAMPLES)]
pub(crate) struct Compress {
    /// A NetCDF or GRIB file, a Zarr store, a .npy or .npz file, or raw little-endian samples;
    /// - for standard input (samples and .npy only)
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Which variable; may be repeated. Coordinates travel with it [default: the only one, of
    /// a .npz file also the one called data]
    #[arg(help_heading = INPUT, short, long, value_name = "NAME")]
    pub(crate) variable: Vec<String>,
    /// Everything: all variables, dimensions and attributes. What cannot be read is an error
    #[arg(help_heading = INPUT, long, conflicts_with = "variable")]
    pub(crate) all: bool,
    /// With --all: leave out what cannot be read, and say so
    #[arg(help_heading = INPUT, long, requires = "all", conflicts_with = "variable")]
    pub(crate) skip_unreadable: bool,
    #[command(flatten)]
    pub(crate) bound: BoundArgs,
    /// Zeros come back as zeros: where it did not rain, it did not rain
    #[arg(help_heading = BOUND, long)]
    pub(crate) keep_zeros: bool,
    /// Nothing comes back negative: for precipitation and concentrations
    #[arg(help_heading = BOUND, long)]
    pub(crate) non_negative: bool,
    /// Keep what is done if this is interrupted, and go on with it if it was: in OUT.part
    #[arg(long)]
    pub(crate) resume: bool,
    /// How values are predicted: auto, or a spec (see foresz predictors)
    #[arg(short, long, value_name = "SPEC", default_value = "auto")]
    pub(crate) predictor: String,
    /// Speed or size: fast, default or best
    #[arg(long, value_name = "EFFORT", default_value = Effort::default().name())]
    pub(crate) effort: Effort,
    /// How codes become bytes, if not as the effort has it
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Option<Backend>,
    /// Whether the last dimension closes on itself, like longitude on a global grid
    /// [default: looks at the field]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) periodic: Option<bool>,
    /// A value that means "nothing here" and has to come back exactly; may be repeated
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    pub(crate) fill: Vec<f64>,
    /// Shape of the chunks, the units of random access, such as 4x721x1440
    #[arg(long, value_name = "SHAPE")]
    pub(crate) chunk: Option<Shape>,
    /// Start anew after so many frames: each run of frames is a chunk
    #[arg(long, value_name = "FRAMES", conflicts_with = "chunk", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keyframe: Option<u32>,
    /// A key and a value to keep with the field; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    pub(crate) attr: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    /// Store the learned models that are used in the stream: decoding then needs nothing
    /// else
    #[arg(help_heading = MODELS, long)]
    pub(crate) store_model: bool,
    /// Train a model on this very field and store it in the stream, if it pays: options of
    /// foresz train, such as "--family dense --latents 8"
    #[arg(help_heading = MODELS, long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) train: Option<String>,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) loudness: Loudness,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Decompress {
    /// All that is read.
    pub(crate) fn inputs(&self) -> Vec<PathBuf> {
        let stream = std::iter::once(self.stream.clone());
        stream.chain(self.models.files()).collect()
    }
}

impl Compress {
    /// All that is read.
    pub(crate) fn inputs(&self) -> Vec<PathBuf> {
        let files = std::iter::once(&self.input).chain(&self.bound.bounds);
        files.cloned().chain(self.models.files()).collect()
    }

    /// The array of a .npz file that is asked for.
    pub(crate) fn array(&self) -> anyhow::Result<Option<String>> {
        match self.variable.as_slice() {
            [] if self.all => Err(super::failure::invalid(
                "--all is for NetCDF, GRIB and Zarr: of a .npz file name one array",
            )),
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            _ => Err(super::failure::invalid(
                "several variables can be compressed together from NetCDF, GRIB and Zarr only",
            )),
        }
    }
}

/// Where learned models are and what runs them.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArgs {
    /// A learned model's folder or name, or a folder of such; may be repeated. There are
    /// more in the folders that `FORESZ_MODELS` names, and some are part of foresz. auto
    /// takes those named here where they pay
    #[arg(help_heading = MODELS, long, value_name = "FOLDER")]
    pub(crate) model: Vec<PathBuf>,
    /// A learned model that is a program, by its command line; no shell runs
    #[arg(help_heading = MODELS, long, value_name = "COMMAND")]
    pub(crate) process: Vec<String>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
}

/// What runs learned models.
#[derive(Debug, Clone, Args)]
pub(crate) struct RuntimeArgs {
    /// What runs models [default: exact, unless a model is larger than 256 MiB]
    #[arg(help_heading = MODELS, long, value_name = "NAME")]
    pub(crate) runtime: Option<Runtime>,
    /// Where ONNX Runtime is: its library, a folder with it, or a Python environment
    /// [default: `ORT_DYLIB_PATH`, or the Python environment at hand]
    #[arg(help_heading = MODELS, long, value_name = "PATH")]
    onnxruntime: Option<PathBuf>,
    /// Let ONNX Runtime use a CUDA device
    #[arg(help_heading = MODELS, long)]
    cuda: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl RuntimeArgs {
    /// A shelf that runs models so.
    pub(crate) fn shelf(&self) -> Shelf {
        let engine = match self.runtime {
            None if self.cuda => Engine::Ort,
            None => Engine::Auto,
            Some(Runtime::Exact) => Engine::Exact,
            Some(Runtime::Ort) => Engine::Ort,
        };
        let shelf = foresz::stocked(Shelf::default())
            .engine(engine)
            .cuda(self.cuda);
        let shelf = self.limits.of_shelf(shelf);
        match &self.onnxruntime {
            Some(path) => shelf.library(path),
            None => shelf,
        }
    }
}

/// What runs models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Built in: the same bits on every machine
    Exact,
    /// ONNX Runtime, behind a guard band
    Ort,
}

impl ModelArgs {
    /// Files of the models that are named by their folders.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let folders = self.model.iter();
        folders.flat_map(|folder| files_in(folder)).collect()
    }

    /// What models that come with streams may use.
    pub(crate) fn limits(&self) -> Limits {
        self.runtime.limits.of_streams()
    }

    /// The models at hand.
    pub(crate) fn registry(&self) -> anyhow::Result<Registry> {
        let shelf = placed(self.runtime.shelf(), &self.model);
        for line in &self.process {
            shelf.process(line)?;
        }
        Ok(crate::registry::registry(shelf))
    }

    /// What `auto` is to be offered: models by their kinds, programs for forecasts.
    pub(crate) fn offers(&self) -> anyhow::Result<Vec<Part>> {
        let shelf = placed(self.runtime.shelf(), &self.model);
        let part = |name: &str, key: &str, value: String| Part {
            name: name.into(),
            params: vec![(key.into(), value)],
        };
        let mut parts = Vec::new();
        let is_model = |path: &&PathBuf| path.join(FILE_NAME).is_file() || !path.is_dir();
        for path in self.model.iter().filter(is_model) {
            let model = path.display().to_string();
            parts.push(part(shelf.find(&model)?.kind(), "model", model));
        }
        let processes = self.process.iter();
        parts.extend(processes.map(|line| part(FORECAST, "process", line.clone())));
        Ok(parts)
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct LayoutArgs {
    /// Shape of raw samples, slowest dimension first, such as 721x1440
    #[arg(help_heading = INPUT, long, value_name = "SHAPE", conflicts_with = "sdr_dims")]
    pub(crate) shape: Option<Shape>,
    #[arg(
        help_heading = INPUT,
        long,
        value_name = "SHAPE",
        help = "Shape, fastest dimension first, as SDRBench gives it: 1440,721"
    )]
    pub(crate) sdr_dims: Option<Shape>,
    /// Type of raw samples [default: by the extension .f32, .f64 or .dat, else f32]
    #[arg(help_heading = INPUT, long, value_parser = dtypes())]
    pub(crate) dtype: Option<DType>,
    /// Names of the dimensions, slowest first: time,level,lat,lon. The one called time
    /// is time
    #[arg(help_heading = INPUT, long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) dims: Vec<String>,
}

impl LayoutArgs {
    /// The shape asked for, slowest dimension first.
    pub(crate) fn shape(&self) -> Option<Vec<usize>> {
        let reversed = |sdr: &Shape| sdr.0.iter().rev().copied().collect();
        self.shape
            .as_ref()
            .map(|s| s.0.clone())
            .or_else(|| self.sdr_dims.as_ref().map(reversed))
    }
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("bound").required(true).multiple(true).args(BOUNDS))]
#[group(skip)]
pub(crate) struct BoundArgs {
    #[command(flatten)]
    pub(crate) one: OneBound,
    /// Bounds by variable, units and level: era5, era5-archive or era5-loose
    #[arg(help_heading = BOUND, long, value_name = "NAME", conflicts_with = "OneBound")]
    pub(crate) preset: Option<Preset>,
    /// Bounds by variable, from a TOML file; they come before those of a preset
    #[arg(help_heading = BOUND, long, value_name = "FILE", conflicts_with = "OneBound")]
    pub(crate) bounds: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = false, multiple = false)]
pub(crate) struct OneBound {
    /// No value errs by more than E
    #[arg(help_heading = BOUND, long, value_name = "E", allow_negative_numbers = true)]
    abs: Option<f64>,
    /// No value errs by more than R times the range of the field
    #[arg(help_heading = BOUND, long, value_name = "R", allow_negative_numbers = true)]
    range_rel: Option<f64>,
    /// No value errs by more than R times itself
    #[arg(help_heading = BOUND, long, value_name = "R", allow_negative_numbers = true)]
    pw_rel: Option<f64>,
    /// The field as a whole reaches this peak signal-to-noise ratio
    #[arg(help_heading = BOUND, long, value_name = "DB", allow_negative_numbers = true)]
    psnr: Option<f64>,
    /// Every bit comes back
    #[arg(help_heading = BOUND, long)]
    lossless: bool,
}

impl OneBound {
    /// The one that was given.
    pub(crate) fn bound(&self) -> Option<Bound> {
        let OneBound {
            abs,
            range_rel,
            pw_rel,
            psnr,
            lossless,
        } = self;
        let lossy = abs
            .map(Bound::Absolute)
            .or(range_rel.map(Bound::RangeRelative));
        let lossy = lossy
            .or(pw_rel.map(Bound::PointwiseRelative))
            .or(psnr.map(Bound::Psnr));
        lossy.or(lossless.then_some(Bound::Lossless))
    }
}

#[derive(Debug, Args)]
#[command(after_help = DECOMPRESS_EXAMPLES)]
pub(crate) struct Decompress {
    /// A stream; - for standard input
    pub(crate) stream: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Which variable of a data set; may be repeated [default: all]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) variable: Vec<String>,
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
    /// Go on where a learned model predicts something else than on encoding, by more than
    /// the guard band. Says which frames may break the bound and by how much at most
    #[arg(long)]
    pub(crate) best_effort: bool,
    /// What to write [default: by the name of the output; of data sets netcdf]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) loudness: Loudness,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = INFO_EXAMPLES)]
pub(crate) struct Info {
    /// A stream (- for standard input), or a NetCDF or GRIB file or a Zarr store
    pub(crate) stream: PathBuf,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct Verify {
    /// A stream; - for standard input
    pub(crate) stream: PathBuf,
    /// What it was made of: a NetCDF or GRIB file, a Zarr store, raw little-endian samples, .npy
    /// or .npz; - for standard input
    pub(crate) original: PathBuf,
    /// Which variable, or array of a .npz file [default: all, the only one, or the one called
    /// data]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) variable: Option<String>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Args)]
#[command(after_help = APPEND_EXAMPLES)]
pub(crate) struct Append {
    /// The stream to add to
    pub(crate) stream: PathBuf,
    /// What to add: a file with the same variables, or for the stream of a single field samples
    /// of it
    pub(crate) input: PathBuf,
    /// The dimension that grows [default: time]
    #[arg(long, value_name = "NAME")]
    pub(crate) along: Option<String>,
    /// How values are predicted: auto, or a spec (see foresz predictors)
    #[arg(short, long, value_name = "SPEC", default_value = "auto")]
    pub(crate) predictor: String,
    /// Speed or size: fast, default or best
    #[arg(long, value_name = "EFFORT", default_value = Effort::default().name())]
    pub(crate) effort: Effort,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) loudness: Loudness,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = CAT_EXAMPLES)]
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

#[derive(Debug, Args)]
#[command(after_help = SPLIT_EXAMPLES)]
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
    /// Parts of so many places
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

#[derive(Debug, Args)]
#[command(after_help = SUGGEST_EXAMPLES)]
pub(crate) struct Suggest {
    /// A NetCDF or GRIB file, a Zarr store, a .npy or .npz file, or raw samples
    pub(crate) input: PathBuf,
    /// Which variable [default: the only one]
    #[arg(help_heading = INPUT, short, long, value_name = "NAME")]
    pub(crate) variable: Option<String>,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Speed or size: fast, default or best
    #[arg(long, value_name = "EFFORT", default_value = Effort::default().name())]
    pub(crate) effort: Effort,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Args)]
#[command(after_help = PREDICTORS_EXAMPLES)]
pub(crate) struct Predictors {
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// List the models at hand
    List(ModelList),
    /// Read a model's contract, check its files and run it once
    Check(ModelCheck),
    /// Forecast one frame of a series, as .npy
    Run(Box<ModelRun>),
    /// Run a model on the exact runtime and on ONNX Runtime: how far are they apart?
    Compare(ModelCompare),
}

#[derive(Debug, Args)]
#[command(after_help = MODEL_LIST_EXAMPLES)]
pub(crate) struct ModelList {
    /// A model's folder, or a folder of such, to look in besides those that
    /// `FORESZ_MODELS` names; may be repeated
    #[arg(long, value_name = "FOLDER")]
    model: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

impl ModelList {
    /// The models to list.
    pub(crate) fn shelf(&self) -> Shelf {
        placed(foresz::stocked(Shelf::default()), &self.model)
    }
}

/// A shelf that looks in folders, the first one first.
fn placed(shelf: Shelf, folders: &[PathBuf]) -> Shelf {
    folders.iter().rev().fold(shelf, Shelf::place)
}

#[derive(Debug, Args)]
#[command(after_help = MODEL_CHECK_EXAMPLES)]
pub(crate) struct ModelCheck {
    /// The model's folder, or its name
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Args)]
#[command(after_help = MODEL_COMPARE_EXAMPLES)]
pub(crate) struct ModelCompare {
    /// The model's folder, or its name
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

#[derive(Debug, Args)]
#[command(after_help = MODEL_RUN_EXAMPLES)]
pub(crate) struct ModelRun {
    /// The model's folder, or its name
    pub(crate) model: PathBuf,
    /// A series, raw little-endian, .npy or .npz; - for standard input
    pub(crate) input: PathBuf,
    /// Forecast this frame from those before it, counted from 0 [default: the one after
    /// the last]
    #[arg(long, value_name = "FRAME")]
    pub(crate) frame: Option<usize>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Which array of a .npz file [default: the only one, or the one called data]
    #[arg(help_heading = INPUT, short, long, value_name = "NAME")]
    pub(crate) variable: Option<String>,
    /// What the field says of itself, such as start=2018-06-01T00:00; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    pub(crate) attr: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) loudness: Loudness,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Where to write; - for standard output [default: the input with .fsz added or removed]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// How verbs speak that take no time worth a bar.
#[derive(Debug, Args)]
pub(crate) struct Saying {
    /// Say nothing unless it fails
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Saying {
    fn talk(&self) -> Talk {
        Talk {
            json: self.json,
            quiet: self.quiet,
            ..Talk::default()
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Threads {
    /// Threads to use; 0 for as many as there are processors. Never changes a byte
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1024))]
    threads: u16,
}

impl Threads {
    pub(crate) fn count(&self) -> usize {
        self.threads.into()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Loudness {
    /// Say nothing unless it fails
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

impl Loudness {
    pub(crate) fn wants_bar(&self) -> bool {
        !self.quiet && !self.no_progress
    }
}

/// Types of samples by name.
fn dtypes() -> impl TypedValueParser<Value = DType> {
    PossibleValuesParser::new(["f32", "f64"]).try_map(|name| name.parse::<DType>())
}

/// What decompression writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Little-endian samples and nothing else
    Raw,
    /// A .npy file, with its shape
    Npy,
    /// A NetCDF-4 file, with coordinates and attributes
    Netcdf,
    /// A Zarr store, with coordinates and attributes
    Zarr,
}

/// Lengths joined by `x` or `,`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape(pub(crate) Vec<usize>);

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = |n: &str| {
            n.trim().parse().map_err(|_| {
                format!("{n:?} is not a length; write a shape as 721x1440 or 721,1440")
            })
        };
        text.split(['x', ','])
            .map(length)
            .collect::<Result<_, _>>()
            .map(Shape)
    }
}

pub(crate) fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("an attribute is written key=value".into()),
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
    fn shapes_in_both_notations() {
        assert_eq!("721x1440".parse(), Ok(Shape(vec![721, 1440])));
        assert_eq!("2, 3,4".parse(), Ok(Shape(vec![2, 3, 4])));
        for wrong in ["", "x", "3x", "-3", "3.5", "99999999999999999999999"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong}");
        }
    }
}
