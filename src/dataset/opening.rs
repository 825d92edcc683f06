//! Where the directory of a data set is, even if something went wrong behind it.

use foresz_files::{Attribute, Dataset, Dimension, Kind, Values, Variable};

use super::cuts::Cuts;
use super::directory::{Directory, END, Entry, Piece, Storage};
use crate::bytes::Reader;
use crate::container::{self, Index};
use crate::error::{Error, Result, Section, corrupt};
use crate::store::{Store, Window};

/// Bytes looked through at a time.
const BLOCK: u64 = 1 << 20;

/// The last directory of a store, and where it ends.
///
/// What lies behind is what is left of adding to it, if that was interrupted. If instead what
/// ends the store was written to its end and is damaged, all that is behind the directory
/// before it would be lost: that is an error.
pub(crate) fn last(store: &dyn Store) -> Result<(Directory, u64)> {
    let size = store.size();
    let wrong = match whole(store) {
        Ok(directory) => return Ok((directory, size)),
        // Older ones would be another data set.
        Err(newer @ Error::Unsupported(_)) => return Err(newer),
        Err(wrong) => wrong,
    };
    container::check_head(store)?;
    let mut damaged = damage(store)?;
    // A file full of marks is no reason to read it over and over.
    let mut budget = 4 * size + BLOCK;
    let mut end = size;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        // A mark may lie across the border of two blocks.
        let bytes = store.read(start..(end + END.len() as u64 - 1).min(size))?;
        for at in (0..bytes.len()).rev() {
            let behind = start + (at + END.len()) as u64;
            if bytes[at..].starts_with(&END) || bytes[at..].starts_with(&container::END) {
                let window = Window::new(store, 0, behind)?;
                budget = match budget.checked_sub(announced(&window)?) {
                    Some(left) => left,
                    None => return Err(wrong),
                };
                match (whole(&window), damaged) {
                    (Ok(directory), None) => return Ok((directory, behind)),
                    (Ok(_), Some(reason)) => {
                        return corrupt(Section::Directory, older(reason, behind));
                    }
                    (Err(_), None) if looks_like_one(&window)? => damaged = Some(CHECKSUM),
                    (Err(_), _) => {}
                }
            }
        }
        end = start;
    }
    match damaged {
        Some(reason) => corrupt(Section::Directory, reason),
        None => Err(wrong),
    }
}

const CHECKSUM: &str = "its checksum does not match";

fn older(reason: &str, before: u64) -> String {
    format!(
        "{reason}. What was there before something was added to it is whole: its first {before} bytes (head -c {before}) are a stream"
    )
}

/// The directory that a store ends with, or that of a stream which is the whole store.
fn whole(store: &dyn Store) -> Result<Directory> {
    if let Some(directory) = Directory::at_end(store)? {
        return Ok(directory);
    }
    container::open(store).map(|index| single(&index, store.size()))
}

/// Why what a store ends with, which is no directory, was one when it was written, if it was:
/// it has the mark of one, or else the checksum. Marks of streams say nothing: pieces have
/// them, too.
fn damage(store: &dyn Store) -> Result<Option<&'static str>> {
    let Some(end) = store.size().checked_sub(container::TAIL_BYTES) else {
        return Ok(None);
    };
    let tail = store.read(end..store.size())?;
    let mut tail = Reader::new(&tail, Section::Tail);
    let (length, sum, mark) = (u64::from(tail.u32()?), tail.u32()?, tail.take(4)?);
    if mark == END {
        return Ok(Some(CHECKSUM));
    }
    let start = end.checked_sub(length);
    let Some(start) = start.filter(|_| length > 0 && mark != container::END) else {
        return Ok(None);
    };
    let is_one = crc32fast::hash(&store.read(start..end)?) == sum;
    Ok(is_one.then_some("its end mark is damaged"))
}

/// Whether what ends with a mark of directories starts as they do: by chance the four bytes of
/// the mark are found in a few gigabytes, and these not.
fn looks_like_one(store: &Window) -> Result<bool> {
    /// Of bytes that zstd made smaller, and the first bytes of these.
    const SQUEEZED: [u8; 5] = [1, 0x28, 0xb5, 0x2f, 0xfd];
    let end = store.size().saturating_sub(container::TAIL_BYTES);
    let length = announced(store)?.saturating_sub(container::TAIL_BYTES);
    let mark = store.read(store.size() - END.len() as u64..store.size())?;
    if length == 0 || length > end || *mark != END {
        return Ok(false);
    }
    let start = end - length;
    let bytes = store.read(start..end.min(start + 16))?;
    let mut reader = Reader::new(&bytes, Section::Directory);
    Ok(reader.number().is_ok() && reader.rest().starts_with(&SQUEEZED))
}

/// Bytes that opening what ends here would read.
fn announced(window: &Window) -> Result<u64> {
    let Some(start) = window.size().checked_sub(container::TAIL_BYTES) else {
        return Ok(0);
    };
    let tail = window.read(start..window.size())?;
    let length = tail
        .first_chunk()
        .map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
    Ok(container::TAIL_BYTES + if length <= start { length } else { 0 })
}

/// What is said of the only field of a plain stream.
const NAME: &str = "data";

fn single(index: &Index, bytes: u64) -> Directory {
    let name = |(i, dim): (usize, &container::Dim)| Dimension {
        name: if dim.name.is_empty() {
            format!("dim_{i}")
        } else {
            dim.name.clone()
        },
        length: dim.length,
        unlimited: false,
    };
    let text = |(name, value): &(String, String)| Attribute {
        name: name.clone(),
        value: Values::text(value),
    };
    let kind = if index.sample_bytes == 4 {
        Kind::F32
    } else {
        Kind::F64
    };
    let mut attributes: Vec<Attribute> = index.attributes.iter().map(text).collect();
    let declared = attributes.iter().any(|a| a.name == "_FillValue");
    if let Some(fill) = index.fills.first().filter(|_| !declared) {
        attributes.push(Attribute {
            name: "_FillValue".into(),
            value: match kind {
                Kind::F32 => Values::F32(vec![*fill as f32]),
                _ => Values::F64(vec![*fill]),
            },
        });
    }
    let dimensions: Vec<Dimension> = index.dims.iter().enumerate().map(name).collect();
    Directory {
        writer: String::new(),
        unfinished: None,
        entries: vec![Entry {
            storage: Storage::Floats,
            packed: false,
            non_negative: index.least.is_some_and(|least| least >= 0.0),
            keep_zeros: false,
            cuts: Cuts::whole(&index.shape()),
            pieces: vec![Piece {
                blob: false,
                offset: 0,
                bytes,
                asked: index.asked,
            }],
        }],
        dataset: Dataset {
            attributes: Vec::new(),
            variables: vec![Variable {
                name: NAME.into(),
                kind,
                dimensions: (0..dimensions.len()).collect(),
                attributes,
            }],
            dimensions,
        },
    }
}
