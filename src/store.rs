//! Bytes that can be read in pieces, wherever they are.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::Result;
#[cfg(feature = "files")]
use crate::error::{Section, corrupt};

/// Something that holds a stream: memory, a file, or what you make of it, such as an object
/// store. Decoders read no more than they need.
pub trait Store: Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// The bytes of a range, which lies within the size.
    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>>;

    /// The bytes of several ranges. A store that is far away can fetch them together; if it
    /// does not say how, they are read one by one.
    fn read_many(&self, ranges: &[Range<u64>]) -> std::io::Result<Vec<Cow<'_, [u8]>>> {
        ranges
            .iter()
            .map(|range| self.read(range.clone()))
            .collect()
    }
}

impl<S: Store + ?Sized> Store for &S {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
        (**self).read(range)
    }

    fn read_many(&self, ranges: &[Range<u64>]) -> std::io::Result<Vec<Cow<'_, [u8]>>> {
        (**self).read_many(ranges)
    }
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
        (**self).read(range)
    }

    fn read_many(&self, ranges: &[Range<u64>]) -> std::io::Result<Vec<Cow<'_, [u8]>>> {
        (**self).read_many(ranges)
    }
}

impl Store for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
        Ok(Cow::Borrowed(
            &self[range.start as usize..range.end as usize],
        ))
    }
}

impl Store for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
        self.as_slice().read(range)
    }
}

/// A file that is read in pieces.
pub struct FileStore {
    file: File,
    /// Held from seeking to the end of reading.
    #[cfg(not(unix))]
    place: std::sync::Mutex<()>,
    size: u64,
    /// What errors call it, if it is known.
    path: Option<PathBuf>,
}

impl FileStore {
    /// Opens a file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let store = FileStore::new(File::open(path)?)?;
        Ok(FileStore {
            path: Some(path.into()),
            ..store
        })
    }

    /// Reads from a file that is open already.
    pub fn new(file: File) -> Result<Self> {
        let size = file.metadata()?.len();
        Ok(FileStore {
            file,
            #[cfg(not(unix))]
            place: std::sync::Mutex::default(),
            size,
            path: None,
        })
    }

    /// Reads without a place of its own in the file, which forked processes would share.
    #[cfg(unix)]
    fn fill(&self, bytes: &mut [u8], start: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, start)
    }

    #[cfg(not(unix))]
    fn fill(&self, bytes: &mut [u8], start: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let held = self.place.lock();
        let _held = held.unwrap_or_else(std::sync::PoisonError::into_inner);
        (&self.file).seek(SeekFrom::Start(start))?;
        (&self.file).read_exact(bytes)
    }

    /// An error of reading, with what could not be read.
    fn told(&self, error: io::Error) -> io::Error {
        let Some(path) = &self.path else { return error };
        let shown = path.display();
        let text = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("{shown} is shorter than when it was opened"),
            _ => format!("cannot read {shown}: {error}"),
        };
        io::Error::new(error.kind(), text)
    }
}

impl Store for FileStore {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let length = (range.end - range.start) as usize;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length)?;
        bytes.resize(length, 0);
        let read = self.fill(&mut bytes, range.start);
        read.map_err(|e| self.told(e))?;
        Ok(Cow::Owned(bytes))
    }
}

/// A range of another store.
#[cfg(feature = "files")]
pub(crate) struct Window<'a> {
    store: &'a dyn Store,
    range: Range<u64>,
}

#[cfg(feature = "files")]
impl<'a> Window<'a> {
    /// Refuses a range that leaves the store.
    pub(crate) fn new(store: &'a dyn Store, offset: u64, bytes: u64) -> Result<Self> {
        match offset.checked_add(bytes) {
            Some(end) if end <= store.size() => Ok(Window {
                store,
                range: offset..end,
            }),
            _ => corrupt(Section::Directory, "something lies beyond the end"),
        }
    }
}

#[cfg(feature = "files")]
impl Store for Window<'_> {
    fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    fn read(&self, range: Range<u64>) -> std::io::Result<Cow<'_, [u8]>> {
        let start = self.range.start;
        self.store.read(start + range.start..start + range.end)
    }

    fn read_many(&self, ranges: &[Range<u64>]) -> std::io::Result<Vec<Cow<'_, [u8]>>> {
        let start = self.range.start;
        let moved = |range: &Range<u64>| start + range.start..start + range.end;
        let moved: Vec<Range<u64>> = ranges.iter().map(moved).collect();
        self.store.read_many(&moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.fsz");
        std::fs::write(&path, [7; 100]).unwrap();
        let store = FileStore::open(&path).unwrap();
        std::fs::write(&path, [7; 50]).unwrap();
        assert_eq!(*store.read(0..50).unwrap(), [7; 50]);
        let text = store.read(40..60).unwrap_err().to_string();
        assert!(text.contains("s.fsz is shorter"), "{text}");
    }
}
