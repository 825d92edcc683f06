//! Who hears what: standard output for results, standard error for remarks.

use std::io::{self, Write};

use serde::Serialize;

/// How a run speaks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Talk {
    /// One JSON object instead of text.
    pub(crate) json: bool,
    /// No remarks.
    pub(crate) quiet: bool,
    /// Standard output carries a stream or samples, and nothing else may.
    pub(crate) stdout_taken: bool,
}

impl Talk {
    /// For another program.
    pub(crate) fn in_json() -> Self {
        Talk {
            json: true,
            ..Talk::default()
        }
    }

    /// The result of a verb whose product is a file: JSON, or a remark.
    pub(crate) fn outcome(&self, object: &impl Serialize, remark: &str) -> anyhow::Result<()> {
        if self.json {
            self.object(object)
        } else {
            if !self.quiet {
                eprintln!("{remark}");
            }
            Ok(())
        }
    }

    /// The result of a verb whose product is what it says: JSON or text.
    pub(crate) fn answer(&self, object: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            return self.object(object);
        }
        if self.quiet {
            return Ok(());
        }
        Ok(io::stdout().write_all(text.as_bytes())?)
    }

    /// Exactly one line of JSON.
    pub(crate) fn object(&self, object: &impl Serialize) -> anyhow::Result<()> {
        let mut line = serde_json::to_string(object)?;
        line.push('\n');
        if self.stdout_taken {
            io::stderr().write_all(line.as_bytes())?;
        } else {
            io::stdout().write_all(line.as_bytes())?;
        }
        Ok(())
    }
}
