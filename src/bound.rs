//! What may be lost: the bound as asked, and as the codec keeps it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Result, invalid};

/// The largest error a user accepts.
///
/// All but [`Bound::Psnr`] are guarantees on every single value. The PSNR is a
/// guarantee on the field as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "asked")]
pub enum Bound {
    /// `|x − x'| ≤ bound`.
    Absolute(f64),
    /// `|x − x'| ≤ bound · (max − min)` over the finite, not filled values.
    RangeRelative(f64),
    /// `|x − x'| ≤ bound · |x|`; zeros stay zero.
    PointwiseRelative(f64),
    /// Peak signal-to-noise ratio in dB, at least this.
    Psnr(f64),
    /// Bit for bit.
    Lossless,
}

impl Bound {
    /// Refuses bounds that mean nothing.
    pub fn check(self) -> Result<Self> {
        let positive = |name: &str, x: f64| {
            if x.is_finite() && x > 0.0 {
                Ok(self)
            } else {
                invalid(format!(
                    "the {name} must be a positive number, not {x}; for no loss at all ask for lossless"
                ))
            }
        };
        match self {
            Bound::Absolute(x) => positive("absolute bound", x),
            Bound::RangeRelative(x) => positive("range-relative bound", x),
            Bound::PointwiseRelative(x) if x >= 1.0 => invalid(format!(
                "a point-wise relative bound of {x} would allow any value to become zero; give a fraction such as 0.01"
            )),
            Bound::PointwiseRelative(x) => positive("point-wise relative bound", x),
            Bound::Psnr(x) => positive("PSNR", x),
            Bound::Lossless => Ok(self),
        }
    }

    /// The absolute bound to start from, given the smallest and largest value;
    /// 0 is lossless.
    pub(crate) fn absolute(self, range: Option<(f64, f64)>) -> f64 {
        let span = range.map_or(0.0, |(low, high)| high - low);
        match self {
            Bound::Absolute(x) => x,
            // A span that overflows cannot scale a bound: fall back to exact.
            Bound::RangeRelative(_) | Bound::Psnr(_) if !span.is_finite() => 0.0,
            Bound::RangeRelative(x) => x * span,
            // Errors spread evenly over ±b have the mean square b²/3.
            Bound::Psnr(db) => span * 10f64.powf(-db / 20.0) * 3f64.sqrt(),
            Bound::PointwiseRelative(_) | Bound::Lossless => 0.0,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Bound::Absolute(x) => write!(f, "absolute {x}"),
            Bound::RangeRelative(x) => write!(f, "{x} of the range"),
            Bound::PointwiseRelative(x) => write!(f, "{x} of each value"),
            Bound::Psnr(x) => write!(f, "PSNR of {x} dB"),
            Bound::Lossless => f.write_str("lossless"),
        }
    }
}

/// What a chunk may lose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Up to this much, or nothing at 0.
    Absolute(f64),
    /// Up to this part of each value.
    Relative(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for x in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Bound::Absolute(x).check().is_err());
            assert!(Bound::RangeRelative(x).check().is_err());
            assert!(Bound::PointwiseRelative(x).check().is_err());
            assert!(Bound::Psnr(x).check().is_err());
        }
        assert!(Bound::PointwiseRelative(1.0).check().is_err());
        assert!(Bound::Absolute(1e-300).check().is_ok());
    }
}
