//! Whether a file can be kept as a whole.

use foresz::files::Source;

use super::choice::{self, MANY};
use crate::compress::Compress;
use crate::failure::invalid;

/// A name, and why what it names cannot be read.
pub(crate) type Reason = (String, String);

/// Refuses what is named and cannot be read; and all is all, unless an option says otherwise.
pub(crate) fn check(args: &Compress, source: &dyn Source) -> anyhow::Result<()> {
    choice::refuse_skipped(source, &args.variables.names)?;
    let gone = source.skipped();
    if !args.all || args.skip_unreadable || gone.is_empty() {
        return Ok(());
    }
    let lines = gone.iter().take(MANY);
    let mut lines: Vec<String> = lines
        .map(|(name, why)| format!("  {name}: {why}"))
        .collect();
    if gone.len() > MANY {
        lines.push(format!("  and {} more", gone.len() - MANY));
    }
    Err(invalid(format!(
        "--all keeps everything, and this cannot be read in {}:\n{}\n\
         name the variables you want with -v, or leave these out with --skip-unreadable",
        args.input.display(),
        lines.join("\n")
    )))
}
