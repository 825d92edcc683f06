//! One chunk, either way.

use std::io::Write;
use std::panic::catch_unwind;

use foresz::Result;
use foresz::hdf5::{Chunk, Filter};

use crate::buffer::Buffer;

/// If it is set, reasons go to standard error: HDF5 takes none, and shows that something
/// failed at most.
const VERBOSE: &str = "FORESZ_HDF5_VERBOSE";

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Encode,
    Decode,
}

/// What comes out of the filter, or nothing if it fails.
pub(crate) fn through(way: Way, values: &[u32], chunk: &[u8]) -> Option<Buffer> {
    let done = catch_unwind(|| match way {
        Way::Encode => encoded(values, chunk),
        Way::Decode => decoded(values, chunk),
    });
    match done {
        Ok(Ok(buffer)) => Some(buffer),
        Ok(Err(error)) => {
            if std::env::var_os(VERBOSE).is_some() {
                // Nobody may be there to read it, and a panic would end the host.
                let _ = writeln!(std::io::stderr(), "foresz: {error}");
            }
            None
        }
        // What panicked has said why.
        Err(_) => None,
    }
}

fn encoded(values: &[u32], chunk: &[u8]) -> Result<Buffer> {
    let stream = Filter::from_values(values)?.encode(chunk)?;
    let mut buffer = Buffer::new(stream.len())?;
    buffer.bytes().copy_from_slice(&stream);
    Ok(buffer)
}

fn decoded(values: &[u32], stream: &[u8]) -> Result<Buffer> {
    let chunk = Chunk::open(stream)?.expected_by(values)?;
    let mut buffer = Buffer::new(chunk.bytes())?;
    chunk.decode_into(buffer.bytes())?;
    Ok(buffer)
}
