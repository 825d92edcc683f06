//! Everything that was found, as `--json` writes it. docs/guide/compare.md describes it.

#![expect(
    missing_docs,
    reason = "the page docs/guide/compare.md describes every field"
)]

use std::collections::BTreeMap;

use crate::metrics::{Kept, Similarity, Spread, Uniformity};
use serde::{Deserialize, Serialize};

use super::job::ModelUsed;
use super::made::Made;
use super::why::Why;

/// Grows when the meaning of a field changes or one goes away.
pub const SCHEMA: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub schema: u32,
    pub made: Made,
    pub contenders: Vec<Entrant>,
    pub fields: Vec<FieldFacts>,
    /// Fields that nothing was measured on.
    pub left_out: Vec<LeftOut>,
    pub rows: Vec<Row>,
    pub winds: Vec<Wind>,
}

/// Which parts a contender is put together from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Make {
    /// `foresz` or the peer.
    pub codec: String,
    pub predictor: Option<String>,
    pub backend: Option<String>,
    pub effort: Option<String>,
}

impl Make {
    /// Whether it is one of foresz's own pipelines.
    pub fn is_ours(&self) -> bool {
        self.codec == "foresz"
    }

    /// Another compressor, which has no parts of ours.
    pub fn peer(codec: &str) -> Self {
        Make {
            codec: codec.into(),
            predictor: None,
            backend: None,
            effort: None,
        }
    }
}

/// A contender, here or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entrant {
    pub name: String,
    pub make: Make,
    pub version: Option<String>,
    /// Why it is not here.
    pub absent: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub field: String,
    pub reason: String,
}

/// What is known of a field itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldFacts {
    pub name: String,
    pub file: String,
    pub dtype: String,
    pub shape: Vec<usize>,
    /// Of the little-endian samples.
    pub sha256: String,
    pub raw_bytes: u64,
    pub numbers: usize,
    pub specials: usize,
    pub spread: Spread,
    pub morans_i: Option<f64>,
    pub map: Option<String>,
}

/// One contender on one field under one bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub field: String,
    /// As asked: absolute, or a part of the range.
    pub asked: f64,
    pub bound: f64,
    pub contender: String,
    pub status: Status,
    pub reason: Option<String>,
    pub measured: Option<Measured>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
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
    pub fn name(self) -> &'static str {
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
    pub fn lasts(self) -> bool {
        matches!(self, Status::Kept | Status::Broken | Status::Refused)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub stored_bytes: u64,
    pub ratio: f64,
    /// If learned models were part of the stream.
    pub ratio_with_models: f64,
    pub bits_per_value: f64,
    /// CPU seconds: the median of all runs.
    pub encode_seconds: f64,
    pub decode_seconds: f64,
    /// Raw bytes over CPU seconds, in MB/s.
    pub encode_speed: f64,
    pub decode_speed: f64,
    pub peak_bytes: Option<u64>,
    pub models: Vec<ModelUsed>,
    pub quality: Quality,
    pub why: Option<Why>,
}

/// How close the decoded field is to the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    pub kept: Kept,
    /// None where a number did not come back as one.
    pub max_error: Option<f64>,
    pub max_over_bound: Option<f64>,
    pub bias: f64,
    pub mean_absolute: f64,
    pub rms: f64,
    /// In dB; none where nothing was lost.
    pub psnr: Option<f64>,
    pub pearson: Option<f64>,
    pub dssim: Option<Similarity>,
    pub ssim: Option<Similarity>,
    /// RMS error of differences between neighbours, over their RMS.
    pub gradient_error: Option<f64>,
    pub spread: Option<Spread>,
    /// By how much extremes, outer quantiles and the median are off at most.
    pub spread_shift: Option<f64>,
    pub errors: Option<Uniformity>,
    /// Of errors, by dimension: at distances of 1, 2, … samples.
    pub autocorrelation: BTreeMap<String, Vec<Option<f64>>>,
    pub spectrum: Option<Spectrum>,
    /// Errors of the first frame, as a picture.
    pub map: Option<String>,
}

/// Power along rows in bands of wavenumbers, each twice as wide as the one before or so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// The first wavenumber of each band.
    pub from: Vec<usize>,
    /// Mean power of a wavenumber.
    pub field: Vec<f64>,
    pub error: Vec<f64>,
    /// Up to this wavenumber errors have less than a tenth of the power.
    pub resolved: usize,
    /// Of so many.
    pub wavenumbers: usize,
}

/// Wind speed from two decoded components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wind {
    pub u: String,
    pub v: String,
    pub asked: f64,
    pub contender: String,
    pub max_error: Option<f64>,
    pub bias: f64,
    pub rms: f64,
}
