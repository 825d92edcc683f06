//! The structure-aware back end: what codes lie around tells how large the next
//! one will be.
//!
//! Every code is expected to have some magnitude, judged by its surroundings (see
//! [`scene`]); that and how its western neighbour came out is its context (see
//! [`lanes`]); contexts that see the same distribution share a histogram (see
//! [`histogram`]); tokens are coded by interleaved rANS under their histogram (see
//! [`rans`]), and the raw bits of large codes follow apart.

mod histogram;
mod lanes;
mod rans;
mod scene;

use foresz_predictors::Plane;

use super::PlaneReader;
use super::bits::{BitReader, BitWriter};
use super::token;
use crate::bytes::{Reader, put_bytes, put_number};
use crate::entropy::HOLE;
use crate::error::{Result, Section, corrupt};
use histogram::{Clusters, Counts};
use lanes::{BUCKET_SIZES, CONTEXTS};
use scene::{Group, Scene};

/// The bytes of all planes of a chunk of that shape.
pub(super) fn encode(shape: &[usize], planes: &[Plane], codes: &[i32]) -> Vec<u8> {
    let labels = Labels::of(shape, planes, codes);
    let counts = Counts::of(planes, &labels.tokens, &labels.contexts);
    let clusters = Clusters::new(&counts);
    let mut out = Vec::new();
    put_number(&mut out, counts.groups() as u64);
    let mut header = Vec::new();
    clusters.write(&mut header);
    put_number(&mut out, header.len() as u64);
    put_bytes(&mut out, &super::squeeze(&header, HEADER_ZSTD_LEVEL));
    put_bytes(&mut out, &labels.raw.finish());
    out.extend(rans::encode(
        planes,
        &labels.tokens,
        &labels.contexts,
        &clusters,
    ));
    out
}

/// Bits that [`encode`] would take, about.
pub(crate) fn estimate_bits(shape: &[usize], planes: &[Plane], codes: &[i32]) -> f64 {
    let labels = Labels::of(shape, planes, codes);
    let counts = Counts::of(planes, &labels.tokens, &labels.contexts);
    counts.estimate_bits() + 8.0 * labels.raw.finish().len() as f64
}

/// Higher levels take longer than all the rest on small chunks and save a byte or two.
const HEADER_ZSTD_LEVEL: i32 = 5;
/// More histograms than this never paid; more header than this is not ours.
const MOST_HEADER: usize = 1 << 17;

/// The codes of a chunk, row by row.
struct Labels {
    tokens: Vec<u8>,
    /// Within the group of each plane.
    contexts: Vec<u8>,
    raw: BitWriter,
}

impl Labels {
    fn of(shape: &[usize], planes: &[Plane], codes: &[i32]) -> Self {
        let lanes = lanes::lanes_of_chunk(codes.len());
        let mut labels = Labels {
            tokens: vec![0; codes.len()],
            contexts: vec![0; codes.len()],
            raw: BitWriter::default(),
        };
        let mut scene = Scene::new(shape);
        let mut done = 0;
        for plane in planes.iter().filter(|p| !p.is_empty()) {
            scene.begin(plane);
            for _ in 0..plane.rows() {
                let row = done..done + plane.columns();
                let (codes, tokens) = (&codes[row.clone()], &mut labels.tokens[row.clone()]);
                if token::split_row(&codes, tokens) {
                    put_raw(codes, tokens, &mut labels.raw);
                }
                lanes::contexts(
                    scene.expect(),
                    tokens,
                    lanes,
                    &mut labels.contexts[row.clone()],
                );
                scene.keep(codes);
                done = row.end;
            }
            scene.end();
        }
        labels
    }
}

fn put_raw(codes: &[i32], tokens: &[u8], raw: &mut BitWriter) {
    for (&code, _) in codes
        .iter()
        .zip(tokens)
        .filter(|(_, t)| token::is_large(**t))
    {
        let (_, bits, low) = token::split(code);
        raw.put(u64::from(low), bits);
    }
}

/// Reads planes as they come, row by row.
pub(super) struct Decoder {
    scene: Scene,
    /// For each group.
    clusters: Vec<[u8; BUCKET_SIZES]>,
    rans: rans::Decoder,
    raw: BitReader,
    tokens: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(bytes: &[u8], shape: &[usize]) -> Result<Self> {
        let samples: usize = shape.iter().product();
        let mut reader = Reader::new(bytes, Section::Codes);
        let groups = reader.count(Group::COUNT, "groups of contexts")?;
        let header_bytes = reader.count(MOST_HEADER, "bytes of histograms")?;
        let header = super::stretch(reader.bytes()?, header_bytes, Section::Codes)?;
        let clusters = Clusters::read(&header, groups * CONTEXTS)?;
        let raw = BitReader::new(reader.bytes()?.to_vec());
        Ok(Decoder {
            scene: Scene::new(shape),
            rans: rans::Decoder::new(reader.rest(), &clusters, samples)?,
            clusters: clusters.tables(),
            raw,
            tokens: Vec::new(),
        })
    }
}

impl PlaneReader for Decoder {
    fn read(&mut self, plane: &Plane, codes: &mut [i32]) -> Result<()> {
        let Some(clusters) = self.clusters.get(Group::of(plane).index()) else {
            return corrupt(Section::Codes, "a plane is of a group that has no contexts");
        };
        let columns = plane.columns().max(1);
        let holes = codes.contains(&HOLE);
        self.tokens.resize(columns, 0);
        self.scene.begin(plane);
        for row in codes.chunks_exact_mut(columns) {
            if holes {
                token::mark_holes(&&*row, &mut self.tokens);
            } else {
                self.tokens.fill(0);
            }
            self.rans
                .row(clusters, self.scene.expect(), &mut self.tokens, holes);
            if token::join_row(&self.tokens, row) {
                take_raw(&self.tokens, &mut self.raw, row);
            }
            self.scene.keep(row);
        }
        self.scene.end();
        if self.rans.overrun() || self.raw.overrun() {
            return corrupt(Section::Codes, "it ends before the last code");
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        if self.raw.left_over() || !self.rans.is_done() {
            return corrupt(Section::Codes, "something is left after the last code");
        }
        Ok(())
    }
}

/// Reads the large codes of a row again, with their raw bits.
fn take_raw(tokens: &[u8], raw: &mut BitReader, codes: &mut [i32]) {
    for (code, &token) in codes.iter_mut().zip(tokens) {
        if token::is_large(token) {
            raw.refill();
            *code = token::join(token, raw.take(token::raw_bits(token)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::ESCAPE;
    use foresz_predictors::Axis;

    fn round_trip(shape: &[usize], planes: &[Plane], codes: &[i32]) -> usize {
        let bytes = encode(shape, planes, codes);
        let mut decoder = Decoder::new(&bytes, shape).unwrap();
        let mut rest = codes;
        for plane in planes {
            let (want, later) = rest.split_at(plane.len());
            rest = later;
            let mut got: Vec<i32> = want
                .iter()
                .map(|c| if *c == HOLE { HOLE } else { 0 })
                .collect();
            decoder.read(plane, &mut got).unwrap();
            assert_eq!(got, want);
        }
        decoder.finish().unwrap();
        bytes.len()
    }

    fn wavy(n: usize) -> Vec<i32> {
        let mut state = 7u64;
        (0..n)
            .map(|i| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let scale = 1 + (i / 700) % 5 * 6;
                ((state >> 33) % (2 * scale as u64 + 1)) as i32 - scale as i32
            })
            .collect()
    }

    #[test]
    fn planes_come_back_with_holes_escapes_and_large_codes() {
        let shape = [3, 40, 70];
        let mut codes = wavy(8400);
        (0..300).for_each(|i| codes[i * 17] = [HOLE, ESCAPE, 1 << 29, -70_000, 0][i % 5]);
        round_trip(&shape, &[Plane::whole(&shape)], &codes);
        round_trip(&[5], &[Plane::whole(&[5])], &[0, 1, -1, HOLE, 400]);
        round_trip(&[4], &[Plane::whole(&[4])], &[HOLE; 4]);
        assert!(round_trip(&shape, &[Plane::whole(&shape)], &vec![0; 8400]) < 16);
    }

    #[test]
    fn planes_with_gaps_see_those_before_them() {
        let shape = [8, 12];
        let even = Axis {
            start: 0,
            step: 2,
            count: 6,
        };
        let odd = Axis {
            start: 1,
            step: 2,
            count: 6,
        };
        let plane = |columns, class| Plane {
            axes: vec![Axis::all(8), columns],
            level: 0,
            class,
            tighten: 1.0,
        };
        round_trip(&shape, &[plane(even, 0), plane(odd, 1)], &wavy(96));
    }

    #[test]
    fn rough_regions_pay_for_themselves_only() {
        let shape = [100, 100];
        let calm = wavy(100)
            .repeat(100)
            .iter()
            .map(|c| c.signum() * i32::from(c.abs() > 30))
            .collect::<Vec<_>>();
        let mut half = wavy(10_000);
        half[..5000].copy_from_slice(&calm[..5000]);
        let size = round_trip(&shape, &[Plane::whole(&shape)], &half);
        let plain = token::estimate_bits(&half) as usize / 8;
        assert!(size < plain, "{size} bytes, {plain} without contexts");
    }

    #[test]
    fn hostile_bytes_are_refused() {
        let shape = [20, 20];
        let good = encode(&shape, &[Plane::whole(&shape)], &wavy(400));
        for cut in 0..good.len() {
            let result = Decoder::new(&good[..cut], &shape).and_then(|mut d| {
                d.read(&Plane::whole(&shape), &mut [0; 400])?;
                d.finish()
            });
            assert!(result.is_err(), "cut at {cut}");
        }
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 0x55;
            let _ = Decoder::new(&bad, &shape)
                .map(|mut d| d.read(&Plane::whole(&shape), &mut [0; 400]));
        }
    }
}
