//! From packed numbers to values.

use crate::error::{Error, Result};
use crate::grib::bits::Bits;

/// How the values of a field are packed: `(reference + number * 2^binary) / 10^decimal`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packing {
    pub(super) reference: f64,
    pub(super) binary: i64,
    pub(super) decimal: i64,
    pub(super) bits: u32,
}

impl Packing {
    /// Difference of two values next to each other.
    pub(super) fn step(&self) -> f64 {
        power(2.0, self.binary) * power(10.0, -self.decimal)
    }

    /// The value of a packed number, rounded where ECMWF's software rounds.
    pub(super) fn value(&self) -> impl Fn(i64) -> f64 {
        let (scale, decimal) = (power(2.0, self.binary), power(10.0, -self.decimal));
        let reference = self.reference;
        move |number| (number as f64 * scale + reference) * decimal
    }
}

/// By repeated multiplication or division, as ECMWF's software does it: 10 to the -5 is not
/// the double next to 0.00001, and values depend on it.
fn power(base: f64, exponent: i64) -> f64 {
    // Beyond these it is zero or infinite for good.
    let exponent = exponent.clamp(-1100, 1100);
    let factors = 0..exponent.unsigned_abs();
    if exponent < 0 {
        factors.fold(1.0, |p, _| p / base)
    } else {
        factors.fold(1.0, |p, _| p * base)
    }
}

/// Numbers of one width, one after the other.
pub(super) fn simple(bytes: &[u8], packing: &Packing, count: usize) -> Result<Vec<f64>> {
    let width = packing.bits;
    let mut bits = Bits::new(bytes);
    if width > 32 {
        return Err(Error::Unsupported(format!("values of {width} bits")));
    }
    let needed = (width as usize).checked_mul(count);
    if needed.is_none_or(|n| n > bits.left()) {
        return Err(Error::Damaged(format!(
            "{count} values of {width} bits do not fit {} bytes",
            bytes.len()
        )));
    }
    let value = packing.value();
    Ok((0..count)
        .map(|_| value(i64::from(bits.next(width))))
        .collect())
}

/// Floating-point numbers, one after the other.
pub(super) fn ieee(bytes: &[u8], packing: &Packing, count: usize) -> Result<Vec<f64>> {
    let all: Vec<f64> = if packing.bits > 32 {
        let each = bytes.as_chunks().0.iter().take(count);
        each.map(|b| f64::from_be_bytes(*b)).collect()
    } else {
        let each = bytes.as_chunks().0.iter().take(count);
        each.map(|b| f64::from(f32::from_be_bytes(*b))).collect()
    };
    if all.len() < count {
        return Err(Error::Damaged(format!(
            "{count} floating-point numbers do not fit {} bytes",
            bytes.len()
        )));
    }
    Ok(all)
}

/// Spreads values over the points that a bitmap marks; the others are not a number.
pub(super) fn spread(bitmap: &[u8], points: usize, values: &[f64]) -> Result<Vec<f64>> {
    if present(bitmap, points)? != values.len() {
        return Err(Error::Damaged(format!(
            "a bitmap asks for another number of values than the {} there are",
            values.len()
        )));
    }
    let mut values = values.iter();
    let point = |p: usize| {
        let marked = bitmap[p / 8] >> (7 - p % 8) & 1 == 1;
        let value = if marked { values.next() } else { None };
        value.copied().unwrap_or(f64::NAN)
    };
    Ok((0..points).map(point).collect())
}

/// How many of the points a bitmap marks.
pub(super) fn present(bitmap: &[u8], points: usize) -> Result<usize> {
    let Some(bytes) = bitmap.get(..points.div_ceil(8)) else {
        return Err(Error::Damaged(format!(
            "a bitmap of {} bytes is too short for {points} points",
            bitmap.len()
        )));
    };
    let whole = &bytes[..points / 8];
    let marked: usize = whole.iter().map(|b| b.count_ones() as usize).sum();
    let rest = match points % 8 {
        0 => 0,
        some => (bytes[points / 8] >> (8 - some)).count_ones() as usize,
    };
    Ok(marked + rest)
}

/// A way of packing that is not read, and the way out.
pub(super) fn unpackable(what: &str) -> Error {
    Error::Unsupported(format!(
        "its values are packed by {what}, which is not supported; convert with \
         grib_set -r -s packingType=grid_simple in.grib out.grib"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scaled_in_order() {
        let packing = Packing {
            reference: 250.0,
            binary: -3,
            decimal: 2,
            bits: 16,
        };
        assert_eq!(packing.value()(8), 251.0 * (1.0 / 10.0 / 10.0));
        assert_eq!(packing.step(), 0.001_25);
    }

    #[test]
    fn bitmaps_leave_holes() {
        let values = spread(&[0b1010_0000, 0b1000_0000], 9, &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(values[0], 1.0);
        assert!(values[1].is_nan());
        assert_eq!(values[2], 2.0);
        assert_eq!(values[8], 3.0);
        assert!(spread(&[0xff], 9, &[1.0]).is_err(), "too short");
        assert!(spread(&[0xff], 8, &[1.0]).is_err(), "too few values");
    }

    #[test]
    fn numbers_have_to_be_there() {
        let packing = Packing {
            reference: 1.0,
            binary: 0,
            decimal: 0,
            bits: 4,
        };
        let values = simple(&[0xab, 0xc0], &packing, 3).unwrap();
        assert_eq!(values, [11.0, 12.0, 13.0]);
        assert!(simple(&[0xab], &packing, 3).is_err());
        assert!(simple(&[0xab], &packing, usize::MAX).is_err());
    }
}
