//! From coded chunks to a stream.

use std::io::Write;

use foresz_predictors::{Registry, Sample, Spec};

use super::models;
use crate::check::Errors;
use crate::chunk::{self, Encoded};
use crate::container::{self, Chunk, Index, Stored};
use crate::error::Result;
use crate::limits::Task;

/// What chunks are said to be predicted by of which no value was.
const STORED: &str = "zero";

/// A coded chunk and the predictor it was coded with.
pub(crate) struct CodedChunk {
    encoded: Encoded,
    spec: String,
    /// What there would be without predictors on offer, if one of those was better.
    plain: Option<Box<CodedChunk>>,
}

impl CodedChunk {
    pub(crate) fn new(spec: &Spec, mut encoded: Encoded) -> Self {
        // It may wait for all others.
        encoded.bytes.shrink_to_fit();
        CodedChunk {
            encoded,
            spec: spec.to_string(),
            plain: None,
        }
    }

    /// The predictor it was coded with.
    pub(crate) fn spec(&self) -> &str {
        &self.spec
    }

    /// The one that takes fewer bytes.
    pub(crate) fn or_smaller(self, other: CodedChunk) -> CodedChunk {
        if other.encoded.bytes.len() < self.encoded.bytes.len() {
            other
        } else {
            self
        }
    }

    /// The values as they are, if they take fewer bytes. What is written in words of the
    /// predictor counts where it was on offer.
    pub(crate) fn or_stored<T: Sample>(mut self, values: &[T]) -> CodedChunk {
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

    /// The one that takes fewer bytes, and what there would be without it. The name of a model, with its hash, is long and may
    /// be there for this chunk alone.
    pub(crate) fn or_offered(self, offered: CodedChunk) -> CodedChunk {
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

/// Without the learned models on offer, if storing them takes more than they save.
pub(crate) fn weighed(chunks: Vec<CodedChunk>, registry: &Registry) -> Result<Vec<CodedChunk>> {
    let saved = |chunk: &CodedChunk| {
        let plain = chunk.plain.as_ref()?;
        Some(plain.encoded.bytes.len() - chunk.encoded.bytes.len())
    };
    let saved: usize = chunks.iter().filter_map(saved).sum();
    if saved == 0 {
        return Ok(chunks);
    }
    let mut offered: Vec<String> = Vec::new();
    for chunk in chunks.iter().filter(|chunk| chunk.plain.is_some()) {
        if !offered.contains(&chunk.spec) {
            offered.push(chunk.spec.clone());
        }
    }
    let packed = models::store(registry, &offered)?;
    if packed.bytes.len() < saved {
        return Ok(chunks);
    }
    let plain = |chunk: CodedChunk| match chunk.plain {
        Some(plain) => *plain,
        None => chunk,
    };
    Ok(chunks.into_iter().map(plain).collect())
}

/// Writes chunks as they come and remembers where they are.
pub(crate) struct Assembly<W> {
    sink: W,
    written: u64,
    choices: Vec<String>,
    chunks: Vec<Chunk>,
    stored: Vec<Stored>,
    pub(crate) errors: Errors,
    /// The smallest step of a lattice; 0 if any chunk has none.
    lattice: f64,
}

impl<W: Write> Assembly<W> {
    pub(crate) fn new(mut sink: W) -> Result<Self> {
        let head = container::head();
        sink.write_all(&head)?;
        Ok(Assembly {
            sink,
            written: head.len() as u64,
            choices: Vec::new(),
            chunks: Vec::new(),
            stored: Vec::new(),
            errors: Errors::NONE,
            lattice: f64::INFINITY,
        })
    }

    pub(crate) fn push(&mut self, chunk: CodedChunk) -> Result<()> {
        let CodedChunk { encoded, spec, .. } = chunk;
        let choice = self
            .choices
            .iter()
            .position(|c| *c == spec)
            .unwrap_or_else(|| {
                self.choices.push(spec);
                self.choices.len() - 1
            });
        self.sink.write_all(&encoded.bytes)?;
        self.written += encoded.bytes.len() as u64;
        self.errors.largest = self.errors.largest.max(encoded.errors.largest);
        self.errors.squares += encoded.errors.squares;
        self.lattice = self.lattice.min(encoded.lattice);
        self.chunks.push(Chunk {
            bytes: encoded.bytes.len(),
            choice,
            backend: encoded.backend,
            checksum: crc32fast::hash(&encoded.bytes),
        });
        Ok(())
    }

    /// Writes the learned models that the chunks of a field need, after the last of them.
    pub(crate) fn store_models(
        &mut self,
        registry: &Registry,
        shape: &[usize],
        chunk: &[usize],
    ) -> Result<()> {
        let packed = models::store(registry, &self.choices)?;
        let task = Task::all(shape, chunk, packed.sizes());
        let check = |choice: &String| models::check(registry, choice, task);
        self.choices.iter().try_for_each(check)?;
        self.sink.write_all(&packed.bytes)?;
        self.written += packed.bytes.len() as u64;
        self.stored = packed.rows;
        Ok(())
    }

    /// Writes the index. Returns the sink, the index and the bytes written.
    pub(crate) fn finish(mut self, mut index: Index) -> Result<(W, Index, u64)> {
        index.max_error = self.errors.largest;
        index.lattice = self.lattice;
        index.choices = self.choices;
        index.chunks = self.chunks;
        index.stored = self.stored;
        let closing = container::closing(&index);
        self.sink.write_all(&closing)?;
        self.sink.flush()?;
        Ok((self.sink, index, self.written + closing.len() as u64))
    }
}
