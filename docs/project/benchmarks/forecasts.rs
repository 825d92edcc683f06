//! Ratios of forecasters and of what can follow them, as the tables of
//! docs/project/benchmarks/forecasts.md.
//!
//! ```sh
//! cargo run --release --example forecasts -- FILE[=MODEL]…
//! ```
//!
//! Files are raw little-endian numbers, time first, with the shape at the end of their
//! names: `t2m_240x48x96.f32`, as `--example testdata -- --raw` writes them. A model is the
//! folder of a learned one that knows the series.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use foresz::{Backend, Bound, Effort, Options, Sample, compress};
use ndarray::{ArrayD, IxDyn};

const FORECASTERS: [&str; 7] = [
    "",
    "persistence+",
    "linear+",
    "stencil:fit=stored+",
    "stencil+",
    "climatology+",
    "climatology+stencil+",
];
/// What follows, and with which back end: the plain residual with Huffman and zstd is what
/// a study found no better than SZ3.
const AFTER: [(&str, Option<Backend>); 4] = [
    ("zero", Some(Backend::Huffman)),
    ("spline", None),
    ("raster:past=0", None),
    ("raster", None),
];
const BOUNDS: [f64; 3] = [1e-2, 1e-3, 1e-4];

fn main() -> Result<(), Box<dyn Error>> {
    for argument in env::args().skip(1) {
        let (path, model) = match argument.split_once('=') {
            Some((path, model)) => (Path::new(path), Some(model)),
            None => (Path::new(&argument), None),
        };
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
        let shape = shape_of(stem).ok_or_else(|| format!("{stem} does not end with a shape"))?;
        println!("\n### {stem}");
        let bytes = fs::read(path)?;
        match path.extension().and_then(|e| e.to_str()) {
            Some("f32") => table(&field(&bytes, &shape, f32::from_le_bytes)?, model)?,
            Some("f64") => table(&field(&bytes, &shape, f64::from_le_bytes)?, model)?,
            _ => return Err("files are named .f32 or .f64".into()),
        }
    }
    Ok(())
}

/// `744x33x49` out of `t2m_744x33x49`.
fn shape_of(stem: &str) -> Option<Vec<usize>> {
    let last = stem.rsplit('_').next()?;
    last.split('x').map(|n| n.parse().ok()).collect()
}

fn field<T, const N: usize>(
    bytes: &[u8],
    shape: &[usize],
    number: fn([u8; N]) -> T,
) -> Result<ArrayD<T>, ndarray::ShapeError> {
    let numbers = bytes.as_chunks::<N>().0.iter().map(|b| number(*b));
    ArrayD::from_shape_vec(IxDyn(shape), numbers.collect())
}

fn table<T: Sample>(field: &ArrayD<T>, model: Option<&str>) -> Result<(), Box<dyn Error>> {
    let cell = |options: &dyn Fn(f64) -> Result<Options, Box<dyn Error>>| {
        let ratios = BOUNDS.map(|bound| ratio(field, options(bound)?));
        let ratios: Result<Vec<f64>, _> = ratios.into_iter().collect();
        let texts: Vec<String> = ratios?.iter().map(|r| format!("{r:.1}")).collect();
        Ok::<_, Box<dyn Error>>(texts.join(" / "))
    };
    let names: Vec<&str> = AFTER.iter().map(|(name, _)| *name).collect();
    println!(
        "\n| | {} |\n|---|{}",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    let mut forecasters: Vec<(String, String)> = FORECASTERS
        .iter()
        .map(|f| ((*f).to_owned(), (*f).to_owned()))
        .collect();
    if let Some(model) = model {
        for before in ["", "climatology+stencil+"] {
            let spec = format!("{before}forecast:model={model}+");
            forecasters.push((format!("{before}forecast+"), spec));
        }
    }
    for (name, forecaster) in forecasters {
        let name = name.strip_suffix('+').unwrap_or("none");
        let mut row = format!("| {name} |");
        for (after, backend) in AFTER {
            let options = |bound| {
                let options = Options::new(Bound::RangeRelative(bound));
                let options = options.predictor(&format!("{forecaster}{after}"))?;
                Ok(match backend {
                    Some(backend) => options.backend(backend),
                    None => options,
                })
            };
            write!(row, " {} |", cell(&options)?)?;
        }
        println!("{row}");
    }
    let effort =
        |effort| cell(&move |bound| Ok(Options::new(Bound::RangeRelative(bound)).effort(effort)));
    let (default, best) = (effort(Effort::Default)?, effort(Effort::Best)?);
    println!("\nLeft to `auto`: {default}; with `--effort best`: {best}.");
    Ok(())
}

fn ratio<T: Sample>(field: &ArrayD<T>, options: Options) -> Result<f64, Box<dyn Error>> {
    let dims = (0..field.ndim()).map(|d| {
        if d == 0 {
            "time".into()
        } else {
            format!("d{d}")
        }
    });
    let stream = compress(field.view(), &options.dims(dims))?.bytes;
    Ok((field.len() * T::BYTES) as f64 / stream.len() as f64)
}
