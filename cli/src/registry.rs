//! The predictors of this program.

use std::sync::OnceLock;

use foresz::forecast::Shelf;
use foresz::predictors::{Entry, Registry};

/// Those that the program brings along.
static OWN: OnceLock<Vec<Entry>> = OnceLock::new();

/// Adds predictors for as long as the process lasts.
pub(crate) fn add(entries: Vec<Entry>) {
    // A second program in the same process would be a mistake of whoever wrote it: the first
    // one stays.
    let _ = OWN.set(entries);
}

/// All that specs can name.
pub(crate) fn registry(shelf: Shelf) -> Registry {
    let mut registry = foresz::registry(shelf);
    let own = OWN.get().into_iter().flatten();
    own.for_each(|entry| registry.register(entry.clone()));
    registry
}
