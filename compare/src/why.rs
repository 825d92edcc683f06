//! Why a stream has the size it has: what its codes are like, and what takes its bytes.

#![expect(
    missing_docs,
    reason = "the page docs/guide/compare.md describes every field"
)]

use std::collections::BTreeMap;

use crate::metrics::{conditional_entropy, entropy, morans_i, neighbourhood, zero_share};
use foresz::{ChunkAnatomy, Decompressor, ESCAPE, HOLE};
use serde::{Deserialize, Serialize};

use super::map;

/// Codes are counted one by one up to this magnitude.
const FAR: i32 = 8;
/// Contexts of a neighbourhood.
const CONTEXTS: u8 = 12;
const LEVELS: u8 = 8;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Predictors that chunks were coded with, and how many chunks each.
    pub choices: Vec<(String, usize)>,
    pub bytes: Bytes,
    /// None where integers were packed.
    pub codes: Option<Codes>,
}

/// What takes the bytes of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bytes {
    pub codes: u64,
    /// What predictors learned, guard bands and latents included.
    pub side: u64,
    /// Of which, in chunks with learned models behind a guard band.
    pub guard: u64,
    /// Of which, in chunks with an autoencoder.
    pub latents: u64,
    pub holes: u64,
    pub literals: u64,
    /// Index, checksums, heads, packed integers and stored models.
    pub rest: u64,
}

/// What codes are like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Codes {
    pub count: usize,
    pub escapes: usize,
    pub zero_share: f64,
    /// Bits per code to a coder blind to order.
    pub entropy: f64,
    /// Bits per code once neighbours and level are known.
    pub conditional_entropy: f64,
    /// The same with contexts dealt out at random: below `entropy` by chance alone.
    pub chance_entropy: f64,
    pub morans_i: Option<f64>,
    /// Codes below -8, -8 to 8, and above 8.
    pub histogram: Vec<u64>,
    pub levels: Vec<Level>,
    /// The codes at their places, as a picture.
    pub map: Option<String>,
}

/// Codes of a pyramid level, which lies so deep; 0 is the finest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub depth: u8,
    pub count: usize,
    pub zero_share: f64,
    pub entropy: f64,
    pub conditional_entropy: f64,
}

impl Codes {
    /// Bits per code that neighbours tell, beyond chance.
    pub fn structure(&self) -> f64 {
        (self.chance_entropy - self.conditional_entropy).max(0.0)
    }
}

/// Takes a stream apart.
pub fn of(stream: &[u8], decompressor: &Decompressor) -> anyhow::Result<Why> {
    let info = foresz::inspect(stream)?;
    let chunks = decompressor.anatomy(stream)?;
    let sum = |of: fn(&ChunkAnatomy) -> usize| chunks.iter().map(|c| of(c) as u64).sum::<u64>();
    let mut bytes = Bytes {
        codes: sum(|c| c.code_bytes),
        side: sum(|c| c.side_bytes),
        guard: info.guard_bytes,
        latents: info.latent_bytes,
        holes: sum(|c| c.hole_bytes),
        literals: sum(|c| c.literal_bytes),
        rest: 0,
    };
    bytes.rest = stream.len() as u64 - bytes.codes - bytes.side - bytes.holes - bytes.literals;
    Ok(Why {
        choices: info.predictors,
        bytes,
        codes: codes(&chunks, &info.shape),
    })
}

fn codes(chunks: &[ChunkAnatomy], shape: &[usize]) -> Option<Codes> {
    let mut levels: BTreeMap<u8, (Vec<i32>, Vec<u8>)> = BTreeMap::new();
    for plane in chunks.iter().flat_map(|chunk| &chunk.planes) {
        let columns = plane.plane.columns();
        let rows = plane
            .plane
            .axes
            .iter()
            .rev()
            .nth(1)
            .map_or(1, |axis| axis.count);
        let level = plane.plane.level.min(LEVELS - 1);
        let (codes, contexts) = levels.entry(level).or_default();
        for frame in plane.codes.chunks(rows.max(1) * columns.max(1)) {
            // Holes and escapes tell their neighbours nothing.
            let quiet = |code: &i32| {
                if [ESCAPE, HOLE].contains(code) {
                    0
                } else {
                    *code
                }
            };
            let tame: Vec<i32> = frame.iter().map(quiet).collect();
            for (code, context) in frame.iter().zip(neighbourhood(&tame, columns)) {
                if *code != HOLE {
                    codes.push(*code);
                    contexts.push(level * CONTEXTS + context);
                }
            }
        }
    }
    let level = |(level, (codes, contexts)): (&u8, &(Vec<i32>, Vec<u8>))| Level {
        depth: *level,
        count: codes.len(),
        zero_share: zero_share(codes),
        entropy: entropy(codes),
        conditional_entropy: conditional_entropy(codes, contexts),
    };
    let by_level: Vec<Level> = levels.iter().map(level).collect();
    let (codes, mut contexts): (Vec<Vec<i32>>, Vec<Vec<u8>>) = levels.into_values().unzip();
    let (codes, contexts_flat) = (codes.concat(), contexts.concat());
    if codes.is_empty() {
        return None;
    }
    contexts.iter_mut().for_each(|level| shuffle(level));
    let at_places = at_places(chunks, shape);
    Some(Codes {
        count: codes.len(),
        escapes: codes.iter().filter(|code| **code == ESCAPE).count(),
        zero_share: zero_share(&codes),
        entropy: entropy(&codes),
        conditional_entropy: conditional_entropy(&codes, &contexts_flat),
        chance_entropy: conditional_entropy(&codes, &contexts.concat()),
        morans_i: morans_i(&at_places, shape),
        histogram: histogram(&codes),
        levels: by_level,
        map: map::of_codes(&at_places, shape),
    })
}

/// Deals contexts out anew, the same way every time.
fn shuffle(contexts: &mut [u8]) {
    const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
    let mut state = 1u64;
    for i in (1..contexts.len()).rev() {
        state = state
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(1_442_695_040_888_963_407);
        contexts.swap(i, ((state >> 33) % (i as u64 + 1)) as usize);
    }
}

fn histogram(codes: &[i32]) -> Vec<u64> {
    let mut counts = vec![0; 2 * FAR as usize + 3];
    for code in codes {
        counts[((*code).clamp(-FAR - 1, FAR + 1) + FAR + 1) as usize] += 1;
    }
    counts
}

/// The codes of the field at their places; NaN where there is none.
fn at_places(chunks: &[ChunkAnatomy], shape: &[usize]) -> Vec<f64> {
    let mut places = vec![f64::NAN; shape.iter().product()];
    for chunk in chunks {
        let codes = chunk.codes();
        for (k, code) in codes.iter().enumerate() {
            let (mut rest, mut at, mut stride) = (k, 0, 1);
            for (range, length) in chunk.part.iter().zip(shape).rev() {
                at += (range.start + rest % range.len()) * stride;
                rest /= range.len();
                stride *= length;
            }
            if ![ESCAPE, HOLE].contains(code) {
                places[at] = f64::from(*code);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz::{Bound, Options, compress};
    use ndarray::Array;

    fn of_predictor(predictor: &str) -> Why {
        let value = |(i, j): (usize, usize)| (i as f32 * 0.2).sin() * 9.0 + (j as f32 * 0.1).cos();
        let field = Array::from_shape_fn((60, 80), value).into_dyn();
        let options = Options::new(Bound::Absolute(0.01))
            .predictor(predictor)
            .unwrap();
        let stream = compress(field.view(), &options.chunk([30, 80]))
            .unwrap()
            .bytes;
        let why = of(&stream, &Decompressor::default()).unwrap();
        let Bytes {
            codes,
            side,
            holes,
            literals,
            rest,
            ..
        } = why.bytes;
        assert_eq!(codes + side + holes + literals + rest, stream.len() as u64);
        why
    }

    #[test]
    fn codes_without_a_prediction_have_more_structure() {
        let (zero, pyramid) = (of_predictor("zero"), of_predictor("pyramid"));
        let (zero, pyramid) = (zero.codes.unwrap(), pyramid.codes.unwrap());
        assert!(zero.morans_i > Some(0.9) && pyramid.zero_share > zero.zero_share);
        assert!(zero.entropy > pyramid.entropy && zero.structure() > 0.3);
        assert_eq!((zero.count, zero.levels.len()), (4800, 1));
        assert!(pyramid.levels.len() > 2);
        assert_eq!(zero.histogram.iter().sum::<u64>(), 4800);
    }

    #[test]
    fn chance_takes_off_what_few_codes_leave() {
        let noise: Vec<i32> = (0..2000).map(|i: i32| i.wrapping_mul(i) % 97 % 7).collect();
        let mut contexts: Vec<u8> = (0..2000).map(|i| (i % 5) as u8).collect();
        shuffle(&mut contexts);
        assert!(entropy(&noise) - conditional_entropy(&noise, &contexts) < 0.02);
    }
}
