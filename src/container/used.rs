//! The learned models that a stream was made with, as its specs name them.

use foresz_predictors::{Part, Spec};
use serde::Serialize;

use crate::container::Index;

/// A learned model that a stream needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Used {
    /// Its name.
    pub name: String,
    /// SHA-256 of its contract.
    pub sha256: String,
    /// What it was run by: `exact`, `ort` or `process`; or the language of an object of the
    /// program, such as `python`.
    pub runtime: String,
    /// In which version and with which settings, where that matters.
    pub made: String,
    /// Bytes of its weights, which a reader of the stream has to have too, unless they are
    /// in it.
    pub bytes: u64,
    /// Bytes that it takes in the stream; 0 if it is not there.
    pub stored_bytes: u64,
    /// Whether what it predicts is snapped to a grid with a guard band.
    pub guarded: bool,
}

impl Used {
    /// All that an index names, each once.
    pub(crate) fn of(index: &Index) -> Vec<Used> {
        let mut all = Used::by_choices(&index.choices);
        for row in &index.stored {
            if let Some(used) = all.get_mut(row.model) {
                used.stored_bytes = row.bytes as u64;
            }
        }
        all
    }

    /// Whether a choice names it.
    pub(crate) fn is_in(&self, choice: &str) -> bool {
        let spec: Option<Spec> = choice.parse().ok();
        spec.is_some_and(|spec| {
            let parts = spec.parts.iter().filter_map(Used::by);
            parts.into_iter().any(|used| used.sha256 == self.sha256)
        })
    }

    /// In the order of the choices.
    pub(crate) fn by_choices(choices: &[String]) -> Vec<Used> {
        let specs = choices.iter().filter_map(|c| c.parse().ok());
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
            stored_bytes: 0,
        })
    }

    /// A ratio if all weights came with the stream.
    pub(crate) fn ratio(models: &[Used], raw_bytes: u64, stream_bytes: u64) -> f64 {
        let apart = models.iter().filter(|m| m.stored_bytes == 0);
        let weights = apart
            .map(|m| m.bytes)
            .fold(stream_bytes, u64::saturating_add);
        raw_bytes as f64 / weights as f64
    }

    /// A ratio if no weights were in the stream.
    pub(crate) fn ratio_without(models: &[Used], raw_bytes: u64, stream_bytes: u64) -> f64 {
        let stored: u64 = models.iter().map(|m| m.stored_bytes).sum();
        raw_bytes as f64 / stream_bytes.saturating_sub(stored).max(1) as f64
    }
}
