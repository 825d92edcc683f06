//! Values as they are: what takes no less when it is coded, such as noise without loss.

use foresz_predictors::Sample;

use super::{Decoding, Encoded, STORED, content_checksum};
use crate::bytes::Reader;
use crate::bytes::{put_sample, sample_of};
use crate::check::Errors;
use crate::entropy::Backend;
use crate::error::Result;

/// Bytes that [`store`] makes of so many values.
pub(crate) fn stored_bytes<T: Sample>(samples: usize) -> usize {
    1 + samples * T::BYTES + 4
}

/// The values one after the other.
pub(crate) fn store<T: Sample>(values: &[T]) -> Encoded {
    let mut bytes = Vec::with_capacity(stored_bytes::<T>(values.len()));
    bytes.push(STORED);
    values.iter().for_each(|x| put_sample(&mut bytes, *x));
    bytes.extend(content_checksum(values).to_le_bytes());
    Encoded {
        bytes,
        backend: Backend::Stored,
        errors: Errors::NONE,
        lattice: 0.0,
    }
}

/// Inverse of [`store`], behind the flags.
pub(super) fn read<T: Sample>(reader: &mut Reader, samples: usize) -> Result<Decoding<T>> {
    // Nothing is set aside for values that are not there.
    let bytes = reader.take(samples.saturating_mul(T::BYTES))?;
    let values = bytes.chunks_exact(T::BYTES).map(sample_of).collect();
    Ok(Decoding::of(values, true))
}
