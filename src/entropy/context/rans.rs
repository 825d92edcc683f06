//! Interleaved range asymmetric numeral systems: a state for every lane.
//!
//! State x is a number of at least 2^16; coding token s of frequency f and start b
//! out of 2^11 turns it into `(x / f)·2^11 + x mod f + b`, after moving 16 bits out
//! if it would leave 32 bits. Tokens are coded last to first, so that they are
//! decoded first to last.

use foresz_predictors::Plane;

use super::histogram::Clusters;
use super::lanes::{self, BUCKET_SIZES, LANES, NO_WEST};
use super::scene::Group;
use crate::entropy::token::{NO_TOKEN, TOKENS};
use crate::error::{Result, Section, corrupt};

/// Bits of a probability.
pub(super) const PRECISION: u32 = 11;
/// What frequencies add up to.
pub(super) const TOTAL: u32 = 1 << PRECISION;
const LOWEST: u32 = 1 << 16;

/// Whether every histogram has one token only: nothing is to be told then.
fn is_silent(clusters: &Clusters) -> bool {
    let certain = |f: &[u16; TOKENS]| f.contains(&(TOTAL as u16));
    clusters.frequencies().iter().all(certain)
}

/// What coding a token takes.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// 2^43 divided by the frequency, rounded up: multiplying by it divides exactly
    /// whatever a state can be.
    reciprocal: u64,
    frequency: u32,
    start: u32,
}

const SHIFT: u32 = 43;

/// From histogram to histogram in the table of entries.
const STRIDE: usize = 256;

/// The entries of all histograms.
fn entries_of(clusters: &Clusters) -> Vec<Entry> {
    let mut entries = vec![Entry::default(); clusters.frequencies().len() * STRIDE];
    let tables = entries.chunks_exact_mut(STRIDE);
    for (table, frequencies) in tables.zip(clusters.frequencies()) {
        let mut start = 0;
        for (entry, &f) in table.iter_mut().zip(frequencies).filter(|(_, f)| **f > 0) {
            let frequency = u32::from(f);
            *entry = Entry {
                reciprocal: (1u64 << SHIFT).div_ceil(u64::from(frequency)),
                frequency,
                start,
            };
            start += frequency;
        }
    }
    entries
}

/// States, then 16-bit words in the order of decoding.
pub(super) fn encode(
    planes: &[Plane],
    tokens: &[u8],
    contexts: &[u8],
    clusters: &Clusters,
) -> Vec<u8> {
    if is_silent(clusters) {
        return Vec::new();
    }
    let lanes = lanes::lanes_of_chunk(tokens.len());
    let mut writer = Writer {
        entries: entries_of(clusters),
        states: [LOWEST; LANES],
        words: vec![0; tokens.len()],
        at: tokens.len(),
    };
    let mut end = tokens.len();
    for plane in planes.iter().rev().filter(|p| !p.is_empty()) {
        let map = clusters.map(Group::of(plane));
        let start = end - plane.len();
        let rows = tokens[start..end].chunks_exact(plane.columns());
        let contexts = contexts[start..end].chunks_exact(plane.columns());
        for (tokens, contexts) in rows.zip(contexts).rev() {
            match lanes::lanes_of_row(tokens.len(), lanes) {
                8 => writer.row::<8>(tokens, contexts, map),
                4 => writer.row::<4>(tokens, contexts, map),
                2 => writer.row::<2>(tokens, contexts, map),
                _ => writer.row::<1>(tokens, contexts, map),
            }
        }
        end = start;
    }
    let states = writer.states[..lanes].iter().flat_map(|x| x.to_le_bytes());
    let words = writer.words[writer.at..].iter();
    states.chain(words.flat_map(|w| w.to_le_bytes())).collect()
}

struct Writer {
    entries: Vec<Entry>,
    states: [u32; LANES],
    /// Filled from the end: no token takes more than one.
    words: Vec<u16>,
    at: usize,
}

impl Writer {
    fn row<const N: usize>(&mut self, tokens: &[u8], contexts: &[u8], map: &[u8]) {
        let part = tokens.len().div_ceil(N);
        let mut states = [0; N];
        states.copy_from_slice(&self.states[..N]);
        let mut at = self.at;
        for i in (0..part).rev() {
            for lane in (0..N).rev() {
                let j = lane * part + i;
                if j >= tokens.len() || tokens[j] == NO_TOKEN {
                    continue;
                }
                let cluster = usize::from(map[usize::from(contexts[j])]);
                let entry = self.entries[cluster * STRIDE + usize::from(tokens[j])];
                let mut x = states[lane];
                if u64::from(x) >= u64::from(entry.frequency) << (32 - PRECISION) {
                    at -= 1;
                    self.words[at] = x as u16;
                    x >>= 16;
                }
                let quotient = ((u64::from(x) * entry.reciprocal) >> SHIFT) as u32;
                let rest = x - quotient * entry.frequency;
                states[lane] = (quotient << PRECISION) + rest + entry.start;
            }
        }
        self.at = at;
        self.states[..N].copy_from_slice(&states);
    }
}

/// What a slot of a histogram stands for: the token in the low 8 bits, then 12 bits of
/// its frequency, then 12 of the slot less the start of its token.
fn slots_of(frequencies: &[u16; TOKENS]) -> impl Iterator<Item = u32> + '_ {
    let slots = |(token, &frequency): (u32, &u16)| {
        let slot = token | u32::from(frequency) << 8;
        (0..u32::from(frequency)).map(move |offset| slot | offset << 20)
    };
    (0..).zip(frequencies).flat_map(slots)
}

/// Takes tokens off row by row.
pub(super) struct Decoder {
    slots: Vec<u32>,
    lanes: usize,
    states: [u32; LANES],
    words: Vec<u16>,
    next: usize,
    /// Without bytes every histogram has one token, and states never change.
    silent: bool,
}

impl Decoder {
    pub(super) fn new(bytes: &[u8], clusters: &Clusters, samples: usize) -> Result<Self> {
        let mut slots = Vec::with_capacity(clusters.frequencies().len() << PRECISION);
        for frequencies in clusters.frequencies() {
            slots.extend(slots_of(frequencies));
        }
        let lanes = lanes::lanes_of_chunk(samples);
        let mut states = [LOWEST; LANES];
        let silent = bytes.is_empty();
        if silent && !is_silent(clusters) {
            return corrupt(Section::Codes, "the tokens are missing");
        }
        if !silent
            && (bytes.len() < 4 * lanes
                || !bytes.len().is_multiple_of(2)
                || bytes.len() > 4 * lanes + samples.saturating_mul(2))
        {
            return corrupt(Section::Codes, format!("{} bytes of tokens", bytes.len()));
        }
        let (first, rest) = bytes.split_at(if silent { 0 } else { 4 * lanes });
        for (x, four) in states.iter_mut().zip(first.as_chunks::<4>().0) {
            *x = u32::from_le_bytes(*four);
            if *x < LOWEST {
                return corrupt(Section::Codes, "a state is too small");
            }
        }
        let words = rest.as_chunks::<2>().0.iter();
        Ok(Decoder {
            slots,
            lanes,
            states,
            words: words.map(|two| u16::from_le_bytes(*two)).collect(),
            next: 0,
            silent,
        })
    }

    /// Reads the tokens of a row, but those that are [`NO_TOKEN`] already, of which there
    /// are none unless `holes`. `clusters` gives the histogram of each bucket and size of
    /// W.
    pub(super) fn row(
        &mut self,
        clusters: &[u8; BUCKET_SIZES],
        buckets: &[u8],
        tokens: &mut [u8],
        holes: bool,
    ) {
        match (lanes::lanes_of_row(tokens.len(), self.lanes), holes) {
            (8, false) => self.row_in::<8, false>(clusters, buckets, tokens),
            (8, true) => self.row_in::<8, true>(clusters, buckets, tokens),
            (4, _) => self.row_in::<4, true>(clusters, buckets, tokens),
            (2, _) => self.row_in::<2, true>(clusters, buckets, tokens),
            _ => self.row_in::<1, true>(clusters, buckets, tokens),
        }
    }

    fn row_in<const N: usize, const HOLES: bool>(
        &mut self,
        clusters: &[u8; BUCKET_SIZES],
        buckets: &[u8],
        tokens: &mut [u8],
    ) {
        let columns = tokens.len();
        let buckets = &buckets[..columns];
        let part = columns.div_ceil(N);
        let (slots, words) = (self.slots.as_slice(), self.words.as_slice());
        let mut states = [0; N];
        states.copy_from_slice(&self.states[..N]);
        let mut wests = [NO_WEST; N];
        let mut next = self.next;
        let mut settle = |lane: usize, j: usize| {
            if HOLES && tokens[j] == NO_TOKEN {
                wests[lane] = NO_WEST;
                return;
            }
            let x = states[lane];
            let cluster = usize::from(clusters[lanes::cell(buckets[j], wests[lane])]);
            let slot = slots[cluster << PRECISION | (x % TOTAL) as usize];
            // Cannot overflow: frequency ≤ 2^11, x >> 11 < 2^21, offset < 2^11.
            let x = ((slot >> 8) & 0xfff) * (x >> PRECISION) + (slot >> 20);
            let word = u32::from(words.get(next).copied().unwrap_or(0));
            let low = x < LOWEST;
            next += usize::from(low);
            states[lane] = if low { x << 16 | word } else { x };
            tokens[j] = slot as u8;
            wests[lane] = lanes::size_of_token(slot as u8);
        };
        // Only the last part can be shorter than the others.
        let shortest = columns - (N - 1) * part;
        for i in 0..shortest {
            for lane in 0..N {
                settle(lane, lane * part + i);
            }
        }
        for i in shortest..part {
            for lane in 0..N - 1 {
                settle(lane, lane * part + i);
            }
        }
        self.next = next;
        self.states[..N].copy_from_slice(&states);
    }

    /// Whether more words were wanted than there are.
    pub(super) fn overrun(&self) -> bool {
        !self.silent && self.next > self.words.len()
    }

    /// Whether all words are used and the states are where the encoder started.
    pub(super) fn is_done(&self) -> bool {
        self.silent || (self.next == self.words.len() && self.states == [LOWEST; LANES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_divides_exactly() {
        for frequency in 1..=TOTAL {
            let reciprocal = (1u64 << SHIFT).div_ceil(u64::from(frequency));
            let most = (u64::from(frequency) << (32 - PRECISION)) - 1;
            for k in 0..64u64 {
                let multiple = most / 64 * k / u64::from(frequency) * u64::from(frequency);
                for x in [multiple, multiple + u64::from(frequency) - 1, most - k] {
                    assert_eq!((x * reciprocal) >> SHIFT, x / u64::from(frequency));
                }
            }
        }
    }
}
