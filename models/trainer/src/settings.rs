//! What a user asks of a training.

use foresz_forecast::autoencoder::Scaling;
use serde::{Deserialize, Serialize};

/// The kind of network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// An autoencoder of fully connected layers.
    Dense,
    /// An autoencoder of convolutions with a stride.
    Conv,
    /// A fully connected autoencoder with more latents than values, nearly all of them 0.
    Sparse,
    /// A forecaster of residual convolutions.
    Forecast,
    /// A forecaster with attention in windows.
    Attention,
}

impl Family {
    /// Whether it foresees frames, where others compress tiles.
    pub fn is_forecaster(self) -> bool {
        matches!(self, Family::Forecast | Family::Attention)
    }
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Mean squared error.
    Mse,
    /// With the sliced Wasserstein distance of the latents to a normal distribution.
    Swae,
    /// With the absolute values of the latents, or of their differences.
    L1,
    /// Squared errors of which most count after their neighbours were subtracted.
    Rough,
}

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightFormat {
    /// Four bytes.
    F32,
    /// Two bytes, and a scale per channel.
    I16,
    /// One byte, and a scale per channel.
    I8,
}

/// Everything that decides what comes out, but for the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What streams and people call the model.
    pub name: String,
    /// For people: what it was trained on.
    pub description: String,
    /// For people: under which terms it may be used.
    pub licence: String,
    /// For people: the command line.
    pub recipe: String,
    /// The kind of network.
    pub family: Family,
    /// Lengths of a tile, or of the patches that a forecaster is trained on; empty for
    /// what suits the family.
    pub tile: Vec<usize>,
    /// Latents per tile; 0 for what suits the family.
    pub latents: usize,
    /// Hidden layers of an encoder; empty for what suits the family.
    pub layers: Vec<usize>,
    /// Channels of the stages of convolutions; empty for what suits the family.
    pub channels: Vec<usize>,
    /// Residual blocks of a forecaster.
    pub blocks: usize,
    /// Divisive normalisation instead of a leaky `ReLU` between convolutions.
    pub gdn: bool,
    /// `None` for what suits the family.
    pub loss: Option<Loss>,
    /// Of the term in the loss that shapes the latents.
    pub weight: Option<f64>,
    /// Whether neighbouring latents are meant to be equal, not small.
    pub differences: bool,
    /// What is subtracted and divided before values go into an autoencoder.
    pub normalise: Scaling,
    /// The most epochs.
    pub epochs: usize,
    /// The most minutes; the rate then falls with the clock.
    pub minutes: Option<f64>,
    /// Of everything random.
    pub seed: u64,
    /// The last part of the first dimension, on which nothing is trained.
    pub validation: f64,
    /// Epochs without progress after which training ends.
    pub patience: usize,
    /// Tiles or patches per step; 0 for what suits the family.
    pub batch: usize,
    /// Of learning, at its highest; `None` for what suits the family.
    pub rate: Option<f64>,
    /// How weights are stored.
    pub weights: WeightFormat,
    /// The error bound that the estimates of size are for, and that forecasters are
    /// trained for.
    pub bound: Option<f64>,
    /// The same, as part of the range of the series.
    pub range_relative: Option<f64>,
    /// What the variable is called, for forecasters.
    pub variable: String,
    /// Its units.
    pub units: String,
    /// Time from frame to frame, such as `1h`.
    pub step: Option<String>,
    /// When the first frame is valid.
    pub start: Option<String>,
    /// First and last latitude.
    pub latitudes: Option<[f64; 2]>,
    /// First and last longitude.
    pub longitudes: Option<[f64; 2]>,
    /// Train on a CUDA device.
    pub cuda: bool,
}

impl Settings {
    /// What suits most, for a model of that name.
    pub fn new(name: impl Into<String>, family: Family) -> Self {
        Settings {
            name: name.into(),
            description: String::new(),
            licence: String::new(),
            recipe: String::new(),
            family,
            tile: Vec::new(),
            latents: 0,
            layers: Vec::new(),
            channels: Vec::new(),
            blocks: 4,
            gdn: false,
            loss: None,
            weight: None,
            differences: false,
            normalise: Scaling::Tile,
            epochs: 200,
            minutes: None,
            seed: 1,
            validation: 0.15,
            patience: 20,
            batch: 0,
            rate: None,
            weights: WeightFormat::F32,
            bound: None,
            range_relative: None,
            variable: "x".into(),
            units: String::new(),
            step: None,
            start: None,
            latitudes: None,
            longitudes: None,
            cuda: false,
        }
    }

    pub(crate) fn loss(&self) -> Loss {
        self.loss.unwrap_or(match self.family {
            Family::Dense | Family::Conv => Loss::Mse,
            Family::Sparse => Loss::L1,
            Family::Forecast | Family::Attention => Loss::Rough,
        })
    }

    /// The bound that estimates are for, given the range.
    pub(crate) fn bound_on(&self, range: f64) -> f64 {
        let relative = self.range_relative.unwrap_or(1e-2) * range;
        self.bound.unwrap_or(relative)
    }
}
