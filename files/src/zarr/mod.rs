//! Reads and writes Zarr, versions 2 and 3: groups and arrays in folders.
//!
//! Metadata are JSON, chunks are files of their own or parts of shards. Dimensions have the
//! names that xarray gives them.

mod array;
mod attributes;
mod base64;
mod blosc;
mod chunks;
mod codec;
mod item;
mod json;
mod second;
mod sink;
mod source;
mod store;
mod third;

pub use sink::{Settings, create, create_with};
pub use source::{Folder, open};
