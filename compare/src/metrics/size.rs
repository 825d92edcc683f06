//! What a field takes, raw and stored.

/// Bytes of a field and of what stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Number of samples.
    pub samples: u64,
    /// Bytes of the samples.
    pub raw: u64,
    /// Bytes of the stream, all of it.
    pub stored: u64,
    /// Bytes of learned models that reading takes and that are not in the stream.
    pub models: u64,
}

impl Size {
    /// Raw over stored bytes.
    pub fn ratio(&self) -> f64 {
        self.raw as f64 / self.stored as f64
    }

    /// The ratio if the models were part of the stream.
    pub fn ratio_with_models(&self) -> f64 {
        self.raw as f64 / (self.stored + self.models) as f64
    }

    /// Bits of stream per sample.
    pub fn bits_per_value(&self) -> f64 {
        self.stored as f64 * 8.0 / self.samples as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_eight_is_four_bits_of_a_float() {
        let size = Size {
            samples: 1000,
            raw: 4000,
            stored: 500,
            models: 300,
        };
        assert_eq!((size.ratio(), size.bits_per_value()), (8.0, 4.0));
        assert_eq!(size.ratio_with_models(), 5.0);
    }
}
