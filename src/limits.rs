//! What learned models that come with a stream may use.

use foresz_predictors::Allowance;

/// What the learned models of a stream may use of the machine that decodes it. A stream of
/// a few kilobytes could else bring a model along that takes all memory, or days.
///
/// Models are counted before they run, from the shapes of what they compute. The clock has
/// no say, so a stream decodes on every machine or on none.
///
/// ```
/// use foresz::{Decompressor, Limits};
///
/// let limits = Limits::default().memory(8 << 30).work(1 << 22);
/// let decoder = Decompressor::default().limits(limits);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    memory: Option<usize>,
    work: Option<u64>,
}

/// Bytes for any model, for each value of a chunk, and for each byte of models.
const MEMORY: usize = 64 << 20;
const MEMORY_OF_VALUE: usize = 4 << 10;
const MEMORY_OF_MODEL: usize = 4;
/// More has to be asked for.
const MOST_MEMORY: usize = if usize::BITS < 64 { 1 << 30 } else { 4 << 30 };
/// Multiply-adds for any stream, and for each value that is decoded.
const WORK: u64 = 1 << 28;
const WORK_OF_VALUE: u64 = 1 << 16;
/// The same for each byte of models in the stream: networks use each of their weights
/// about once for each value.
const WORK_OF_MODEL: u64 = 16;

/// What is decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    /// Values of the chunks that are decoded.
    pub(crate) values: u64,
    /// Values of the largest chunk.
    pub(crate) chunk: usize,
    /// Its models.
    pub(crate) models: Models,
}

/// Bytes of models.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Models {
    /// As they are stored in the stream.
    pub(crate) stored: usize,
    pub(crate) unpacked: usize,
}

impl Task {
    /// All of a field that is cut into such chunks.
    pub(crate) fn all(shape: &[usize], chunk: &[usize], models: Models) -> Self {
        let times = |all: u64, n: &usize| all.saturating_mul(*n as u64);
        let largest = shape.iter().zip(chunk).map(|(n, c)| n.min(c));
        Task {
            values: shape.iter().fold(1, times),
            chunk: largest.fold(1, |all, n| all.saturating_mul(*n)),
            models,
        }
    }
}

impl Limits {
    /// Bytes at a time, on each thread, weights included. If not said: 64 MiB, 4 KiB for each
    /// value of the largest chunk and four times the bytes of the models, 4 GiB at most.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Multiply-adds for each value that is decoded, beside 2²⁸ for the stream as a whole. If
    /// not said: 2¹⁶, and 16 for each byte that models take in the stream.
    #[must_use]
    pub fn work(mut self, per_value: u64) -> Self {
        self.work = Some(per_value);
        self
    }

    /// What models may use for a task.
    pub(crate) fn allow(self, task: Task) -> Allowance {
        let usual = || {
            let of_chunk = task.chunk.saturating_mul(MEMORY_OF_VALUE);
            let of_models = task.models.unpacked.saturating_mul(MEMORY_OF_MODEL);
            let all = MEMORY.saturating_add(of_chunk).saturating_add(of_models);
            all.min(MOST_MEMORY)
        };
        let of_models = (task.models.stored as u64).saturating_mul(WORK_OF_MODEL);
        let usual_work = WORK_OF_VALUE.saturating_add(of_models);
        let of_value = self.work.unwrap_or(usual_work);
        let work = task.values.saturating_mul(of_value).saturating_add(WORK);
        Allowance::new(self.memory.unwrap_or_else(usual), work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_grow_with_the_field_and_not_beyond() {
        let task = |values, chunk, bytes| Task {
            values,
            chunk,
            models: Models {
                stored: bytes,
                unpacked: bytes,
            },
        };
        let allow = |task| Limits::default().allow(task);
        let small = allow(task(1000, 1000, 100));
        assert!(small.memory() < 70 << 20 && small.work() < 1 << 30);
        let large = allow(task(u64::MAX, usize::MAX, usize::MAX));
        assert_eq!((large.memory(), large.work()), (MOST_MEMORY, u64::MAX));
        let asked = Limits::default().memory(5 << 30).work(10);
        let asked = asked.allow(task(100, 100, 0));
        assert_eq!((asked.memory(), asked.work()), (5 << 30, WORK + 1000));
    }

    #[test]
    fn work_is_shared_and_order_does_not_matter() {
        let none = Task::all(&[5], &[9], Models::default());
        assert_eq!((none.values, none.chunk), (5, 5));
        let allowance = Limits::default().work(0).allow(none);
        let twin = allowance.clone();
        assert!(allowance.spend(WORK - 1) && twin.spend(1));
        assert!(!allowance.spend(1) && twin.work() == 0);
    }
}
