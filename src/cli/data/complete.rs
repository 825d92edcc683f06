//! What of a file cannot be kept.

use foresz::files::Source;

use super::choice::MANY;
use crate::cli::args::Compress;
use crate::cli::failure::invalid;

/// A name, and why what it names cannot be read.
pub(super) type Reason = (String, String);

/// What a file has and nobody can read: what its reader has left out, and variables whose
/// values are stored in a way that it does not know.
pub(super) fn unreadable(source: &dyn Source) -> Vec<Reason> {
    let mut all = source.skipped().to_vec();
    for (v, variable) in source.dataset().variables.iter().enumerate() {
        if let Err(reason) = source.check(v) {
            all.push((variable.name.clone(), reason.to_string()));
        }
    }
    all
}

/// What is left out, and is said to be: of what is named nothing else is asked for, and all
/// is all, unless an option says otherwise.
pub(super) fn left_out(args: &Compress, source: &dyn Source) -> anyhow::Result<Vec<Reason>> {
    if !args.variable.is_empty() {
        let asked = source
            .skipped()
            .iter()
            .find(|(n, _)| args.variable.contains(n));
        return match asked {
            Some((name, reason)) => Err(invalid(format!("{name} cannot be read: {reason}"))),
            None => Ok(source.skipped().to_vec()),
        };
    }
    let gone = unreadable(source);
    if !args.all || args.skip_unreadable || gone.is_empty() {
        return Ok(gone);
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
         take what you want with -v, or leave this out with --skip-unreadable",
        args.input.display(),
        lines.join("\n")
    )))
}
