//! `foresz model`.

mod autoencoder;
mod check;
mod compare;
mod list;
mod run;

use std::path::Path;
use std::sync::Arc;

use foresz::forecast::{Model, Shelf};

pub(super) use check::check;
pub(super) use compare::compare;
pub(super) use list::list;
pub(super) use run::step;

fn open(shelf: &Shelf, model: &Path) -> anyhow::Result<Arc<Model>> {
    Ok(shelf.named(&model.display().to_string())?)
}
