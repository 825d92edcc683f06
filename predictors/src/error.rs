//! What can go wrong before a single sample is coded.

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A predictor that cannot be built, or that broke the rules of the walk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of a predictor spec does not parse.
    #[error("predictor spec {text:?}: {reason}")]
    Syntax {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No predictor of that name is registered.
    #[error("no predictor is called {name:?}; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Every registered name.
        known: String,
    },
    /// A parameter that the predictor does not take, or a value it cannot use.
    #[error("predictor {predictor:?}: {reason}")]
    Parameter {
        /// The predictor whose parameter it is.
        predictor: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A predictor that does not walk the field as it announced.
    #[error("the predictor broke the rules of the walk: {reason}")]
    Walk {
        /// Which rule, and where.
        reason: String,
    },
    /// Not a fault: a decoder that wants a part only has it, and the walk can end here.
    #[error("the rest of the walk is not wanted")]
    Enough,
    /// A learned model that is missing, changed, does not fit the field or cannot be run.
    #[error("{reason}")]
    Model {
        /// What is wrong, and what to do about it.
        reason: String,
    },
    /// A learned model that needs more memory or work than it may have.
    #[error("{reason}")]
    Limit {
        /// What it needs and what it may have.
        reason: String,
    },
    /// A forecast that is not the one that the encoder had.
    #[error("{reason}")]
    Differs {
        /// Where, and what to do about it.
        reason: String,
    },
    /// Side information that this predictor cannot have written.
    #[error("side information of the predictor is damaged: {reason}")]
    Side {
        /// What is wrong with it.
        reason: String,
    },
}
