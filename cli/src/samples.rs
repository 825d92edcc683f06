//! Samples as bytes and back, the same on every machine.

use std::io::{self, Write};

use foresz::Sample;

/// Little-endian bytes to samples; a rest too short for a sample is left out.
pub(crate) fn from_bytes<T: Sample>(bytes: &[u8]) -> Vec<T> {
    let sample = |chunk: &[u8]| {
        let mut bits = [0; 8];
        bits[..T::BYTES].copy_from_slice(chunk);
        T::from_bits64(u64::from_le_bytes(bits))
    };
    bytes.chunks_exact(T::BYTES).map(sample).collect()
}

/// Writes samples, little-endian.
pub(crate) fn write<T: Sample>(values: &[T], sink: &mut dyn Write) -> io::Result<()> {
    const AT_ONCE: usize = 1 << 16;
    let mut bytes = Vec::with_capacity(AT_ONCE * T::BYTES);
    for part in values.chunks(AT_ONCE) {
        bytes.clear();
        for x in part {
            bytes.extend_from_slice(&x.to_bits64().to_le_bytes()[..T::BYTES]);
        }
        sink.write_all(&bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_samples_read_back() {
        let values: Vec<f64> = (0..100_000).map(|i| f64::from(i) * 0.1).collect();
        let mut bytes = Vec::new();
        write(&values, &mut bytes).unwrap();
        assert_eq!(from_bytes::<f64>(&bytes), values);
    }
}
