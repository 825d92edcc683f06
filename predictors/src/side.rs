//! Reads side information that nobody vouches for.

use crate::error::{Error, Result};
use crate::predictor::Side;
use crate::references::MOST_REFERENCES;

/// What is left of side information.
pub(crate) struct SideReader<'a>(&'a [u8]);

pub(crate) fn damaged(reason: &str) -> Error {
    Error::Side {
        reason: reason.into(),
    }
}

impl<'a> SideReader<'a> {
    pub(crate) fn new(side: &'a Side) -> Self {
        SideReader(&side.0)
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(n)
            .ok_or_else(|| damaged("it is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|taken| taken[0])
    }

    /// What fitted predictors begin with: the centre, and steps back to each reference,
    /// one per outer dimension.
    pub(crate) fn center_and_references(&mut self, outer: usize) -> Result<(f64, Vec<Vec<u8>>)> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        let count = usize::from(self.byte()?);
        if count > MOST_REFERENCES {
            return Err(damaged("it has too many references"));
        }
        let references = (0..count).map(|_| Ok(self.take(outer)?.to_vec()));
        let references = references.collect::<Result<_>>()?;
        Ok((f64::from_le_bytes(eight), references))
    }

    pub(crate) fn taps(&mut self, count: usize) -> Result<Vec<i16>> {
        let (taps, _) = self.take(2 * count)?.as_chunks();
        Ok(taps.iter().map(|t| i16::from_le_bytes(*t)).collect())
    }

    pub(crate) fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(damaged("it is too long"))
        }
    }
}
