//! The loops that take the time.

pub(crate) mod image;
pub(crate) mod map;
pub(crate) mod pack;
pub(crate) mod product;
pub(crate) mod rows;
mod tile;
pub(crate) mod transpose;
