//! From coded chunks to a stream.

use std::io::Write;

use super::coded::CodedChunk;
use super::models;
use super::waiting::Waiting;
use crate::check::Errors;
use crate::container::{self, Chunk, Index, Stored};
use crate::error::Result;
use crate::limits::Task;
use crate::options::Options;

/// Writes chunks as they come and remembers where they are.
pub(super) struct Sink<W> {
    out: W,
    bytes: u64,
    choices: Vec<String>,
    chunks: Vec<Chunk>,
    errors: Errors,
    /// The smallest step of a lattice; 0 if any chunk has none.
    lattice: f64,
    /// If learned models are to be stored: chunks that wait until that pays.
    waiting: Option<Waiting>,
}

/// A stream that is done.
pub(super) struct Written<W> {
    pub(super) out: W,
    pub(super) index: Index,
    pub(super) bytes: u64,
    /// Sum of the squares of all errors.
    pub(super) squares: f64,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(mut out: W, options: &Options) -> Result<Self> {
        let head = container::head();
        out.write_all(&head)?;
        Ok(Sink {
            out,
            bytes: head.len() as u64,
            choices: Vec::new(),
            chunks: Vec::new(),
            errors: Errors::NONE,
            lattice: f64::INFINITY,
            waiting: options
                .store_models
                .then(|| Waiting::new(&options.registry)),
        })
    }

    /// Takes the next chunk.
    pub(super) fn push(&mut self, chunk: CodedChunk) -> Result<()> {
        match &mut self.waiting {
            None => self.write(chunk),
            Some(waiting) => {
                let ready = waiting.push(chunk)?;
                ready.into_iter().try_for_each(|chunk| self.write(chunk))
            }
        }
    }

    fn write(&mut self, chunk: CodedChunk) -> Result<()> {
        let CodedChunk { encoded, spec, .. } = chunk;
        let known = self.choices.iter().position(|c| *c == spec);
        let choice = known.unwrap_or_else(|| {
            self.choices.push(spec);
            self.choices.len() - 1
        });
        self.put(&encoded.bytes)?;
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

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes what still waits, and the learned models that chunks need after the last of
    /// them.
    fn store_models(&mut self, mut waiting: Waiting, index: &Index) -> Result<Vec<Stored>> {
        let mut unpaid = waiting.give_up().into_iter();
        unpaid.try_for_each(|chunk| self.write(chunk))?;
        let packed = models::store(&waiting.registry, &self.choices)?;
        let chunk: Vec<usize> = index.dims.iter().map(|d| d.chunk).collect();
        let task = Task::all(&index.shape(), &chunk, packed.sizes());
        let check = |choice: &String| models::check(&waiting.registry, choice, task);
        self.choices.iter().try_for_each(check)?;
        self.put(&packed.bytes)?;
        Ok(packed.rows)
    }

    /// Writes models and the index.
    pub(super) fn finish(mut self, mut index: Index) -> Result<Written<W>> {
        if let Some(waiting) = self.waiting.take() {
            index.stored = self.store_models(waiting, &index)?;
        }
        index.max_error = self.errors.largest;
        index.lattice = self.lattice;
        index.choices = self.choices;
        index.chunks = self.chunks;
        let closing = container::closing(&index);
        self.out.write_all(&closing)?;
        self.out.flush()?;
        Ok(Written {
            out: self.out,
            index,
            bytes: self.bytes + closing.len() as u64,
            squares: self.errors.squares,
        })
    }
}
