//! Reads GRIB, editions 1 and 2.
//!
//! A file is a row of messages, each with one field at one time on one level, or several.
//! Their headers are read once; values are unpacked message by message when they are asked
//! for. What belongs together becomes a variable over time, level and member, with the names
//! that cfgrib gives.

mod arrange;
mod bits;
mod bytes;
mod ccsds;
mod clock;
mod complex;
mod coordinates;
mod corners;
mod cube;
mod describe;
mod edition1;
mod edition2;
mod field;
mod gaussian;
mod grid;
mod grid1;
mod grid2;
mod levels;
mod packing;
mod parameters;
mod scan;
mod source;
mod unpack;

pub use source::{File, open};
