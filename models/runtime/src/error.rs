use std::fmt;
use std::time::Duration;

/// The result of loading or running a model.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a file and its outputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bytes are no ONNX model, or a damaged one.
    #[error("not a readable ONNX model: {0}")]
    Damaged(String),
    /// The model needs what this executor does not have; everything it lacks is
    /// listed.
    #[error("the exact runtime does not support this model: {}", List(.0))]
    Unsupported(Vec<String>),
    /// The graph contradicts itself.
    #[error("the graph of the model is not valid: {0}")]
    Graph(String),
    /// The tensors handed in do not fit the model.
    #[error("{0}")]
    Input(String),
    /// One node could not be run, or not be prepared.
    #[error("node {node} ({operator}): {problem}")]
    Node {
        /// Its name, or that of its first output.
        node: String,
        /// What it does.
        operator: String,
        /// What was wrong.
        problem: String,
    },
    /// More memory would be needed than allowed.
    #[error(
        "{needed} more bytes are needed and {used} of {limit} are in use: raise Options::memory"
    )]
    Memory {
        /// Bytes asked for.
        needed: usize,
        /// Bytes in use.
        used: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The system has no more memory, whatever is allowed.
    #[error("memory is short: {needed} bytes cannot be had")]
    Full {
        /// Bytes asked for.
        needed: usize,
    },
    /// More work would be done than allowed.
    #[error(
        "node {node}: {needed} more multiply-adds are needed and {done} of {limit} are done: raise Options::work"
    )]
    Work {
        /// The node that was not begun.
        node: String,
        /// Multiply-adds of the node, or what costs as much.
        needed: u64,
        /// Those of the nodes before it.
        done: u64,
        /// Those allowed.
        limit: u64,
    },
    /// A run, or the computing of constants while loading, took longer than allowed.
    #[error("more than {limit:?} passed before node {node}: raise Options::time")]
    Time {
        /// What was allowed.
        limit: Duration,
        /// The node that was not begun.
        node: String,
    },
    /// The threads that were asked for could not be started.
    #[error("cannot start {0} threads")]
    Threads(usize),
}

struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

/// Why one operator cannot go on; the executor adds which one.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Said to the user.
    Said(String),
    /// The limit on memory.
    Memory {
        needed: usize,
        used: usize,
        limit: usize,
    },
    /// The limit on work.
    Work { needed: u64, done: u64, limit: u64 },
    /// The end of memory.
    Full { needed: usize },
}

impl Problem {
    pub(crate) fn of(self, node: &str, operator: &str) -> Error {
        match self {
            Self::Said(problem) => Error::Node {
                node: node.to_owned(),
                operator: operator.to_owned(),
                problem,
            },
            Self::Memory {
                needed,
                used,
                limit,
            } => Error::Memory {
                needed,
                used,
                limit,
            },
            Self::Work {
                needed,
                done,
                limit,
            } => Error::Work {
                node: node.to_owned(),
                needed,
                done,
                limit,
            },
            Self::Full { needed } => Error::Full { needed },
        }
    }
}

impl From<String> for Problem {
    fn from(said: String) -> Self {
        Self::Said(said)
    }
}

impl From<&str> for Problem {
    fn from(said: &str) -> Self {
        Self::Said(said.to_owned())
    }
}

/// Returns a [`Problem`] with a formatted message.
macro_rules! stop {
    ($($said:tt)*) => {
        return Err(crate::error::Problem::Said(format!($($said)*)).into())
    };
}
pub(crate) use stop;
