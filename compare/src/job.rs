//! What a contender is told, and what it answers. Each runs in a process of its own, so that
//! whatever happens to it happens to it alone.

#![expect(
    missing_docs,
    reason = "the page docs/guide/compare.md describes every field"
)]

use std::path::PathBuf;

use foresz::{Backend, Effort};
use serde::{Deserialize, Serialize};

use super::why::Why;

/// One field under one bound, as a contender finds it on standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Raw little-endian samples.
    pub input: PathBuf,
    /// Where the decoded samples go.
    pub decoded: PathBuf,
    pub dtype: String,
    pub shape: Vec<usize>,
    /// Absolute.
    pub bound: f64,
    pub fills: Vec<f64>,
    pub repeat: u32,
    pub how: How,
}

/// Which codec, and its settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
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
pub enum Reply {
    /// It cannot or will not take this field: no failure of its own.
    Refused {
        refused: String,
    },
    Done(Box<Answer>),
}

/// Sizes and times; the decoded field is in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub stored_bytes: u64,
    /// CPU seconds, one number per run.
    pub encode_seconds: Vec<f64>,
    pub decode_seconds: Vec<f64>,
    /// Largest memory of the process, with the field itself.
    pub peak_bytes: Option<u64>,
    #[serde(default)]
    pub models: Vec<ModelUsed>,
    #[serde(default)]
    pub why: Option<Why>,
}

/// A learned model that decoding takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelUsed {
    pub name: String,
    pub sha256: String,
    pub bytes: u64,
}
