//! Values that no multiple of the step comes close enough to, kept as they are.

use foresz_predictors::Sample;

use super::scale::{Scale, Tally};
use crate::bytes::{Reader, put_number};
use crate::error::{Result, Section, corrupt};

/// Exceptions in the order of their places.
#[derive(Default)]
pub(super) struct Exceptions {
    bytes: Vec<u8>,
    count: usize,
    /// The first place that can hold the next.
    next: usize,
}

impl Exceptions {
    /// Codes of a run of values that starts at `place`, of which some have none that
    /// would do. None if a value is not finite.
    pub(super) fn collect<T: Sample>(
        &mut self,
        scale: &Scale<T>,
        originals: &[T],
        place: usize,
        codes: &mut [i32],
        tally: &mut Tally<T>,
    ) -> Option<()> {
        let mut before = 0;
        for (k, (x, code)) in originals.iter().zip(codes).enumerate() {
            let (nearest, off, kept) = scale.nearest(*x);
            *code = nearest;
            if kept {
                tally.add(scale, off);
            } else if x.is_finite() {
                self.put(place + k, *x);
                // Any code will do; this one is cheap.
                *code = before;
            } else {
                return None;
            }
            before = *code;
        }
        Some(())
    }

    fn put<T: Sample>(&mut self, place: usize, value: T) {
        put_number(&mut self.bytes, (place - self.next) as u64);
        let bits = value.to_bits64().to_le_bytes();
        self.bytes.extend_from_slice(&bits[..T::BYTES]);
        self.count += 1;
        self.next = place + 1;
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.count as u64);
        out.extend_from_slice(&self.bytes);
    }

    /// Puts the exceptions in their places.
    pub(super) fn read<T: Sample>(reader: &mut Reader, values: &mut [T]) -> Result<()> {
        let count = reader.count(values.len(), "literals")?;
        let mut rest = values.iter_mut();
        for _ in 0..count {
            let gap = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
            let literal = reader.sample()?;
            match rest.nth(gap) {
                Some(value) => *value = literal,
                None => return corrupt(Section::Literals, "a literal lies outside the chunk"),
            }
        }
        Ok(())
    }
}
