//! Memory that HDF5 frees.
#![expect(unsafe_code, reason = "HDF5 takes memory of the C library only")]

use std::ffi::c_void;
use std::ptr::NonNull;

use foresz::{Error, Result};

/// Bytes from `calloc`.
#[derive(Debug)]
pub(crate) struct Buffer {
    start: NonNull<u8>,
    length: usize,
}

impl Buffer {
    /// So many zeros.
    pub(crate) fn new(length: usize) -> Result<Self> {
        // SAFETY: any size may be asked for.
        let start = unsafe { libc::calloc(length.max(1), 1) };
        let Some(start) = NonNull::new(start.cast()) else {
            return Err(Error::Memory {
                bytes: length,
                what: "a chunk of HDF5".into(),
            });
        };
        Ok(Buffer { start, length })
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: as many bytes were allocated, and zeroed, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// Leaves it to someone who frees it.
    pub(crate) fn leave(self) -> *mut c_void {
        let start = self.start.as_ptr().cast();
        std::mem::forget(self);
        start
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it comes from `calloc`, and has not been left to anyone.
        unsafe { libc::free(self.start.as_ptr().cast()) }
    }
}
