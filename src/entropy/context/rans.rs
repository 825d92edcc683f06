//! Interleaved range asymmetric numeral systems: four states in turn.
//!
//! State x is a number of at least 2^16; coding token s of frequency f and start b
//! out of 2^11 turns it into `(x / f)·2^11 + x mod f + b`, after moving 16 bits out
//! if it would leave 32 bits. Tokens are coded last to first, so that they are
//! decoded first to last.

use super::histogram::Clusters;
use super::token::TOKENS;
use crate::error::{Result, Section, corrupt};

/// Bits of a probability.
pub(super) const PRECISION: u32 = 11;
/// What frequencies add up to.
pub(super) const TOTAL: u32 = 1 << PRECISION;
const STATES: usize = 4;
const LOWEST: u32 = 1 << 16;

/// States, then 16-bit words in the order of decoding.
pub(super) fn encode(tokens: &[u8], contexts: &[u16], clusters: &Clusters) -> Vec<u8> {
    if tokens.is_empty()
        || clusters
            .frequencies()
            .iter()
            .all(|f| f.contains(&(TOTAL as u16)))
    {
        // Nothing to tell: every context has one token only.
        return Vec::new();
    }
    let starts: Vec<[u16; TOKENS]> = clusters.frequencies().iter().map(starts_of).collect();
    let mut states = [LOWEST; STATES];
    let mut words: Vec<u16> = Vec::with_capacity(tokens.len() / 2);
    for (i, (&token, &context)) in tokens.iter().zip(contexts).enumerate().rev() {
        let cluster = usize::from(clusters.of(context));
        let frequency = u32::from(clusters.frequencies()[cluster][usize::from(token)]);
        let start = u32::from(starts[cluster][usize::from(token)]);
        let x = &mut states[i % STATES];
        if u64::from(*x) >= u64::from(frequency) << (32 - PRECISION) {
            words.push(*x as u16);
            *x >>= 16;
        }
        *x = ((*x / frequency) << PRECISION) + *x % frequency + start;
    }
    let states = states.iter().flat_map(|x| x.to_le_bytes());
    states
        .chain(words.iter().rev().flat_map(|w| w.to_le_bytes()))
        .collect()
}

fn starts_of(frequencies: &[u16; TOKENS]) -> [u16; TOKENS] {
    let mut starts = [0; TOKENS];
    let mut sum = 0;
    for (start, f) in starts.iter_mut().zip(frequencies) {
        *start = sum;
        sum += f;
    }
    starts
}

/// What a slot of a histogram stands for: the token in the low 8 bits, then 12 bits of
/// its frequency, then 12 of the slot less the start of its token.
#[derive(Debug, Clone, Copy)]
struct Slot(u32);

impl Slot {
    fn new(token: u8, frequency: u16, offset: u16) -> Self {
        Slot(u32::from(token) | u32::from(frequency) << 8 | u32::from(offset) << 20)
    }
}

/// Takes tokens off one by one.
pub(super) struct Decoder {
    slots: Vec<Slot>,
    states: [u32; STATES],
    words: Vec<u16>,
    next: usize,
    turn: usize,
    /// Without bytes every histogram has one token, and states never change.
    silent: bool,
}

impl Decoder {
    pub(super) fn new(bytes: &[u8], clusters: &Clusters, samples: usize) -> Result<Self> {
        let slots = clusters.frequencies().iter().flat_map(slots_of).collect();
        let silent = bytes.is_empty();
        if silent {
            if !clusters
                .frequencies()
                .iter()
                .all(|f| f.contains(&(TOTAL as u16)))
            {
                return corrupt(Section::Codes, "the tokens are missing");
            }
            return Ok(Decoder {
                slots,
                states: [LOWEST; STATES],
                words: Vec::new(),
                next: 0,
                turn: 0,
                silent,
            });
        }
        if bytes.len() < 4 * STATES
            || !bytes.len().is_multiple_of(2)
            || bytes.len() > 4 * STATES + samples.saturating_mul(2)
        {
            return corrupt(Section::Codes, format!("{} bytes of tokens", bytes.len()));
        }
        let mut states = [0; STATES];
        for (x, four) in states.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *x = u32::from_le_bytes(*four);
            if *x < LOWEST {
                return corrupt(Section::Codes, "a state is too small");
            }
        }
        let words = bytes[4 * STATES..]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|two| u16::from_le_bytes(*two))
            .collect();
        Ok(Decoder {
            slots,
            states,
            words,
            next: 0,
            turn: 0,
            silent,
        })
    }

    #[inline(always)]
    pub(super) fn next(&mut self, cluster: u8) -> u8 {
        let x = &mut self.states[self.turn % STATES];
        self.turn += 1;
        let slot = self.slots[usize::from(cluster) << PRECISION | (*x % TOTAL) as usize];
        // Cannot overflow: frequency ≤ 2^11, x >> 11 < 2^21, offset < 2^11.
        *x = (slot.0 >> 8 & 0xfff) * (*x >> PRECISION) + (slot.0 >> 20);
        if *x < LOWEST {
            let word = self.words.get(self.next).copied().unwrap_or(0);
            *x = *x << 16 | u32::from(word);
            self.next += 1;
        }
        slot.0 as u8
    }

    /// Whether more words were wanted than there are.
    pub(super) fn overrun(&self) -> bool {
        !self.silent && self.next > self.words.len()
    }

    /// Whether all words are used and the states are where the encoder started.
    pub(super) fn is_done(&self) -> bool {
        self.silent || (self.next == self.words.len() && self.states == [LOWEST; STATES])
    }
}

fn slots_of(frequencies: &[u16; TOKENS]) -> impl Iterator<Item = Slot> + '_ {
    let slots =
        |(token, &frequency)| (0..frequency).map(move |offset| Slot::new(token, frequency, offset));
    (0..=u8::MAX).zip(frequencies).flat_map(slots)
}
