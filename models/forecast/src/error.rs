//! What can be wrong with a model, its contract or what runs it.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The contract is not what a contract has to be.
    #[error("{}: {reason}", path.display())]
    Contract {
        /// The contract.
        path: PathBuf,
        /// Which field is wrong, and how.
        reason: String,
    },
    /// A file is not the one that the contract was written for.
    #[error(
        "{} has the SHA-256 {found} and should have {wanted}: it was changed or damaged",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// The hash that the contract gives.
        wanted: String,
    },
    /// The model does not fit the field.
    #[error("model {model}: {reason}")]
    Unfit {
        /// Its name.
        model: String,
        /// What does not fit, and what would.
        reason: String,
    },
    /// No model of that hash or name is at hand.
    #[error("{0}")]
    Missing(String),
    /// An array and its shape do not agree.
    #[error("{0}")]
    Shape(String),
    /// More memory or work is needed than allowed.
    #[error("{0}")]
    Limit(String),
    /// The runtime is absent, too old, or failed.
    #[error("{runtime}: {reason}")]
    Runtime {
        /// Its name.
        runtime: String,
        /// What happened, and what to do about it.
        reason: String,
    },
}
