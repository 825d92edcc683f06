//! A data set's stream as it grows.

use std::io::Write;

use super::directory::Directory;
use crate::container;
use crate::error::Result;

/// Appends pieces and directories, and counts bytes.
pub(crate) struct Builder<'a> {
    sink: &'a mut dyn Write,
    at: u64,
}

impl<'a> Builder<'a> {
    /// Starts a stream.
    pub(crate) fn start(sink: &'a mut dyn Write) -> Result<Self> {
        let head = container::head();
        sink.write_all(&head)?;
        Ok(Builder {
            sink,
            at: head.len() as u64,
        })
    }

    /// Goes on with a stream of so many bytes, at whose end the sink stands.
    pub(crate) fn go_on(sink: &'a mut dyn Write, at: u64) -> Self {
        Builder { sink, at }
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.at
    }

    /// Appends bytes; returns where they start.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<u64> {
        let at = self.at;
        self.sink.write_all(bytes)?;
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
