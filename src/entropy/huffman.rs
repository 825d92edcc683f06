//! The baseline back end: canonical Huffman over all planes, then zstd.
//!
//! `huffman-compress` builds the tree; only the lengths of its codes are used.
//! Codes are then assigned in order of (length, token), first bit first, and read
//! through a table.

use foresz_predictors::Plane;

use super::PlaneReader;
use super::bits::{BitReader, BitWriter};
use super::token::{self, TOKENS};
use crate::bytes::{Reader, put_bytes, put_number};
use crate::entropy::HOLE;
use crate::error::{Result, Section, corrupt};

/// No code is longer, so that one look at 16 bits finds any of them.
const MOST_BITS: u32 = 16;
/// Bits resolved by the first look.
const TABLE_BITS: u32 = 11;
const LENGTHS_ZSTD_LEVEL: i32 = 3;

/// Where codes take a bit or two, Huffman leaves much to find and little to search;
/// elsewhere next to nothing is left.
fn zstd_level(codes: usize, bytes: usize) -> i32 {
    if bytes < codes / 4 { 5 } else { 1 }
}

type Lengths = [u8; TOKENS];

/// Lengths of an optimal code for these counts, none above [`MOST_BITS`].
fn lengths(counts: &[u32; TOKENS]) -> Lengths {
    let mut lengths = [0; TOKENS];
    let mut weights: Vec<(u8, u64)> = (0..=u8::MAX)
        .zip(counts)
        .filter(|(_, n)| **n > 0)
        .map(|(t, n)| (t, u64::from(*n)))
        .collect();
    if weights.len() < 2 {
        return lengths;
    }
    loop {
        let (book, _) = weights
            .iter()
            .copied()
            .collect::<huffman_compress::CodeBuilder<_, _>>()
            .finish();
        let codes = book.into_inner();
        if codes.values().all(|code| code.len() <= MOST_BITS as usize) {
            codes
                .iter()
                .for_each(|(token, code)| lengths[usize::from(*token)] = code.len() as u8);
            return lengths;
        }
        // Flatter weights make a shallower tree; rare tokens pay a bit less for it. In the
        // end all of them are 1 or 2, and no code is longer than 9 bits.
        weights.iter_mut().for_each(|(_, n)| *n = *n / 2 + 1);
    }
}

/// The code of each token, its first bit lowest.
fn assign(lengths: &Lengths) -> [u32; TOKENS] {
    let mut codes = [0; TOKENS];
    let mut next = 0u32;
    for length in 1..=MOST_BITS {
        next <<= 1;
        for (code, _) in codes
            .iter_mut()
            .zip(lengths)
            .filter(|(_, l)| u32::from(**l) == length)
        {
            *code = next.reverse_bits() >> (32 - length);
            next += 1;
        }
    }
    codes
}

/// Whether lengths describe a code in which every bit string means something.
fn is_complete(lengths: &Lengths) -> bool {
    let filled: u32 = lengths
        .iter()
        .filter(|l| **l > 0)
        .map(|l| 1 << (MOST_BITS - u32::from(*l)))
        .sum();
    filled == 1 << MOST_BITS
}

/// The bytes of all codes of a chunk.
pub(super) fn encode(codes: &[i32]) -> Vec<u8> {
    let counts = token::count(codes);
    let lengths = lengths(&counts);
    let mut out = Vec::new();
    let used = counts
        .iter()
        .rposition(|n| *n > 0)
        .map_or(0, |last| last + 1);
    put_number(&mut out, used as u64);
    if lengths.iter().all(|l| *l == 0) {
        // At most one token: it is the last used one, and only raw bits follow.
        put_number(&mut out, 0);
    } else {
        put_bytes(
            &mut out,
            &super::squeeze(&lengths[..used], LENGTHS_ZSTD_LEVEL),
        );
    }
    let payload = write_codes(codes, &lengths);
    put_number(&mut out, payload.len() as u64);
    out.extend(super::squeeze(
        &payload,
        zstd_level(codes.len(), payload.len()),
    ));
    out
}

fn write_codes(codes: &[i32], lengths: &Lengths) -> Vec<u8> {
    const SMALL: i32 = 1024;
    let words = assign(lengths);
    let word = |code: i32| {
        let (token, raw_bits, raw) = token::split(code);
        let length = u32::from(lengths[usize::from(token)]);
        (
            u64::from(words[usize::from(token)]) | u64::from(raw) << length,
            length + raw_bits,
        )
    };
    let table: Vec<(u64, u32)> = (-SMALL..SMALL).map(word).collect();
    let mut writer = BitWriter::default();
    for &code in codes {
        if let Some(&(bits, n)) = table.get(code.wrapping_add(SMALL) as u32 as usize) {
            writer.put(bits, n);
        } else if code != HOLE {
            let (bits, n) = word(code);
            writer.put(bits, n);
        }
    }
    writer.finish()
}

/// Reads codes of the planes as they come.
pub(super) struct Decoder {
    bits: BitReader,
    /// For each first [`TABLE_BITS`] bits the code they start.
    table: Vec<Entry>,
    /// For each first [`TABLE_BITS`] bits all short codes that they hold.
    runs: Vec<Run>,
    /// Longer codes, ascending: the number of their bits, those bits, the entry.
    long: Vec<(u32, u64, Entry)>,
}

/// What a code stands for.
#[derive(Clone, Copy)]
struct Entry {
    token: u8,
    /// Bits of the code; 0 says that it is a longer one, or that there is only one token.
    length: u8,
    /// Bits that follow the code.
    raw_bits: u8,
}

impl Entry {
    fn new(token: u8, length: u8) -> Self {
        Entry {
            token,
            length,
            raw_bits: token::raw_bits(token) as u8,
        }
    }
}

/// Most codes of a run.
const RUN: usize = 4;
/// Their bits together are there after a refill.
const RUNS_PER_REFILL: u32 = 56 / TABLE_BITS;

/// Codes without raw bits that some bits start with.
#[derive(Clone, Copy, Default)]
struct Run {
    codes: [i8; RUN],
    /// 0 says that there is none.
    count: u8,
    /// Bits of all of them.
    bits: u8,
}

impl Run {
    fn of(table: &[Entry], bits: usize) -> Self {
        let mut run = Run::default();
        while usize::from(run.count) < RUN {
            // Bits beyond those known are 0 here: only what ends before counts.
            let entry = table[bits >> run.bits];
            let end = run.bits + entry.length;
            let plain = entry.length > 0 && entry.raw_bits == 0 && entry.token > 0;
            if !plain || u32::from(end) > TABLE_BITS {
                break;
            }
            run.codes[usize::from(run.count)] = token::join(entry.token, 0) as i8;
            run.count += 1;
            run.bits = end;
        }
        run
    }
}

impl Decoder {
    pub(super) fn new(bytes: &[u8], samples: usize) -> Result<Self> {
        let mut reader = Reader::new(bytes, Section::Codes);
        let used = reader.count(TOKENS, "tokens")?;
        let packed = reader.bytes()?;
        let mut lengths = [0; TOKENS];
        // Nothing stands for a code of no bits for the last token, the only one.
        if !packed.is_empty() {
            lengths[..used].copy_from_slice(&super::stretch(packed, used, Section::Codes)?);
            if lengths.iter().any(|l| u32::from(*l) > MOST_BITS) || !is_complete(&lengths) {
                return corrupt(Section::Codes, "the Huffman code has gaps");
            }
        }
        // No code is longer than MOST_BITS + 29 raw bits.
        let payload_bytes = reader.count(
            samples.saturating_mul(6).saturating_add(8),
            "bytes of codes",
        )?;
        let payload = super::stretch(reader.rest(), payload_bytes, Section::Codes)?;
        let mut decoder = Decoder {
            bits: BitReader::new(payload),
            table: Vec::new(),
            runs: Vec::new(),
            long: Vec::new(),
        };
        decoder.fill_tables(&lengths, used);
        decoder.runs = (0..1 << TABLE_BITS)
            .map(|bits| Run::of(&decoder.table, bits))
            .collect();
        Ok(decoder)
    }

    fn fill_tables(&mut self, lengths: &Lengths, used: usize) {
        self.table = vec![Entry::new(used.saturating_sub(1) as u8, 0); 1 << TABLE_BITS];
        for (token, (&length, &word)) in (0..=u8::MAX)
            .zip(lengths.iter().zip(&assign(lengths)))
            .filter(|(_, (l, _))| **l > 0)
        {
            let entry = Entry::new(token, length);
            if u32::from(length) <= TABLE_BITS {
                self.table
                    .iter_mut()
                    .skip(word as usize)
                    .step_by(1 << length)
                    .for_each(|e| *e = entry);
            } else {
                self.long.push((u32::from(length), u64::from(word), entry));
            }
        }
    }

    #[cold]
    fn look_further(&self, window: u64) -> Entry {
        let fits = |(length, word, _): &&(u32, u64, Entry)| window & ((1 << length) - 1) == *word;
        self.long
            .iter()
            .find(fits)
            .map_or(self.table[0], |(_, _, entry)| *entry)
    }

    /// Codes without holes among them, run by run.
    fn read_all(&mut self, codes: &mut [i32]) {
        let mut done = 0;
        while done + RUN <= codes.len() {
            self.bits.refill();
            for _ in 0..RUNS_PER_REFILL {
                let run = self.runs[(self.bits.peek() & ((1 << TABLE_BITS) - 1)) as usize];
                let Some(ahead) = codes.get_mut(done..done + RUN) else {
                    break;
                };
                if run.count > 0 {
                    // What lies beyond the run is written again.
                    for (code, known) in ahead.iter_mut().zip(run.codes) {
                        *code = i32::from(known);
                    }
                    self.bits.skip(u32::from(run.bits));
                    done += usize::from(run.count);
                } else {
                    self.bits.refill();
                    ahead[0] = self.next();
                    self.bits.refill();
                    done += 1;
                }
            }
        }
        for code in &mut codes[done..] {
            self.bits.refill();
            *code = self.next();
        }
    }

    #[inline(always)]
    fn next(&mut self) -> i32 {
        let mut entry = self.table[(self.bits.peek() & ((1 << TABLE_BITS) - 1)) as usize];
        if entry.length == 0 && !self.long.is_empty() {
            entry = self.look_further(self.bits.peek());
        }
        self.bits.skip(u32::from(entry.length));
        let raw = self.bits.take(u32::from(entry.raw_bits));
        token::join(entry.token, raw)
    }
}

impl PlaneReader for Decoder {
    fn read(&mut self, _: &Plane, codes: &mut [i32]) -> Result<()> {
        if codes.contains(&HOLE) {
            for code in codes.iter_mut().filter(|c| **c != HOLE) {
                self.bits.refill();
                *code = self.next();
            }
        } else {
            self.read_all(codes);
        }
        if self.bits.overrun() {
            return corrupt(Section::Codes, "it ends before the last code");
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        if self.bits.left_over() {
            corrupt(Section::Codes, "bytes are left after the last code")
        } else {
            Ok(())
        }
    }
}
