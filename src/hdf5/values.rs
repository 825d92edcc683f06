//! The numbers that HDF5 keeps beside a dataset, for the filter to be configured with:
//! `docs/reference/hdf5.md`.

use super::Filter;
use crate::bound::Bound;
use crate::dtype::DType;
use crate::effort::Effort;
use crate::entropy::Backend;
use crate::error::{Error, Result, invalid};
use crate::options::{Choose, Options};

/// The layout that is written here, and the only one there is.
const LAYOUT: u32 = 1;
/// Numbers before the lengths of the chunk.
const HEAD: usize = 5;

const FILL: u32 = 1;
const KEEP: u32 = 2;
const LEAST: u32 = 3;
const MOST: u32 = 4;
const PERIODIC: u32 = 5;
const PREDICTOR: u32 = 6;
const BACKEND: u32 = 7;
const DIMENSION: u32 = 8;
const PART: u32 = 9;

impl Filter {
    /// The numbers to give to HDF5, its `cd_values`.
    pub fn values(&self) -> Result<Vec<u32>> {
        let options = &self.options;
        let has_more = !options.attributes.is_empty()
            || !options.valid.is_empty()
            || !options.offers.is_empty()
            || options.keyframe.is_some()
            || options.store_models;
        if has_more {
            return invalid(
                "a filter of HDF5 takes no attributes, valid ranges, offers, key frames or models in streams",
            );
        }
        let (mode, bound) = match options.bound {
            Bound::Absolute(x) => (0, x),
            Bound::RangeRelative(x) => (1, x),
            Bound::PointwiseRelative(x) => (2, x),
            Bound::Psnr(x) => (3, x),
            Bound::Lossless => (4, 0.0),
        };
        let bytes = [
            mode,
            options.effort.id(),
            self.dtype.bytes() as u8,
            u8::from(self.big_endian),
        ];
        let mut out = vec![LAYOUT, u32::from_le_bytes(bytes)];
        out.extend(double(bound));
        out.push(self.shape.len() as u32);
        out.extend(lengths(&self.shape)?);
        let mut put = |kind: u32, words: &[u32]| put(&mut out, kind, words);
        for fill in &options.fills {
            put(FILL, &double(*fill))?;
        }
        for value in &options.exact {
            put(KEEP, &double(*value))?;
        }
        if let Some(least) = options.least {
            put(LEAST, &double(least))?;
        }
        if let Some(most) = options.most {
            put(MOST, &double(most))?;
        }
        if let Some(periodic) = options.periodic {
            put(PERIODIC, &[u32::from(periodic)])?;
        }
        if let Choose::Spec(spec) = &options.choose {
            put(PREDICTOR, &text(&spec.to_string())?)?;
        }
        if let Some(backend) = options.backend {
            put(BACKEND, &text(backend.name())?)?;
        }
        for name in &options.dims {
            put(DIMENSION, &text(name)?)?;
        }
        if let Some(part) = &options.chunk {
            put(PART, &lengths(part)?)?;
        }
        Ok(out)
    }

    /// What the numbers say.
    pub fn from_values(values: &[u32]) -> Result<Self> {
        let Some(([layout, packed, low, high, dims], rest)) = values.split_first_chunk::<HEAD>()
        else {
            return invalid(format!(
                "{} numbers are too few to configure the filter: there are at least 6",
                values.len()
            ));
        };
        if *layout != LAYOUT {
            return unsupported(format!("the layout {layout} of numbers"));
        }
        let [mode, effort, bytes, order] = packed.to_le_bytes();
        let bound = bound(mode, number(*low, *high))?.check()?;
        let dtype = match bytes {
            4 => DType::F32,
            8 => DType::F64,
            other => return invalid(format!("no floating-point type has {other} bytes")),
        };
        if order > 1 {
            return unsupported(format!("the byte order {order}"));
        }
        let Some((shape, mut records)) = rest.split_at_checked(*dims as usize) else {
            return invalid(format!(
                "{dims} lengths of a chunk are expected, and end early"
            ));
        };
        let mut options = Options::new(bound).effort(Effort::from_id(effort)?);
        while let Some((record, rest)) = records.split_first() {
            let (kind, length) = (record & 0xffff, (record >> 16) as usize);
            let Some((words, rest)) = rest.split_at_checked(length) else {
                return invalid(format!("the record {kind} of the filter is cut short"));
            };
            options = with(options, kind, words)?;
            records = rest;
        }
        let shape: Vec<usize> = shape.iter().map(|n| *n as usize).collect();
        Ok(Filter::new(options, dtype, shape)?.big_endian(order == 1))
    }
}

/// Bytes of the chunk that the numbers are about, if they are about any.
pub(super) fn bytes(values: &[u32]) -> Option<usize> {
    let ([LAYOUT, packed, _, _, dims], rest) = values.split_first_chunk::<HEAD>()? else {
        return None;
    };
    let size = usize::from(packed.to_le_bytes()[2]);
    let mut shape = rest.get(..*dims as usize)?.iter();
    shape.try_fold(size, |n, length| n.checked_mul(*length as usize))
}

fn put(out: &mut Vec<u32>, kind: u32, words: &[u32]) -> Result<()> {
    let Ok(length) = u16::try_from(words.len()) else {
        return invalid("an option is too long for a filter of HDF5");
    };
    out.push(kind | u32::from(length) << 16);
    out.extend_from_slice(words);
    Ok(())
}

/// The options with one more.
fn with(options: Options, kind: u32, words: &[u32]) -> Result<Options> {
    let double = || match words {
        [low, high] => Ok(number(*low, *high)),
        _ => invalid(format!("the record {kind} of the filter is no number")),
    };
    Ok(match kind {
        FILL => options.fill(double()?),
        KEEP => options.keep(double()?),
        LEAST => options.least(double()?),
        MOST => options.most(double()?),
        PERIODIC => options.periodic(words.iter().any(|word| *word != 0)),
        PREDICTOR => options.predictor(&read(words)?)?,
        BACKEND => options.backend(backend(&read(words)?)?),
        DIMENSION => {
            let names = [options.dims.clone(), vec![read(words)?]].concat();
            options.dims(names)
        }
        PART => options.chunk(words.iter().map(|n| *n as usize).collect::<Vec<_>>()),
        _ => return unsupported(format!("the option {kind}")),
    })
}

fn bound(mode: u8, x: f64) -> Result<Bound> {
    Ok(match mode {
        0 => Bound::Absolute(x),
        1 => Bound::RangeRelative(x),
        2 => Bound::PointwiseRelative(x),
        3 => Bound::Psnr(x),
        4 => Bound::Lossless,
        _ => return unsupported(format!("the mode {mode}")),
    })
}

fn backend(name: &str) -> Result<Backend> {
    let found = Backend::ALL.into_iter().find(|b| b.name() == name);
    found.ok_or_else(|| Error::Invalid(format!("no back end is called {name:?}")))
}

/// The low half first.
fn double(x: f64) -> [u32; 2] {
    let bits = x.to_bits();
    [bits as u32, (bits >> 32) as u32]
}

fn number(low: u32, high: u32) -> f64 {
    f64::from_bits(u64::from(high) << 32 | u64::from(low))
}

fn lengths(shape: &[usize]) -> Result<Vec<u32>> {
    let length = |n: &usize| u32::try_from(*n);
    let lengths: std::result::Result<_, _> = shape.iter().map(length).collect();
    lengths.or_else(|_| invalid(format!("{shape:?} has lengths that HDF5 does not take")))
}

/// UTF-8, four bytes a number, the first of them lowest; zeros at the end.
fn text(text: &str) -> Result<Vec<u32>> {
    if text.contains('\0') {
        return invalid(format!("{text:?} has a zero in it"));
    }
    let word = |part: &[u8]| {
        let mut four = [0; 4];
        four[..part.len()].copy_from_slice(part);
        u32::from_le_bytes(four)
    };
    Ok(text.as_bytes().chunks(4).map(word).collect())
}

fn read(words: &[u32]) -> Result<String> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    String::from_utf8(bytes).or_else(|_| invalid("a text of the filter is not UTF-8"))
}

fn unsupported<T>(what: String) -> Result<T> {
    Err(Error::Unsupported(format!(
        "this foresz does not know {what} of its HDF5 filter: install a newer one"
    )))
}
