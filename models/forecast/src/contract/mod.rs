//! `model.toml`: what goes into a model, in which order and units, and what comes out.
//! `docs/guide/models.md` explains every field.

pub(crate) mod check;
mod wiring;

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub use wiring::{Feed, Get, Kind, Layout, Plane, Slot, Wiring};

/// Version of the contract's format that this build reads.
pub const FORMAT: u32 = 1;
/// What a contract is called in its folder.
pub const FILE_NAME: &str = "model.toml";
/// Longer contracts are refused unread.
pub(crate) const LONGEST: u64 = 1 << 20;

/// A contract as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// [`FORMAT`].
    pub format: u32,
    /// `forecast`, or nothing.
    #[serde(default)]
    pub kind: Option<String>,
    /// What streams and people call the model.
    pub name: String,
    /// What it is and what it was trained on.
    #[serde(default)]
    pub description: String,
    /// Under which terms it may be used.
    #[serde(default)]
    pub licence: String,
    /// How it was made.
    #[serde(default)]
    pub recipe: String,
    /// The file of the model itself.
    pub weights: Weights,
    /// Where the values lie.
    #[serde(default)]
    pub grid: Grid,
    /// Steps.
    pub time: Time,
    /// What the model knows of each variable.
    pub variables: Vec<Variable>,
    /// Fields that never change.
    #[serde(default)]
    pub statics: Vec<Static>,
    /// Tensors that go in.
    pub inputs: Vec<Input>,
    /// Tensors that come out.
    pub outputs: Vec<Output>,
}

/// The file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// In the folder of the contract; empty for models that a process keeps to itself.
    #[serde(default)]
    pub file: String,
    /// Of the file, or of whatever the process calls its weights.
    pub sha256: String,
    /// Its size, for models that have no file.
    #[serde(default)]
    pub bytes: u64,
}

/// The grid that a model works on. What is left out may be anything.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// How many rows it takes.
    pub rows: Option<usize>,
    /// How many columns it takes.
    pub columns: Option<usize>,
    /// Which rows of a larger field it takes, where latitudes do not tell.
    #[serde(default)]
    pub keep: Keep,
    /// Latitude of the first row, and the step from row to row, in degrees.
    pub latitudes: Option<[f64; 2]>,
    /// Longitude of the first column, and the step from column to column.
    pub longitudes: Option<[f64; 2]>,
}

/// Rows taken of a field that has more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The first ones; the last are left out.
    #[default]
    First,
    /// The last ones.
    Last,
}

/// The steps of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// From frame to frame, such as `6h`; left out, any will do.
    pub step: Option<String>,
    /// How many frames it looks back on.
    pub history: usize,
}

/// A variable, at one or several levels.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name, as fields give it.
    pub name: String,
    /// Units of its values.
    #[serde(default)]
    pub units: String,
    /// Levels, in the order in which channels hold them; none for a variable that has
    /// no levels.
    #[serde(default)]
    pub levels: Vec<f64>,
    /// Subtracted before values go in: one for all levels, or one per level.
    #[serde(default = "zero")]
    pub mean: Numbers,
    /// What values are divided by then.
    #[serde(default = "one")]
    pub std: Numbers,
    /// What changes from one step to the next are divided by.
    pub increment_std: Option<Numbers>,
}

fn zero() -> Numbers {
    Numbers::One(0.0)
}

fn one() -> Numbers {
    Numbers::One(1.0)
}

/// A number for all levels, or one per level.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Numbers {
    /// For all levels.
    One(f64),
    /// Per level.
    Each(Vec<f64>),
}

/// A field that never changes, raw little-endian `f32` on the model's grid.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Static {
    /// What channels call it.
    pub name: String,
    /// In the folder of the contract.
    pub file: String,
    /// Of the file.
    pub sha256: String,
    /// Subtracted before it goes in.
    #[serde(default)]
    pub mean: f64,
    /// What it is divided by then.
    #[serde(default = "unit")]
    pub std: f64,
}

fn unit() -> f64 {
    1.0
}

/// A tensor that goes in.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the model.
    pub tensor: String,
    /// How planes make a tensor.
    #[serde(default)]
    pub layout: Layout,
    /// Its axes, where they are not those of the layout: the same values in the same order.
    #[serde(default)]
    pub shape: Vec<usize>,
    /// What it holds, in order.
    pub channels: Vec<Channel>,
}

/// A tensor that comes out.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name in the model.
    pub tensor: String,
    /// How planes make a tensor.
    #[serde(default)]
    pub layout: Layout,
    /// Whether it holds values, or changes since the last frame.
    pub kind: Kind,
    /// Whether `mean` and `std` (or `increment_std`) are to be undone.
    #[serde(default)]
    pub normalised: bool,
    /// What it holds, in order.
    pub channels: Vec<Channel>,
}

/// One plane of a tensor, or several in a row: exactly one of `variable`, `forcing` and
/// `static`, or `forcing = "log_bound"` with a variable.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// A variable, at all of its levels.
    pub variable: Option<String>,
    /// Only at this level.
    pub level: Option<f64>,
    /// At these steps, one after the other: 0 is the newest frame known, −1 the one
    /// before. For forcings 1, the frame to be predicted, unless said.
    pub steps: Option<Vec<i64>>,
    /// The change since this step, divided by `increment_std`.
    pub minus: Option<i64>,
    /// Something computed from time, place or bound.
    pub forcing: Option<Forcing>,
    /// One of the statics.
    #[serde(rename = "static")]
    pub fixed: Option<String>,
}

/// What is computed from time, place or bound. Angles go from 0 to 2π.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Forcing {
    /// Sine of the local time of day.
    DaySin,
    /// Cosine of the local time of day.
    DayCos,
    /// Sine of the time of the year.
    YearSin,
    /// Cosine of the time of the year.
    YearCos,
    /// Cosine of the sun's zenith angle, 0 at night.
    CosZenith,
    /// Sine of the latitude.
    LatitudeSin,
    /// Cosine of the latitude.
    LatitudeCos,
    /// Sine of the longitude.
    LongitudeSin,
    /// Cosine of the longitude.
    LongitudeCos,
    /// Natural logarithm of the bound over the variable's `std`.
    LogBound,
}

impl Forcing {
    /// Whether it needs to know when the frame is valid.
    pub(crate) fn needs_time(self) -> bool {
        use Forcing::{CosZenith, DayCos, DaySin, YearCos, YearSin};
        matches!(self, DaySin | DayCos | YearSin | YearCos | CosZenith)
    }

    pub(crate) fn needs_latitude(self) -> bool {
        use Forcing::{CosZenith, LatitudeCos, LatitudeSin};
        matches!(self, LatitudeSin | LatitudeCos | CosZenith)
    }

    pub(crate) fn needs_longitude(self) -> bool {
        use Forcing::{CosZenith, DayCos, DaySin, LongitudeCos, LongitudeSin};
        matches!(
            self,
            DaySin | DayCos | LongitudeSin | LongitudeCos | CosZenith
        )
    }
}

impl Contract {
    /// Reads a contract. Its wiring says whether it makes sense.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::Contract {
            path: path.into(),
            reason,
        };
        let contract: Contract = toml::from_str(text).map_err(|e| wrong(told(&e)))?;
        if contract.format != FORMAT {
            return Err(wrong(format!(
                "format = {}: this foresz reads format {FORMAT}",
                contract.format
            )));
        }
        Ok(contract)
    }
}

/// What is wrong with a contract, without the names that its parts have in Rust.
pub(crate) fn told(error: &toml::de::Error) -> String {
    const NAMES: [(&str, &str); 7] = [
        ("expected struct ", "a section"),
        ("expected enum ", "one of its values"),
        ("expected internally tagged enum ", "a section"),
        ("expected f32", "a number"),
        ("expected f64", "a number"),
        ("expected u", "a whole number"),
        ("expected i", "a whole number"),
    ];
    let text = error.to_string();
    let text = text.trim_end();
    for (of_rust, plain) in NAMES {
        if let Some((before, after)) = text.split_once(of_rust) {
            let is_end = |c: char| !c.is_alphanumeric() && c != '_';
            let rest = &after[after.find(is_end).unwrap_or(after.len())..];
            return format!("{before}expected {plain}{rest}");
        }
    }
    text.into()
}

/// SHA-256 of bytes, as text.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, as text, without holding all of it.
pub fn sha256_of(path: &Path) -> Result<String> {
    let failed = |source| Error::Read {
        path: path.into(),
        source,
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(failed)?;
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(b"0123456789abcdef"[usize::from(d)]);
    let digits = |b: &u8| [digit(b >> 4), digit(b & 15)];
    bytes.iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_without_the_names_of_rust() {
        for text in [
            "time = 3",
            "format = 'x'",
            "grid = 'x'",
            "[time]\nstep = []",
        ] {
            let error = Contract::parse(text, Path::new("model.toml")).unwrap_err();
            let told = error.to_string();
            for leak in ["struct", "enum", "u32", "f64"] {
                assert!(!told.contains(leak), "{told}");
            }
        }
    }
}
