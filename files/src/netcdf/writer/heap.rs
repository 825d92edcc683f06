//! Where HDF5 keeps what has any length.

use super::encode::TEXT;

/// A collection is closed when it has so many bytes.
const FULL: usize = 1 << 20;
/// Readers refuse smaller ones.
const SMALLEST: usize = 4096;
const HEAD: usize = 16;

/// Collections of objects, one after the other from some place in the file on.
pub(super) struct Heap {
    start: u64,
    closed: Vec<u8>,
    open: Vec<u8>,
    count: u16,
}

impl Heap {
    pub(super) fn new(start: u64) -> Self {
        Heap {
            start,
            closed: Vec::new(),
            open: Vec::new(),
            count: 0,
        }
    }

    /// Takes an object of so many values, and says where it is.
    pub(super) fn add(&mut self, values: usize, data: &[u8]) -> [u8; TEXT] {
        let mut reference = [0; TEXT];
        if data.is_empty() {
            return reference;
        }
        if self.open.len() >= FULL || self.count == u16::MAX {
            self.close();
        }
        self.count += 1;
        let address = self.start + self.closed.len() as u64;
        reference[..4].copy_from_slice(&(values as u32).to_le_bytes());
        reference[4..12].copy_from_slice(&address.to_le_bytes());
        reference[12..].copy_from_slice(&u32::from(self.count).to_le_bytes());
        self.open.extend(head(self.count, data.len()));
        self.open.extend(data);
        self.open.resize(self.open.len().next_multiple_of(8), 0);
        reference
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.close();
        }
        self.closed
    }

    fn close(&mut self) {
        let used = HEAD + self.open.len();
        let size = (used + HEAD).max(SMALLEST);
        self.closed.extend(b"GCOL\x01\0\0\0");
        self.closed.extend((size as u64).to_le_bytes());
        self.closed.append(&mut self.open);
        // Object 0 is the space that is left, its own head included.
        self.closed.extend(head(0, size - used));
        self.closed
            .resize(self.closed.len() + size - used - HEAD, 0);
        self.count = 0;
    }
}

fn head(index: u16, size: usize) -> [u8; HEAD] {
    let mut bytes = [0; HEAD];
    bytes[..2].copy_from_slice(&index.to_le_bytes());
    bytes[2] = u8::from(index > 0);
    bytes[8..].copy_from_slice(&(size as u64).to_le_bytes());
    bytes
}
