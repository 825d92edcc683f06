//! Buffers of values that are no longer needed, and a limit on those that are.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::Problem;
use crate::tensor::{Data, Element, Tensor};
use crate::work::Work;

/// Fewer bytes than this are not worth keeping.
const WORTH_KEEPING: usize = 1 << 12;

/// Hands out buffers, takes them back and counts.
pub struct Memory {
    limit: usize,
    /// In use for as long as there are runs.
    held: usize,
    used: usize,
    most: Cell<usize>,
    kept: Vec<Vec<f32>>,
    kept_bytes: usize,
    pub(crate) work: Work,
}

impl Memory {
    pub(crate) fn new(limit: usize, held: usize, work: Work) -> Self {
        Self {
            limit,
            held,
            used: held,
            most: Cell::new(held),
            kept: Vec::new(),
            kept_bytes: 0,
            work,
        }
    }

    /// Forgets what is in use, at the start of a run; free buffers stay.
    pub(crate) fn restart(&mut self, work: Work) {
        self.used = self.held;
        self.most.set(self.held);
        self.work = work;
    }

    /// The most bytes that were in use at a time.
    pub(crate) fn most(&self) -> usize {
        self.most.get()
    }

    /// Counts what is allocated elsewhere.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Problem> {
        self.room(Some(bytes))?;
        self.used += bytes;
        if self.used + self.kept_bytes > self.limit {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        Ok(())
    }

    /// Whether there is room for lists that are gone before the next operator.
    pub(crate) fn room(&self, bytes: Option<usize>) -> Result<(), Problem> {
        let needed = bytes.unwrap_or(usize::MAX);
        let all = self.used.saturating_add(needed);
        if all <= self.limit {
            self.most.set(self.most.get().max(all));
            return Ok(());
        }
        Err(Problem::Memory {
            needed,
            used: self.used,
            limit: self.limit,
        })
    }

    /// A buffer whose contents the caller has to overwrite, which counts as work: it may
    /// hold values of an earlier tensor.
    pub(crate) fn buffer<T: Element>(&mut self, length: usize) -> Result<Vec<T>, Problem> {
        let bytes = length.saturating_mul(T::DTYPE.bytes());
        self.charge(bytes)?;
        self.work.each(length)?;
        if let Some(buffer) = T::recycled(self, length) {
            return Ok(buffer);
        }
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(length).is_err() {
            return Err(Problem::Full { needed: bytes });
        }
        buffer.resize(length, T::default());
        Ok(buffer)
    }

    /// A buffer full of one value.
    pub(crate) fn filled<T: Element>(
        &mut self,
        length: usize,
        value: T,
    ) -> Result<Vec<T>, Problem> {
        let mut buffer = self.buffer(length)?;
        buffer.fill(value);
        Ok(buffer)
    }

    /// The smallest kept buffer that is long enough, unless it is far too long.
    pub(crate) fn recycled(&mut self, length: usize) -> Option<Vec<f32>> {
        let fits = |buffer: &Vec<f32>| {
            buffer.capacity() >= length && buffer.capacity() / 4 <= length.max(WORTH_KEEPING)
        };
        let (at, _) = (self.kept.iter().enumerate())
            .filter(|(_, buffer)| fits(buffer))
            .min_by_key(|(_, buffer)| buffer.capacity())?;
        let mut buffer = self.kept.swap_remove(at);
        self.kept_bytes -= buffer.capacity() * 4;
        if cfg!(debug_assertions) {
            // Whoever reads before writing is found by the tests.
            buffer.fill(f32::NAN);
        }
        buffer.resize(length, 0.0);
        Some(buffer)
    }

    /// Takes back a tensor. If others share its elements, they go on living.
    pub(crate) fn release(&mut self, tensor: Tensor) {
        if tensor.is_shared() {
            return;
        }
        self.used = (self.used.saturating_sub(tensor.bytes())).max(self.held);
        if let Data::F32(values) = tensor.data
            && let Ok(buffer) = Arc::try_unwrap(values)
        {
            self.keep(buffer);
        }
    }

    fn keep(&mut self, buffer: Vec<f32>) {
        let bytes = buffer.capacity() * 4;
        if bytes >= WORTH_KEEPING && self.used + self.kept_bytes + bytes <= self.limit {
            self.kept_bytes += bytes;
            self.kept.push(buffer);
        }
    }
}
