//! `foresz model`.

mod autoencoder;
mod check;
mod compare;
mod list;
mod run;

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use foresz::forecast::{self, Shelf};

pub(super) use check::check;
pub(super) use compare::compare;
pub(super) use list::list;
pub(super) use run::step;

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// List the available models
    List(list::ModelList),
    /// Read a model's contract, check its files and run it once
    Check(check::ModelCheck),
    /// Forecast one frame of a series, as .npy
    Run(Box<run::ModelRun>),
    /// Run a model on the exact runtime and on ONNX Runtime: how far are they apart?
    Compare(compare::ModelCompare),
}

fn open(shelf: &Shelf, model: &Path) -> anyhow::Result<Arc<forecast::Model>> {
    Ok(shelf.named(&model.display().to_string())?)
}
