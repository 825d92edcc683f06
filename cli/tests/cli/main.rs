//! The `foresz` command as its users meet it: a process, its files and its exit code.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only the tests themselves for tests, not what they share"
)]

mod axes;
mod bench;
mod compare;
mod complete;
mod damage;
mod data;
mod failures;
mod formats;
mod hdf5;
mod json;
mod limits;
mod memory;
mod models;
mod outputs;
mod own;
mod parts;
mod places;
mod portable;
mod previews;
mod resuming;
mod selection;
mod table;
mod verbs;
