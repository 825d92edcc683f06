//! The options of `foresz compare`. Doc comments here are the help texts.

use std::path::PathBuf;

use clap::Args;
use foresz::{Backend, Effort};

use super::super::args::{BarArgs, LayoutArgs, Saying, VariableArgs};

const EXAMPLES: &str = "\
Examples:
  foresz compare fields/ -p auto,lorenzo,spline --backend huffman,context --report out.html
  foresz compare t2m__721x1440.f32 --peers sz3,zfp --range-rel 1e-2,1e-3,1e-4 --results out.json
  foresz compare era5.npz -v u,v -p raster --abs 0.05 --csv out.csv

Raw samples tell their shape by their name, as in t2m__721x1440.f32, or by --shape. What was
measured is kept beside the report, so that an interrupted run continues.
docs/guide/compare.md says what every number is.";

const DATA: &str = "Data";
const WHO: &str = "Contenders";
const WHERE: &str = "Results";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compare {
    /// Files with fields, of every kind that compress reads, or folders of them
    #[arg(required_unless_present = "from")]
    pub(crate) data: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// A value that means "nothing here" and has to come back exactly; may be repeated
    #[arg(help_heading = DATA, long, value_name = "V", allow_negative_numbers = true)]
    pub(crate) fill: Vec<f64>,
    /// Latitudes of the first and last row, as 90:-90: means are then weighted by area
    #[arg(help_heading = DATA, long, value_name = "FIRST:LAST", allow_hyphen_values = true, value_parser = latitudes)]
    pub(crate) latitudes: Option<(f64, f64)>,
    /// What a field says of itself to learned models; NAME/KEY=VALUE for the field of that
    /// name alone. May be repeated
    #[arg(help_heading = DATA, long, value_name = "[NAME/]KEY=VALUE", value_parser = super::super::args::attribute)]
    pub(crate) attr: Vec<(String, String)>,
    /// Absolute bounds
    #[arg(help_heading = DATA, long, value_name = "E,…", value_delimiter = ',', conflicts_with = "range_rel")]
    pub(crate) abs: Vec<f64>,
    /// Bounds as parts of the range of each field
    #[arg(help_heading = DATA, long, alias = "bounds", value_name = "R,…", value_delimiter = ',', default_values_t = [1e-2, 1e-3, 1e-4])]
    pub(crate) range_rel: Vec<f64>,

    /// Predictors: auto, or specs; the first is what the others are compared with
    #[arg(help_heading = WHO, short, long, value_name = "SPEC,…", default_value = "auto")]
    pub(crate) predictors: Vec<String>,
    /// Back ends that every predictor is run with [default: as the effort has it]
    #[arg(help_heading = WHO, long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) backend: Vec<Backend>,
    /// Efforts of auto
    #[arg(help_heading = WHO, long, value_name = "EFFORT,…", value_delimiter = ',', default_value = Effort::default().name())]
    pub(crate) effort: Vec<Effort>,
    /// Other compressors: sz3, sperr, zfp and pco, by their Python packages, and zstd
    #[arg(help_heading = WHO, long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) peers: Vec<String>,
    /// The Python that has the packages of peers
    #[arg(help_heading = WHO, long, value_name = "PATH", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// A learned model's folder, or a folder of such; may be repeated
    #[arg(help_heading = WHO, long, value_name = "FOLDER")]
    pub(crate) model: Vec<PathBuf>,
    /// Number of runs; times are their medians
    #[arg(help_heading = WHO, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) repeat: u32,
    /// Seconds after which a contender is stopped in one case
    #[arg(help_heading = WHO, long, value_name = "SECONDS", default_value_t = 900)]
    pub(crate) timeout: u64,

    /// One self-contained page
    #[arg(help_heading = WHERE, long, value_name = "OUT.html")]
    pub(crate) report: Option<PathBuf>,
    /// Every number, as JSON
    #[arg(help_heading = WHERE, long, value_name = "OUT.json")]
    pub(crate) results: Option<PathBuf>,
    /// A row per case
    #[arg(help_heading = WHERE, long, value_name = "OUT.csv")]
    pub(crate) csv: Option<PathBuf>,
    /// Tables for a paper
    #[arg(help_heading = WHERE, long, value_name = "OUT.tex")]
    pub(crate) latex: Option<PathBuf>,
    /// Tables for a README
    #[arg(help_heading = WHERE, long, value_name = "OUT.md")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write results from what --results wrote before, and run nothing
    #[arg(help_heading = WHERE, long, value_name = "IN.json", conflicts_with = "data")]
    pub(crate) from: Option<PathBuf>,
    /// Replace results that exist
    #[arg(help_heading = WHERE, long)]
    pub(crate) force: bool,
    /// Measure everything again
    #[arg(help_heading = WHERE, long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) bars: BarArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

fn latitudes(text: &str) -> Result<(f64, f64), String> {
    let wrong = || format!("{text:?} is not a pair of latitudes such as 90:-90");
    let (first, last) = text.split_once(':').ok_or_else(wrong)?;
    let parse = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.abs() <= 90.0);
    parse(first).zip(parse(last)).ok_or_else(wrong)
}

/// Specs of a list. A comma also parts the parameters of one spec: what follows it is a new
/// spec unless it starts as a parameter does, `key=`.
pub(super) fn specs(lists: &[String]) -> Vec<String> {
    let mut specs: Vec<String> = Vec::new();
    for list in lists {
        for (i, piece) in list.split(',').enumerate() {
            let name = piece.find([':', '+', '=']).unwrap_or(piece.len());
            match specs.last_mut() {
                Some(last) if i > 0 && piece[name..].starts_with('=') => {
                    last.push(',');
                    last.push_str(piece);
                }
                _ => specs.push(piece.to_owned()),
            }
        }
    }
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_part_specs_and_parameters() {
        let lists = [
            "auto,lorenzo:order=2,spline".to_owned(),
            "raster:past=1,bands=2,zero+x".into(),
        ];
        let expected = [
            "auto",
            "lorenzo:order=2",
            "spline",
            "raster:past=1,bands=2",
            "zero+x",
        ];
        assert_eq!(specs(&lists), expected);
    }

    #[test]
    fn latitudes_are_a_pair() {
        assert_eq!(latitudes("90:-90"), Ok((90.0, -90.0)));
        assert!(latitudes("90").is_err() && latitudes("91:0").is_err());
    }
}
