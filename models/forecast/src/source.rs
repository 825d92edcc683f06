//! Where the files of a model lie: in a folder, or in memory.

use std::borrow::Cow;
use std::io::{Error as Failure, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};

/// The files of a model.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a folder.
    Folder(PathBuf),
    /// In memory.
    Held(Arc<Held>),
}

/// Files in memory.
pub struct Held {
    place: PathBuf,
    files: Vec<(String, Cow<'static, [u8]>)>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let sizes = self.files.iter().map(|(name, bytes)| (name, bytes.len()));
        f.debug_map().entries(sizes).finish()
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Source::Folder(path.into())
    }
}

impl Source {
    /// Files by their names. `place` says in messages where they come from.
    pub fn held(
        place: impl Into<PathBuf>,
        files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>,
    ) -> Self {
        Source::Held(Arc::new(Held {
            place: place.into(),
            files: files.into_iter().collect(),
        }))
    }

    /// The folder, or what stands for it in messages.
    pub fn place(&self) -> &Path {
        match self {
            Source::Folder(path) => path,
            Source::Held(held) => &held.place,
        }
    }

    /// A file's path in messages.
    pub fn path(&self, file: &str) -> PathBuf {
        self.place().join(file)
    }

    /// Bytes of a file.
    pub fn size(&self, file: &str) -> Result<u64> {
        match self {
            Source::Folder(folder) => match std::fs::metadata(folder.join(file)) {
                Ok(found) => Ok(found.len()),
                Err(source) => Err(self.failed(file, source)),
            },
            Source::Held(held) => Ok(held.get(file)?.len() as u64),
        }
    }

    /// A file that is no longer than that.
    pub fn read(&self, file: &str, longest: u64) -> Result<Cow<'_, [u8]>> {
        let size = self.size(file)?;
        if size > longest {
            return Err(Error::Contract {
                path: self.path(file),
                reason: format!("it has {size} bytes, {longest} are the most"),
            });
        }
        match self {
            Source::Folder(folder) => match std::fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(source) => Err(self.failed(file, source)),
            },
            Source::Held(held) => Ok(Cow::Borrowed(held.get(file)?)),
        }
    }

    /// A file as what runtimes load.
    pub fn onnx(&self, file: &str) -> Onnx {
        match self {
            Source::Folder(folder) => Onnx::File(folder.join(file)),
            Source::Held(held) => Onnx::Held(Arc::clone(held), file.into()),
        }
    }

    fn failed(&self, file: &str, source: Failure) -> Error {
        Error::Read {
            path: self.path(file),
            source,
        }
    }
}

impl Held {
    fn get(&self, file: &str) -> Result<&[u8]> {
        match self.files.iter().find(|(name, _)| name == file) {
            Some((_, bytes)) => Ok(bytes),
            None => Err(Error::Read {
                path: self.place.join(file),
                source: Failure::new(ErrorKind::NotFound, "there is no such file"),
            }),
        }
    }
}

/// An ONNX model, in a file or in memory. One in memory has all its weights in itself.
#[derive(Debug, Clone)]
pub enum Onnx {
    /// In a file; weights may lie in others beside it.
    File(PathBuf),
    /// One of the files in memory.
    Held(Arc<Held>, String),
}

impl From<&Path> for Onnx {
    fn from(path: &Path) -> Self {
        Onnx::File(path.into())
    }
}

impl From<&PathBuf> for Onnx {
    fn from(path: &PathBuf) -> Self {
        Onnx::File(path.clone())
    }
}

impl Onnx {
    /// Its bytes, if they are in memory.
    pub(crate) fn bytes(&self) -> Result<Option<&[u8]>> {
        match self {
            Onnx::File(_) => Ok(None),
            Onnx::Held(held, file) => held.get(file).map(Some),
        }
    }

    /// Its path in messages.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Onnx::File(path) => path.clone(),
            Onnx::Held(held, file) => held.place.join(file),
        }
    }

    /// Its size, 0 if that cannot be had.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Onnx::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
            Onnx::Held(held, file) => held.get(file).map_or(0, |bytes| bytes.len() as u64),
        }
    }
}
