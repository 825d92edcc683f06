//! What can go wrong with a file.

use std::io;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is damaged, cut short, or not what it seems to be.
    #[error("{0}")]
    Damaged(String),
    /// The file is fine, but uses something that is not supported: what, and what to do.
    #[error("{0}")]
    Unsupported(String),
    /// The request makes no sense for this file.
    #[error("{0}")]
    Invalid(String),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The result of something that reads or writes files.
pub type Result<T> = std::result::Result<T, Error>;
