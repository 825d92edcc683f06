//! Values of HDF5 datasets.

use std::ops::Range;
use std::path::Path;

use hdf5_reader::error::Result as Hdf5Result;
use hdf5_reader::{
    Dataset as Stored, Datatype, H5Type, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem,
    StringPadding, StringSize, dtype_element_size,
};

use super::contents::Contents;
use super::filters;
use super::guard::guarded;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::region;
use crate::source::Source;
use crate::values::{Kind, Values};

/// The reader holds decoded chunks up to this size, so that neighbouring slabs which cut
/// through the same ones do not decode them again.
const LARGEST_CACHE: usize = 128 << 20;
const SMALLEST_CACHE: usize = 1 << 20;

/// Values may be more than the file, which is compressed or leaves out what was never
/// written. Deflate makes no more of a byte than this; a read that exceeds it, and is large,
/// follows a length that nothing bears out.
const MOST_OF_A_BYTE: u64 = 1032;
const ALWAYS_READ: u64 = 256 << 20;

/// A file that is HDF5, whether `NetCDF` wrote it or not.
pub(super) struct Hdf5 {
    format: &'static str,
    contents: Contents,
    file: Hdf5File,
    stored: Vec<Stored>,
}

impl Hdf5 {
    pub(super) fn open(path: &Path) -> Result<Self> {
        guarded(|| {
            let surveyed = Self::open_with_cache(path, SMALLEST_CACHE)?;
            let rows = surveyed.stored.iter().map(row_of_chunks);
            let cache = rows.max().unwrap_or(0).min(LARGEST_CACHE);
            if cache <= SMALLEST_CACHE {
                return Ok(surveyed);
            }
            Self::open_with_cache(path, cache)
        })
    }

    fn open_with_cache(path: &Path, bytes: usize) -> Result<Self> {
        let most = std::fs::metadata(path)?
            .len()
            .saturating_mul(MOST_OF_A_BYTE);
        let options = OpenOptions {
            max_read_bytes: usize::try_from(most.max(ALWAYS_READ)).unwrap_or(usize::MAX),
            chunk_cache_bytes: bytes,
            chunk_cache_slots: (bytes >> 12).max(521),
            filter_registry: Some(filters::registry()),
            ..OpenOptions::default()
        };
        let file = Hdf5File::open_with_options(path, options)?;
        let contents = Contents::of(&file)?;
        let mut stored = Vec::new();
        for (variable, path) in contents.dataset.variables.iter().zip(&contents.paths) {
            // Along an unlimited dimension, a dataset may end before others do.
            let shape = contents.dataset.shape(variable);
            let shape: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
            stored.push(file.dataset(path)?.with_padded_shape(&shape)?);
        }
        let root = file.root_group()?;
        let format = if root.attribute("_nc3_strict").is_ok() {
            "NetCDF-4 classic model"
        } else if root.attribute("_NCProperties").is_ok() || has_scales(&stored) {
            "NetCDF-4"
        } else {
            "HDF5"
        };
        Ok(Hdf5 {
            format,
            contents,
            file,
            stored,
        })
    }
}

/// Bytes of all the chunks that meet the same place along the first dimension.
fn row_of_chunks(stored: &Stored) -> usize {
    let (Some(chunk), Ok(element)) = (stored.chunks(), stored.raw_element_size()) else {
        return 0;
    };
    let lengths = stored.shape().iter().zip(&chunk).skip(1);
    let padded = lengths.map(|(n, c)| n.next_multiple_of(u64::from(*c).max(1)));
    let thickness = chunk.first().map_or(1, |c| u64::from(*c));
    let values = padded.fold(thickness, u64::saturating_mul);
    usize::try_from(values).map_or(usize::MAX, |n| n.saturating_mul(element))
}

fn has_scales(stored: &[Stored]) -> bool {
    let marked = |s: &Stored| s.attribute("DIMENSION_LIST").is_ok() || s.attribute("CLASS").is_ok();
    stored.iter().any(marked)
}

impl Source for Hdf5 {
    fn format(&self) -> String {
        self.format.into()
    }

    fn dataset(&self) -> &Dataset {
        &self.contents.dataset
    }

    fn read(&mut self, variable: usize, region: &[Range<usize>]) -> Result<Values> {
        let kind = self.contents.dataset.variables[variable].kind;
        let stored = &self.stored[variable];
        let shape = &self.contents.dataset;
        region::check(region, &shape.shape(&shape.variables[variable]))?;
        guarded(|| {
            filters::check(&self.file, stored)?;
            read(stored, kind, region)
        })
    }

    fn pieces(&self, variable: usize) -> Option<Vec<usize>> {
        let chunks = self.stored[variable].chunks()?;
        Some(chunks.iter().map(|n| *n as usize).collect())
    }

    fn check(&self, variable: usize) -> Result<()> {
        guarded(|| filters::check(&self.file, &self.stored[variable]))
    }

    fn skipped(&self) -> &[(String, String)] {
        &self.contents.skipped
    }
}

fn read(stored: &Stored, kind: Kind, region: &[Range<usize>]) -> Result<Values> {
    Ok(match kind {
        Kind::I8 => Values::I8(slice(stored, region)?),
        Kind::U8 => Values::U8(slice(stored, region)?),
        Kind::I16 => Values::I16(slice(stored, region)?),
        Kind::U16 => Values::U16(slice(stored, region)?),
        Kind::I32 => Values::I32(slice(stored, region)?),
        Kind::U32 => Values::U32(slice(stored, region)?),
        Kind::I64 => Values::I64(slice(stored, region)?),
        Kind::U64 => Values::U64(slice(stored, region)?),
        Kind::F32 => Values::F32(slice(stored, region)?),
        Kind::F64 => Values::F64(slice(stored, region)?),
        Kind::Char => {
            let characters: Vec<Character> = slice(stored, region)?;
            Values::Char(characters.into_iter().map(|c| c.0).collect())
        }
        Kind::Text => {
            let elements: Vec<Element> = slice(stored, region)?;
            let texts = elements.into_iter().map(|e| text(stored, e.0));
            Values::Text(texts.collect::<Result<_>>()?)
        }
    })
}

fn slice<T: H5Type>(stored: &Stored, region: &[Range<usize>]) -> Hdf5Result<Vec<T>> {
    let selections = region.iter().map(|r| SliceInfoElem::Slice {
        start: r.start as u64,
        end: r.end as u64,
        step: 1,
    });
    let selections = selections.collect();
    let values = stored.read_slice(&SliceInfo { selections })?;
    Ok(values.into_raw_vec_and_offset().0)
}

/// A byte of text, which the reader gives no type.
#[derive(Clone)]
struct Character(u8);

impl H5Type for Character {
    fn hdf5_type() -> Datatype {
        u8::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], _: &Datatype) -> Hdf5Result<Self> {
        Ok(Character(bytes.first().copied().unwrap_or(0)))
    }

    fn element_size(_: &Datatype) -> usize {
        1
    }
}

/// The bytes of an element that is a text of fixed length, or says where one is.
#[derive(Clone)]
struct Element(Vec<u8>);

impl H5Type for Element {
    fn hdf5_type() -> Datatype {
        u8::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], _: &Datatype) -> Hdf5Result<Self> {
        Ok(Element(bytes.to_vec()))
    }

    fn element_size(datatype: &Datatype) -> usize {
        dtype_element_size(datatype).unwrap_or(0)
    }
}

fn text(stored: &Stored, element: Vec<u8>) -> Result<String> {
    let bytes = match stored.dtype() {
        Datatype::String {
            size: StringSize::Fixed(_),
            padding,
            ..
        } => unpadded(element, *padding),
        _ => unpadded(
            stored.resolve_vlen_reference_bytes(&element, 1)?,
            StringPadding::NullTerminate,
        ),
    };
    String::from_utf8(bytes)
        .map_err(|_| Error::Unsupported(format!("a text of {} is not UTF-8", stored.name())))
}

fn unpadded(mut bytes: Vec<u8>, padding: StringPadding) -> Vec<u8> {
    let last = |padding: u8| {
        bytes
            .iter()
            .rposition(|b| *b != padding)
            .map_or(0, |i| i + 1)
    };
    let end = match padding {
        StringPadding::NullTerminate => bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len()),
        StringPadding::NullPad => last(0),
        StringPadding::SpacePad => last(b' '),
    };
    bytes.truncate(end);
    bytes
}
