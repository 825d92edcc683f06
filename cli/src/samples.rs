//! Samples as bytes and back, the same on every machine.

use std::io::{self, Write};

use foresz::Sample;

/// Order of the bytes in a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

/// Bytes to samples; a rest too short for a sample is left out.
pub(crate) fn from_bytes<T: Sample>(bytes: &[u8], endian: Endian) -> Vec<T> {
    let sample = |chunk: &[u8]| {
        let mut bits = [0; 8];
        match endian {
            Endian::Little => {
                bits[..T::BYTES].copy_from_slice(chunk);
                T::from_bits64(u64::from_le_bytes(bits))
            }
            Endian::Big => {
                bits[8 - T::BYTES..].copy_from_slice(chunk);
                T::from_bits64(u64::from_be_bytes(bits))
            }
        }
    };
    bytes.chunks_exact(T::BYTES).map(sample).collect()
}

/// Makes samples whose bytes were read as they lay in a file into those that they are.
pub(crate) fn to_native<T: Sample>(values: &mut [T], endian: Endian) {
    let native = if cfg!(target_endian = "big") {
        Endian::Big
    } else {
        Endian::Little
    };
    if endian == native {
        return;
    }
    for value in values {
        let swapped = value.to_bits64().swap_bytes();
        *value = T::from_bits64(swapped >> (64 - 8 * T::BYTES));
    }
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
    fn both_orders_read_the_same() {
        assert_eq!(
            from_bytes::<f32>(&[0, 0, 0x80, 0x3f], Endian::Little),
            [1.0]
        );
        assert_eq!(from_bytes::<f32>(&[0x3f, 0x80, 0, 0], Endian::Big), [1.0]);
        assert_eq!(
            from_bytes::<f64>(&[0x3f, 0xf0, 0, 0, 0, 0, 0, 0], Endian::Big),
            [1.0]
        );
        for (endian, bytes) in [
            (Endian::Little, [0, 0, 0x80, 0x3f]),
            (Endian::Big, [0x3f, 0x80, 0, 0]),
        ] {
            let mut read = [f32::from_ne_bytes(bytes)];
            to_native(&mut read, endian);
            assert_eq!(read, [1.0]);
        }
        let mut read = [f64::from_ne_bytes([0x3f, 0xf0, 0, 0, 0, 0, 0, 0])];
        to_native(&mut read, Endian::Big);
        assert_eq!(read, [1.0]);
    }

    #[test]
    fn written_samples_read_back() {
        let values: Vec<f64> = (0..100_000).map(|i| f64::from(i) * 0.1).collect();
        let mut bytes = Vec::new();
        write(&values, &mut bytes).unwrap();
        assert_eq!(from_bytes::<f64>(&bytes, Endian::Little), values);
    }
}
