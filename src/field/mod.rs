//! One array there and back.

pub(crate) mod anatomy;
mod code;
mod coded;
pub(crate) mod compress;
mod concrete;
pub(crate) mod decompress;
mod fetch;
mod gather;
pub(crate) mod info;
mod models;
mod plan;
pub(crate) mod report;
mod selection;
mod sink;
mod waiting;
pub(crate) mod writer;
