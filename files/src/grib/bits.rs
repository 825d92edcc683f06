//! Numbers of any width, packed without gaps.

/// Reads numbers of up to 32 bits, highest bit first; zeros follow the end.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, place: 0 }
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.place)
    }

    /// The next number of that width.
    pub(super) fn next(&mut self, width: u32) -> u32 {
        let first = self.place / 8;
        let skipped = (self.place % 8) as u32;
        self.place += width as usize;
        let window = match self.bytes.get(first..first + 8) {
            Some(&[a, b, c, d, e, f, g, h]) => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => (first..first + 8).fold(0, |w, i| {
                w << 8 | u64::from(self.bytes.get(i).copied().unwrap_or(0))
            }),
        };
        // 7 bits at most are skipped: 57 of the window are good, enough for 32.
        let kept = (window << skipped) >> (64 - width.max(1));
        if width == 0 { 0 } else { kept as u32 }
    }

    /// Goes on with the next whole byte.
    pub(super) fn align(&mut self) {
        self.place = self.place.next_multiple_of(8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_may_change() {
        let mut bits = Bits::new(&[0b1010_1100, 0xff, 0x00, 0xab]);
        assert_eq!(bits.next(3), 0b101);
        assert_eq!(bits.next(0), 0);
        assert_eq!(bits.next(6), 0b01_1001);
        bits.align();
        assert_eq!(bits.next(16), 0x00ab);
        assert_eq!(bits.left(), 0);
        assert_eq!(bits.next(32), 0, "nothing is left");
    }
}
