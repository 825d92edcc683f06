//! An array: what its metadata say.

use std::path::{Path, PathBuf};

use crate::dataset::Attribute;
use crate::error::{Error, Result};
use crate::room;
use crate::values::Values;
use crate::zarr::codec::Codec;
use crate::zarr::item::{Form, Item};

/// An array of a store.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub(super) folder: PathBuf,
    pub(super) shape: Vec<usize>,
    /// Shape of the chunks that are packed each on its own.
    pub(super) chunks: Vec<usize>,
    pub(super) item: Item,
    pub(super) fill: Values,
    /// Order of the dimensions in a chunk, slowest first.
    pub(super) order: Vec<usize>,
    /// What undoes the packing, the last that was done first.
    pub(super) undo: Vec<Codec>,
    pub(super) keys: Keys,
    pub(super) shards: Option<Shards>,
    pub(super) names: Vec<Option<String>>,
    pub(super) attributes: Vec<Attribute>,
}

/// Names of the files of chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    /// Whether they begin with a `c`.
    pub(super) prefixed: bool,
    pub(super) separator: String,
}

/// Files that hold several chunks each, and where these are.
#[derive(Debug, Clone)]
pub(super) struct Shards {
    /// Their shape, in values.
    pub(super) shape: Vec<usize>,
    /// Whether the index is the end of the file or its beginning.
    pub(super) index_at_end: bool,
    pub(super) undo_index: Vec<Codec>,
}

impl Keys {
    /// A separator is a point or a slash: it must not lead elsewhere.
    pub(super) fn new(prefixed: bool, separator: &str) -> Result<Self> {
        if !matches!(separator, "." | "/") {
            return Err(Error::Unsupported(format!(
                "names of chunks with {separator:?} between numbers"
            )));
        }
        Ok(Keys {
            prefixed,
            separator: separator.into(),
        })
    }

    /// The file of a chunk.
    pub(super) fn path(&self, folder: &Path, place: &[usize]) -> PathBuf {
        let mut parts: Vec<String> = place.iter().map(usize::to_string).collect();
        if self.prefixed {
            parts.insert(0, "c".into());
        } else if parts.is_empty() {
            parts.push("0".into());
        }
        folder.join(parts.join(&self.separator))
    }
}

impl Array {
    /// Refuses what no store can mean.
    pub(super) fn check(self) -> Result<Self> {
        let dimensions = self.shape.len();
        let fits = |lengths: &[usize]| lengths.len() == dimensions && !lengths.contains(&0);
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        let whole = |s: &Shards| {
            fits(&s.shape) && s.shape.iter().zip(&self.chunks).all(|(s, c)| s % c == 0)
        };
        let sound = fits(&self.chunks)
            && sorted.into_iter().eq(0..dimensions)
            && self.names.len() == dimensions
            && self.shards.as_ref().is_none_or(whole)
            && self.volume().is_some();
        if !sound {
            return Err(Error::Damaged(format!(
                "an array of the shape {:?} cannot have chunks of the shape {:?}",
                self.shape, self.chunks
            )));
        }
        Ok(self)
    }

    /// Bytes of a chunk, all of which can be counted.
    fn volume(&self) -> Option<usize> {
        let all = self.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
        all.and_then(|n| n.checked_mul(8))?;
        let count = self
            .chunks
            .iter()
            .try_fold(1usize, |n, d| n.checked_mul(*d))?;
        count.checked_mul(self.item.bytes)?.checked_add(1 << 20)
    }

    /// The values of a chunk; nothing if it is not there.
    pub(super) fn chunk(&self, place: &[usize]) -> Result<Option<Values>> {
        let Some(bytes) = self.stored(place)? else {
            return Ok(None);
        };
        let count: usize = self.chunks.iter().product();
        let texts = self.item.form == Form::Texts;
        // Texts may have any length; a sum may follow what is packed.
        let most = if texts {
            1 << 31
        } else {
            count * self.item.bytes + 4
        };
        let undone = self
            .undo
            .iter()
            .try_fold(bytes, |b, codec| codec.decode(&b, most));
        let named = |e: Error| self.located(place, e);
        let bytes = undone.map_err(named)?;
        if !texts && bytes.len() != count * self.item.bytes {
            return Err(named(Error::Damaged(format!(
                "it has {} bytes instead of {}",
                bytes.len(),
                count * self.item.bytes
            ))));
        }
        let values = self.item.values(&bytes).map_err(named)?;
        if values.len() != count {
            let why = format!("it has {} values instead of {count}", values.len());
            return Err(named(Error::Damaged(why)));
        }
        Ok(Some(self.in_order(values)))
    }

    fn located(&self, place: &[usize], error: Error) -> Error {
        let path = self.keys.path(&self.folder, place);
        let at = |why: String| format!("chunk {}: {why}", path.display());
        match error {
            Error::Damaged(why) => Error::Damaged(at(why)),
            Error::Unsupported(why) => Error::Unsupported(at(why)),
            other => other,
        }
    }

    /// Bytes of a chunk as they are stored.
    fn stored(&self, place: &[usize]) -> Result<Option<Vec<u8>>> {
        match &self.shards {
            Some(shards) => shards.read(self, place),
            None => present(std::fs::read(self.keys.path(&self.folder, place))),
        }
    }

    /// Values in C order, from the order of the chunk.
    fn in_order(&self, values: Values) -> Values {
        if self.order.is_sorted() {
            return values;
        }
        let stored: Vec<usize> = self.order.iter().map(|d| self.chunks[*d]).collect();
        let mut steps = vec![0; stored.len()];
        let mut step = 1;
        for (dimension, length) in self.order.iter().zip(&stored).rev() {
            steps[*dimension] = step;
            step *= length;
        }
        let mut from = vec![0];
        for (length, step) in self.chunks.iter().zip(&steps) {
            let next = |start: usize| (0..*length).map(move |i| start + i * step);
            from = from.into_iter().flat_map(next).collect();
        }
        macro_rules! pick {
            ($($kind:ident)*) => {
                match &values {
                    $(Values::$kind(v) => {
                        Values::$kind(from.iter().map(|p| v[*p].clone()).collect())
                    })*
                }
            };
        }
        pick!(I8 U8 I16 U16 I32 U32 I64 U64 F32 F64 Char Text)
    }
}

/// What was read, or nothing if there is no such file.
fn present(read: std::io::Result<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

impl Shards {
    /// Bytes of a chunk, from the file that it is in.
    fn read(&self, array: &Array, place: &[usize]) -> Result<Option<Vec<u8>>> {
        use std::io::{Read, Seek, SeekFrom};
        let per: Vec<usize> = self
            .shape
            .iter()
            .zip(&array.chunks)
            .map(|(s, c)| s / c)
            .collect();
        let outer: Vec<usize> = place.iter().zip(&per).map(|(p, n)| p / n).collect();
        let inner = place
            .iter()
            .zip(&per)
            .fold(0, |sum, (p, n)| sum * n + p % n);
        let mut file = match std::fs::File::open(array.keys.path(&array.folder, &outer)) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let damaged = |why: &str| array.located(&outer, Error::Damaged(why.into()));
        let length = file.metadata()?.len();
        let sums = 4 * self.undo_index.len() as u64;
        let count = per.iter().product::<usize>() as u64;
        let size = count.saturating_mul(16).saturating_add(sums);
        if size > length {
            return Err(damaged("it is too short for its index"));
        }
        let at = if self.index_at_end { length - size } else { 0 };
        let mut read = |start: u64, length: u64| -> Result<Vec<u8>> {
            let mut bytes = room::zeros(length as usize)?;
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let index = read(at, size)?;
        let undo = |b: Vec<u8>, codec: &Codec| codec.decode(&b, size as usize);
        let index = self.undo_index.iter().try_fold(index, undo);
        let index = index.map_err(|e| array.located(&outer, e))?;
        let number = |n: usize| {
            let eight = index.as_chunks().0.get(n);
            eight.map(|b| u64::from_le_bytes(*b))
        };
        let (Some(start), Some(bytes)) = (number(2 * inner), number(2 * inner + 1)) else {
            return Err(damaged("its index is too short"));
        };
        if start == u64::MAX && bytes == u64::MAX {
            return Ok(None);
        }
        if start.checked_add(bytes).is_none_or(|end| end > length) {
            return Err(damaged("its index points beyond its end"));
        }
        Ok(Some(read(start, bytes)?))
    }
}
