//! What can go wrong while training.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The series cannot be learned from.
    #[error("{0}")]
    Series(String),
    /// Settings that do not go together, or not with the series.
    #[error("{0}")]
    Settings(String),
    /// The loss became infinite before anything was learned.
    #[error(
        "the loss is no longer a number in epoch {epoch}, and no earlier weights were better than those at the start: \
         try a lower --rate, such as {suggestion}"
    )]
    Diverged {
        /// When.
        epoch: usize,
        /// A rate that is likelier to work.
        suggestion: f64,
    },
    /// There is no checkpoint to resume from, or it belongs to another training.
    #[error("{}: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The exact runtime computes something else than training did.
    #[error(
        "the model as written is off by {difference:e} from the one trained: please report this"
    )]
    Unfaithful {
        /// The largest difference of an output, in the network's own units.
        difference: f64,
    },
    /// The exact runtime does not take what was written.
    #[error(transparent)]
    Runtime(#[from] foresz_exact::Error),
    /// The engine failed: out of memory, or a device that is not there.
    #[error("the engine failed: {0}")]
    Engine(#[from] candle_core::Error),
}
