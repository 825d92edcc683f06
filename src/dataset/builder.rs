//! A data set's stream as it grows.

use std::io::Write;

use crc32fast::Hasher;

use super::directory::Directory;
use crate::container;
use crate::error::Result;

/// Appends pieces and directories, and counts bytes.
pub(crate) struct Builder<'a> {
    sink: &'a mut dyn Write,
    at: u64,
    /// Of all bytes so far, or of those since it went on.
    sum: Hasher,
}

impl<'a> Builder<'a> {
    /// Starts a stream.
    pub(crate) fn start(sink: &'a mut dyn Write) -> Result<Self> {
        let mut builder = Builder::go_on(sink, 0);
        builder.put(&container::head())?;
        Ok(builder)
    }

    /// Goes on with a stream of so many bytes, at whose end the sink stands.
    pub(crate) fn go_on(sink: &'a mut dyn Write, at: u64) -> Self {
        Builder {
            sink,
            at,
            sum: Hasher::new(),
        }
    }

    /// The same if the checksum of these bytes is known.
    pub(crate) fn go_on_with(sink: &'a mut dyn Write, at: u64, sum: u32) -> Self {
        Builder {
            sink,
            at,
            sum: Hasher::new_with_initial_len(sum, at),
        }
    }

    /// The checksum of all bytes so far, which are flushed.
    pub(crate) fn settle(&mut self) -> Result<u32> {
        self.sink.flush()?;
        Ok(self.sum.clone().finalize())
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.at
    }

    /// Appends bytes; returns where they start.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<u64> {
        let at = self.at;
        self.sink.write_all(bytes)?;
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        Ok(at)
    }

    /// Appends a directory: what comes before it can be read from here on, whatever happens
    /// to what comes after.
    pub(crate) fn close(&mut self, directory: &Directory) -> Result<()> {
        self.put(&directory.closing()?)?;
        self.sink.flush()?;
        Ok(())
    }
}
