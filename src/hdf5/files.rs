//! Files whose chunks went through the filter.

use foresz_files::netcdf::{self, add_filter};

use super::{Chunk, FILTER};
use crate::error::{Error, Result};

/// Lets [`files`](crate::files) read what the filter wrote. Once in a process is enough.
pub fn register() {
    add_filter(netcdf::Filter {
        id: FILTER,
        undo: |values, stream, most| undo(values, stream, most).map_err(|e| e.to_string()),
    });
}

fn undo(values: &[u32], stream: &[u8], most: usize) -> Result<Vec<u8>> {
    let chunk = Chunk::open(stream)?.expected_by(values)?;
    if chunk.bytes() > most {
        return Err(Error::Unsupported(format!(
            "a chunk has {} bytes, and {most} are the most that are read",
            chunk.bytes()
        )));
    }
    chunk.decode()
}
