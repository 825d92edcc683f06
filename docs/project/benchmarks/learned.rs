//! What learned models gain, as the tables of docs/project/benchmarks/learned.md.
//!
//! ```sh
//! FORESZ_MODELS=series cargo run --release --example learned -- docs/project/benchmarks/learned.toml [TITLE…]
//! ```
//!
//! Series that are not there are passed over. Every stream is decoded and held against its
//! bound.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use foresz::forecast::Shelf;
use foresz::predictors::Registry;
use foresz::{Bound, Decompressor, Effort, Options, compress};
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// A series and what is tried on it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    /// Raw little-endian `f32`.
    file: PathBuf,
    shape: Vec<usize>,
    dims: Vec<String>,
    /// The first frame that is measured; those before may have been trained on.
    #[serde(default)]
    from: usize,
    /// Parts of the range of what is measured.
    bounds: Vec<f64>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// The first is what the others are compared with.
    predictors: Vec<String>,
    /// Also offered to `auto`.
    #[serde(default)]
    offer: Vec<String>,
}

/// One stream.
struct Outcome {
    ratio: f64,
    with_weights: f64,
    psnr: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let list = arguments.next().ok_or("which list of cases?")?;
    let wanted: Vec<String> = arguments.collect();
    let cases: Cases = toml::from_str(&fs::read_to_string(list)?)?;
    for case in cases.case {
        let asked = wanted.is_empty() || wanted.iter().any(|w| case.title.contains(w));
        if asked && case.file.is_file() {
            case.measure()?;
        } else if asked {
            println!(
                "\n### {}\n\n{} is not here.",
                case.title,
                case.file.display()
            );
        }
    }
    Ok(())
}

impl Case {
    fn measure(&self) -> Result<(), Box<dyn Error>> {
        let field = self.read()?;
        println!("\n### {}\n", self.title);
        let heads: Vec<String> = self.bounds.iter().map(|b| format!("{b:.0e}")).collect();
        println!(
            "| | {} |\n|---|{}",
            heads.join(" | "),
            "---|".repeat(heads.len())
        );
        let mut first: Vec<f64> = Vec::new();
        let mut row = |name: &str, options: &dyn Fn(f64) -> foresz::Result<Options>| {
            let mut cells = Vec::new();
            for (k, bound) in self.bounds.iter().enumerate() {
                let outcome = self.try_out(&field, options(*bound)?)?;
                if first.len() == k {
                    first.push(outcome.ratio);
                }
                cells.push(outcome.cell(first[k]));
            }
            println!("| {name} | {} |", cells.join(" | "));
            Ok::<_, Box<dyn Error>>(())
        };
        for spec in &self.predictors {
            row(&format!("`{spec}`"), &|bound| {
                self.options(bound).predictor(spec)
            })?;
        }
        row("left to `auto`", &|bound| Ok(self.options(bound)))?;
        if !self.offer.is_empty() {
            row("`auto`, models offered", &|bound| {
                let offers = self.offer.iter();
                offers
                    .clone()
                    .try_fold(self.options(bound), |o, spec| o.offer(spec))
            })?;
        }
        Ok(())
    }

    fn options(&self, bound: f64) -> Options {
        let options = Options::new(Bound::RangeRelative(bound))
            .effort(Effort::Best)
            .registry(models())
            .dims(self.dims.iter().map(String::as_str));
        let attributes = self.attributes.iter();
        attributes.fold(options, |options, (k, v)| options.attribute(k, v))
    }

    fn read(&self) -> Result<ArrayD<f32>, Box<dyn Error>> {
        let bytes = fs::read(&self.file)?;
        let numbers = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
        let all = ArrayD::from_shape_vec(IxDyn(&self.shape), numbers.collect())?;
        let measured = all.slice_axis(Axis(0), Slice::from(self.from..));
        Ok(measured.as_standard_layout().into_owned())
    }

    fn try_out(&self, field: &ArrayD<f32>, options: Options) -> Result<Outcome, Box<dyn Error>> {
        let stream = compress(field.view(), &options)?;
        let report = &stream.report;
        let back = Decompressor::default()
            .registry(models())
            .field::<f32>(&stream.bytes)?;
        let (mut squares, mut low, mut high) = (0.0f64, f64::INFINITY, f64::NEG_INFINITY);
        for (x, y) in field.iter().zip(&back) {
            let (x, y) = (f64::from(*x), f64::from(*y));
            if (x - y).abs() > report.bound {
                return Err(format!("{}: {x} became {y}", self.title).into());
            }
            squares += (x - y) * (x - y);
            low = low.min(x);
            high = high.max(x);
        }
        let rms = (squares / field.len() as f64).sqrt();
        Ok(Outcome {
            ratio: report.ratio,
            with_weights: report.ratio_with_models,
            psnr: 20.0 * ((high - low) / rms).log10(),
        })
    }
}

impl Outcome {
    fn cell(&self, first: f64) -> String {
        let gain = 100.0 * (self.ratio / first - 1.0);
        let weights = if self.with_weights < self.ratio {
            format!(", {:.1} with weights", self.with_weights)
        } else {
            String::new()
        };
        format!(
            "{:.1} ({gain:+.1} %{weights}), {:.1} dB",
            self.ratio, self.psnr
        )
    }
}

/// The models of this repository, and those that `FORESZ_MODELS` names.
fn models() -> Registry {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    foresz::registry(Shelf::default().place(folder))
}
