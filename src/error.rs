//! The kinds of error a caller can meet.

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and whose turn it is to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that cannot be done.
    #[error("{0}")]
    Invalid(String),
    /// The predictor spec, or a predictor itself, is at fault.
    #[error(transparent)]
    Predictor(#[from] foresz_predictors::Error),
    /// The bytes are not a stream that foresz wrote.
    #[error("the stream is damaged in its {at}: {reason}")]
    Corrupt {
        /// Section, named as in `docs/format/format.md`.
        at: Section,
        /// What is wrong.
        reason: String,
    },
    /// A stream that this build cannot read.
    #[error("{0}")]
    Unsupported(String),
    /// The memory that is needed cannot be had.
    #[error("memory is short: {bytes} bytes are needed for {what}")]
    Memory {
        /// How many bytes.
        bytes: usize,
        /// What for, and what else may do.
        what: String,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What is wrong with a file is told as what is wrong with a stream would be; that it cannot be
/// read, as it is damaged, is an error of reading.
#[cfg(feature = "files")]
impl From<foresz_files::Error> for Error {
    fn from(error: foresz_files::Error) -> Self {
        match error {
            foresz_files::Error::Io(error) => Error::Io(error),
            foresz_files::Error::Damaged(reason) => {
                Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason))
            }
            foresz_files::Error::Unsupported(reason) => Error::Unsupported(reason),
            other => Error::Invalid(other.to_string()),
        }
    }
}

/// The parts of a stream, named as in `docs/format/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Magic and version.
    Head,
    /// Shape, bound, choices and chunk table.
    Index,
    /// Length and checksum of the index.
    Tail,
    /// A chunk as a whole.
    Chunk,
    /// Which samples are not numbers.
    Mask,
    /// Values stored as they are.
    Literals,
    /// The entropy-coded planes.
    Codes,
    /// Learned models that travel in the stream.
    Models,
    /// What a data set of several variables holds.
    Directory,
    /// Values stored without loss, beside the streams of a data set.
    Blob,
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Section::Head => "head",
            Section::Index => "index",
            Section::Tail => "tail",
            Section::Chunk => "chunk",
            Section::Mask => "mask",
            Section::Literals => "literals",
            Section::Codes => "codes",
            Section::Models => "models",
            Section::Directory => "directory",
            Section::Blob => "blob",
        })
    }
}

pub(crate) fn invalid<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Invalid(reason.into()))
}

pub(crate) fn corrupt<T>(at: Section, reason: impl Into<String>) -> Result<T> {
    Err(Error::Corrupt {
        at,
        reason: reason.into(),
    })
}
