//! The learned models that a stream was made with, as its specs name them.

use foresz_predictors::{Part, Spec};
use serde::Serialize;

use crate::container::Index;

/// A learned model that a stream needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// SHA-256 of its contract.
    pub sha256: String,
    /// What it was run by: `exact`, `ort` or `process`.
    pub runtime: String,
    /// In which version and with which settings, where that matters.
    pub made: String,
    /// Bytes of its weights, which a reader of the stream has to have too.
    pub bytes: u64,
    /// Whether what it predicts is snapped to a grid with a guard band.
    pub guarded: bool,
}

impl Used {
    /// All that an index names, each once.
    pub(crate) fn of(index: &Index) -> Vec<Used> {
        let specs = index.choices.iter().filter_map(|c| c.parse().ok());
        let parts = specs.flat_map(|spec: Spec| spec.parts);
        let mut all: Vec<Used> = Vec::new();
        for used in parts.filter_map(|part| Used::by(&part)) {
            if all.iter().all(|known| known.sha256 != used.sha256) {
                all.push(used);
            }
        }
        all
    }

    fn by(part: &Part) -> Option<Used> {
        let text = |key: &str| {
            let found = part.params.iter().find(|(k, _)| k == key);
            found.map(|(_, value)| value.clone())
        };
        let runtime = text("runtime").unwrap_or_default();
        Some(Used {
            name: text("model")?,
            sha256: text("sha256")?,
            made: text("made").unwrap_or_default(),
            bytes: text("bytes").and_then(|b| b.parse().ok()).unwrap_or(0),
            guarded: runtime != "exact" || text("guard").is_some(),
            runtime,
        })
    }

    /// A ratio if the weights came with the stream.
    pub(crate) fn ratio(models: &[Used], raw_bytes: u64, stream_bytes: u64) -> f64 {
        let weights: u64 = models.iter().map(|m| m.bytes).sum();
        raw_bytes as f64 / stream_bytes.saturating_add(weights) as f64
    }
}
