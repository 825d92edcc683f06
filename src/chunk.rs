//! One chunk: values to bytes and back.

use foresz_predictors::{Pipeline, Plane, Sample, Scene};

use crate::coding::{Coded, Decoder, Encoder, Lesson, Quantiser, Sides, walk};
use crate::container::bytes::{Reader, put_bytes, put_number};
use crate::entropy::{self, Backend};
use crate::error::{Error, Result, Section, corrupt};
use crate::fast;
use crate::mask::Mask;
use crate::originals::Originals;
use crate::relative;
use crate::sweeps::{self, Errors};

/// How a chunk is to be coded.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) scene: &'a Scene,
    pub(crate) backend: Backend,
    pub(crate) loss: Loss,
    /// Pack integers if the chunk suits, whatever the pipeline.
    pub(crate) fast: bool,
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

/// A chunk's bytes and what is known about it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) backend: Backend,
    /// The errors that a decoder will make.
    pub(crate) errors: Errors,
    /// Step of the lattice that the originals lie on, if one was found and used.
    pub(crate) lattice: f64,
}

/// The bytes of a chunk, and the errors that a decoder of them will make.
pub(crate) fn encode<T: Sample>(values: &[T], fills: &[T], plan: Plan) -> Result<Encoded> {
    match plan.loss {
        Loss::Absolute(bound) => {
            let mut out = vec![FAST];
            if plan.fast
                && fills.is_empty()
                && let Some(errors) = fast::encode(values, &plan.scene.shape, bound, &mut out)
            {
                return Ok(Encoded {
                    bytes: out,
                    backend: Backend::Packed,
                    errors: checked(errors)?,
                    lattice: 0.0,
                });
            }
            out[0] = 0;
            let (decoded, lattice) = encode_values(values, fills, bound, plan, &mut out)?;
            let errors = checked(sweeps::errors(values, &decoded, bound, 0.0))?;
            seal(&mut out, &decoded);
            Ok(Encoded {
                bytes: out,
                backend: plan.backend,
                errors,
                lattice,
            })
        }
        Loss::Relative(bound) => {
            let mut out = vec![RELATIVE];
            let logs = relative::split(values, fills);
            let (decoded, _) = encode_values(
                &logs.values,
                &[],
                relative::bound_of_logs(bound),
                plan,
                &mut out,
            )?;
            let decoded = relative::write_rest(values, &logs, &decoded, bound, &mut out);
            let errors = checked(sweeps::errors(values, &decoded, 0.0, bound))?;
            seal(&mut out, &decoded);
            Ok(Encoded {
                bytes: out,
                backend: plan.backend,
                errors,
                lattice: 0.0,
            })
        }
    }
}

/// Appends the checksum of the decoded values, by which a decoder knows that
/// its predictor did what the encoder's did.
fn seal<T: Sample>(out: &mut Vec<u8>, decoded: &[T]) {
    out.extend(content_checksum(decoded).to_le_bytes());
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

fn checked(errors: Errors) -> Result<Errors> {
    if errors.kept {
        Ok(errors)
    } else {
        Err(Error::Invalid("internal error: the bound would be broken; nothing was written, please report this field".into()))
    }
}

/// Codes values under an absolute bound; `out[0]` collects flags. Returns what will be
/// decoded and the step of the lattice used, or 0.
fn encode_values<T: Sample>(
    values: &[T],
    fills: &[T],
    bound: f64,
    plan: Plan,
    out: &mut Vec<u8>,
) -> Result<(Vec<T>, f64)> {
    let originals = Originals::new(values, fills, bound);
    let mut coded = encode_originals(values, &originals, plan)?;
    if let Some(tame) = originals.tame(values, fills, bound) {
        let tame = encode_originals(values, &tame, plan)?;
        if tame.bytes.len() < coded.bytes.len() {
            coded = tame;
        }
    }
    out[0] |= coded.flags;
    out.extend(coded.bytes);
    Ok((coded.canvas, coded.lattice))
}

/// A chunk without its seal.
struct Unsealed<T> {
    flags: u8,
    bytes: Vec<u8>,
    /// What will be decoded.
    canvas: Vec<T>,
    lattice: f64,
}

fn encode_originals<T: Sample>(
    values: &[T],
    originals: &Originals<T>,
    plan: Plan,
) -> Result<Unsealed<T>> {
    let Originals {
        mask,
        range,
        quantiser,
        ..
    } = originals;
    let mut sides = Sides::learn(Lesson {
        originals: &originals.values,
        quantiser: *quantiser,
        range: *range,
    });
    let mut encoder = Encoder::new(&originals.values, &plan.scene.shape, *quantiser, *range);
    walk(plan.pipeline, plan.scene, &mut sides, &mut encoder)?;
    let Coded {
        mut canvas,
        codes,
        planes,
        literals,
    } = encoder.finish()?;

    let (mut flags, mut out, mut lattice) = (0, Vec::new(), 0.0);
    match *quantiser {
        Quantiser::Linear { half, .. } => put_sample(&mut out, half),
        Quantiser::Exact => flags |= EXACT,
        Quantiser::Lattice {
            origin,
            step,
            reach,
            ..
        } => {
            flags |= LATTICE;
            lattice = step;
            [origin, step, reach]
                .iter()
                .for_each(|x| out.extend(x.to_le_bytes()));
        }
    }
    if let Some(mask) = mask {
        flags |= MASKED;
        put_sample(&mut out, range.0);
        put_sample(&mut out, range.1);
        mask.write(values, mask_distance(plan.scene), &mut out);
        mask.holes().for_each(|i| canvas[i] = values[i]);
    }
    put_bytes(&mut out, &sides.into_bytes());
    put_literals(&mut out, &literals);
    put_bytes(
        &mut out,
        &plan.backend.encode(&plan.scene.shape, &planes, &codes),
    );
    Ok(Unsealed {
        flags,
        bytes: out,
        canvas,
        lattice,
    })
}

/// The values of a chunk. If only those of a plane are wanted, others may be missing, and
/// then the checksum of all of them proves nothing.
pub(crate) fn decode<T: Sample>(
    bytes: &[u8],
    plan: Plan,
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
        let (logs, all) = decode_values::<f64>(flags, &mut reader, plan, wanted)?;
        let shape = &plan.scene.shape;
        let whole = Plane::whole(shape);
        let plane = wanted.filter(|_| !all).unwrap_or(&whole);
        (relative::read_rest(&mut reader, &logs, plane, shape)?, all)
    } else {
        decode_values(flags, &mut reader, plan, wanted)?
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
    let mut codes = plan.backend.decoder(reader.bytes()?, &plan.scene.shape)?;
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

fn put_sample<T: Sample>(out: &mut Vec<u8>, x: T) {
    out.extend_from_slice(&x.to_bits64().to_le_bytes()[..T::BYTES]);
}

fn take_sample<T: Sample>(reader: &mut Reader) -> Result<T> {
    let mut eight = [0; 8];
    eight[..T::BYTES].copy_from_slice(reader.take(T::BYTES)?);
    Ok(T::from_bits64(u64::from_le_bytes(eight)))
}

const LITERALS_ZSTD_LEVEL: i32 = 3;

/// Literals as planes of equal bytes: the high ones repeat.
fn put_literals<T: Sample>(out: &mut Vec<u8>, literals: &[T]) {
    put_number(out, literals.len() as u64);
    if !literals.is_empty() {
        let byte = |k: usize| {
            literals
                .iter()
                .map(move |x| (x.to_bits64() >> (8 * k)) as u8)
        };
        let planes: Vec<u8> = (0..T::BYTES).flat_map(byte).collect();
        put_bytes(out, &entropy::squeeze(&planes, LITERALS_ZSTD_LEVEL));
    }
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
