//! Everything that was found, as `--json` writes it. docs/compare.md describes it.

use std::collections::BTreeMap;

use foresz::metrics::{Kept, Similarity, Spread, Uniformity};
use serde::{Deserialize, Serialize};

use super::contenders::Make;
use super::job::ModelUsed;
use super::made::Made;
use super::why::Why;

/// Grows when the meaning of a field changes or one goes away.
pub(crate) const SCHEMA: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) schema: u32,
    pub(crate) made: Made,
    pub(crate) contenders: Vec<Entrant>,
    pub(crate) fields: Vec<FieldFacts>,
    /// Fields that nothing was measured on.
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) rows: Vec<Row>,
    pub(crate) winds: Vec<Wind>,
}

/// A contender, here or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entrant {
    pub(crate) name: String,
    pub(crate) make: Make,
    pub(crate) version: Option<String>,
    /// Why it is not here.
    pub(crate) absent: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// What is known of a field itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldFacts {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    /// Of the little-endian samples.
    pub(crate) sha256: String,
    pub(crate) raw_bytes: u64,
    pub(crate) numbers: usize,
    pub(crate) specials: usize,
    pub(crate) spread: Spread,
    pub(crate) morans_i: Option<f64>,
    pub(crate) map: Option<String>,
}

/// One contender on one field under one bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) field: String,
    /// As asked: absolute, or a part of the range.
    pub(crate) asked: f64,
    pub(crate) bound: f64,
    pub(crate) contender: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) measured: Option<Measured>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Every value within the bound, everything else as it was.
    Kept,
    Broken,
    /// It said that it cannot take this field.
    Refused,
    Crashed,
    TimedOut,
    Absent,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Kept => "kept",
            Status::Broken => "broken",
            Status::Refused => "refused",
            Status::Crashed => "crashed",
            Status::TimedOut => "timed out",
            Status::Absent => "absent",
        }
    }

    /// Whether the same would come out tomorrow.
    pub(crate) fn lasts(self) -> bool {
        matches!(self, Status::Kept | Status::Broken | Status::Refused)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) stored_bytes: u64,
    pub(crate) ratio: f64,
    /// If learned models were part of the stream.
    pub(crate) ratio_with_models: f64,
    pub(crate) bits_per_value: f64,
    /// CPU seconds: the median of all runs.
    pub(crate) encode_seconds: f64,
    pub(crate) decode_seconds: f64,
    /// Raw bytes over CPU seconds, in MB/s.
    pub(crate) encode_speed: f64,
    pub(crate) decode_speed: f64,
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) models: Vec<ModelUsed>,
    pub(crate) quality: Quality,
    pub(crate) why: Option<Why>,
}

/// How close the decoded field is to the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quality {
    pub(crate) kept: Kept,
    /// None where a number did not come back as one.
    pub(crate) max_error: Option<f64>,
    pub(crate) max_over_bound: Option<f64>,
    pub(crate) bias: f64,
    pub(crate) mean_absolute: f64,
    pub(crate) rms: f64,
    /// In dB; none where nothing was lost.
    pub(crate) psnr: Option<f64>,
    pub(crate) pearson: Option<f64>,
    pub(crate) dssim: Option<Similarity>,
    pub(crate) ssim: Option<Similarity>,
    /// RMS error of differences between neighbours, over their RMS.
    pub(crate) gradient_error: Option<f64>,
    pub(crate) spread: Option<Spread>,
    /// By how much extremes, outer quantiles and the median are off at most.
    pub(crate) spread_shift: Option<f64>,
    pub(crate) errors: Option<Uniformity>,
    /// Of errors, by dimension: at distances of 1, 2, … samples.
    pub(crate) autocorrelation: BTreeMap<String, Vec<Option<f64>>>,
    pub(crate) spectrum: Option<Spectrum>,
    /// Errors of the first frame, as a picture.
    pub(crate) map: Option<String>,
}

/// Power along rows in bands of wavenumbers, each twice as wide as the one before or so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spectrum {
    /// The first wavenumber of each band.
    pub(crate) from: Vec<usize>,
    /// Mean power of a wavenumber.
    pub(crate) field: Vec<f64>,
    pub(crate) error: Vec<f64>,
    /// Up to this wavenumber errors have less than a tenth of the power.
    pub(crate) resolved: usize,
    /// Of so many.
    pub(crate) wavenumbers: usize,
}

/// Wind speed from two decoded components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wind {
    pub(crate) u: String,
    pub(crate) v: String,
    pub(crate) asked: f64,
    pub(crate) contender: String,
    pub(crate) max_error: Option<f64>,
    pub(crate) bias: f64,
    pub(crate) rms: f64,
}
