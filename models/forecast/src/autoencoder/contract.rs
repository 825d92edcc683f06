//! `model.toml` of an autoencoder. `docs/guide/models.md` explains every field.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::contract::check::{hash, plain_file, word};
use crate::contract::{FORMAT, told};
use crate::error::{Error, Result};

/// A contract as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// [`FORMAT`].
    pub format: u32,
    /// Tells it from the contract of a forecast.
    pub kind: Autoencoder,
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
    /// Lengths of a tile along the last dimensions of a field.
    pub tile: Vec<usize>,
    /// Numbers per tile.
    pub latents: usize,
    /// From values to what the networks see.
    pub normalise: Normalise,
    /// From tiles to latents: `x` `[n, 1, *tile]` to `z` `[n, latents]`.
    pub encoder: Network,
    /// From latents to tiles: `z` `[n, latents]` to `y` `[n, 1, *tile]`.
    pub decoder: Network,
    /// How latents travel.
    pub code: Code,
}

/// The one kind that this contract is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Autoencoder {
    /// `autoencoder`.
    #[default]
    Autoencoder,
}

/// From values to what the networks see: `(x − offset) / scale`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// Where offset and scale come from.
    pub kind: Scaling,
    /// The offset, if it is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The scale, if it is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std: Option<f64>,
}

/// Where offset and scale come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// Centre and half range of the finite values of a chunk.
    Field,
    /// The mean of each tile, and the standard deviation of a chunk's values from them.
    Tile,
    /// [`Normalise::mean`] and [`Normalise::std`].
    Fixed,
}

/// The file of a network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// In the folder of the contract.
    pub file: String,
    /// Of the file.
    pub sha256: String,
}

/// How latents travel.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Which of them.
    pub kind: Coding,
    /// Whether each latent travels as what it differs by from the one before.
    #[serde(default)]
    pub differences: bool,
    /// What latents are usually rounded to multiples of.
    pub step: f64,
}

/// Which latents travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coding {
    /// All of them.
    Dense,
    /// Positions of those that are not 0, and their values.
    Sparse,
}

/// Numbers of a tile, and latents, at most.
const MOST_CELLS: usize = 1 << 20;
const MOST_LATENTS: usize = 1 << 16;
const MOST_AXES: usize = 3;

impl Contract {
    /// Reads and checks a contract.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::Contract {
            path: path.into(),
            reason,
        };
        let contract: Contract = toml::from_str(text).map_err(|e| wrong(told(&e)))?;
        contract.check().map_err(wrong)?;
        Ok(contract)
    }

    /// Says which field makes no sense.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "format = {}: this foresz reads format {FORMAT}",
                self.format
            ));
        }
        word("name", &self.name)?;
        self.check_sizes()?;
        self.normalise.check()?;
        for (field, network) in [("encoder", &self.encoder), ("decoder", &self.decoder)] {
            plain_file(&format!("{field}.file"), &network.file, false)?;
            hash(&format!("{field}.sha256"), &network.sha256)?;
        }
        if !is_scale(self.code.step) {
            return Err(format!("code.step = {}: {SCALE}", self.code.step));
        }
        Ok(())
    }

    fn check_sizes(&self) -> std::result::Result<(), String> {
        if !(1..=MOST_AXES).contains(&self.tile.len()) {
            return Err(format!(
                "tile = {:?}: tiles have one, two or three lengths",
                self.tile
            ));
        }
        let cells = self
            .tile
            .iter()
            .try_fold(1usize, |cells, length| cells.checked_mul(*length));
        if !cells.is_some_and(|cells| (1..=MOST_CELLS).contains(&cells)) {
            return Err(format!(
                "tile = {:?}: a tile holds 1 to {MOST_CELLS} values",
                self.tile
            ));
        }
        if !(1..=MOST_LATENTS).contains(&self.latents) {
            return Err(format!(
                "latents = {}: a tile has 1 to {MOST_LATENTS} latents",
                self.latents
            ));
        }
        Ok(())
    }

    /// Values in a tile.
    pub fn cells(&self) -> usize {
        self.tile.iter().product()
    }
}

/// Far from where squares and quotients leave single precision.
const SCALES: std::ops::RangeInclusive<f64> = 1e-15..=1e15;
const SCALE: &str = "expected a number from 1e-15 to 1e15";

fn is_scale(x: f64) -> bool {
    SCALES.contains(&x)
}

impl Normalise {
    fn check(&self) -> std::result::Result<(), String> {
        match (self.kind, self.mean, self.std) {
            (Scaling::Fixed, Some(mean), Some(std)) => {
                if !mean.is_finite() {
                    return Err(format!("normalise.mean = {mean}: expected a finite number"));
                }
                if !is_scale(std) {
                    return Err(format!("normalise.std = {std}: {SCALE}"));
                }
                Ok(())
            }
            (Scaling::Fixed, ..) => Err("normalise: kind = \"fixed\" needs mean and std".into()),
            (_, None, None) => Ok(()),
            _ => Err("normalise: mean and std are of kind = \"fixed\" alone".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn text() -> String {
        format!(
            r#"format = 1
kind = "autoencoder"
name = "flow-tiles"
tile = [32, 32]
latents = 16
[normalise]
kind = "field"
[encoder]
file = "encoder.onnx"
sha256 = "{SUM}"
[decoder]
file = "decoder.onnx"
sha256 = "{SUM}"
[code]
kind = "dense"
step = 0.05
"#
        )
    }

    fn parsed(text: &str) -> Result<Contract> {
        Contract::parse(text, Path::new("model.toml"))
    }

    #[test]
    fn a_contract_is_read_as_it_is_written() {
        let contract = parsed(&text()).unwrap();
        assert_eq!(contract.cells(), 1024);
        assert_eq!(contract.normalise.kind, Scaling::Field);
        assert!(!contract.code.differences);
        let sparse = text().replace("\"dense\"", "\"sparse\"\ndifferences = true");
        assert_eq!(parsed(&sparse).unwrap().code.kind, Coding::Sparse);
    }

    #[test]
    fn complaints_name_the_field() {
        for (from, to, field) in [
            ("format = 1", "format = 2", "format"),
            ("\"autoencoder\"", "\"forecast\"", "kind"),
            ("\"flow-tiles\"", "\"a b\"", "name"),
            ("[32, 32]", "[]", "tile"),
            ("[32, 32]", "[2, 2, 2, 2]", "tile"),
            ("[32, 32]", "[0]", "tile"),
            ("[32, 32]", "[99999, 99999]", "tile"),
            ("latents = 16", "latents = 0", "latents"),
            ("latents = 16", "latents = 70000", "latents"),
            ("\"field\"", "\"global\"", "kind"),
            ("\"field\"", "\"fixed\"", "normalise"),
            ("\"field\"", "\"field\"\nmean = 1.0", "normalise"),
            (
                "\"field\"",
                "\"fixed\"\nmean = 1.0\nstd = 0.0",
                "normalise.std",
            ),
            (
                "\"field\"",
                "\"fixed\"\nmean = nan\nstd = 1.0",
                "normalise.mean",
            ),
            ("encoder.onnx", "../encoder.onnx", "encoder.file"),
            ("decoder.onnx", "", "decoder.file"),
            ("step = 0.05", "step = 0.0", "code.step"),
            ("step = 0.05", "step = inf", "code.step"),
            ("step = 0.05", "step = 0.05\nsize = 1", "size"),
        ] {
            let changed = text().replace(from, to);
            assert_ne!(changed, text(), "{from}");
            let error = parsed(&changed).unwrap_err().to_string();
            assert!(error.contains(field), "{to}: {error}");
        }
    }
}
