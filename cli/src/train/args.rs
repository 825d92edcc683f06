//! The command line of `foresz train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::args::{INPUT, LayoutArgs, Saying, Shape};

const EXAMPLES: &str = "\
Examples:
  foresz train flow.npy --family dense --range-rel 1e-2 -o flow-tiles
  foresz train t2m.f32 --shape 744x33x49 --family forecast --variable t2m --units K --step 1h --until 496 -o t2m-cnn
  foresz train flow.npy --family conv --gdn --loss swae --minutes 10 -o flow-conv
  foresz compress flow.npy --range-rel 1e-2 --predictor ae:model=flow-tiles+raster

The last 15 % of the first dimension is never trained on: what is told of loss and ratio is
told of it. Needs a build with --features train.";

const NETWORK: &str = "Network";
const TRAINING: &str = "Training";
const FIELD: &str = "What the field is";

/// What to train, on what, and for how long.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Train {
    /// A series to learn from: a file of any kind that compress reads; - for standard input
    pub(crate) input: PathBuf,
    /// The folder of the model; its name is the model's
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Replace a model that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Continue a training in that folder that was killed
    #[arg(long, conflicts_with = "force")]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Which variable or array of the file [default: the only one, or the one called data]
    #[arg(help_heading = INPUT, short = 'v', long, value_name = "NAME")]
    pub(crate) array: Option<String>,
    /// Frames from here on are never looked at
    #[arg(long, value_name = "FRAME")]
    pub(crate) until: Option<usize>,
    /// A value that means "nothing here"; may be repeated
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    pub(crate) fill: Vec<f64>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    #[command(flatten)]
    pub(crate) field: FieldArgs,
    /// Write loss and estimated ratio over the epochs here too, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

/// The network.
#[derive(Debug, Args)]
pub(crate) struct NetworkArgs {
    /// The kind of network
    #[arg(help_heading = NETWORK, long)]
    pub(crate) family: Family,
    /// Tiles of an autoencoder, such as 32x32 or 8x8x8; patches that a forecaster is trained on
    #[arg(help_heading = NETWORK, long, value_name = "SHAPE")]
    pub(crate) tile: Option<Shape>,
    /// Numbers per tile [default: a 64th of its values, sparse: 10 times as many]
    #[arg(help_heading = NETWORK, long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) latents: usize,
    /// Hidden layers of dense and sparse encoders [default: 200,100,50; sparse: twice the tile]
    #[arg(help_heading = NETWORK, long, value_name = "WIDTHS", value_delimiter = ',')]
    pub(crate) layers: Vec<usize>,
    /// Channels of the stages of conv [default: 32,64,128], or between the layers of a
    /// forecaster [default: 32]
    #[arg(help_heading = NETWORK, long, value_name = "CHANNELS", value_delimiter = ',')]
    pub(crate) channels: Vec<usize>,
    /// Residual blocks of a forecaster
    #[arg(help_heading = NETWORK, long, value_name = "N", default_value_t = 4)]
    pub(crate) blocks: usize,
    /// Divisive normalisation between the stages of conv, instead of a leaky `ReLU`
    #[arg(help_heading = NETWORK, long)]
    pub(crate) gdn: bool,
    /// Code differences of neighbouring latents, and keep them small under --loss l1
    #[arg(help_heading = NETWORK, long)]
    pub(crate) differences: bool,
    /// What an autoencoder subtracts and divides by
    #[arg(help_heading = NETWORK, long, default_value = "tile")]
    pub(crate) normalise: Normalise,
    /// How weights are stored
    #[arg(help_heading = NETWORK, long, default_value = "f32")]
    pub(crate) weights: Weights,
}

/// How it learns.
#[derive(Debug, Args)]
pub(crate) struct TrainingArgs {
    /// What is made small [default: mse; sparse: l1; forecasters: rough]
    #[arg(help_heading = TRAINING, long)]
    pub(crate) loss: Option<Loss>,
    /// Of the term in swae and l1 that shapes latents [default: 0.01, 0.001]
    #[arg(help_heading = TRAINING, long, value_name = "W")]
    pub(crate) weight: Option<f64>,
    /// The most epochs
    #[arg(help_heading = TRAINING, long, value_name = "N", default_value_t = 200)]
    pub(crate) epochs: usize,
    /// The most minutes
    #[arg(help_heading = TRAINING, long, value_name = "M")]
    pub(crate) minutes: Option<f64>,
    /// The last part of the first dimension, to validate on
    #[arg(help_heading = TRAINING, long, value_name = "PART", default_value_t = 0.15)]
    pub(crate) validation: f64,
    /// The most epochs without progress
    #[arg(help_heading = TRAINING, long, value_name = "N", default_value_t = 20)]
    pub(crate) patience: usize,
    /// Tiles or patches per step [default: 64, forecasters: 4]
    #[arg(help_heading = TRAINING, long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) batch: usize,
    /// Of learning, at its highest [default: 0.001, forecasters: 0.002]
    #[arg(help_heading = TRAINING, long, value_name = "R")]
    pub(crate) rate: Option<f64>,
    /// Another seed is another model
    #[arg(help_heading = TRAINING, long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The bound that sizes are estimated for, and a forecaster is trained for
    #[arg(help_heading = TRAINING, long, value_name = "E", conflicts_with = "range_rel")]
    pub(crate) bound: Option<f64>,
    /// The same as part of the range [default: 0.01; forecasters are trained for 0.0001 to 0.01]
    #[arg(help_heading = TRAINING, long, value_name = "R")]
    pub(crate) range_rel: Option<f64>,
    /// Train on a CUDA device; needs a build with --features train-cuda
    #[arg(help_heading = TRAINING, long)]
    pub(crate) cuda: bool,
}

/// What contracts say, and forecasters look at.
#[derive(Debug, Args)]
pub(crate) struct FieldArgs {
    /// What a forecaster's field holds
    #[arg(help_heading = FIELD, long, value_name = "NAME", default_value = "x")]
    pub(crate) variable: String,
    /// Its units
    #[arg(help_heading = FIELD, long, value_name = "UNITS", default_value = "")]
    pub(crate) units: String,
    /// From frame to frame, such as 1h
    #[arg(help_heading = FIELD, long, value_name = "DURATION")]
    pub(crate) step: Option<String>,
    /// When the first frame is valid, such as 2019-03-01T00:00
    #[arg(help_heading = FIELD, long, value_name = "TIME")]
    pub(crate) start: Option<String>,
    /// First and last latitude, such as 90:-90
    #[arg(help_heading = FIELD, long, value_name = "FIRST:LAST", value_parser = ends, allow_hyphen_values = true)]
    pub(crate) latitudes: Option<[f64; 2]>,
    /// First and last longitude, such as 0:359.75
    #[arg(help_heading = FIELD, long, value_name = "FIRST:LAST", value_parser = ends, allow_hyphen_values = true)]
    pub(crate) longitudes: Option<[f64; 2]>,
    /// For people: what the model was trained on
    #[arg(help_heading = FIELD, long, value_name = "TEXT", default_value = "")]
    pub(crate) about: String,
    /// For people: under which terms the model may be used
    #[arg(help_heading = FIELD, long, value_name = "TEXT", default_value = "")]
    pub(crate) licence: String,
}

/// The kind of network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Family {
    /// Autoencoder of fully connected layers
    Dense,
    /// Autoencoder of convolutions
    Conv,
    /// Autoencoder with many latents, nearly all 0
    Sparse,
    /// Forecaster of residual convolutions
    Forecast,
    /// Forecaster with attention in windows; of one grid
    Attention,
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Loss {
    /// Mean squared error
    Mse,
    /// And the distance of latents to a normal distribution
    Swae,
    /// And the absolute values of latents
    L1,
    /// Squared error, mostly of what neighbours do not share
    Rough,
}

/// What an autoencoder subtracts and divides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Normalise {
    /// Centre and half range of what is compressed
    Field,
    /// The mean of each tile, and one scale
    Tile,
    /// Mean and deviation of what was trained on
    Fixed,
}

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weights {
    /// Four bytes each
    F32,
    /// Two bytes each
    I16,
    /// One byte each
    I8,
}

fn ends(text: &str) -> Result<[f64; 2], String> {
    let wrong = || format!("{text:?}: write first and last, such as 90:-90");
    let (first, last) = text.split_once(':').ok_or_else(wrong)?;
    let number = |n: &str| n.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    Ok([
        number(first).ok_or_else(wrong)?,
        number(last).ok_or_else(wrong)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_an_axis() {
        assert_eq!(ends("90:-90"), Ok([90.0, -90.0]));
        for wrong in ["", "90", "a:b", "1:nan"] {
            assert!(ends(wrong).is_err(), "{wrong}");
        }
    }
}
