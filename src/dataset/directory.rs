//! The directory: what a data set holds and where.

use foresz_files::{Attribute, Dataset, Dimension, Kind, Variable};
use foresz_predictors::MAX_DIMS;

use super::blob;
use super::cuts::Cuts;
use super::packing::Packing;
use crate::bound::Bound;
use crate::bytes::{Reader, put_bytes, put_number};
use crate::container::{HEAD_BYTES, TAIL_BYTES, check_head, put_bound, read_bound};
use crate::entropy::{squeeze, stretch};
use crate::error::{Error, Result, Section, corrupt, invalid};
use crate::store::Store;

/// Last bytes of every data set.
pub(crate) const END: [u8; 4] = *b"\x1aDSF";
/// Bytes of a directory, before they are squeezed.
const MOST_BYTES: usize = 1 << 26;
const LEVEL: i32 = 19;
/// What only a directory in a checkpoint has.
const UNFINISHED: u8 = 1;

/// How the values of a variable are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In blobs.
    Blobs,
    /// In streams of its own type.
    Floats,
    /// Whole numbers, in streams of `f32` or `f64`, whichever holds all of them.
    Integers,
    /// Packed numbers, unpacked, in streams of the type they unpack to.
    Unpacked,
}

const STORAGES: [Storage; 4] = [
    Storage::Blobs,
    Storage::Floats,
    Storage::Integers,
    Storage::Unpacked,
];

/// A stream or a blob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Piece {
    /// Which of the two: a blob has the values as the source stores them, however others of
    /// the variable are stored.
    pub(crate) blob: bool,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    /// What was asked for, of the values as people know them: unpacked.
    pub(crate) asked: Bound,
}

/// Where a variable is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) storage: Storage,
    /// Packed numbers are shown unpacked.
    pub(crate) packed: bool,
    /// Unpacked, they are not negative.
    pub(crate) non_negative: bool,
    /// Zeros are zeros.
    pub(crate) keep_zeros: bool,
    pub(crate) cuts: Cuts,
    /// In the order of the cuts, the last dimension fastest; the last ones are missing if
    /// the data set is not finished.
    pub(crate) pieces: Vec<Piece>,
}

impl Entry {
    /// Whether packed numbers next to zero are shown as zero.
    pub(crate) fn shows_zeros(&self) -> bool {
        self.non_negative || self.keep_zeros
    }
}

/// What a data set holds and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Directory {
    /// Program and version that wrote it.
    pub(crate) writer: String,
    /// What it is being made of and how, as long as it is not finished.
    pub(crate) unfinished: Option<String>,
    pub(crate) dataset: Dataset,
    /// One per variable.
    pub(crate) entries: Vec<Entry>,
}

impl Directory {
    /// What follows the last piece.
    pub(crate) fn closing(&self) -> Result<Vec<u8>> {
        let plain = self.fitting()?;
        let mut out = Vec::new();
        put_number(&mut out, plain.len() as u64);
        out.extend(squeeze(&plain, LEVEL));
        let (length, sum) = (out.len() as u32, crc32fast::hash(&out));
        out.extend(length.to_le_bytes());
        out.extend(sum.to_le_bytes());
        out.extend(END);
        Ok(out)
    }

    /// The directory that ends at the end of a store, if one does.
    pub(crate) fn at_end(store: &dyn Store) -> Result<Option<Self>> {
        let size = store.size();
        let Some(end) = size.checked_sub(TAIL_BYTES) else {
            return Ok(None);
        };
        let tail = store.read(end..size)?;
        let mut tail = Reader::new(&tail, Section::Tail);
        let (length, sum, mark) = (u64::from(tail.u32()?), tail.u32()?, tail.take(4)?);
        let start = end.checked_sub(length);
        let Some(start) = start.filter(|s| *s >= HEAD_BYTES as u64 && mark == END) else {
            return Ok(None);
        };
        let bytes = store.read(start..end)?;
        if crc32fast::hash(&bytes) != sum {
            return corrupt(Section::Directory, "its checksum does not match");
        }
        check_head(store)?;
        let mut reader = Reader::new(&bytes, Section::Directory);
        let length = reader.count(MOST_BYTES, "bytes of a directory")?;
        let plain = stretch(reader.rest(), length, Section::Directory)?;
        Directory::from_bytes(&plain, start).map(Some)
    }

    /// Its bytes, or an error if no reader would take as many.
    pub(crate) fn fitting(&self) -> Result<Vec<u8>> {
        let plain = self.to_bytes();
        if plain.len() > MOST_BYTES {
            return invalid(format!(
                "attributes and pieces take {} bytes, {MOST_BYTES} are the most",
                plain.len()
            ));
        }
        Ok(plain)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, self.writer.as_bytes());
        out.push(u8::from(self.unfinished.is_some()) * UNFINISHED);
        if let Some(told) = &self.unfinished {
            put_bytes(&mut out, told.as_bytes());
        }
        put_number(&mut out, self.dataset.dimensions.len() as u64);
        for dimension in &self.dataset.dimensions {
            put_bytes(&mut out, dimension.name.as_bytes());
            put_number(&mut out, dimension.length as u64);
            out.push(u8::from(dimension.unlimited));
        }
        put_attributes(&mut out, &self.dataset.attributes);
        put_number(&mut out, self.dataset.variables.len() as u64);
        for (variable, entry) in self.dataset.variables.iter().zip(&self.entries) {
            put_bytes(&mut out, variable.name.as_bytes());
            put_kind(&mut out, variable.kind);
            put_number(&mut out, variable.dimensions.len() as u64);
            let dimensions = variable.dimensions.iter();
            dimensions.for_each(|d| put_number(&mut out, *d as u64));
            put_attributes(&mut out, &variable.attributes);
            put_entry(&mut out, entry, self.unfinished.is_some());
        }
        out
    }

    /// `end` is where the pieces end at the latest.
    pub(crate) fn from_bytes(bytes: &[u8], end: u64) -> Result<Self> {
        let mut reader = Reader::new(bytes, Section::Directory);
        let writer = reader.text()?;
        let flags = reader.byte()?;
        if flags & !UNFINISHED != 0 {
            return Err(Error::Unsupported(format!(
                "unknown flags {flags:#x}: install a newer foresz"
            )));
        }
        let unfinished = match flags & UNFINISHED {
            0 => None,
            _ => Some(reader.text()?),
        };
        let most = |reader: &Reader| reader.rest().len();
        let count = reader.count(most(&reader), "dimensions")?;
        let dimensions: Vec<Dimension> = (0..count)
            .map(|_| read_dimension(&mut reader))
            .collect::<Result<_>>()?;
        let attributes = read_attributes(&mut reader)?;
        let count = reader.count(most(&reader), "variables")?;
        let (mut variables, mut entries) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let variable = read_variable(&mut reader, &dimensions)?;
            let shape: Vec<usize> = variable
                .dimensions
                .iter()
                .map(|d| dimensions[*d].length)
                .collect();
            let entry = read_entry(&mut reader, &shape, unfinished.is_some(), end)?;
            check_storage(&variable, &entry)?;
            variables.push(variable);
            entries.push(entry);
        }
        reader.finish()?;
        Ok(Directory {
            writer,
            unfinished,
            dataset: Dataset {
                dimensions,
                attributes,
                variables,
            },
            entries,
        })
    }
}

/// What can be stored how.
fn check_storage(variable: &Variable, entry: &Entry) -> Result<()> {
    let (kind, rank, storage) = (variable.kind, variable.dimensions.len(), entry.storage);
    let packed = Packing::of(variable).is_some();
    let suits = match storage {
        _ if entry.packed && !packed => false,
        Storage::Blobs => true,
        Storage::Floats => kind.is_float(),
        Storage::Integers => kind.is_integer() && kind.bytes() < Some(8),
        Storage::Unpacked => entry.packed,
    };
    if suits && (storage == Storage::Blobs || (1..=MAX_DIMS).contains(&rank)) {
        return Ok(());
    }
    corrupt(
        Section::Directory,
        format!("{} cannot be stored as it says", variable.name),
    )
}

fn put_kind(out: &mut Vec<u8>, kind: Kind) {
    let id = Kind::ALL.iter().position(|k| *k == kind);
    out.push(id.unwrap_or_default() as u8);
}

fn read_kind(reader: &mut Reader) -> Result<Kind> {
    let id = reader.byte()?;
    let kind = Kind::ALL.get(usize::from(id)).copied();
    kind.ok_or_else(|| Error::Unsupported(format!("values of type {id}: install a newer foresz")))
}

fn put_attributes(out: &mut Vec<u8>, attributes: &[Attribute]) {
    put_number(out, attributes.len() as u64);
    for Attribute { name, value } in attributes {
        put_bytes(out, name.as_bytes());
        put_kind(out, value.kind());
        put_number(out, value.len() as u64);
        put_bytes(out, &blob::to_bytes(value));
    }
}

fn read_attributes(reader: &mut Reader) -> Result<Vec<Attribute>> {
    let count = reader.count(reader.rest().len(), "attributes")?;
    let attribute = |_| {
        let name = reader.text()?;
        let kind = read_kind(reader)?;
        let count = reader.count(reader.rest().len(), "values of an attribute")?;
        let bytes = reader.bytes()?;
        let whole = kind.bytes().is_none_or(|width| bytes.len() % width == 0);
        let value = blob::from_bytes(bytes, kind, count)?;
        if !whole {
            return corrupt(Section::Directory, format!("attribute {name} is cut short"));
        }
        Ok(Attribute { name, value })
    };
    (0..count).map(attribute).collect()
}

fn read_dimension(reader: &mut Reader) -> Result<Dimension> {
    let name = reader.text()?;
    let length = reader.count(isize::MAX as usize, "places along a dimension")?;
    Ok(Dimension {
        name,
        length,
        unlimited: read_truth(reader, "a dimension")?,
    })
}

fn read_truth(reader: &mut Reader, of: &str) -> Result<bool> {
    match reader.byte()? {
        flag @ (0 | 1) => Ok(flag == 1),
        flag => corrupt(Section::Directory, format!("{of} has the flag {flag}")),
    }
}

fn read_variable(reader: &mut Reader, dimensions: &[Dimension]) -> Result<Variable> {
    let name = reader.text()?;
    let kind = read_kind(reader)?;
    let rank = reader.count(reader.rest().len(), "dimensions of a variable")?;
    let along = |_| match reader.count(dimensions.len(), "as a dimension")? {
        d if d < dimensions.len() => Ok(d),
        d => corrupt(Section::Directory, format!("there is no dimension {d}")),
    };
    let along: Vec<usize> = (0..rank).map(along).collect::<Result<_>>()?;
    let places = |n: usize, d: &usize| n.checked_mul(dimensions[*d].length.max(1));
    let places = along.iter().try_fold(8, places);
    if places.is_none_or(|n| n > isize::MAX as usize) {
        return corrupt(
            Section::Directory,
            format!("{name} has a shape that cannot be"),
        );
    }
    Ok(Variable {
        name,
        kind,
        dimensions: along,
        attributes: read_attributes(reader)?,
    })
}

/// Flags of an entry.
const NON_NEGATIVE: u8 = 1;
const PACKED: u8 = 2;
const KEEP_ZEROS: u8 = 4;
/// Some pieces are blobs though others are not, and each says what it is.
const SOME_BLOBS: u8 = 8;

fn put_entry(out: &mut Vec<u8>, entry: &Entry, unfinished: bool) {
    let storage = STORAGES.iter().position(|s| *s == entry.storage);
    out.push(storage.unwrap_or_default() as u8);
    let some_blobs = entry.storage != Storage::Blobs && entry.pieces.iter().any(|p| p.blob);
    out.push(
        u8::from(entry.non_negative) * NON_NEGATIVE
            + u8::from(entry.packed) * PACKED
            + u8::from(entry.keep_zeros) * KEEP_ZEROS
            + u8::from(some_blobs) * SOME_BLOBS,
    );
    for ends in &entry.cuts.ends {
        put_number(out, ends.len() as u64);
        let mut before = 0;
        for end in ends {
            put_number(out, (end - before) as u64);
            before = *end;
        }
    }
    if unfinished {
        put_number(out, entry.pieces.len() as u64);
    }
    for piece in &entry.pieces {
        if some_blobs {
            out.push(u8::from(piece.blob));
        }
        put_number(out, piece.offset);
        put_number(out, piece.bytes);
        put_bound(out, piece.asked);
    }
}

fn read_entry(reader: &mut Reader, shape: &[usize], unfinished: bool, most: u64) -> Result<Entry> {
    let storage = reader.byte()?;
    let Some(storage) = STORAGES.get(usize::from(storage)).copied() else {
        return Err(Error::Unsupported(format!(
            "values stored in way {storage}: install a newer foresz"
        )));
    };
    let flags = reader.byte()?;
    if flags & !(NON_NEGATIVE | PACKED | KEEP_ZEROS | SOME_BLOBS) != 0 {
        return Err(Error::Unsupported(format!(
            "unknown flags {flags:#x}: install a newer foresz"
        )));
    }
    if storage == Storage::Blobs && flags & SOME_BLOBS != 0 {
        return corrupt(Section::Directory, "a piece is marked as a blob twice");
    }
    let ends = shape.iter().map(|length| read_ends(reader, *length));
    let cuts = Cuts {
        ends: ends.collect::<Result<_>>()?,
    };
    let all = cuts.count().unwrap_or(usize::MAX);
    let count = if unfinished {
        reader.count(all, "pieces")?
    } else {
        all
    };
    if count > reader.rest().len() {
        return corrupt(
            Section::Directory,
            "there are fewer pieces than there should be",
        );
    }
    let piece = |_| {
        let blob = match flags & SOME_BLOBS {
            0 => storage == Storage::Blobs,
            _ => read_truth(reader, "a piece")?,
        };
        let (offset, bytes) = (reader.number()?, reader.number()?);
        let asked = read_bound(reader)?;
        let end = offset.checked_add(bytes);
        if end.is_none_or(|end| end > most) {
            return corrupt(Section::Directory, "a piece lies beyond the end");
        }
        Ok(Piece {
            blob,
            offset,
            bytes,
            asked,
        })
    };
    Ok(Entry {
        storage,
        packed: flags & PACKED != 0,
        non_negative: flags & NON_NEGATIVE != 0,
        keep_zeros: flags & KEEP_ZEROS != 0,
        pieces: (0..count).map(piece).collect::<Result<_>>()?,
        cuts,
    })
}

fn read_ends(reader: &mut Reader, length: usize) -> Result<Vec<usize>> {
    let count = reader.count(reader.rest().len().min(length), "pieces along a dimension")?;
    let mut end = 0usize;
    let next = |_| {
        let step = reader.count(length - end, "places of a piece")?;
        if step == 0 {
            return corrupt(Section::Directory, "a piece holds nothing");
        }
        end += step;
        Ok(end)
    };
    let ends: Vec<usize> = (0..count).map(next).collect::<Result<_>>()?;
    if ends.last().copied().unwrap_or(0) == length {
        return Ok(ends);
    }
    corrupt(Section::Directory, "pieces do not make up a variable")
}

#[cfg(test)]
mod tests {
    use foresz_files::Values;

    use super::*;

    #[expect(clippy::too_many_lines, reason = "one data set")]
    fn directory() -> Directory {
        let attribute = |name: &str, value| Attribute {
            name: name.into(),
            value,
        };
        let dimension = |name: &str, length, unlimited| Dimension {
            name: name.into(),
            length,
            unlimited,
        };
        let piece = |blob, offset, asked| Piece {
            blob,
            offset,
            bytes: 10,
            asked,
        };
        Directory {
            writer: "foresz 0.1.0".into(),
            unfinished: None,
            dataset: Dataset {
                dimensions: vec![dimension("time", 5, true), dimension("x", 3, false)],
                attributes: vec![attribute("title", Values::text("a test"))],
                variables: vec![
                    Variable {
                        name: "t2m".into(),
                        kind: Kind::I16,
                        dimensions: vec![0, 1],
                        attributes: vec![
                            attribute("scale_factor", Values::F64(vec![0.01])),
                            attribute("_FillValue", Values::I16(vec![-32767])),
                        ],
                    },
                    Variable {
                        name: "crs".into(),
                        kind: Kind::Text,
                        dimensions: Vec::new(),
                        attributes: vec![attribute("empty", Values::text(""))],
                    },
                ],
            },
            entries: vec![
                Entry {
                    storage: Storage::Integers,
                    packed: true,
                    non_negative: true,
                    keep_zeros: true,
                    cuts: Cuts::whole(&[5, 3]).cut(0, &[2]),
                    pieces: vec![
                        piece(false, 5, Bound::Absolute(0.1)),
                        piece(true, 15, Bound::Psnr(60.0)),
                    ],
                },
                Entry {
                    storage: Storage::Blobs,
                    packed: false,
                    non_negative: false,
                    keep_zeros: false,
                    cuts: Cuts::whole(&[]),
                    pieces: vec![piece(true, 25, Bound::Lossless)],
                },
            ],
        }
    }

    fn stream(directory: &Directory) -> Vec<u8> {
        let mut stream = crate::container::head().to_vec();
        stream.extend([0; 30]);
        stream.extend(directory.closing().unwrap());
        stream
    }

    #[test]
    fn directories_come_back() {
        let mut directory = directory();
        assert_eq!(
            Directory::at_end(&stream(&directory)).unwrap(),
            Some(directory.clone())
        );
        directory.unfinished = Some("of something".into());
        directory.entries[0].pieces.truncate(1);
        assert_eq!(
            Directory::at_end(&stream(&directory)).unwrap(),
            Some(directory.clone())
        );
        directory.unfinished = None;
        assert!(Directory::at_end(&stream(&directory)).is_err());
    }

    #[test]
    fn no_damage_gets_through() {
        let bytes = directory().to_bytes();
        for i in 0..bytes.len() {
            assert!(Directory::from_bytes(&bytes[..i], 35).is_err(), "{i}");
            for flip in [1u8, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[i] ^= flip;
                // Names may change; what is left has to make sense.
                if let Ok(read) = Directory::from_bytes(&bytes, 35) {
                    assert_eq!(Directory::from_bytes(&read.to_bytes(), 35).unwrap(), read);
                }
            }
        }
        assert!(Directory::from_bytes(&bytes, 34).is_err());
        let stream = stream(&directory());
        for end in 0..stream.len() {
            let cut = stream[..end].to_vec();
            assert!(!matches!(Directory::at_end(&cut), Ok(Some(_))), "{end}");
        }
    }
}
