//! Point-wise relative bounds: code logarithms, keep signs, mend the rest.
//!
//! `|x − x'| ≤ r·|x|` is a bound on the logarithm. A library's logarithm differs
//! between machines, so ours is one that can be inverted with a square root: with
//! `|x| = 2^e (1 + m)`,
//! ```text
//! y = e + m + C·m·(1 − m)
//! ```
//! which never strays from log2 by more than 0.009. Zeros (and what is not a number)
//! are holes and come back exactly; signs are one bit per sample. Whatever misses
//! the bound after all is listed and stored as it is.

use foresz_predictors::{Plane, Sample};

use crate::bytes::{Reader, put_bytes, put_number, put_sample, sample_of};
use crate::entropy;
use crate::error::{Result, Section, corrupt};
use crate::values::fills::Fills;

/// Makes the slope on both ends of an octave (nearly) the same.
const CURVE: f64 = 0.343_145_750_507_62;
const ZSTD_LEVEL: i32 = 9;

/// The values that have a logarithm, NaN where there is none.
pub(crate) fn numbers<T: Sample>(logs: &[f64], values: &[T]) -> Vec<T> {
    let number = |(log, x): (&f64, &T)| if log.is_nan() { T::from_f64(*log) } else { *x };
    logs.iter().zip(values).map(number).collect()
}

/// The bound on logarithms that keeps a relative bound.
pub(crate) fn bound_of_logs(relative: f64) -> f64 {
    // dx/x = dy / ((1+m)(1+C−2Cm)), whose denominator is at least 2(1−C); and an
    // error upwards by the factor 1+r is one of r/(1+r) downwards.
    2.0 * (1.0 - CURVE) * relative / (1.0 + relative)
}

/// Takes logarithms; NaN where a value has none.
pub(crate) fn split<T: Sample>(values: &[T], fills: &Fills) -> Vec<f64> {
    let log = |x: &T| {
        if fills.contains(x) {
            f64::NAN
        } else {
            log(x.to_f64())
        }
    };
    values.iter().map(log).collect()
}

/// NaN for zeros, subnormal doubles and what is not finite.
fn log(x: f64) -> f64 {
    if !x.is_normal() {
        return f64::NAN;
    }
    let bits = x.abs().to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let m = f64::from_bits((bits & ((1 << 52) - 1)) | 1023 << 52) - 1.0;
    exponent as f64 + (m + CURVE * m * (1.0 - m))
}

/// Inverse of [`log`] up to rounding, for logarithms within the type.
fn unlog(y: f64) -> f64 {
    let floor = y.floor().clamp(-1022.0, 1023.0);
    let rest = (y - floor).clamp(0.0, 1.0);
    let b = 1.0 + CURVE;
    let m = (b - (b * b - 4.0 * CURVE * rest).sqrt()) / (2.0 * CURVE);
    f64::from_bits(((floor as i64 + 1023) as u64) << 52) * (1.0 + m)
}

/// The value for a decoded logarithm.
fn restore<T: Sample>(y: f64, negative: bool) -> T {
    let x = T::from_f64(unlog(y));
    if negative { -x } else { x }
}

/// What decoded logarithms mean, with the signs of the originals.
pub(crate) fn restored<T: Sample>(values: &[T], decoded: &[f64]) -> Vec<T> {
    let pairs = values.iter().zip(decoded);
    pairs.map(|(x, y)| restore(*y, *x < T::ZERO)).collect()
}

/// Writes signs, exact values and mended ones; returns what will be decoded. `held` is
/// what stands for a value that is stored as it is.
pub(crate) fn write_rest<T: Sample>(
    (values, held): (&[T], &[T]),
    logs: &[f64],
    restored: Vec<T>,
    bound: f64,
    out: &mut Vec<u8>,
) -> Vec<T> {
    let mut signs = vec![0u8; values.len().div_ceil(8)];
    let (mut gaps, mut literals, mut last) = (Vec::new(), Vec::new(), 0);
    let mut result = restored;
    for (i, (&x, back)) in values.iter().zip(&mut result).enumerate() {
        signs[i / 8] |= u8::from(x < T::ZERO) << (i % 8);
        let error = (back.to_f64() - x.to_f64()).abs();
        // Written so that NaN fails it.
        let kept = !logs[i].is_nan() && error <= bound * x.to_f64().abs();
        if !kept {
            put_number(&mut gaps, (i - last) as u64);
            put_sample(&mut literals, held[i]);
            last = i;
            *back = held[i];
        }
    }
    put_bytes(out, &entropy::squeeze(&signs, ZSTD_LEVEL));
    put_number(out, (literals.len() / T::BYTES) as u64);
    put_number(out, gaps.len() as u64);
    put_bytes(out, &entropy::squeeze(&gaps, ZSTD_LEVEL));
    put_bytes(out, &entropy::squeeze(&literals, ZSTD_LEVEL));
    result
}

/// A value that is stored as it is, and its place.
pub(crate) type Mended<T> = (usize, T);

/// Reads what [`write_rest`] wrote: what decoded logarithms mean, and the values that replace
/// some of that. Values outside the plane may be missing.
pub(crate) fn read_rest<T: Sample>(
    reader: &mut Reader,
    decoded: &[f64],
    plane: &Plane,
    shape: &[usize],
) -> Result<(Vec<T>, Vec<Mended<T>>)> {
    let signs = entropy::stretch(reader.bytes()?, decoded.len().div_ceil(8), Section::Chunk)?;
    let count = reader.count(decoded.len(), "mended values")?;
    let gap_bytes = reader.count(count * 10, "bytes of gaps")?;
    let gaps = entropy::stretch(reader.bytes()?, gap_bytes, Section::Literals)?;
    let literals = entropy::stretch(reader.bytes()?, count * T::BYTES, Section::Literals)?;
    let sign = |i: usize| signs[i / 8] >> (i % 8) & 1 == 1;
    let mut values = vec![T::ZERO; decoded.len()];
    for start in plane.row_offsets(shape) {
        let row = (start..).step_by(plane.row_step()).take(plane.columns());
        row.for_each(|i| values[i] = restore(decoded[i], sign(i)));
    }
    let mut gaps = Reader::new(&gaps, Section::Literals);
    let (mut at, mut mended) = (0, Vec::with_capacity(count));
    for bytes in literals.chunks_exact(T::BYTES) {
        at += gaps.count(decoded.len(), "samples in a gap")?;
        if at >= values.len() {
            return corrupt(Section::Literals, "a mended value lies outside the chunk");
        }
        mended.push((at, sample_of(bytes)));
    }
    gaps.finish()?;
    Ok((values, mended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_logarithm_is_nearly_one_and_inverts() {
        for i in 0..4000 {
            let x = 1e-300 * f64::from(i + 1) * if i % 2 == 0 { 1.0 } else { 1e290 };
            let y = log(x);
            assert!((y - x.log2()).abs() < 0.009);
            assert_relative_eq!(unlog(y), x, max_relative = 1e-12);
        }
        assert!(log(0.0).is_nan() && log(f64::INFINITY).is_nan() && log(5e-324).is_nan());
    }

    #[test]
    fn the_bound_on_logarithms_keeps_the_relative_one() {
        for r in [1e-6, 1e-3, 0.1, 0.9] {
            let b = bound_of_logs(r);
            for i in 0..1000 {
                let x = 1.0 + f64::from(i) / 250.0;
                for y in [log(x) - b, log(x) + b] {
                    assert!((unlog(y) - x).abs() <= r * x * (1.0 + 1e-9), "{r} {x}");
                }
            }
        }
    }
}
