//! Which samples are not numbers, and what they are instead.
//!
//! NaN, infinities, declared fill values and [outliers](crate::chunk::originals) never reach a
//! predictor or a quantiser. They are holes: their places are one bit each, stored as the change
//! from the sample above (or, in a series, from the frame before), so that a land
//! mask that stays costs nothing after the first frame.

use bitvec::prelude::{BitSlice, BitVec, Lsb0};
use foresz_predictors::Sample;

use crate::bytes::{Reader, put_bytes, put_number, put_sample, sample_of};
use crate::entropy::HOLE;
use crate::error::{Result, Section, corrupt};
use crate::values::fills::Fills;

/// The holes of a chunk, in raster order.
pub(crate) struct Mask {
    bits: BitVec<u8, Lsb0>,
}

/// The most different bit patterns that are named once and then referred to.
const MOST_PATTERNS: usize = 255;

impl Mask {
    /// The holes of a chunk, if it has any: values that are not finite, larger than
    /// `most`, or have to come back exactly.
    pub(crate) fn find<T: Sample>(values: &[T], fills: &Fills, most: T) -> Option<Self> {
        // NaN compares false.
        let within = |x: &T| x.abs() <= most;
        let hole = |x: &T| !within(x) || fills.contains(x);
        // Almost every chunk has none.
        let any = if fills.is_empty() && most == T::MAX {
            !crate::values::sweeps::all_finite(values)
        } else {
            values.iter().any(hole)
        };
        let byte = |eight: &[T]| {
            let bits = (0..).zip(eight).map(|(k, x)| u8::from(hole(x)) << k);
            bits.fold(0, |byte, bit| byte | bit)
        };
        any.then(|| {
            let mut bits = BitVec::from_vec(values.chunks(8).map(byte).collect());
            bits.truncate(values.len());
            Mask { bits }
        })
    }

    /// Writes a hole's marker into the codes of a row of the field.
    pub(crate) fn mark(&self, start: usize, step: usize, codes: &mut [i32]) {
        let bytes = self.bits.as_raw_slice();
        for (k, code) in codes.iter_mut().enumerate() {
            let at = start + k * step;
            if bytes[at / 8] >> (at % 8) & 1 == 1 {
                *code = HOLE;
            }
        }
    }

    /// Each hole's place, in order.
    pub(crate) fn holes(&self) -> impl Iterator<Item = usize> + '_ {
        // Land comes in bytes without holes and bytes of holes.
        let bytes = self.bits.as_raw_slice().iter().enumerate();
        bytes
            .filter(|(_, byte)| **byte != 0)
            .flat_map(|(k, &byte)| {
                (0..8)
                    .filter(move |b| byte >> b & 1 == 1)
                    .map(move |b| 8 * k + b)
            })
    }

    /// Writes places and patterns; `back` is the distance to the sample a bit is
    /// compared with.
    pub(crate) fn write<T: Sample>(&self, values: &[T], back: usize, out: &mut Vec<u8>) {
        let mut changes = self.bits.as_raw_slice().to_vec();
        subtract_earlier(&mut changes, back);
        put_bytes(out, &packed(&changes));
        let mut patterns: Vec<u64> = Vec::new();
        let mut which = Vec::new();
        for bits in self.holes().map(|i| values[i].to_bits64()) {
            let at = patterns
                .iter()
                .rposition(|p| *p == bits)
                .unwrap_or_else(|| {
                    patterns.push(bits);
                    patterns.len() - 1
                });
            if patterns.len() > MOST_PATTERNS {
                break;
            }
            which.push(at as u8);
        }
        let named = patterns.len() <= MOST_PATTERNS;
        put_number(out, if named { patterns.len() as u64 } else { 0 });
        if named {
            patterns
                .iter()
                .for_each(|p| out.extend_from_slice(&p.to_le_bytes()[..T::BYTES]));
            if patterns.len() > 1 {
                put_bytes(out, &packed(&which));
            }
        } else {
            let mut raw = Vec::new();
            self.holes().for_each(|i| put_sample(&mut raw, values[i]));
            put_bytes(out, &packed(&raw));
        }
    }

    /// Reads places and patterns of a chunk of `samples`.
    pub(crate) fn read<T: Sample>(
        reader: &mut Reader,
        samples: usize,
        back: usize,
    ) -> Result<(Self, Vec<T>)> {
        let mut bytes = unpacked(reader.bytes()?, samples.div_ceil(8), Section::Mask)?;
        add_earlier(&mut bytes, back);
        let mut bits: BitVec<u8, Lsb0> = BitVec::from_vec(bytes);
        bits.truncate(samples);
        let values = read_patterns(reader, &bits)?;
        Ok((Mask { bits }, values))
    }
}

/// From bits to changes: each is compared with the one `back` before it.
fn subtract_earlier(bytes: &mut [u8], back: usize) {
    // From the end, so that those before are still as they were.
    for k in (back / 8..bytes.len()).rev() {
        bytes[k] ^= earlier(bytes, k, back);
    }
}

/// Inverse of [`subtract_earlier`].
fn add_earlier(bytes: &mut [u8], back: usize) {
    for k in back / 8..bytes.len() {
        if back >= 8 {
            bytes[k] ^= earlier(bytes, k, back);
        } else {
            // Bits of the byte itself come before others: one by one.
            for bit in 0..8 {
                let from = 8 * k + bit;
                if from >= back {
                    let before = bytes[(from - back) / 8] >> ((from - back) % 8) & 1;
                    bytes[k] ^= before << bit;
                }
            }
        }
    }
}

/// The eight bits that come `back` before those of byte `k`; 0 where there are none.
fn earlier(bytes: &[u8], k: usize, back: usize) -> u8 {
    let (whole, part) = (back / 8, back % 8);
    let high = bytes[k - whole];
    let low = if k > whole { bytes[k - whole - 1] } else { 0 };
    (u16::from_le_bytes([low, high]) >> (8 - part)) as u8
}

fn read_patterns<T: Sample>(reader: &mut Reader, bits: &BitSlice<u8, Lsb0>) -> Result<Vec<T>> {
    let holes = bits.count_ones();
    let named = reader.count(MOST_PATTERNS, "patterns of holes")?;
    if named == 0 {
        let raw = unpacked(reader.bytes()?, holes * T::BYTES, Section::Mask)?;
        return Ok(raw.chunks_exact(T::BYTES).map(sample_of).collect());
    }
    let patterns: Vec<T> = reader
        .take(named * T::BYTES)?
        .chunks_exact(T::BYTES)
        .map(sample_of)
        .collect();
    if named == 1 {
        return Ok(vec![patterns[0]; holes]);
    }
    let which = unpacked(reader.bytes()?, holes, Section::Mask)?;
    let name = |i: &u8| patterns.get(usize::from(*i)).copied();
    match which.iter().map(name).collect() {
        Some(values) => Ok(values),
        None => corrupt(
            Section::Mask,
            "a hole refers to a pattern that is not named",
        ),
    }
}

/// Higher levels take longer than all the rest and save a tenth of the mask.
const ZSTD_LEVEL: i32 = 9;

fn packed(bytes: &[u8]) -> Vec<u8> {
    crate::entropy::squeeze(bytes, ZSTD_LEVEL)
}

fn unpacked(bytes: &[u8], length: usize, section: Section) -> Result<Vec<u8>> {
    crate::entropy::stretch(bytes, length, section)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(values: &[f32], fills: &[f64], back: usize) -> usize {
        let fills = Fills::new::<f32>(&[], fills);
        let mask = Mask::find(values, &fills, f32::MAX).unwrap();
        let mut out = Vec::new();
        mask.write(values, back, &mut out);
        let mut reader = Reader::new(&out, Section::Mask);
        let (again, held) = Mask::read::<f32>(&mut reader, values.len(), back).unwrap();
        reader.finish().unwrap();
        assert_eq!(again.bits, mask.bits);
        let want: Vec<u32> = mask.holes().map(|i| values[i].to_bits()).collect();
        assert_eq!(held.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), want);
        out.len()
    }

    #[test]
    fn every_kind_of_hole_comes_back_bit_for_bit() {
        let none = Fills::default();
        let far = Fills::new::<f32>(&[1e20], &[]);
        assert!(Mask::find(&[1.0f32, 2.0], &none, f32::MAX).is_none());
        assert!(Mask::find(&[1.0f32, -2.0], &far, 2.0).is_none());
        assert!(Mask::find(&[1.0f32, -2.0], &none, 1.5).is_some());
        round_trip(&[f32::NAN], &[], 1);
        round_trip(
            &[
                1.0,
                f32::NAN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                1e20,
                f32::from_bits(0x7fc0_1234),
            ],
            &[1e20],
            2,
        );
        let noisy: Vec<f32> = (0..1000)
            .map(|i| {
                if i % 3 == 0 {
                    f32::from_bits(0x7f80_0001 + i)
                } else {
                    1.0
                }
            })
            .collect();
        for back in [1, 2, 7, 8, 9, 10, 16, 63, 995, 1000, 1001, 5000] {
            round_trip(&noisy, &[], back);
            round_trip(&noisy[..29], &[], back);
        }
    }

    #[test]
    fn a_mask_that_stays_costs_next_to_nothing() {
        let frame: Vec<f32> = (0..5000u32)
            .map(|i| {
                if i.wrapping_mul(2_654_435_761) >> 31 == 0 {
                    f32::NAN
                } else {
                    0.0
                }
            })
            .collect();
        let series = frame.repeat(10);
        assert!(round_trip(&series, &[], 5000) < round_trip(&frame, &[], 5000) + 100);
    }
}
