//! Chunks that are coded, and which of two ways to keep.

use foresz_predictors::{Sample, Spec};

use crate::chunk::{self, Encoded};

/// What chunks are said to be predicted by of which no value was.
const STORED: &str = "zero";

/// A coded chunk and the predictor it was coded with.
pub(super) struct CodedChunk {
    pub(super) encoded: Encoded,
    /// The predictor it was coded with.
    pub(super) spec: String,
    /// What there would be without predictors on offer, if one of those was better.
    pub(super) plain: Option<Box<CodedChunk>>,
}

impl CodedChunk {
    pub(super) fn new(spec: &Spec, mut encoded: Encoded) -> Self {
        // It may wait for all others.
        encoded.bytes.shrink_to_fit();
        CodedChunk {
            encoded,
            spec: spec.to_string(),
            plain: None,
        }
    }

    /// The one that takes fewer bytes.
    pub(super) fn or_smaller(self, other: CodedChunk) -> CodedChunk {
        if other.encoded.bytes.len() < self.encoded.bytes.len() {
            other
        } else {
            self
        }
    }

    /// The values as they are, if they take fewer bytes. What is written in words of the
    /// predictor counts where it was on offer.
    pub(super) fn or_stored<T: Sample>(mut self, values: &[T]) -> CodedChunk {
        let spec = self.plain.as_ref().map_or(0, |_| self.spec.len());
        let stored = chunk::stored_bytes::<T>(values.len());
        if self.encoded.bytes.len() + spec <= stored {
            self.plain = self.plain.map(|plain| Box::new(plain.or_stored(values)));
            return self;
        }
        CodedChunk {
            encoded: chunk::store(values),
            spec: STORED.into(),
            plain: None,
        }
    }

    /// The one that takes fewer bytes, and what there would be without it. The name of a
    /// model, with its hash, is long and may be there for this chunk alone.
    pub(super) fn or_offered(self, offered: CodedChunk) -> CodedChunk {
        if offered.encoded.bytes.len() + offered.spec.len() >= self.encoded.bytes.len() {
            return self;
        }
        let CodedChunk {
            encoded,
            spec,
            plain,
        } = self;
        let plain = plain.unwrap_or_else(|| {
            Box::new(CodedChunk {
                encoded,
                spec,
                plain: None,
            })
        });
        CodedChunk {
            plain: Some(plain),
            ..offered
        }
    }
}
