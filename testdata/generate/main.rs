//! Makes the weather-like test fields in `testdata/fields`.
//!
//! A small flow model on a beta plane carries temperature, moisture and a
//! trace gas about; the fields derived from them have the traits that make
//! real weather data awkward to compress. Nothing here is real data. The same
//! arguments give the same bytes on every machine and at every optimisation
//! level: see `numbers.rs` for how.

mod flow;
mod modes;
mod noise;
mod numbers;
mod output;
mod poisson;
mod resample;
mod scattering;
mod surface;
mod tracers;
mod variables;
mod world;

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;

use crate::output::{FieldWriter, Format};
use crate::variables::{VARIABLES, Variable, Width};
use crate::world::{Model, World};

const DEFAULT_FRAMES: usize = 6;
const DEFAULT_SIZE: Size = Size { ny: 48, nx: 96 };
const DEFAULT_EVERY: usize = 3;
const LAYERED_FRAMES: usize = 4;
const IMAGE_SIZE: Size = Size { ny: 64, nx: 64 };
const LARGE_SIZE: Size = Size { ny: 181, nx: 360 };
/// Beyond this a frame no longer fits into memory with room to spare.
const LONGEST_SIDE: usize = 1 << 14;

/// Make weather-like test fields, the same bytes on every machine.
///
/// Without --frames, --size, --only and --every, writes the committed set: all
/// variables at the default size (geopotential with fewer frames), and one
/// larger frame of t2m.
#[derive(Parser)]
#[command(name = "testdata")]
struct Options {
    /// Folder to write to; made if missing, files in it are replaced
    #[arg(long, value_name = "DIR", default_value = "testdata/fields")]
    out: PathBuf,

    /// Frames in each file [default: 6]
    #[arg(long, value_name = "N")]
    frames: Option<Count>,

    /// Rows and columns of each frame [default: 48x96]
    #[arg(long, value_name = "NYxNX")]
    size: Option<Size>,

    /// Seed of everything random
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// Variables to write, all if not given; see --list
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = find_variable)]
    only: Vec<&'static Variable>,

    /// Model steps of one hour between frames [default: 3]
    #[arg(long, value_name = "N")]
    every: Option<Count>,

    /// Instead of weather, write N images of small-angle scattering
    #[arg(long, value_name = "N", conflicts_with_all = ["frames", "only", "every"])]
    images: Option<Count>,

    /// Write bare little-endian numbers with the shape in the name, not .npy
    #[arg(long)]
    raw: bool,

    /// List the variables and exit
    #[arg(long)]
    list: bool,
}

/// A number of frames or steps, at least one.
#[derive(Clone, Copy)]
struct Count(usize);

#[derive(Clone, Copy)]
struct Size {
    ny: usize,
    nx: usize,
}

/// One run of the model and the files fed by it.
struct Job {
    size: Size,
    every: usize,
    files: Vec<FilePlan>,
}

struct FilePlan {
    name: String,
    variable: &'static Variable,
    /// `None` leaves the time dimension out.
    frames: Option<usize>,
}

impl FilePlan {
    fn series(variable: &'static Variable, frames: usize) -> Self {
        Self {
            name: variable.name.to_owned(),
            variable,
            frames: Some(frames),
        }
    }

    fn frame_count(&self) -> usize {
        self.frames.unwrap_or(1)
    }

    fn shape(&self, size: Size) -> Vec<usize> {
        let leading = self.frames.into_iter().chain(self.variable.levels);
        leading.chain([size.ny, size.nx]).collect()
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.list {
        for Variable {
            name, width, about, ..
        } in &VARIABLES
        {
            writeln!(io::stdout(), "{name:<13} {width}  {about}")?;
        }
        return Ok(());
    }
    let jobs = match options.images {
        Some(_) => Vec::new(),
        None => plan(options)?,
    };
    fs::create_dir_all(&options.out)
        .map_err(|error| format!("cannot make folder {}: {error}", options.out.display()))?;
    let format = if options.raw {
        Format::Raw
    } else {
        Format::Npy
    };
    if let Some(count) = options.images {
        let size = options.size.unwrap_or(IMAGE_SIZE);
        return write_images(count.0, size, options.seed, &options.out, format);
    }
    jobs.iter()
        .try_for_each(|job| run_job(job, options.seed, &options.out, format))
}

fn write_images(
    count: usize,
    Size { ny, nx }: Size,
    seed: u64,
    folder: &Path,
    format: Format,
) -> Result<(), Box<dyn Error>> {
    let shape = vec![count, ny, nx];
    let mut writer = FieldWriter::create(folder, "scattering", shape, Width::F32, format)?;
    for index in 0..count {
        show_progress(index, count);
        writer.append(&scattering::image(seed, index, ny, nx))?;
    }
    writeln!(io::stdout(), "{}", writer.finish()?)?;
    Ok(())
}

fn plan(options: &Options) -> Result<Vec<Job>, Box<dyn Error>> {
    let is_plain = options.frames.is_none()
        && options.size.is_none()
        && options.every.is_none()
        && options.only.is_empty();
    if is_plain {
        return committed_set();
    }
    let frames = options.frames.map_or(DEFAULT_FRAMES, |count| count.0);
    let size = options.size.unwrap_or(DEFAULT_SIZE);
    let every = options.every.map_or(DEFAULT_EVERY, |count| count.0);
    let variables = chosen(&options.only)?.into_iter();
    let files = variables
        .map(|variable| FilePlan::series(variable, frames))
        .collect();
    Ok(vec![Job { size, every, files }])
}

/// The variables asked for, or all of them.
fn chosen(only: &[&'static Variable]) -> Result<Vec<&'static Variable>, Box<dyn Error>> {
    if only.is_empty() {
        return Ok(VARIABLES.iter().collect());
    }
    for (index, variable) in only.iter().enumerate() {
        // Two writers of one file would garble it.
        if only[..index]
            .iter()
            .any(|earlier| earlier.name == variable.name)
        {
            return Err(format!("--only names {} twice", variable.name).into());
        }
    }
    Ok(only.to_vec())
}

/// The files kept in the repository, small enough together to be kept there.
fn committed_set() -> Result<Vec<Job>, Box<dyn Error>> {
    let series = |variable: &'static Variable| {
        let is_layered = variable.levels.is_some();
        // Three levels of f64 take six times the room of the others.
        let frames = if is_layered {
            LAYERED_FRAMES
        } else {
            DEFAULT_FRAMES
        };
        FilePlan::series(variable, frames)
    };
    let small = VARIABLES.iter().map(series).collect();
    let large = FilePlan {
        name: "t2m_large".to_owned(),
        variable: find_variable("t2m")?,
        frames: None,
    };
    let every = DEFAULT_EVERY;
    Ok(vec![
        Job {
            size: DEFAULT_SIZE,
            every,
            files: small,
        },
        Job {
            size: LARGE_SIZE,
            every,
            files: vec![large],
        },
    ])
}

fn run_job(job: &Job, seed: u64, folder: &Path, format: Format) -> Result<(), Box<dyn Error>> {
    let Size { ny, nx } = job.size;
    let mut writers = Vec::new();
    for file in &job.files {
        let shape = file.shape(job.size);
        writers.push(FieldWriter::create(
            folder,
            &file.name,
            shape,
            file.variable.width,
            format,
        )?);
    }
    let world = World::new(ny, nx, seed);
    let mut model = Model::new(nx, seed);
    let frames = job
        .files
        .iter()
        .map(FilePlan::frame_count)
        .max()
        .unwrap_or(0);
    for index in 0..frames {
        if index > 0 {
            model.advance(job.every);
        }
        show_progress(index, frames);
        let frame = world.frame(&mut model);
        if !frame.is_plausible() {
            return Err(format!("the flow model became unstable at frame {index}").into());
        }
        let due = job.files.iter().zip(&mut writers);
        for (file, writer) in due.filter(|(file, _)| index < file.frame_count()) {
            writer.append(&(file.variable.values)(&world, &frame))?;
        }
    }
    for writer in writers {
        writeln!(io::stdout(), "{}", writer.finish()?)?;
    }
    Ok(())
}

/// Large runs take minutes; nobody watches a log file.
fn show_progress(index: usize, frames: usize) {
    if io::stderr().is_terminal() {
        let end = if index + 1 == frames { "\n" } else { "" };
        eprint!("\rframe {} of {frames}{end}", index + 1);
    }
}

fn find_variable(name: &str) -> Result<&'static Variable, String> {
    VARIABLES
        .iter()
        .find(|variable| variable.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
            format!("no such variable; there are {}", known.join(", "))
        })
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count) if count > 0 => Ok(Self(count)),
            _ => Err("expected a whole number of at least 1".to_owned()),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| {
            text.parse()
                .ok()
                .filter(|side| (1..=LONGEST_SIDE).contains(side))
        };
        let sides = text
            .split_once('x')
            .and_then(|(ny, nx)| Some((side(ny)?, side(nx)?)));
        let (ny, nx) = sides.ok_or_else(|| {
            format!("expected rows and columns as in 48x96, each from 1 to {LONGEST_SIDE}")
        })?;
        Ok(Self { ny, nx })
    }
}
