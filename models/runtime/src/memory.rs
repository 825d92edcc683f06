//! Buffers of values that are no longer needed, and a limit on those that are.

use std::sync::Arc;

use crate::error::Problem;
use crate::tensor::{Data, Element, Tensor};

/// Fewer bytes than this are not worth keeping.
const WORTH_KEEPING: usize = 1 << 12;

/// Hands out buffers, takes them back and counts.
#[derive(Default)]
pub struct Memory {
    limit: usize,
    used: usize,
    kept: Vec<Vec<f32>>,
    kept_bytes: usize,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Forgets what is in use, at the start of a run; free buffers stay.
    pub(crate) fn restart(&mut self) {
        self.used = 0;
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
        if self.used.saturating_add(needed) <= self.limit {
            return Ok(());
        }
        Err(Problem::Memory {
            needed,
            used: self.used,
            limit: self.limit,
        })
    }

    /// A buffer whose contents the caller has to overwrite: it may hold values of an
    /// earlier tensor.
    pub(crate) fn buffer<T: Element>(&mut self, length: usize) -> Result<Vec<T>, Problem> {
        self.charge(length.saturating_mul(T::DTYPE.bytes()))?;
        if let Some(buffer) = T::recycled(self, length) {
            return Ok(buffer);
        }
        Ok(vec![T::default(); length])
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
        let bytes = tensor.bytes();
        let last = match tensor.data {
            Data::F32(values) => match Arc::try_unwrap(values) {
                Ok(buffer) => {
                    self.keep(buffer);
                    true
                }
                Err(_) => false,
            },
            Data::F64(values) => Arc::into_inner(values).is_some(),
            Data::I64(values) => Arc::into_inner(values).is_some(),
            Data::Bool(values) => Arc::into_inner(values).is_some(),
        };
        if last {
            self.used = self.used.saturating_sub(bytes);
        }
    }

    fn keep(&mut self, buffer: Vec<f32>) {
        let bytes = buffer.capacity() * 4;
        if bytes >= WORTH_KEEPING && self.used + self.kept_bytes <= self.limit {
            self.kept_bytes += bytes;
            self.kept.push(buffer);
        }
    }
}
