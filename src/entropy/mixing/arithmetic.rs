//! The binary arithmetic coder: 64-bit range, 32 bits out at a time, 16-bit
//! probabilities.

/// A decision that is written or read.
pub(super) trait Coin {
    /// Settles a decision that is 1 with a probability of `one`/2^16, 0 < `one` < 2^16.
    /// A writer writes `bit` and returns it, a reader ignores it.
    fn toss(&mut self, one: u32, bit: u32) -> u32;
}

/// Below this the range is widened; it always covers 2^16 probabilities then.
const LEAST: u64 = 1 << 32;

/// Writes decisions.
pub(super) struct Writer {
    low: u64,
    range: u64,
    words: Vec<u32>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Writer {
            low: 0,
            range: u64::MAX,
            words: Vec::new(),
        }
    }

    #[cold]
    fn carry(&mut self) {
        // The number so far is below 1, so some word takes the carry.
        for word in self.words.iter_mut().rev() {
            *word = word.wrapping_add(1);
            if *word != 0 {
                break;
            }
        }
    }

    /// The shortest bytes that, followed by zeros, lie in the range. Whole words
    /// stay even if they are 0, so that a reader can tell when it reads too far.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let last = self.low.wrapping_add(self.range - 1);
        let mut end = 0;
        if last < self.low {
            // The upper part of the range starts with a carry and zeros.
            self.carry();
        } else if self.low > 0 {
            // Of all numbers within the range the one that ends in the most zeros.
            let zeros = (last ^ (self.low - 1)).ilog2();
            end = last >> zeros << zeros;
        }
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|w| w.to_be_bytes()).collect();
        let used = 8 - end.trailing_zeros() as usize / 8;
        bytes.extend_from_slice(&end.to_be_bytes()[..used]);
        bytes
    }
}

impl Coin for Writer {
    #[inline(always)]
    fn toss(&mut self, one: u32, bit: u32) -> u32 {
        let split = (self.range >> 16) * u64::from(one);
        if bit == 1 {
            self.range = split;
        } else {
            let (low, over) = self.low.overflowing_add(split);
            self.low = low;
            self.range -= split;
            if over {
                self.carry();
            }
        }
        if self.range < LEAST {
            self.words.push((self.low >> 32) as u32);
            self.low <<= 32;
            self.range <<= 32;
        }
        bit
    }
}

/// Reads decisions; past the end there are zeros.
pub(super) struct Reader {
    bytes: Vec<u8>,
    next: usize,
    offset: u64,
    range: u64,
}

impl Reader {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let mut reader = Reader {
            bytes,
            next: 0,
            offset: 0,
            range: u64::MAX,
        };
        reader.offset = reader.word() << 32;
        reader.offset |= reader.word();
        reader
    }

    fn word(&mut self) -> u64 {
        let mut four = [0; 4];
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        let n = rest.len().min(4);
        four[..n].copy_from_slice(&rest[..n]);
        self.next += 4;
        u64::from(u32::from_be_bytes(four))
    }

    /// Whether more was read than was written. A writer leaves out zeros at the end of
    /// the last two words, no more.
    pub(super) fn overrun(&self) -> bool {
        self.next > self.bytes.len() + 8
    }

    /// Whether something is left to be read.
    pub(super) fn left_over(&self) -> bool {
        self.next < self.bytes.len()
    }
}

impl Coin for Reader {
    #[inline(always)]
    fn toss(&mut self, one: u32, _: u32) -> u32 {
        let split = (self.range >> 16) * u64::from(one);
        let bit = self.offset < split;
        if bit {
            self.range = split;
        } else {
            self.offset -= split;
            self.range -= split;
        }
        if self.range < LEAST {
            self.offset = self.offset << 32 | self.word();
            self.range <<= 32;
        }
        u32::from(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_come_back() {
        for seed in 0..300u64 {
            let mut state = seed;
            let tosses: Vec<(u32, u32)> = (0..seed % 97)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    let one =
                        [1, 65_535, 32_768, (state >> 48) as u32 | 1][(state >> 40) as usize % 4];
                    (one, u32::from((state >> 20) as u32 % 65_536 < one))
                })
                .collect();
            let mut writer = Writer::new();
            tosses.iter().for_each(|&(one, bit)| {
                writer.toss(one, bit);
            });
            let bytes = writer.finish();
            let mut reader = Reader::new(bytes);
            for (one, bit) in tosses {
                assert_eq!(reader.toss(one, 0), bit);
            }
            assert!(!reader.overrun() && !reader.left_over());
        }
    }
}
