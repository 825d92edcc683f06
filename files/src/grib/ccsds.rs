//! Packing with the adaptive entropy coder of CCSDS 121.0.

use rust_aec::{AecFlags, AecParams};

use crate::error::{Error, Result};
use crate::grib::bytes::Octets;
use crate::grib::packing::Packing;

/// Settings of the coder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coder {
    flags: u8,
    block: u8,
    interval: u16,
}

impl Coder {
    /// Reads the data representation section.
    pub(super) fn read(section: Octets) -> Result<Self> {
        Ok(Coder {
            flags: section.u8(22)?,
            block: section.u8(23)?,
            interval: section.u16(24)?,
        })
    }

    /// So many values.
    pub(super) fn unpack(self, bytes: &[u8], packing: &Packing, count: usize) -> Result<Vec<f64>> {
        let width = match packing.bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            more => return Err(Error::Unsupported(format!("CCSDS values of {more} bits"))),
        };
        let mut flags = rust_aec::flags_from_grib2_ccsds_flags(self.flags);
        flags.remove(AecFlags::DATA_3BYTE);
        flags.insert(AecFlags::MSB);
        let parameters = AecParams::new(
            packing.bits as u8,
            u32::from(self.block),
            u32::from(self.interval),
            flags,
        );
        let numbers = rust_aec::decode(bytes, parameters, count);
        let numbers = numbers.map_err(|e| Error::Damaged(format!("CCSDS: {e}")))?;
        let value = packing.value();
        let number = |b: &[u8]| b.iter().fold(0i64, |n, b| n << 8 | i64::from(*b));
        Ok(numbers.chunks(width).map(|b| value(number(b))).collect())
    }
}
