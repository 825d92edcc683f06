//! One chunk: values to bytes and back.

mod draft;

use foresz_predictors::{Pipeline, Plane, Sample, Scene};

use crate::coding::{Decoder, Quantiser, Sides, walk};
use crate::container::bytes::Reader;
use crate::entropy::{self, Backend};
use crate::error::{Error, Result, Section, corrupt};
use crate::fast;
use crate::mask::Mask;
use crate::relative;

pub(crate) use draft::{Draft, Encoded, Source, pack, write};

/// What turns samples into codes and back.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) scene: &'a Scene,
}

/// What a chunk may lose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Up to this much, or nothing at 0.
    Absolute(f64),
    /// Up to this part of each value.
    Relative(f64),
}

const MASKED: u8 = 1;
const EXACT: u8 = 2;
const RELATIVE: u8 = 4;
const LATTICE: u8 = 8;
const FAST: u8 = 16;

/// Bytes of side information in a chunk, unless it is damaged.
pub(crate) fn side_bytes<T: Sample>(bytes: &[u8], scene: &Scene) -> Result<usize> {
    let mut reader = Reader::new(bytes, Section::Chunk);
    let flags = reader.byte()?;
    if flags & FAST != 0 {
        return Ok(0);
    }
    read_quantiser::<T>(flags, &mut reader)?;
    if flags & MASKED != 0 {
        reader.take(2 * T::BYTES)?;
        let samples = scene.shape.iter().product();
        Mask::read::<T>(&mut reader, samples, mask_distance(scene))?;
    }
    Ok(reader.bytes()?.len())
}

/// The values of a chunk. If only those of a plane are wanted, others may be missing, and
/// then the checksum of all of them proves nothing.
pub(crate) fn decode<T: Sample>(
    bytes: &[u8],
    plan: Plan,
    backend: Backend,
    wanted: Option<&Plane>,
) -> Result<Vec<T>> {
    let mut reader = Reader::new(bytes, Section::Chunk);
    let flags = reader.byte()?;
    if flags == FAST {
        let values = fast::decode(&mut reader, &plan.scene.shape)?;
        reader.finish()?;
        return Ok(values);
    }
    if flags & !(MASKED | EXACT | RELATIVE | LATTICE) != 0 {
        return Err(Error::Unsupported(format!(
            "chunk flags {flags:#x}: install a newer foresz"
        )));
    }
    let (values, all) = if flags & RELATIVE != 0 {
        let (logs, all) = decode_values::<f64>(flags, &mut reader, plan, backend, wanted)?;
        let shape = &plan.scene.shape;
        let whole = Plane::whole(shape);
        let plane = wanted.filter(|_| !all).unwrap_or(&whole);
        (relative::read_rest(&mut reader, &logs, plane, shape)?, all)
    } else {
        decode_values(flags, &mut reader, plan, backend, wanted)?
    };
    let sum = reader.u32()?;
    reader.finish()?;
    if all && content_checksum(&values) != sum {
        return corrupt(
            Section::Chunk,
            "the decoded values are not those the encoder saw",
        );
    }
    Ok(values)
}

/// Values, and whether all are there.
fn decode_values<T: Sample>(
    flags: u8,
    reader: &mut Reader,
    plan: Plan,
    backend: Backend,
    wanted: Option<&Plane>,
) -> Result<(Vec<T>, bool)> {
    let samples = plan.scene.shape.iter().product();
    let quantiser = read_quantiser(flags, reader)?;
    let mut range = (T::ZERO, T::ZERO);
    let mask = if flags & MASKED == 0 {
        None
    } else {
        range = (take_sample(reader)?, take_sample(reader)?);
        Some(Mask::read::<T>(reader, samples, mask_distance(plan.scene))?)
    };
    let sides = reader.bytes()?;
    let literals = take_literals(reader, samples)?;
    let mut codes = backend.decoder(reader.bytes()?, &plan.scene.shape)?;
    let mut decoder = Decoder::new(
        &plan.scene.shape,
        quantiser,
        range,
        &mut *codes,
        mask.as_ref().map(|m| &m.0),
        &literals,
    );
    if let Some(plane) = wanted {
        decoder = decoder.until(plane);
    }
    let mut sides = Sides::Given(Reader::new(sides, Section::Chunk));
    match walk(plan.pipeline, plan.scene, &mut sides, &mut decoder) {
        Ok(()) | Err(foresz_predictors::Error::Enough) => {}
        Err(error) => return Err(damaged(error)),
    }
    let (mut values, all) = decoder.finish().map_err(damaged)?;
    if all {
        codes.finish()?;
        sides.finish().map_err(damaged)?;
    }
    if let Some((mask, held)) = &mask {
        mask.holes().zip(held).for_each(|(i, x)| values[i] = *x);
    }
    Ok((values, all))
}

/// The bound is checked on encoding only; decoding needs the bins alone.
fn read_quantiser<T: Sample>(flags: u8, reader: &mut Reader) -> Result<Quantiser<T>> {
    match flags & (EXACT | LATTICE) {
        0 => {
            let half: T = take_sample(reader)?;
            Ok(Quantiser::Linear {
                half,
                bound: half.to_f64(),
            })
        }
        EXACT => Ok(Quantiser::Exact),
        LATTICE => {
            let (origin, step, reach) = (reader.f64()?, reader.f64()?, reader.f64()?);
            Ok(Quantiser::Lattice {
                origin,
                step,
                reach,
                bound: 0.0,
            })
        }
        _ => corrupt(Section::Chunk, "it has two quantisers"),
    }
}

/// A walk that fails on decoding was misled by the stream, or has a model that fails.
fn damaged(error: foresz_predictors::Error) -> Error {
    match error {
        error @ foresz_predictors::Error::Model { .. } => Error::Predictor(error),
        error => Error::Corrupt {
            at: Section::Chunk,
            reason: error.to_string(),
        },
    }
}

fn content_checksum<T: Sample>(values: &[T]) -> u32 {
    if cfg!(target_endian = "little") {
        return crc32fast::hash(bytemuck::cast_slice(values));
    }
    let mut hasher = crc32fast::Hasher::new();
    values
        .iter()
        .for_each(|x| hasher.update(&x.to_bits64().to_le_bytes()[..T::BYTES]));
    hasher.finalize()
}

/// Distance to the sample that a mask bit is compared with: the same place a frame
/// before in a series, else the one above.
fn mask_distance(scene: &Scene) -> usize {
    let last = scene.shape.len() - 1;
    let from = scene
        .time
        .filter(|t| scene.shape[*t] > 1 && *t < last)
        .map_or(last, |t| t + 1);
    scene.shape[from..].iter().product()
}

fn take_sample<T: Sample>(reader: &mut Reader) -> Result<T> {
    let mut eight = [0; 8];
    eight[..T::BYTES].copy_from_slice(reader.take(T::BYTES)?);
    Ok(T::from_bits64(u64::from_le_bytes(eight)))
}

fn take_literals<T: Sample>(reader: &mut Reader, most: usize) -> Result<Vec<T>> {
    let count = reader.count(most, "literals")?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let planes = entropy::stretch(reader.bytes()?, count * T::BYTES, Section::Literals)?;
    let bits = |i: usize| {
        (0..T::BYTES).fold(0, |bits, k| {
            bits | u64::from(planes[k * count + i]) << (8 * k)
        })
    };
    Ok((0..count).map(|i| T::from_bits64(bits(i))).collect())
}
