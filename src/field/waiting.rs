//! Chunks that wait for learned models to pay.

use std::mem;

use foresz_predictors::Registry;

use super::coded::CodedChunk;
use super::models;
use crate::error::Result;

/// Bytes of chunks that may wait: models that do not pay by then are left out of them.
const MOST_BYTES: usize = 1 << 26;

/// Chunks that cannot be written yet. One that took a model on offer waits until such models
/// save more bytes than it takes to store them, and what comes after it waits behind it.
pub(super) struct Waiting {
    pub(super) registry: Registry,
    chunks: Vec<CodedChunk>,
    bytes: usize,
    /// With the chunks that wait, and without them.
    account: Account,
    settled: Account,
}

/// What models on offer cost and save.
#[derive(Clone, Default)]
struct Account {
    /// Specs that chunks took.
    taken: Vec<String>,
    /// Bytes of their models.
    price: usize,
    saved: usize,
}

impl Waiting {
    pub(super) fn new(registry: &Registry) -> Self {
        Waiting {
            registry: registry.clone(),
            chunks: Vec::new(),
            bytes: 0,
            account: Account::default(),
            settled: Account::default(),
        }
    }

    /// Takes the next chunk; returns all that need not wait any more.
    pub(super) fn push(&mut self, chunk: CodedChunk) -> Result<Vec<CodedChunk>> {
        let account = &mut self.account;
        if let Some(plain) = &chunk.plain {
            account.saved += plain.encoded.bytes.len() - chunk.encoded.bytes.len();
            if !account.taken.contains(&chunk.spec) {
                account.taken.push(chunk.spec.clone());
                account.price = models::store(&self.registry, &account.taken)?.bytes.len();
            }
        }
        let pays = account.taken.is_empty() || account.saved > account.price;
        self.bytes += chunk.encoded.bytes.len();
        self.chunks.push(chunk);
        Ok(if pays {
            self.settled = self.account.clone();
            self.bytes = 0;
            mem::take(&mut self.chunks)
        } else if self.bytes > MOST_BYTES {
            self.give_up()
        } else {
            Vec::new()
        })
    }

    /// What waits, without the models that do not pay.
    pub(super) fn give_up(&mut self) -> Vec<CodedChunk> {
        self.account = self.settled.clone();
        self.bytes = 0;
        let plain = |chunk: CodedChunk| match chunk.plain {
            Some(plain) => *plain,
            None => chunk,
        };
        mem::take(&mut self.chunks).into_iter().map(plain).collect()
    }
}
