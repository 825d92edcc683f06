//! What predictors need besides their specs, for streams to bring along.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::registry::Entry;
use crate::spec::Part;

/// The files of something that specs name by its hash, such as a learned model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its name.
    pub name: String,
    /// Its hash.
    pub sha256: String,
    /// Names and contents of the files that decoding needs.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What all that comes out of a stream may use while the stream is decoded. Clones share
/// the work.
#[derive(Debug, Clone)]
pub struct Allowance {
    memory: usize,
    work: Arc<AtomicU64>,
}

impl Allowance {
    /// Bytes at a time, on each thread, and multiply-adds in all.
    pub fn new(memory: usize, work: u64) -> Self {
        Allowance {
            memory,
            work: Arc::new(AtomicU64::new(work)),
        }
    }

    /// Bytes at a time.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Multiply-adds that are left.
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// Takes note of work that was done. Says `false` if it was more than was left: whether
    /// all of it fits together does not depend on what came first.
    pub fn spend(&self, work: u64) -> bool {
        let rest = |left: u64| Some(left.saturating_sub(work));
        let before = (self.work).fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        before.is_ok_and(|left| left >= work)
    }
}

/// Packs what a predictor needs, and unpacks it elsewhere.
pub trait Supply: Send + Sync {
    /// What the predictor of a settled part needs.
    fn pack(&self, part: &Part) -> Result<Parcel>;

    /// The same predictor with these at hand. Parcels come from streams: nothing about
    /// them is to be trusted, and what they may use is limited.
    fn unpack(&self, parcels: &[Parcel], allowance: &Allowance) -> Result<Entry>;

    /// Whether so many values could be decoded within an allowance, from what it took to
    /// code some of them.
    fn check(&self, part: &Part, values: u64, allowance: &Allowance) -> Result<()> {
        let _ = (part, values, allowance);
        Ok(())
    }
}
