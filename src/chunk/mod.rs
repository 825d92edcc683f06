//! One chunk: values to bytes and back.

mod draft;
mod drift;
pub(crate) mod fences;
mod lattices;
pub(crate) mod originals;
mod record;
pub(crate) mod relative;
mod stored;

use foresz_predictors::{Pipeline, Plane, Sample, Scene};

use crate::bytes::Reader;
use crate::coding::{Decoder, Quantiser, Sides, walk};
use crate::entropy::{self, Backend, PlaneReader};
use crate::error::{Error, Result, Section, corrupt};
use crate::fast;
use crate::values::mask::Mask;

pub(crate) use draft::{Draft, Drafter, Encoded, Terms, pack, write};
pub(crate) use drift::Drifted;
pub(crate) use record::Record;
pub(crate) use stored::{store, stored_bytes};

use record::Recorder;

/// What turns samples into codes and back.
#[derive(Clone, Copy)]
pub(crate) struct Prediction<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) scene: &'a Scene,
}

const MASKED: u8 = 1;
const EXACT: u8 = 2;
const RELATIVE: u8 = 4;
const LATTICE: u8 = 8;
const FAST: u8 = 16;
/// The range of the originals is there though nothing is masked.
const RANGED: u8 = 32;
/// The values as they are.
const STORED: u8 = 64;
/// Numbers are kept on their side of fences.
const FENCED: u8 = 128;

/// Bytes of side information in a chunk, unless it is damaged.
pub(crate) fn side_bytes<T: Sample>(bytes: &[u8], scene: &Scene) -> Result<usize> {
    let mut reader = Reader::new(bytes, Section::Chunk);
    let flags = reader.byte()?;
    if flags & (FAST | STORED) != 0 {
        return Ok(0);
    }
    read_quantiser::<T>(flags, &mut reader, &scene.shape)?;
    if flags & (MASKED | RANGED) != 0 {
        reader.take(2 * T::BYTES)?;
    }
    if flags & MASKED != 0 {
        let samples = scene.shape.iter().product();
        Mask::read::<T>(&mut reader, samples, mask_distance(scene))?;
    }
    Ok(reader.bytes()?.len())
}

/// What to decode of a chunk.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// If only the values of a plane are wanted, others may be missing, and then the
    /// checksum of all of them proves nothing.
    pub(crate) wanted: Option<&'a Plane>,
    /// Whether to go on where forecasts are not the encoder's.
    pub(crate) anyway: bool,
    /// What numbers below it are replaced with.
    pub(crate) least: Option<f64>,
}

/// The values of a chunk.
pub(crate) struct Decoding<T> {
    pub(crate) values: Vec<T>,
    /// Whether all are there.
    all: bool,
    pub(crate) drift: Option<Drifted>,
    /// Of the originals, where it is known.
    range: Option<(T, T)>,
    holes: Option<(Mask, Vec<T>)>,
}

impl<T: Sample> Decoding<T> {
    fn of(values: Vec<T>, all: bool) -> Self {
        Decoding {
            values,
            all,
            drift: None,
            range: None,
            holes: None,
        }
    }

    fn fill_holes(&mut self) {
        if let Some((mask, held)) = &self.holes {
            let holes = mask.holes().zip(held);
            holes.for_each(|(i, x)| self.values[i] = *x);
        }
    }

    /// Moves numbers to their side of fences.
    fn mend(&mut self, reader: &mut Reader, flags: u8) -> Result<()> {
        if flags & FENCED != 0 {
            fences::mend(reader, &mut self.values)?;
            self.fill_holes();
        }
        Ok(())
    }

    /// Replaces numbers that are too low: in streams without fences.
    fn lift(&mut self, least: Option<f64>) {
        let Some(least) = least else {
            return;
        };
        let is_low = |x: &&mut T| x.is_finite() && x.to_f64() < least;
        let low = self.values.iter_mut().filter(is_low);
        low.for_each(|x| *x = T::from_f64(least));
        self.fill_holes();
    }

    /// Does what can be done if the values are not those that the encoder saw.
    fn settle(&mut self, sum: u32, scene: &Scene) -> Result<()> {
        let same = self.all && content_checksum(&self.values) == sum;
        match &mut self.drift {
            // Whatever the forecasts were.
            _ if same => self.drift = None,
            Some(drift) => {
                drift.bound = drift::tame(&mut self.values, scene, drift.frame, self.range);
                self.fill_holes();
            }
            None if self.all => {
                return corrupt(
                    Section::Chunk,
                    "the decoded values are not those the encoder saw",
                );
            }
            None => {}
        }
        Ok(())
    }
}

/// Decodes a chunk, and notes what it is made of if somebody wants to know.
pub(crate) fn decode<T: Sample>(
    bytes: &[u8],
    prediction: Prediction,
    backend: Backend,
    wish: Wish,
    record: Option<&mut Record>,
) -> Result<Decoding<T>> {
    let mut reader = Reader::new(bytes, Section::Chunk);
    let flags = reader.byte()?;
    if flags & !FENCED == FAST {
        let values = fast::decode(&mut reader, &prediction.scene.shape)?;
        let mut decoding = Decoding::of(values, true);
        decoding.mend(&mut reader, flags)?;
        reader.finish()?;
        decoding.lift(wish.least);
        return Ok(decoding);
    }
    if flags == STORED {
        let mut decoding = stored::read::<T>(&mut reader, prediction.scene.shape.iter().product())?;
        if let Some(record) = record {
            record.literals = decoding.values.len() * T::BYTES;
        }
        let sum = reader.u32()?;
        reader.finish()?;
        // The encoder saw to it that they are not too low, and holes are not known here.
        decoding.settle(sum, prediction.scene)?;
        return Ok(decoding);
    }
    if flags & !(MASKED | EXACT | RELATIVE | LATTICE | RANGED | FENCED) != 0 {
        return Err(Error::Unsupported(format!(
            "chunk flags {flags:#x}: install a newer foresz"
        )));
    }
    let mut coded = Coded {
        flags,
        reader,
        prediction,
        backend,
        record,
    };
    let mut decoding = if flags & RELATIVE != 0 {
        let wish = Wish {
            anyway: false,
            ..wish
        };
        let logs = coded.values::<f64>(wish)?;
        let shape = &prediction.scene.shape;
        let whole = Plane::whole(shape);
        let plane = wish.wanted.filter(|_| !logs.all).unwrap_or(&whole);
        let (mut values, mended) =
            relative::read_rest::<T>(&mut coded.reader, &logs.values, plane, shape)?;
        if flags & FENCED != 0 {
            fences::mend(&mut coded.reader, &mut values)?;
        }
        mended.into_iter().for_each(|(i, x)| values[i] = x);
        Decoding::of(values, logs.all)
    } else {
        let mut decoding = coded.values(wish)?;
        decoding.mend(&mut coded.reader, flags)?;
        decoding
    };
    let sum = coded.reader.u32()?;
    coded.reader.finish()?;
    decoding.settle(sum, prediction.scene)?;
    // Under a relative bound numbers keep their signs, and holes are not known here.
    decoding.lift(wish.least.filter(|_| flags & RELATIVE == 0));
    Ok(decoding)
}

/// A chunk behind its flags.
struct Coded<'a> {
    flags: u8,
    reader: Reader<'a>,
    prediction: Prediction<'a>,
    backend: Backend,
    record: Option<&'a mut Record>,
}

/// What the values of a chunk are decoded from.
struct Parts<'a, T> {
    quantiser: Quantiser<T>,
    /// Of the originals, where it is known.
    range: Option<(T, T)>,
    mask: Option<(Mask, Vec<T>)>,
    sides: &'a [u8],
    literals: Vec<T>,
    codes: &'a [u8],
}

impl<'a> Coded<'a> {
    /// What the values are decoded from.
    fn parts<T: Sample>(&mut self) -> Result<Parts<'a, T>> {
        let (scene, reader) = (self.prediction.scene, &mut self.reader);
        let samples = scene.shape.iter().product();
        let quantiser = read_quantiser(self.flags, reader, &scene.shape)?;
        let range = match self.flags & (MASKED | RANGED) {
            0 => None,
            _ => Some((reader.sample()?, reader.sample()?)),
        };
        let before_mask = reader.rest().len();
        let mask = if self.flags & MASKED == 0 {
            None
        } else {
            Some(Mask::read::<T>(reader, samples, mask_distance(scene))?)
        };
        let before_sides = reader.rest().len();
        let sides = reader.bytes()?;
        let before_literals = reader.rest().len();
        let literals = take_literals(reader, samples)?;
        let before_codes = reader.rest().len();
        let codes = reader.bytes()?;
        if let Some(record) = &mut self.record {
            record.holes = before_mask - before_sides;
            record.side = sides.len();
            record.literals = before_literals - before_codes;
            record.codes = codes.len();
        }
        Ok(Parts {
            quantiser,
            range,
            mask,
            sides,
            literals,
            codes,
        })
    }

    fn values<T: Sample>(&mut self, wish: Wish) -> Result<Decoding<T>> {
        let parts = self.parts::<T>()?;
        let scene = self.prediction.scene;
        let reader = self.backend.decoder(parts.codes, &scene.shape)?;
        let mut codes: Box<dyn PlaneReader + '_> = match self.record.as_deref_mut() {
            None => reader,
            Some(record) => Box::new(Recorder { reader, record }),
        };
        let bins = (&parts.quantiser, parts.range.unwrap_or((T::ZERO, T::ZERO)));
        let mask = parts.mask.as_ref().map(|m| &m.0);
        let mut decoder = Decoder::new(&scene.shape, bins, &mut *codes, mask, &parts.literals);
        if let Some(plane) = wish.wanted {
            decoder = decoder.until(plane);
        }
        let mut sides = Sides::Given {
            reader: Reader::new(parts.sides, Section::Chunk),
            anyway: wish.anyway,
            differs: None,
        };
        match walk(self.prediction.pipeline, scene, &mut sides, &mut decoder) {
            Ok(()) | Err(foresz_predictors::Error::Enough) => {}
            Err(error) => return Err(damaged(error)),
        }
        let (mut values, all) = decoder.finish().map_err(damaged)?;
        parts.quantiser.amend(&mut values);
        if all {
            codes.finish()?;
            sides.finish().map_err(damaged)?;
        }
        let mut decoding = Decoding {
            range: parts.range,
            holes: parts.mask,
            drift: sides.differs().map(|(frame, reason)| Drifted {
                frame,
                reason,
                bound: f64::INFINITY,
            }),
            ..Decoding::of(values, all)
        };
        decoding.fill_holes();
        Ok(decoding)
    }
}

/// The bound is checked on encoding only; decoding needs the bins alone.
fn read_quantiser<T: Sample>(
    flags: u8,
    reader: &mut Reader,
    shape: &[usize],
) -> Result<Quantiser<T>> {
    match flags & (EXACT | LATTICE) {
        0 => {
            let half: T = reader.sample()?;
            Ok(Quantiser::Linear {
                half,
                bound: half.to_f64(),
            })
        }
        EXACT => Ok(Quantiser::Exact),
        LATTICE => lattices::read(reader, shape),
        _ => corrupt(Section::Chunk, "it has two quantisers"),
    }
}

/// A walk that fails on decoding was misled by the stream, or has a model that fails.
fn damaged(error: foresz_predictors::Error) -> Error {
    match error {
        error @ (foresz_predictors::Error::Model { .. }
        | foresz_predictors::Error::Limit { .. }
        | foresz_predictors::Error::Differs { .. }) => Error::Predictor(error),
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
