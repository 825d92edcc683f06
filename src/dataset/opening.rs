//! Where the directory of a data set is, even if something went wrong behind it.

use foresz_files::{Attribute, Dataset, Dimension, Kind, Values, Variable};

use super::cuts::Cuts;
use super::directory::{Directory, END, Entry, Piece, Storage};
use crate::container::{self, Index};
use crate::error::Result;
use crate::store::{Store, Window};

/// Bytes looked through at a time.
const BLOCK: u64 = 1 << 20;

/// The last directory of a store, and where it ends.
pub(crate) fn last(store: &dyn Store) -> Result<(Directory, u64)> {
    let size = store.size();
    let wrong = match Directory::at_end(store) {
        Ok(Some(directory)) => return Ok((directory, size)),
        Ok(None) => match container::open(store) {
            Ok(index) => return Ok((single(&index, size), size)),
            Err(wrong) => wrong,
        },
        Err(wrong) => wrong,
    };
    container::check_head(store)?;
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
                if let Ok(Some(directory)) = Directory::at_end(&window) {
                    return Ok((directory, behind));
                }
                if let Ok(index) = container::open(&window) {
                    return Ok((single(&index, behind), behind));
                }
            }
        }
        end = start;
    }
    Err(wrong)
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
