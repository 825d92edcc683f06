//! What a contender is told, and what it answers. Each runs in a process of its own, so that
//! whatever happens to it happens to it alone.

use std::path::PathBuf;

use foresz::{Backend, Effort};
use serde::{Deserialize, Serialize};

use super::why::Why;

/// One field under one bound, as a contender finds it on standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    /// Raw little-endian samples.
    pub(super) input: PathBuf,
    /// Where the decoded samples go.
    pub(super) decoded: PathBuf,
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
    /// Absolute.
    pub(super) bound: f64,
    pub(super) fills: Vec<f64>,
    pub(super) repeat: u32,
    pub(super) how: How,
}

/// Which codec, and its settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum How {
    Foresz {
        predictor: String,
        backend: Option<Backend>,
        effort: Effort,
        dims: Vec<String>,
        attributes: Vec<(String, String)>,
        models: Vec<PathBuf>,
    },
    Zstd {
        level: i32,
    },
    Peer {
        mode: String,
    },
}

/// What a contender found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Reply {
    /// It cannot or will not take this field: no failure of its own.
    Refused {
        refused: String,
    },
    Done(Box<Answer>),
}

/// Sizes and times; the decoded field is in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) stored_bytes: u64,
    /// CPU seconds, one number per run.
    pub(super) encode_seconds: Vec<f64>,
    pub(super) decode_seconds: Vec<f64>,
    /// Largest memory of the process, with the field itself.
    pub(super) peak_bytes: Option<u64>,
    #[serde(default)]
    pub(super) models: Vec<ModelUsed>,
    #[serde(default)]
    pub(super) why: Option<Why>,
}

/// A learned model that decoding takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ModelUsed {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}
