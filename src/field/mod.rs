//! One array there and back.

pub(crate) mod anatomy;
pub(crate) mod assembly;
pub(crate) mod compress;
pub(crate) mod decompress;
mod gather;
pub(crate) mod info;
mod models;
pub(crate) mod report;
mod selection;
pub(crate) mod writer;
