//! Damaged and hostile streams: an error, never a panic, never wrong values, never
//! memory that the stream has not earned.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::common::coders::OneByOne;
use crate::common::fields::{Random, noise, smooth, with};
use crate::common::stream::{Parts, bytes, number};
use crate::common::{array, bits, options, pack, unpack};
use foresz::predictors::{
    Built, Coder, Entry, Error as Fault, Predictor, Registry, Result as Walked, Scene, Side,
};
use foresz::{Backend, Bound, Decompressor, Effort, Error, Options, Sample, inspect};
use ndarray::ArrayD;

// --- An allocator that knows the largest thing asked for on this thread. ---

struct Watching;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "an allocator can be watched in no other way")]
// SAFETY: everything is passed on to the system's allocator as it comes.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller keeps the promises of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The largest allocation while `work` runs.
fn largest_allocation(work: impl FnOnce()) -> usize {
    LARGEST.set(0);
    work();
    LARGEST.get()
}

// --- Streams to damage. ---

/// Learns something and insists on getting it back.
#[derive(Clone)]
struct Studious;

const LEARNED: &[u8] = b"what was learned";

impl<T: Sample> Predictor<T> for Studious {
    fn learn(&self, _: &[T], _: &Scene) -> Walked<Side> {
        Ok(Side(LEARNED.to_vec()))
    }

    fn walk(&self, side: &Side, scene: &Scene, coder: &mut dyn Coder<T>) -> Walked<()> {
        if side.0 != LEARNED {
            return Err(Fault::Side {
                reason: "not what was learned".into(),
            });
        }
        let lorenzo = Registry::default().build(&"lorenzo".parse()?)?;
        T::point(&*lorenzo.point).walk(&Side::default(), scene, &mut OneByOne(coder))
    }
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let build = |_: &_| Ok(Built::point(Studious));
    registry.register(Entry::new("studious", "of a test", build));
    registry
}

fn decode<T: Sample>(stream: &[u8]) -> Result<ArrayD<T>, Error> {
    let decoder = Decompressor::default().registry(registry()).threads(1);
    decoder.field(stream)
}

/// With spikes for literals, and holes for a mask.
fn spiky(holes: bool) -> ArrayD<f32> {
    // As large as bins of width 1 can just not reach.
    let field = with(smooth(&[3, 5, 8]), 4_190_000.0, |i| i % 41 == 17);
    let holed = |i: usize| holes && i % 9 < 2;
    with(with(field, f32::NAN, holed), 1e20, |i| holes && i % 31 == 4)
}

/// Streams of every back end that have every kind of section.
fn specimens() -> Vec<(String, Vec<u8>, ArrayD<f32>)> {
    let asks = [
        ("lorenzo", Bound::Absolute(0.5)),
        ("spline:alpha=1.5", Bound::Absolute(0.5)),
        ("studious", Bound::Absolute(0.5)),
        ("raster", Bound::Absolute(0.5)),
        ("pyramid", Bound::Absolute(0.5)),
        ("persistence+spline", Bound::RangeRelative(1.3e-7)),
        ("persistence+zero", Bound::Lossless),
        ("lorenzo", Bound::PointwiseRelative(0.01)),
        ("auto", Bound::Psnr(140.0)),
    ];
    let mut specimens = Vec::new();
    for (i, (spec, bound)) in asks.into_iter().enumerate() {
        for backend in Backend::ALL {
            let field = spiky(i % 2 == 0);
            let mut asked = options(bound, spec)
                .registry(registry())
                .backend(backend)
                .fill(1e20)
                .attribute("units", "K");
            if i % 3 == 0 {
                asked = asked.chunk([2, 5, 8]).dims(["time", "lat", "lon"]);
            }
            let what = format!("{spec} {bound:?} {}", backend.name());
            let packed = pack(&field, &asked).bytes;
            let decoded = decode::<f32>(&packed).unwrap_or_else(|e| panic!("{what}: {e}"));
            specimens.push((what, packed, decoded));
        }
    }
    let mut random = Random(1);
    let any = (0..120).map(|_| f32::from_bits(random.next() as u32));
    let noise = array(&[3, 5, 8], any.collect());
    let usual = |effort: Effort| {
        (
            format!("effort {}", effort.name()),
            spiky(true),
            Bound::Absolute(0.05),
            effort,
        )
    };
    let stored = ("stored".to_owned(), noise, Bound::Lossless, Effort::Default);
    for (what, field, bound, effort) in Effort::ALL.map(usual).into_iter().chain([stored]) {
        let asked = Options::new(bound).effort(effort).fill(1e20);
        let packed = pack(&field, &asked).bytes;
        let decoded = decode::<f32>(&packed).unwrap_or_else(|e| panic!("{what}: {e}"));
        specimens.push((what, packed, decoded));
    }
    specimens
}

/// Whether an error is of the kind that bytes can cause.
fn blames_the_bytes(error: &Error) -> bool {
    matches!(
        error,
        Error::Corrupt { .. } | Error::Unsupported(_) | Error::Predictor(_) | Error::Invalid(_)
    )
}

// --- Damage. ---

#[test]
fn every_truncation_is_an_error() {
    for (what, stream, _) in specimens() {
        for length in 0..stream.len() {
            let error = decode::<f32>(&stream[..length]).unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. }), "{what} at {length}");
            assert!(inspect(&stream[..length]).is_err(), "{what} at {length}");
        }
        for more in [&[0][..], &[0; 13], &stream[stream.len() - 12..]] {
            let longer = [&stream[..], more].concat();
            assert!(decode::<f32>(&longer).is_err(), "{what} made longer");
        }
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    for (what, mut stream, _) in specimens() {
        for bit in 0..stream.len() * 8 {
            stream[bit / 8] ^= 1 << (bit % 8);
            let outcome = decode::<f32>(&stream);
            stream[bit / 8] ^= 1 << (bit % 8);
            let error = outcome.err();
            let error = error.unwrap_or_else(|| panic!("{what}: bit {bit} is not noticed"));
            let kind = matches!(error, Error::Corrupt { .. } | Error::Unsupported(_));
            assert!(kind, "{what}: bit {bit}: {error}");
        }
    }
}

#[test]
fn pieces_put_together_wrongly_are_errors() {
    let specimens = specimens();
    for (a, first, _) in &specimens {
        for (b, second, _) in specimens.iter().filter(|(b, _, _)| b != a) {
            let (one, other) = (Parts::of(first), Parts::of(second));
            if one.body == other.body {
                continue;
            }
            let mixed = Parts {
                body: other.body.clone(),
                ..one
            };
            assert!(decode::<f32>(&mixed.join()).is_err(), "{a} with {b}");
        }
    }
}

#[test]
fn a_stream_of_the_other_type_is_the_callers_mistake() {
    let stream = pack(&smooth::<f32>(&[4, 5]), &Options::new(Bound::Absolute(0.1))).bytes;
    assert!(matches!(decode::<f64>(&stream), Err(Error::Invalid(_))));
    let stream = pack(&smooth::<f64>(&[4, 5]), &Options::new(Bound::Absolute(0.1))).bytes;
    assert!(matches!(decode::<f32>(&stream), Err(Error::Invalid(_))));
}

#[test]
fn other_files_are_not_streams() {
    for other in [
        &b""[..],
        b"F",
        b"FSZ",
        b"FSZ\x1a",
        b"\x93NUMPY\x01\x00",
        b"FSZ\x1a\x01",
    ] {
        assert!(matches!(decode::<f32>(other), Err(Error::Corrupt { .. })));
    }
    let zeros = vec![0; 4096];
    assert!(decode::<f32>(&zeros).is_err());
    let newer = [b"FSZ\x1a\x63", &zeros[..]].concat();
    assert!(matches!(decode::<f32>(&newer), Err(Error::Unsupported(_))));
}

// --- Damage with checksums that fit. ---

/// Fails unless the outcome is an error, or the very values.
fn assert_error_or_same(what: &str, stream: &[u8], values: &ArrayD<f32>) -> bool {
    match decode::<f32>(stream) {
        Ok(field) if field.shape() == values.shape() => {
            assert_eq!(bits(&field), bits(values), "{what}: wrong values");
            true
        }
        // The index may claim anything that the chunks do not contradict.
        Ok(_) => true,
        Err(error) => {
            assert!(blames_the_bytes(&error), "{what}: {error}");
            false
        }
    }
}

#[test]
fn every_changed_byte_of_the_index_is_an_error_or_harmless() {
    for (what, stream, values) in specimens() {
        let parts = Parts::of(&stream);
        for at in 0..parts.index.len() {
            for change in [0x01, 0x02, 0x10, 0x40, 0x80, 0xff] {
                let mut bad = parts.clone();
                bad.index[at] ^= change;
                let bad = bad.join();
                let _ = inspect(&bad);
                assert_error_or_same(&what, &bad, &values);
            }
        }
        for length in 0..parts.index.len() {
            let mut bad = parts.clone();
            bad.index.truncate(length);
            assert!(
                decode::<f32>(&bad.join()).is_err(),
                "{what} cut at {length}"
            );
        }
    }
}

/// Specimens of a single chunk.
fn single_chunks() -> Vec<(String, Parts, ArrayD<f32>)> {
    let specimens = specimens().into_iter();
    let single = specimens.filter(|(_, s, _)| inspect(s).unwrap().chunks == 1);
    single.map(|(w, s, v)| (w, Parts::of(&s), v)).collect()
}

#[test]
fn every_changed_byte_of_a_chunk_is_an_error_or_harmless() {
    for (what, parts, values) in single_chunks() {
        for at in 0..parts.body.len() {
            for change in [0x01, 0x04, 0x20, 0x80, 0xff] {
                let mut bad = parts.clone();
                bad.change_body(|body| body[at] ^= change);
                assert_error_or_same(&what, &bad.join(), &values);
            }
        }
    }
}

#[test]
fn mutated_streams_never_panic() {
    let specimens = single_chunks();
    let mut random = Random(2026);
    for round in 0..20_000 {
        let (what, parts, values) = &specimens[round % specimens.len()];
        let mut bad = parts.clone();
        bad.change_body(|body| {
            for _ in 0..=random.below(4) {
                let (at, with) = (random.below(body.len()), random.next());
                match with % 5 {
                    0 => body[at] = 0xff,
                    1 => body[at] = 0,
                    2 => body[at] = body[at].wrapping_add(1),
                    3 => body[at..].rotate_left(1),
                    _ => body[at] = (with >> 8) as u8,
                }
            }
        });
        if random.below(8) == 0 {
            let at = random.below(bad.index.len());
            bad.index[at] = random.next() as u8;
        }
        assert_error_or_same(what, &bad.join(), values);
    }
}

#[test]
fn every_regression_ever_found_stays_harmless() {
    for entry in std::fs::read_dir("testdata/regressions").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "fsz") {
            let stream = std::fs::read(&path).unwrap();
            let _ = inspect(&stream);
            let _ = decode::<f32>(&stream).is_ok() || decode::<f64>(&stream).is_ok();
        }
    }
}

// --- Hostile numbers, written by hand. ---

/// An index, as `docs/format/format.md` has it.
#[derive(Clone)]
struct Index {
    sample_bytes: u8,
    /// Length and length of a chunk.
    dims: Vec<(u64, u64)>,
    time: u8,
    flags: u8,
    effort: u8,
    kind: u8,
    /// Asked and measured; others after them.
    bounds: Vec<f64>,
    choices: Vec<&'static str>,
    /// Bytes, choice, back end.
    chunks: Vec<(u64, u64, u8)>,
}

impl Index {
    /// A row of samples in one chunk.
    fn row(samples: u64, backend: u8) -> Self {
        Index {
            sample_bytes: 4,
            dims: vec![(samples, samples)],
            time: 0,
            flags: 0,
            effort: 1,
            kind: 0,
            bounds: vec![0.5, 0.5],
            choices: vec!["zero"],
            chunks: vec![(0, 0, backend)],
        }
    }

    fn around(&self, body: &[u8]) -> Vec<u8> {
        let mut out = vec![self.sample_bytes, self.dims.len() as u8];
        for (length, chunk) in &self.dims {
            number(&mut out, *length);
            number(&mut out, *chunk);
            bytes(&mut out, b"");
        }
        out.extend([self.time, self.flags, self.effort, self.kind]);
        self.bounds.iter().for_each(|b| out.extend(b.to_le_bytes()));
        number(&mut out, 0);
        number(&mut out, 0);
        number(&mut out, self.choices.len() as u64);
        self.choices
            .iter()
            .for_each(|c| bytes(&mut out, c.as_bytes()));
        number(&mut out, self.chunks.len() as u64);
        for (length, choice, backend) in &self.chunks {
            number(&mut out, *length);
            number(&mut out, *choice);
            out.push(*backend);
            out.extend(crc32fast::hash(body).to_le_bytes());
        }
        let parts = Parts {
            head: b"FSZ\x1a\x01".to_vec(),
            body: body.to_vec(),
            index: out,
        };
        parts.join()
    }

    /// With one chunk of these bytes.
    fn holding(mut self, body: &[u8]) -> Vec<u8> {
        self.chunks[0].0 = body.len() as u64;
        self.around(body)
    }
}

/// A chunk with bins of width 1, no mask, no side information and no literals.
fn chunk(codes: &[u8]) -> Vec<u8> {
    let mut out = vec![0];
    out.extend(0.5f32.to_le_bytes());
    bytes(&mut out, b"");
    number(&mut out, 0);
    bytes(&mut out, codes);
    out
}

/// A chunk that holds these values, if it can be decoded at all.
fn sealed(mut chunk: Vec<u8>, values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    chunk.extend(crc32fast::hash(&raw).to_le_bytes());
    chunk
}

/// Huffman codes: tokens used, packed lengths, bytes of payload, payload.
fn huffman(used: u64, lengths: &[u8], announced: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, used);
    if lengths.is_empty() {
        number(&mut out, 0);
    } else {
        bytes(&mut out, &[&[0], lengths].concat());
    }
    number(&mut out, announced);
    out.push(0);
    out.extend_from_slice(payload);
    out
}

const HUFFMAN: u8 = 0;
/// Four codes of two bits for the tokens of 0, −1, 1 and −2.
const LENGTHS: [u8; 5] = [0, 2, 2, 2, 2];

#[test]
fn a_stream_written_by_hand_is_read() {
    // Codes are assigned in order, first bit lowest: 0 → 00, −1 → 01, 1 → 10.
    let codes = huffman(5, &LENGTHS, 1, &[0b01_01_10_00]);
    let body = sealed(chunk(&codes), &[0.0, -1.0, 1.0, 1.0]);
    let stream = Index::row(4, HUFFMAN).holding(&body);
    let field = decode::<f32>(&stream).unwrap();
    assert_eq!(field.as_slice().unwrap(), [0.0, -1.0, 1.0, 1.0]);
}

/// More than the tables of any back end take, whatever a stream says.
const TABLES: usize = 3 << 20;

fn assert_refused(what: &str, stream: &[u8]) {
    let allocated = largest_allocation(|| {
        let error = decode::<f32>(stream).err();
        let error = error.unwrap_or_else(|| panic!("{what} is accepted"));
        assert!(blames_the_bytes(&error), "{what}: {error}");
        let _ = inspect(stream);
    });
    assert!(allocated < TABLES, "{what}: {allocated} bytes at once");
}

#[test]
fn codes_that_cannot_be_are_refused() {
    let refuse = |what: &str, codes: &[u8]| {
        let body = sealed(chunk(codes), &[0.0; 4]);
        assert_refused(what, &Index::row(4, HUFFMAN).holding(&body));
    };
    refuse("nothing", &[]);
    refuse("too many tokens", &huffman(256, &[8; 256], 1, &[0]));
    refuse("endless tokens", &huffman(u64::MAX, &[8; 256], 1, &[0]));
    refuse("a code with gaps", &huffman(5, &[0, 2, 2, 2, 3], 1, &[0]));
    refuse("one code of one bit", &huffman(2, &[0, 1], 1, &[0]));
    refuse("too many short codes", &huffman(5, &[1; 5], 1, &[0]));
    refuse("all codes of one bit", &huffman(250, &[1; 250], 1, &[0]));
    refuse("codes of 17 bits", &huffman(5, &[17; 5], 1, &[0]));
    refuse("codes of 255 bits", &huffman(5, &[255; 5], 1, &[0]));
    refuse("too short a payload", &huffman(5, &LENGTHS, 0, &[]));
    refuse("too long a payload", &huffman(5, &LENGTHS, 3, &[0, 0, 0]));
    refuse("a payload unlike announced", &huffman(5, &LENGTHS, 9, &[0]));
    refuse("an absurd payload", &huffman(5, &LENGTHS, 1 << 60, &[0]));
    refuse("raw bits that are missing", &huffman(249, &[], 0, &[]));
    refuse("escapes without literals", &huffman(1, &[], 0, &[]));
}

/// Codes in context: groups of contexts, histograms, raw bits, tokens.
fn in_context(groups: u64, header: &[u8], raw: &[u8], tokens: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, groups);
    number(&mut out, header.len() as u64);
    bytes(&mut out, &[&[0], header].concat());
    bytes(&mut out, raw);
    out.extend_from_slice(tokens);
    out
}

/// Histograms after their number and the histogram of each context, if there are several.
fn histograms(count: u64, map: &[u8], each: &[&[u64]]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, count);
    out.extend_from_slice(map);
    for frequencies in each {
        number(&mut out, frequencies.len() as u64);
        frequencies.iter().for_each(|f| number(&mut out, *f));
    }
    out
}

const CONTEXT: u8 = 1;
/// Contexts of a group.
const CONTEXTS: usize = 96;
/// What frequencies add up to, and nothing but the code 0.
const TOTAL: u64 = 2048;
const ZEROS: &[u64] = &[0, TOTAL];

#[test]
fn contexts_and_histograms_that_cannot_be_are_refused() {
    let zeros = histograms(1, &[], &[ZEROS]);
    let fair = sealed(chunk(&in_context(1, &zeros, &[], &[])), &[0.0; 4]);
    let field = decode::<f32>(&Index::row(4, CONTEXT).holding(&fair)).unwrap();
    assert_eq!(field.as_slice().unwrap(), [0.0; 4]);

    let refuse = |what: &str, codes: &[u8]| {
        let body = sealed(chunk(codes), &[0.0; 4]);
        assert_refused(what, &Index::row(4, CONTEXT).holding(&body));
    };
    refuse("nothing", &[]);
    for groups in [0, 13, u64::MAX] {
        refuse("groups", &in_context(groups, &zeros, &[], &[]));
    }
    let mut absurd = Vec::new();
    [1, 1 << 40].iter().for_each(|n| number(&mut absurd, *n));
    refuse("an absurd header", &absurd);
    refuse("no header", &in_context(1, &[], &[], &[]));
    let refuse_header = |what: &str, header: &[u8]| {
        refuse(what, &in_context(1, header, &[], &[]));
    };
    for count in [2, 41, u64::MAX] {
        refuse_header("histograms that are missing", &histograms(count, &[], &[]));
    }
    refuse_header("no histogram", &histograms(1, &[], &[]));
    refuse_header("a short map", &histograms(2, &[0; CONTEXTS - 1], &[]));
    let two = [ZEROS, ZEROS];
    let beyond = histograms(2, &[2; CONTEXTS], &two);
    refuse_header("a histogram that is not there", &beyond);
    let long = [&zeros[..], &[0]].concat();
    refuse_header("something after the histograms", &long);
    let too_many = vec![0; 251];
    for frequencies in [
        &[][..],
        &[0],
        &[TOTAL - 1],
        &[TOTAL + 1],
        &[TOTAL, 1],
        &[TOTAL, TOTAL],
        &[1 << 16, TOTAL],
        &[u64::MAX, TOTAL + 1],
        &too_many,
    ] {
        let header = histograms(1, &[], &[frequencies]);
        refuse_header("frequencies that do not add up", &header);
    }
}

#[test]
fn tokens_in_context_that_cannot_be_are_refused() {
    let refuse = |what: &str, frequencies: &[u64], raw: &[u8], tokens: &[u8]| {
        let header = histograms(1, &[], &[frequencies]);
        let body = sealed(chunk(&in_context(1, &header, raw, tokens)), &[0.0; 4]);
        assert_refused(what, &Index::row(4, CONTEXT).holding(&body));
    };
    let either = &[0, TOTAL / 2, TOTAL / 2][..];
    let least = (1u32 << 16).to_le_bytes().repeat(4);
    refuse("no tokens", either, &[], &[]);
    refuse("a cut state", either, &[], &least[..15]);
    refuse("an odd byte", either, &[], &[&least[..], &[0]].concat());
    refuse("states too small", either, &[], &[0; 16]);
    refuse("too few words", either, &[], &least);
    let words = |n: usize| [&least[..], &vec![0; 2 * n]].concat();
    refuse("words that lead elsewhere", either, &[], &words(4));
    refuse("more words than samples", either, &[], &words(5));
    refuse("words left over", ZEROS, &[], &words(1));
    refuse("raw bits left over", ZEROS, &[0; 9], &[]);
    let mut large = [0; 250];
    large[249] = TOTAL;
    refuse("raw bits that are missing", &large, &[], &[]);
    refuse("escapes without literals", &[TOTAL], &[], &[]);
}

#[test]
fn mixed_codes_that_cannot_be_are_refused() {
    const MIXING: u8 = 2;
    let mut random = Random(7);
    let noise: Vec<u8> = (0..4096).map(|_| random.next() as u8).collect();
    for length in [0, 1, 7, 8, 9, 64, 4096] {
        for codes in [&vec![0; length], &vec![0xff; length], &noise[..length]] {
            // No codes give values that are no multiples of a bin.
            let body = sealed(chunk(codes), &[0.25; 4]);
            assert_refused("mixed codes", &Index::row(4, MIXING).holding(&body));
        }
    }
}

/// A chunk without mask whose side information is replaced.
fn with_side(body: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
    // After flags and half a bin.
    const LENGTH: usize = 5;
    assert_eq!(body[0], 0, "a chunk with linear bins and no mask");
    let (mut side, mut shift, mut start) = (0, 0, LENGTH);
    loop {
        side |= usize::from(body[start] & 0x7f) << shift;
        shift += 7;
        start += 1;
        if body[start - 1] < 0x80 {
            break;
        }
    }
    let mut body = body.to_vec();
    change(&mut body[start..start + side]);
    body
}

#[test]
fn absurd_taps_are_an_error_or_harmless() {
    let shape = [4, 60, 80];
    let field = noise::<f32>(&shape, 3).mapv(|x| 0.2 * x) + smooth::<f32>(&shape);
    for spec in ["raster", "pyramid", "persistence+raster"] {
        for backend in Backend::ALL {
            let asked = options(Bound::Absolute(0.1), spec).backend(backend);
            let parts = Parts::of(&pack(&field, &asked).bytes);
            let values = decode::<f32>(&parts.join()).unwrap();
            with_side(&parts.body, |side| assert!(side.len() > 40, "no taps"));
            for with in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                // From the centre, the references, the bands and the sets on.
                for start in [0, 8, 9, 12, 16, 40] {
                    let mut bad = parts.clone();
                    bad.change_body(|body| {
                        let changed = with_side(body, |side| side[start..].fill(with));
                        body.copy_from_slice(&changed);
                    });
                    let what = format!("{spec} {} {with:#x} from {start}", backend.name());
                    let allocated = largest_allocation(|| {
                        assert_error_or_same(&what, &bad.join(), &values);
                    });
                    assert!(allocated < TABLES, "{what}: {allocated} bytes at once");
                }
            }
        }
    }
}

#[test]
fn sections_that_cannot_be_are_refused() {
    let refuse = |what: &str, body: &[u8]| {
        assert_refused(what, &Index::row(4, HUFFMAN).holding(body));
    };
    let zeros = |head: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        head(&mut out);
        bytes(&mut out, &huffman(2, &[], 0, &[]));
        sealed(out, &[0.0; 4])
    };
    let half = 0.5f32.to_le_bytes();
    let fair = zeros(&|out| out.extend([&[0][..], &half, &[0, 0]].concat()));
    assert!(decode::<f32>(&Index::row(4, HUFFMAN).holding(&fair)).is_ok());

    refuse("nothing", &[]);
    for flag in [128, 2 | 8, 64 | 1, 64 | 16] {
        let body = zeros(&|out| out.extend([&[flag][..], &half, &[0, 0]].concat()));
        refuse("an unknown flag", &body);
    }
    for literals in [1, 4, 5, u64::MAX] {
        let body = zeros(&|out| {
            out.extend([&[0][..], &half, &[0]].concat());
            number(out, literals);
        });
        refuse("literals that are not there", &body);
    }
    let side = zeros(&|out| {
        out.extend([&[0][..], &half].concat());
        number(out, 1 << 62);
    });
    refuse("absurd side information", &side);
    let sides = |sides: &[u8]| {
        zeros(&|out| {
            out.extend([&[0][..], &half].concat());
            bytes(out, sides);
            number(out, 0);
        })
    };
    assert!(decode::<f32>(&Index::row(4, HUFFMAN).holding(&sides(&[0]))).is_ok());
    for left in [&[0, 0][..], &[0, 7], &[0, 1, 1], &[0x80, 0, 1]] {
        refuse("side information left over", &sides(left));
    }
    for half in [f32::NAN, f32::INFINITY] {
        let body = zeros(&|out| out.extend([&[0][..], &half.to_le_bytes(), &[0, 0]].concat()));
        refuse("bins that cannot be", &body);
    }
    let mut unsealed = fair.clone();
    unsealed.truncate(fair.len() - 1);
    refuse("a cut seal", &unsealed);
    refuse("something left over", &[&fair[..], &[0]].concat());
}

#[test]
fn stored_values_that_cannot_be_are_refused() {
    const STORED: u8 = 64;
    let values = [1.0f32, f32::NAN, -0.0, 3.5];
    let raw = values.map(f32::to_le_bytes).concat();
    let fair = sealed([&[STORED][..], &raw].concat(), &values);
    let row = || Index::row(4, 4);
    let decoded = decode::<f32>(&row().holding(&fair)).unwrap();
    assert_eq!(bits(&decoded), bits(&array(&[4], values.to_vec())));
    for cut in 0..fair.len() {
        assert_refused("it is cut", &row().holding(&fair[..cut]));
    }
    assert_refused(
        "something left over",
        &row().holding(&[&fair[..], &[0]].concat()),
    );
    let other = sealed([&[STORED][..], &raw].concat(), &[1.0; 4]);
    assert_refused("a seal of other values", &row().holding(&other));
    // Planes are not what is stored, whatever the index says.
    let zeros = sealed(chunk(&huffman(2, &[], 0, &[])), &[0.0; 4]);
    assert!(decode::<f32>(&Index::row(4, HUFFMAN).holding(&zeros)).is_ok());
    assert_refused("planes of a stored chunk", &row().holding(&zeros));
    let mut many = row();
    many.dims = vec![(1 << 10, 1 << 10)];
    let largest = largest_allocation(|| assert_refused("too few", &many.holding(&fair)));
    assert!(largest < 1 << 16, "{largest}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn an_index_that_cannot_be_is_refused() {
    let body = sealed(chunk(&huffman(2, &[], 0, &[])), &[0.0; 4]);
    let refuse = |what: &str, change: &dyn Fn(&mut Index)| {
        let mut index = Index::row(4, HUFFMAN);
        index.chunks[0].0 = body.len() as u64;
        assert!(decode::<f32>(&index.around(&body)).is_ok());
        change(&mut index);
        assert_refused(what, &index.around(&body));
    };
    refuse("samples of 2 bytes", &|i| i.sample_bytes = 2);
    refuse("samples of no bytes", &|i| i.sample_bytes = 0);
    refuse("no dimension", &|i| i.dims.clear());
    refuse("nine dimensions", &|i| i.dims = vec![(1, 1); 9]);
    refuse("an empty dimension", &|i| i.dims = vec![(0, 0)]);
    refuse("an empty chunk", &|i| i.dims = vec![(4, 0)]);
    refuse("a chunk longer than the field", &|i| i.dims = vec![(4, 5)]);
    refuse("chunks that are missing", &|i| i.dims = vec![(4, 2)]);
    refuse("a field without end", &|i| {
        i.dims = vec![(u64::MAX, u64::MAX)];
    });
    refuse("a chunk without end", &|i| {
        i.dims = vec![(1 << 40, 1 << 40)];
    });
    refuse("a product that overflows", &|i| {
        i.dims = vec![(1 << 33, 1 << 33), (1 << 33, 1 << 33)];
    });
    refuse("a product that overflows to 0", &|i| {
        i.dims = vec![(1 << 32, 1 << 32), (1 << 32, 1 << 32)];
    });
    refuse("more chunks than bytes", &|i| i.dims = vec![(1 << 50, 1)]);
    refuse("chunks that overflow", &|i| i.dims = vec![(1 << 60, 1); 8]);
    refuse("another time", &|i| i.time = 2);
    refuse("an unknown flag", &|i| i.flags = 8);
    refuse("models that are not there", &|i| i.flags = 4);
    refuse("a lattice that is not there", &|i| i.flags = 2);
    refuse("an unknown effort", &|i| i.effort = 99);
    refuse("an unknown bound", &|i| i.kind = 5);
    refuse("a bound that is no number", &|i| i.bounds[0] = f64::NAN);
    refuse("a negative bound", &|i| i.bounds[0] = -1.0);
    refuse("an infinite bound", &|i| i.bounds[0] = f64::INFINITY);
    for size in [f64::NAN, f64::INFINITY, -1.0] {
        refuse("an error that cannot be", &|i| i.bounds[1] = size);
        refuse("a lattice that cannot be", &|i| {
            i.flags = 2;
            i.bounds.push(size);
        });
        refuse("a kept bound that cannot be", &|i| {
            i.kind = 1;
            i.bounds.insert(1, size);
        });
    }
    refuse("no choice", &|i| i.choices.clear());
    refuse("a choice that is not there", &|i| i.chunks[0].1 = 1);
    refuse("an endless choice", &|i| i.chunks[0].1 = u64::MAX);
    refuse("an unknown back end", &|i| i.chunks[0].2 = 200);
    refuse("a short chunk", &|i| i.chunks[0].0 -= 1);
    refuse("a long chunk", &|i| i.chunks[0].0 += 1);
    refuse("an endless chunk", &|i| i.chunks[0].0 = u64::MAX);
    refuse("a chunk too many", &|i| i.chunks.push((0, 0, 0)));
    refuse("chunks that add up by overflow", &|i| {
        i.dims = vec![(4, 2)];
        i.chunks = vec![(u64::MAX, 0, 0), (i.chunks[0].0 + 1, 0, 0)];
    });
    for choice in ["", "nobody", "zero+", "lorenzo:order=9", "zero:\u{0}=1"] {
        refuse("a predictor that cannot be", &|i| i.choices = vec![choice]);
    }
}

#[test]
fn other_predictors_than_the_encoders_are_found_out() {
    let field = noise::<f32>(&[6, 7, 8], 4);
    for backend in Backend::ALL {
        for name in ["lorenzo", "spline"] {
            let asked = options(Bound::Absolute(0.01), name).backend(backend);
            let mut parts = Parts::of(&pack(&field, &asked).bytes);
            let at = parts
                .index
                .windows(name.len())
                .position(|w| w == name.as_bytes());
            for other in [
                "lorenzo",
                "spline",
                "persistence",
                "raster",
                "pyramid",
                "zero",
            ] {
                if other == name {
                    continue;
                }
                let mut changed = Vec::new();
                bytes(&mut changed, other.as_bytes());
                let mut bad = parts.clone();
                let at = at.unwrap() - 1;
                bad.index.splice(at..=at + name.len(), changed);
                assert!(decode::<f32>(&bad.join()).is_err(), "{name} as {other}");
            }
            parts.index.clear();
            assert!(decode::<f32>(&parts.join()).is_err());
        }
    }
}

#[test]
fn memory_is_earned() {
    const SAMPLES: u64 = 1 << 22;
    // Four million samples from a few bytes that do not hold them.
    let short = huffman(5, &LENGTHS, 3, &[0; 3]);
    for backend in 0..Backend::ALL.len() as u8 {
        let body = sealed(chunk(&short), &[]);
        let stream = Index::row(SAMPLES, backend).holding(&body);
        let allocated = largest_allocation(|| assert!(decode::<f32>(&stream).is_err()));
        assert!(
            allocated <= SAMPLES as usize * 8,
            "{allocated} bytes at once for {SAMPLES} samples"
        );
    }
    // Announced, but not there.
    let absurd = huffman(5, &LENGTHS, SAMPLES * 6, &[0; 3]);
    let stream = Index::row(SAMPLES, HUFFMAN).holding(&sealed(chunk(&absurd), &[]));
    let allocated = largest_allocation(|| assert!(decode::<f32>(&stream).is_err()));
    assert!(
        allocated <= SAMPLES as usize * 8,
        "{allocated} bytes at once"
    );
}

#[test]
fn reading_the_index_allocates_no_more_than_the_stream_is_long() {
    for (what, stream, values) in specimens() {
        let allocated = largest_allocation(|| {
            inspect(&stream).unwrap();
        });
        assert!(allocated < 64 * stream.len(), "{what}: {allocated}");
        let shape = inspect(&stream).unwrap().shape;
        assert_eq!(shape, values.shape());
    }
}

#[test]
fn unpacked_specimens_are_what_the_library_decodes() {
    // The specimens without a predictor of their own, by the plain function.
    for (what, stream, values) in specimens() {
        if !what.starts_with("studious") {
            assert_eq!(bits(&unpack::<f32>(&stream)), bits(&values), "{what}");
        }
    }
}
