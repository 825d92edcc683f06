//! An adaptive binary range coder, for the few numbers that travel as side information.
//!
//! Every decision has a model of its own that learns as it goes: fast at first, slower
//! the more it has seen.

/// How likely a decision is to be `false`, in parts of 2^16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bit {
    chance: u16,
    seen: u8,
}

impl Default for Bit {
    fn default() -> Self {
        Bit {
            chance: 1 << 15,
            seen: 0,
        }
    }
}

/// After so many decisions a model learns no slower.
const SETTLED: u8 = 60;
/// Neither outcome is ever less likely, in parts of 2^16.
const LEAST: u32 = 64;
const ONE: u32 = 1 << 16;

impl Bit {
    /// Towards what came, by one part in 1.5 + the decisions seen.
    fn learn(&mut self, bit: bool) {
        let rate = 2 * ONE / (2 * u32::from(self.seen) + 3);
        let chance = u32::from(self.chance);
        let moved = if bit {
            chance - ((chance * (rate >> 1)) >> 15)
        } else {
            chance + (((ONE - chance) * (rate >> 1)) >> 15)
        };
        self.chance = moved.clamp(LEAST, ONE - LEAST) as u16;
        self.seen = SETTLED.min(self.seen + 1);
    }
}

/// Trades decisions for those that the decoder will see. Both sides run the same walk
/// over the same numbers; a decoder ignores what it is given.
pub(crate) trait Bits {
    /// A decision that is learned.
    fn bit(&mut self, model: &mut Bit, bit: bool) -> bool;

    /// A decision that is as likely as not.
    fn even(&mut self, bit: bool) -> bool;
}

/// Below this, the range is shifted up by a byte.
const NARROW: u32 = 1 << 24;

/// Writes decisions.
pub(crate) struct Writer {
    low: u64,
    range: u32,
    /// A byte that a carry may still change, and how many of 255 follow it.
    held: u8,
    full: usize,
    bytes: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        Writer {
            low: 0,
            range: u32::MAX,
            held: 0,
            full: 0,
            bytes: Vec::new(),
        }
    }
}

impl Writer {
    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        if self.low < 0xff00_0000 || carry > 0 {
            self.bytes.push(self.held.wrapping_add(carry));
            let filler = 255u8.wrapping_add(carry);
            self.bytes.extend(std::iter::repeat_n(filler, self.full));
            self.full = 0;
            self.held = (self.low >> 24) as u8;
        } else {
            self.full += 1;
        }
        self.low = (self.low & 0x00ff_ffff) << 8;
    }

    fn narrow(&mut self) {
        while self.range < NARROW {
            self.range <<= 8;
            self.shift();
        }
    }

    /// All that was written. Zeros at the end go without saying.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        // The number within the range that ends in the most zeros.
        let end = self.low + u64::from(self.range);
        let rounded = (0..32).rev().map(|bits| {
            let mask = (1u64 << bits) - 1;
            (self.low + mask) & !mask
        });
        self.low = rounded.into_iter().find(|n| *n < end).unwrap_or(self.low);
        for _ in 0..5 {
            self.shift();
        }
        let zeros = self.bytes.iter().rev().take_while(|b| **b == 0).count();
        self.bytes.truncate(self.bytes.len() - zeros);
        // The first byte is held before there is anything: always 0.
        self.bytes.drain(..self.bytes.len().min(1));
        self.bytes
    }
}

impl Bits for Writer {
    fn bit(&mut self, model: &mut Bit, bit: bool) -> bool {
        let split = (self.range >> 16) * u32::from(model.chance);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        model.learn(bit);
        self.narrow();
        bit
    }

    fn even(&mut self, bit: bool) -> bool {
        self.range >>= 1;
        if bit {
            self.low += u64::from(self.range);
        }
        self.narrow();
        bit
    }
}

/// Reads decisions. After its bytes come zeros.
pub(crate) struct Reader<'a> {
    /// How far the number is into the range.
    code: u32,
    range: u32,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Reader {
            code: 0,
            range: u32::MAX,
            rest: bytes,
        };
        (0..4).for_each(|_| reader.shift());
        reader
    }

    fn shift(&mut self) {
        let (byte, rest) = self.rest.split_first().unwrap_or((&0, &[]));
        self.code = self.code << 8 | u32::from(*byte);
        self.rest = rest;
    }

    fn narrow(&mut self) {
        while self.range < NARROW {
            self.range <<= 8;
            self.shift();
        }
    }

    /// Whether all bytes were read.
    pub(crate) fn is_finished(&self) -> bool {
        self.rest.is_empty()
    }
}

impl Bits for Reader<'_> {
    fn bit(&mut self, model: &mut Bit, _: bool) -> bool {
        let split = (self.range >> 16) * u32::from(model.chance);
        let bit = self.code >= split;
        if bit {
            self.code -= split;
            self.range -= split;
        } else {
            self.range = split;
        }
        model.learn(bit);
        self.narrow();
        bit
    }

    fn even(&mut self, _: bool) -> bool {
        self.range >>= 1;
        let bit = self.code >= self.range;
        if bit {
            self.code -= self.range;
        }
        self.narrow();
        bit
    }
}

/// Counts the bits that a writer would take.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) bits: f64,
}

impl Bits for Counter {
    fn bit(&mut self, model: &mut Bit, bit: bool) -> bool {
        let chance = u32::from(model.chance);
        let part = if bit { ONE - chance } else { chance };
        self.bits += 16.0 - super::cost::log2(f64::from(part));
        model.learn(bit);
        bit
    }

    fn even(&mut self, bit: bool) -> bool {
        self.bits += 1.0;
        bit
    }
}

/// Models of whole numbers from 0 on: how many bits, then those.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Natural {
    lengths: [Bit; LONGEST],
    seconds: [Bit; LONGEST],
}

/// Bits of the largest number plus 1, less the first.
const LONGEST: usize = 31;

impl Default for Natural {
    fn default() -> Self {
        Natural {
            lengths: [Bit::default(); LONGEST],
            seconds: [Bit::default(); LONGEST],
        }
    }
}

impl Natural {
    /// Codes a number below 2^32 − 1.
    pub(crate) fn code(&mut self, bits: &mut impl Bits, number: u32) -> u32 {
        let given = u64::from(number) + 1;
        let mut length = 0;
        while length < LONGEST
            && bits.bit(&mut self.lengths[length], given.ilog2() as usize > length)
        {
            length += 1;
        }
        let mut told = 1u64;
        for k in (0..length).rev() {
            let bit = given >> k & 1 == 1;
            let bit = if k + 1 == length {
                bits.bit(&mut self.seconds[k], bit)
            } else {
                bits.even(bit)
            };
            told = told << 1 | u64::from(bit);
        }
        (told - 1) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: u32 = u32::MAX - 1;

    fn numbers() -> Vec<u32> {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let small = (0..3000).map(|_| next() % 3 * (next() % 5));
        let mut numbers: Vec<u32> = small.collect();
        numbers.extend([0, 1, LARGEST, LARGEST - 1, 1 << 30, 255, 256, 0]);
        numbers
    }

    #[test]
    fn numbers_come_back() {
        for numbers in [numbers(), vec![], vec![0; 5000], vec![LARGEST; 40]] {
            let (mut writer, mut counter) = (Writer::default(), Counter::default());
            let mut models = [Natural::default(); 2];
            for n in &numbers {
                models[0].code(&mut writer, *n);
                models[1].code(&mut counter, *n);
            }
            let bytes = writer.finish();
            let counted = counter.bits / 8.0;
            assert!((bytes.len() as f64 - counted).abs() < 8.0 + 0.05 * counted);
            let mut reader = Reader::new(&bytes);
            let mut model = Natural::default();
            for n in &numbers {
                assert_eq!(model.code(&mut reader, 0), *n);
            }
            assert!(reader.is_finished());
        }
    }

    #[test]
    fn what_never_changes_costs_next_to_nothing() {
        let mut writer = Writer::default();
        let mut model = Bit::default();
        (0..100_000).for_each(|_| {
            writer.bit(&mut model, false);
        });
        assert!(writer.finish().len() < 30);
    }

    #[test]
    fn carries_travel() {
        let mut state = 1u64;
        for _ in 0..200 {
            let mut writer = Writer::default();
            let mut told = Vec::new();
            let mut model = Bit::default();
            for _ in 0..64 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                told.push(state >> 60 != 0);
                writer.bit(&mut model, state >> 60 != 0);
            }
            let bytes = writer.finish();
            let (mut reader, mut model) = (Reader::new(&bytes), Bit::default());
            for bit in told {
                assert_eq!(reader.bit(&mut model, false), bit);
            }
        }
    }
}
