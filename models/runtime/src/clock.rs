//! A limit on time. It is looked at between nodes, so that it costs nothing, and one
//! node may go beyond it.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Started with a run.
pub(crate) struct Clock {
    start: Instant,
    limit: Option<Duration>,
}

impl Clock {
    pub(crate) fn start(limit: Option<Duration>) -> Self {
        Self {
            start: Instant::now(),
            limit,
        }
    }

    /// Whether there is time for a node of that name.
    pub(crate) fn check(&self, node: &str) -> Result<()> {
        match self.limit {
            Some(limit) if self.start.elapsed() > limit => Err(Error::Time {
                limit,
                node: node.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}
