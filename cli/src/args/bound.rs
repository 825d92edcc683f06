//! Bounds, as options say them.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use foresz::Bound;
use foresz::dataset::Preset;

pub(crate) const BOUND: &str = "Bound (one is required)";

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
