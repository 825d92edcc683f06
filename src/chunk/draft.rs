//! From values to planes of codes: all of coding a chunk but its entropy. A draft can be
//! written with one back end after the other.

use foresz_predictors::{Plane, Sample};

use super::fences::Fences;
use super::originals::Originals;
use super::{
    EXACT, FAST, FENCED, LATTICE, MASKED, Prediction, RANGED, RELATIVE, content_checksum,
    mask_distance,
};
use super::{lattices, relative};
use crate::bound::Loss;
use crate::bytes::{Reader, put_bytes, put_number, put_sample};
use crate::check::{self, Errors};
use crate::coding::{Coded, Encoder, Quantiser, Sides, walk};
use crate::entropy::{self, Backend};
use crate::error::{Error, Result, Section};
use crate::fast;
use crate::values::fills::Fills;

/// A chunk's bytes and what is known about it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) backend: Backend,
    /// The errors that a decoder will make.
    pub(crate) errors: Errors,
    /// Step of the lattice that the originals lie on, if one was found and used.
    pub(crate) lattice: f64,
}

/// A chunk that lacks nothing but the bytes of its codes.
pub(crate) struct Draft {
    before: Vec<u8>,
    planes: Vec<Plane>,
    codes: Vec<i32>,
    after: Vec<u8>,
    errors: Errors,
    lattice: f64,
}

/// What a chunk has to keep.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a, T> {
    pub(crate) loss: Loss,
    pub(crate) fills: &'a Fills,
    pub(crate) fences: &'a Fences<T>,
}

/// Integers packed, if the chunk suits.
pub(crate) fn pack<T: Sample>(
    values: &[T],
    terms: Terms<T>,
    shape: &[usize],
) -> Result<Option<Encoded>> {
    let Loss::Absolute(bound) = terms.loss else {
        return Ok(None);
    };
    let mut bytes = vec![FAST];
    if !terms.fills.is_empty() {
        return Ok(None);
    }
    let Some(mut errors) = fast::encode(values, shape, bound, &mut bytes) else {
        return Ok(None);
    };
    if !terms.fences.is_empty() {
        let mut decoded = fast::decode(&mut Reader::new(&bytes[1..], Section::Chunk), shape)?;
        if terms.fences.mend(values, &mut decoded, &mut bytes) {
            bytes[0] |= FENCED;
        }
        errors = check::errors(values, &decoded, bound, 0.0);
    }
    Ok(Some(Encoded {
        bytes,
        backend: Backend::Packed,
        errors: checked(errors)?,
        lattice: 0.0,
    }))
}

/// A chunk ready to be coded, by one pipeline after the other. Where there are outliers
/// there is a second form that takes them for holes.
pub(crate) enum Drafter<'a, T: Clone> {
    Absolute {
        chunk: Whole<'a, T>,
        forms: Vec<Originals<'a, T>>,
    },
    Relative {
        chunk: Whole<'a, T>,
        logs: &'a [f64],
        /// NaN where there is no logarithm; wanted by fences alone.
        numbers: Vec<T>,
        forms: Vec<Originals<'a, f64>>,
    },
}

/// The values of a chunk.
pub(crate) struct Whole<'a, T: Clone> {
    values: &'a [T],
    /// What comes back of those that are stored as they are.
    held: &'a [T],
    fences: &'a Fences<T>,
    bound: f64,
}

impl<'a, T: Sample> Drafter<'a, T> {
    /// `held` is what comes back of values that are stored as they are; `logs` are wanted
    /// under a relative bound.
    pub(crate) fn new(
        values: &'a [T],
        held: &'a [T],
        terms: Terms<'a, T>,
        logs: &'a [f64],
        shape: &[usize],
    ) -> Self {
        let whole = |bound| Whole {
            values,
            held,
            fences: terms.fences,
            bound,
        };
        match terms.loss {
            Loss::Absolute(bound) => Drafter::Absolute {
                chunk: whole(bound),
                forms: forms(values, terms.fills, bound, shape),
            },
            Loss::Relative(bound) => Drafter::Relative {
                chunk: whole(bound),
                logs,
                numbers: if terms.fences.is_empty() {
                    Vec::new()
                } else {
                    relative::numbers(logs, values)
                },
                forms: forms(
                    logs,
                    &Fills::default(),
                    relative::bound_of_logs(bound),
                    shape,
                ),
            },
        }
    }

    /// What a pipeline makes of each form.
    pub(crate) fn drafts(&self, prediction: Prediction) -> Result<Vec<Draft>> {
        match self {
            Drafter::Absolute { chunk, forms } => {
                let draft = |form| {
                    draft_of(chunk.held, form, prediction, |decoded| {
                        chunk.finish(form, decoded)
                    })
                };
                forms.iter().map(draft).collect()
            }
            Drafter::Relative {
                chunk,
                logs,
                numbers,
                forms,
            } => {
                let finish = |decoded| chunk.finish_logs(logs, numbers, decoded);
                let draft = |form| {
                    let mut draft = draft_of(logs, form, prediction, finish)?;
                    draft.before[0] |= RELATIVE;
                    Ok(draft)
                };
                forms.iter().map(draft).collect()
            }
        }
    }
}

/// What comes after the codes.
struct Finish {
    flags: u8,
    bytes: Vec<u8>,
    errors: Errors,
}

impl<T: Sample> Whole<'_, T> {
    /// Mends decoded values.
    fn finish(&self, form: &Originals<T>, mut decoded: Vec<T>) -> Result<Finish> {
        let mut bytes = Vec::new();
        let fenced = self.fences.mend(&form.values, &mut decoded, &mut bytes);
        if let Some(mask) = &form.mask {
            mask.holes().for_each(|i| decoded[i] = self.held[i]);
        }
        let errors = check::errors(self.values, &decoded, self.bound, 0.0);
        Finish::new(fenced, bytes, &decoded, errors)
    }

    /// The same of logarithms.
    fn finish_logs(&self, logs: &[f64], numbers: &[T], decoded: Vec<f64>) -> Result<Finish> {
        let (mut bytes, mut mends) = (Vec::new(), Vec::new());
        let mut decoded = relative::restored(self.values, &decoded);
        let fenced = self.fences.mend(numbers, &mut decoded, &mut mends);
        let values = (self.values, self.held);
        let decoded = relative::write_rest(values, logs, decoded, self.bound, &mut bytes);
        bytes.extend(mends);
        let errors = check::errors(self.values, &decoded, 0.0, self.bound);
        Finish::new(fenced, bytes, &decoded, errors)
    }
}

impl Finish {
    fn new<T: Sample>(
        fenced: bool,
        mut bytes: Vec<u8>,
        decoded: &[T],
        errors: Errors,
    ) -> Result<Self> {
        bytes.extend(content_checksum(decoded).to_le_bytes());
        Ok(Finish {
            flags: u8::from(fenced) * FENCED,
            bytes,
            errors: checked(errors)?,
        })
    }
}

fn forms<'a, T: Sample>(
    values: &'a [T],
    fills: &Fills,
    bound: f64,
    shape: &[usize],
) -> Vec<Originals<'a, T>> {
    let plain = Originals::new(values, fills, bound, shape);
    let tame = plain.tame(values, fills, bound, shape);
    [Some(plain), tame].into_iter().flatten().collect()
}

fn checked(errors: Errors) -> Result<Errors> {
    if errors.kept {
        Ok(errors)
    } else {
        Err(Error::Invalid("internal error: the bound would be broken; nothing was written, please report this field".into()))
    }
}

/// What comes after the codes, and the errors, depend on what will be decoded. `held` are
/// the values of holes.
fn draft_of<T: Sample>(
    held: &[T],
    originals: &Originals<T>,
    prediction: Prediction,
    finish: impl Fn(Vec<T>) -> Result<Finish>,
) -> Result<Draft> {
    let Originals {
        mask,
        range,
        quantiser,
        ..
    } = originals;
    let Prediction { pipeline, scene } = prediction;
    let lesson = originals.lesson();
    let mut sides = Sides::learn(lesson);
    let mut encoder = Encoder::new(lesson, &scene.shape);
    walk(pipeline, scene, &mut sides, &mut encoder)?;
    let Coded {
        mut canvas,
        codes,
        planes,
        literals,
    } = encoder.finish()?;
    quantiser.amend(&mut canvas);

    let (mut before, mut flags, mut lattice) = (vec![0], 0, 0.0);
    match quantiser {
        Quantiser::Linear { half, .. } => put_sample(&mut before, *half),
        Quantiser::Exact => flags |= EXACT,
        Quantiser::Lattice {
            lattices, radius, ..
        } => {
            flags |= LATTICE;
            lattice = lattices.step();
            lattices::put(&mut before, lattices, *radius);
        }
    }
    let mut frames = pipeline.frames.iter();
    let may_differ = frames.any(|f| T::frame(&**f).may_differ());
    if mask.is_some() || may_differ {
        put_sample(&mut before, range.0);
        put_sample(&mut before, range.1);
    }
    if mask.is_none() && may_differ {
        flags |= RANGED;
    }
    if let Some(mask) = mask {
        flags |= MASKED;
        mask.write(held, mask_distance(scene), &mut before);
    }
    put_bytes(&mut before, &sides.into_bytes());
    put_literals(&mut before, &literals);
    let finish = finish(canvas)?;
    before[0] = flags | finish.flags;
    Ok(Draft {
        before,
        planes,
        codes,
        after: finish.bytes,
        errors: finish.errors,
        lattice,
    })
}

/// The bytes of the draft that takes the fewest.
pub(crate) fn write(drafts: &[Draft], shape: &[usize], backend: Backend) -> Result<Encoded> {
    let written = drafts.iter().map(|draft| draft.write(shape, backend));
    let smallest = written.min_by_key(|encoded| encoded.bytes.len());
    smallest.ok_or_else(|| Error::Invalid("there is nothing to write".into()))
}

impl Draft {
    fn write(&self, shape: &[usize], backend: Backend) -> Encoded {
        let codes = backend.encode(shape, &self.planes, &self.codes);
        let mut bytes = self.before.clone();
        put_bytes(&mut bytes, &codes);
        bytes.extend_from_slice(&self.after);
        Encoded {
            bytes,
            backend,
            errors: self.errors,
            lattice: self.lattice,
        }
    }
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
