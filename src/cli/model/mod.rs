//! `foresz model`.

mod check;
mod compare;
mod run;

use std::path::Path;
use std::sync::Arc;

use foresz::forecast::{Model, Shelf};

pub(super) use check::check;
pub(super) use compare::compare;
pub(super) use run::step;

fn open(shelf: &Shelf, folder: &Path) -> anyhow::Result<Arc<Model>> {
    Ok(shelf.named(&folder.display().to_string())?)
}
