//! `foresz hdf5-plugin`.

mod numbers;
mod plugin;

use std::path::PathBuf;

use clap::Args;

use super::args::{CodingArgs, OneBound, Saying, Shape};
use super::talk::Talk;

const NUMBERS: &str = "Numbers for nccopy and h5repack";

const EXAMPLES: &str = "\
Examples:
  foresz hdf5-plugin --install ~/.local/lib/hdf5
  foresz hdf5-plugin --abs 0.05 --shape 8x90x180

The plugin lets everything that is built on HDF5 read and write what foresz compressed, once
HDF5_PLUGIN_PATH names its folder. HDF5 tells filters neither the type nor the shape of chunks:
the numbers do. See docs/guide/hdf5.md.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Hdf5Plugin {
    /// Copy the plugin into this folder [default: say where it is]
    #[arg(long, value_name = "DIR", conflicts_with = "shape")]
    install: Option<PathBuf>,
    #[command(flatten)]
    bound: OneBound,
    /// Shape of the chunks, such as 8x90x180
    #[arg(help_heading = NUMBERS, long, value_name = "SHAPE", requires = "OneBound")]
    shape: Option<Shape>,
    /// Type of the values: f32 or f64
    #[arg(help_heading = NUMBERS, long, value_name = "TYPE", default_value = "f32")]
    dtype: foresz::DType,
    /// The file has the highest byte of its values first
    #[arg(help_heading = NUMBERS, long)]
    big_endian: bool,
    /// A value that stands for nothing and comes back exactly; may be repeated
    #[arg(
        help_heading = NUMBERS,
        long,
        value_name = "X",
        allow_negative_numbers = true
    )]
    fill: Vec<f64>,
    #[command(flatten)]
    coding: CodingArgs,
    #[command(flatten)]
    pub(crate) saying: Saying,
}

pub(crate) fn run(args: &Hdf5Plugin, talk: &Talk) -> anyhow::Result<()> {
    match args.bound.bound() {
        Some(bound) => numbers::tell(args, bound, talk),
        None => plugin::tell(args.install.as_deref(), talk),
    }
}
