//! Bits in bytes, low ones first.

/// Appends up to 56 bits at a time.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// Appends the low `n` bits of `bits`; the rest must be zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u64, n: u32) {
        debug_assert!(n <= 56 && bits >> n == 0);
        if n > 32 {
            // Up to 31 bits are pending: more than 33 others would not fit beside them.
            self.put(bits & 0xffff_ffff, 32);
            return self.put(bits >> 32, n - 32);
        }
        self.pending |= bits << self.count;
        self.count += n;
        if self.count >= 32 {
            self.bytes
                .extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// The bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let last = self.count.div_ceil(8) as usize;
        self.bytes
            .extend_from_slice(&self.pending.to_le_bytes()[..last]);
        self.bytes
    }
}

/// Takes bits off; past the end there are zeros, and [`BitReader::overrun`] tells.
pub(super) struct BitReader {
    bytes: Vec<u8>,
    next: usize,
    window: u64,
    count: u32,
    past_end: u64,
}

impl BitReader {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        BitReader {
            bytes,
            next: 0,
            window: 0,
            count: 0,
            past_end: 0,
        }
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(eight) = self.bytes.get(self.next..self.next + 8) {
            let mut word = [0; 8];
            word.copy_from_slice(eight);
            self.window |= u64::from_le_bytes(word) << self.count;
            let taken = (63 - self.count) / 8;
            self.next += taken as usize;
            self.count += taken * 8;
        } else {
            self.refill_at_end();
        }
    }

    #[cold]
    fn refill_at_end(&mut self) {
        while self.count <= 55 {
            match self.bytes.get(self.next) {
                Some(&byte) => self.window |= u64::from(byte) << self.count,
                None => self.past_end += 8,
            }
            self.next += 1;
            self.count += 8;
        }
    }

    /// The next bits, without taking them; only those refilled are meaningful.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.window
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, n: u32) {
        self.window >>= n;
        self.count -= n;
    }

    /// Takes `n` bits, at most 32 and at most what was refilled.
    #[inline(always)]
    pub(super) fn take(&mut self, n: u32) -> u32 {
        let bits = self.window & ((1 << n) - 1);
        self.skip(n);
        bits as u32
    }

    /// Whether more bits were taken than there are.
    pub(super) fn overrun(&self) -> bool {
        self.past_end > u64::from(self.count)
    }

    /// Whether whole bytes are left unread.
    pub(super) fn left_over(&self) -> bool {
        let unread = (self.bytes.len() as u64 * 8).saturating_sub(self.next as u64 * 8)
            + u64::from(self.count).saturating_sub(self.past_end);
        unread >= 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip_at_every_width() {
        let items: Vec<(u64, u32)> = (0..400u64)
            .map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15), (i % 57) as u32))
            .map(|(x, n)| (x & ((1 << n) - 1), n))
            .collect();
        let mut writer = BitWriter::default();
        items.iter().for_each(|&(x, n)| writer.put(x, n));
        let mut reader = BitReader::new(writer.finish());
        for (x, n) in items {
            reader.refill();
            let low = u64::from(reader.take(n.min(32)));
            let high = u64::from(reader.take(n - n.min(32)));
            assert_eq!(high << 32 | low, x);
        }
        assert!(!reader.overrun() && !reader.left_over());
        reader.refill();
        reader.take(9);
        assert!(reader.overrun());
    }
}
