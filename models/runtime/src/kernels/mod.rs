//! The loops that take the time.

pub(crate) mod map;
pub(crate) mod pack;
pub(crate) mod product;
pub(crate) mod rows;
pub(crate) mod sliding;
mod tile;
pub(crate) mod transpose;
pub(crate) mod window;
