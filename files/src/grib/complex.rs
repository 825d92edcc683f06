//! Complex packing: groups of numbers, each with its own reference and width, after
//! differences were taken or not.

use crate::error::{Error, Result};
use crate::grib::bits::Bits;
use crate::grib::bytes::Octets;
use crate::grib::packing::Packing;
use crate::room;

/// How groups are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups {
    count: u32,
    /// Substitutes for missing values: none, one or two.
    substitutes: u8,
    width_reference: u8,
    width_bits: u8,
    length_reference: u32,
    length_step: u8,
    last_length: u32,
    length_bits: u8,
    /// How often differences were taken.
    order: u8,
    /// Bytes of each number that differences begin with.
    octets: u8,
}

impl Groups {
    /// Reads the data representation section.
    pub(super) fn read(section: Octets) -> Result<Self> {
        let (order, octets) = match section.u16(10)? {
            3 => (section.u8(48)?, section.u8(49)?),
            _ => (0, 0),
        };
        let groups = Groups {
            count: section.u32(32)?,
            substitutes: section.u8(23)?,
            width_reference: section.u8(36)?,
            width_bits: section.u8(37)?,
            length_reference: section.u32(38)?,
            length_step: section.u8(42)?,
            last_length: section.u32(43)?,
            length_bits: section.u8(47)?,
            order,
            octets,
        };
        if order > 2 || octets > 4 || groups.substitutes > 2 {
            return Err(Error::Unsupported(format!(
                "complex packing with differences of order {order} in {octets} bytes and {} \
                 substitutes for missing values",
                groups.substitutes
            )));
        }
        Ok(groups)
    }

    /// Values of so many points; not a number where they are missing.
    pub(super) fn unpack(&self, bytes: &[u8], packing: &Packing, count: usize) -> Result<Vec<f64>> {
        let mut bits = Bits::new(bytes);
        let octets = u32::from(self.octets) * 8;
        let first: Vec<i64> = (0..self.order)
            .map(|_| i64::from(bits.next(octets)))
            .collect();
        let least = if self.order > 0 {
            signed(bits.next(octets), octets)
        } else {
            0
        };
        let mut numbers = self.numbers(&mut bits, packing.bits, count)?;
        integrate(&mut numbers, &first, least);
        let value = packing.value();
        let value = |n: Option<i64>| n.map_or(f64::NAN, &value);
        Ok(numbers.into_iter().map(value).collect())
    }

    /// The numbers of all groups; nothing where they are missing.
    fn numbers(&self, bits: &mut Bits, width: u32, count: usize) -> Result<Vec<Option<i64>>> {
        let groups = self.count as usize;
        let each = width as usize + usize::from(self.width_bits) + usize::from(self.length_bits);
        let wide = width
            .max(u32::from(self.width_bits))
            .max(u32::from(self.length_bits))
            > 32;
        if wide || groups > count || groups.saturating_mul(each) > bits.left() {
            return Err(damaged("its groups do not fit its data"));
        }
        let references: Vec<u32> = (0..groups).map(|_| bits.next(width)).collect();
        bits.align();
        let widths = self.width_bits.into();
        let widths: Vec<u32> = (0..groups)
            .map(|_| bits.next(widths) + u32::from(self.width_reference))
            .collect();
        bits.align();
        let mut lengths: Vec<usize> = (0..groups)
            .map(|_| bits.next(self.length_bits.into()) as usize)
            .map(|n| n * usize::from(self.length_step) + self.length_reference as usize)
            .collect();
        bits.align();
        if let Some(last) = lengths.last_mut() {
            *last = self.last_length as usize;
        }
        if lengths.iter().sum::<usize>() != count {
            return Err(damaged(
                "its groups have another number of values than its grid",
            ));
        }
        let mut numbers = room::reserved(count)?;
        for ((reference, own), length) in references.iter().zip(widths).zip(lengths) {
            if own > 32 || (own as usize).saturating_mul(length) > bits.left() {
                return Err(damaged("its groups do not fit its data"));
            }
            // All bits of a number mean that it is missing; of a group without bits of its own
            // those of its reference do.
            let limit = if own == 0 { ones(width) } else { ones(own) };
            let substitutes = u32::from(self.substitutes);
            for _ in 0..length {
                let number = bits.next(own);
                let tested = if own == 0 { *reference } else { number };
                let missing = substitutes > 0 && tested > limit.saturating_sub(substitutes);
                let number = i64::from(*reference) + i64::from(number);
                numbers.push((!missing).then_some(number));
            }
        }
        Ok(numbers)
    }
}

/// Numbers from differences of theirs: the first are given, and all differences have been
/// reduced by the least.
fn integrate(numbers: &mut [Option<i64>], first: &[i64], least: i64) {
    let (mut before, mut last) = (0i64, 0i64);
    for (place, number) in numbers.iter_mut().flatten().enumerate() {
        let next = match (first.get(place), first.len()) {
            (Some(given), _) => *given,
            (None, 0) => return,
            (None, 1) => number.wrapping_add(least).wrapping_add(last),
            (None, _) => number
                .wrapping_add(least)
                .wrapping_add(last.wrapping_mul(2))
                .wrapping_sub(before),
        };
        *number = next;
        (before, last) = (last, next);
    }
}

fn ones(width: u32) -> u32 {
    u32::MAX.checked_shr(32 - width.min(32)).unwrap_or(0)
}

/// A number whose highest bit is its sign.
fn signed(number: u32, bits: u32) -> i64 {
    let sign = 1u32.checked_shl(bits.saturating_sub(1)).unwrap_or(0);
    let magnitude = i64::from(number & sign.wrapping_sub(1));
    if number & sign == 0 {
        magnitude
    } else {
        -magnitude
    }
}

fn damaged(why: &str) -> Error {
    Error::Damaged(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_summed() {
        let mut numbers = vec![Some(0), Some(0), Some(3), None, Some(1)];
        integrate(&mut numbers, &[10, 12], -1);
        // Differences of differences are 2 and 0.
        assert_eq!(numbers, [Some(10), Some(12), Some(16), None, Some(20)]);
        let mut numbers = vec![Some(9), Some(4), Some(5)];
        integrate(&mut numbers, &[7], -4);
        assert_eq!(numbers, [Some(7), Some(7), Some(8)]);
        let mut plain = vec![Some(9)];
        integrate(&mut plain, &[], 0);
        assert_eq!(plain, [Some(9)]);
    }

    #[test]
    fn signs_and_ones() {
        assert_eq!(signed(0x8003, 16), -3);
        assert_eq!(signed(0x7fff_ffff, 32), 0x7fff_ffff);
        assert_eq!(signed(0, 0), 0);
        assert_eq!(ones(0), 0);
        assert_eq!(ones(3), 7);
        assert_eq!(ones(32), u32::MAX);
    }
}
