//! The container, written a second time: to tamper with it and keep its checksums.

/// Bytes of magic and version.
pub(crate) const HEAD: usize = 5;
/// Bytes of index length, checksum and end mark.
pub(crate) const TAIL: usize = 12;

/// A stream in its three parts.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) head: Vec<u8>,
    /// All chunks.
    pub(crate) body: Vec<u8>,
    pub(crate) index: Vec<u8>,
}

impl Parts {
    pub(crate) fn of(stream: &[u8]) -> Self {
        let tail = stream.len() - TAIL;
        let mut four = [0; 4];
        four.copy_from_slice(&stream[tail..tail + 4]);
        let index = tail - u32::from_le_bytes(four) as usize;
        Parts {
            head: stream[..HEAD].to_vec(),
            body: stream[HEAD..index].to_vec(),
            index: stream[index..tail].to_vec(),
        }
    }

    /// The stream, with a checksum that fits the index.
    pub(crate) fn join(&self) -> Vec<u8> {
        let mut stream = [&self.head[..], &self.body, &self.index].concat();
        stream.extend((self.index.len() as u32).to_le_bytes());
        stream.extend(crc32fast::hash(&self.index).to_le_bytes());
        stream.extend(b"\x1aZSF");
        stream
    }

    /// Changes the only chunk, whose length must stay, and mends its checksum.
    pub(crate) fn change_body(&mut self, change: impl FnOnce(&mut [u8])) {
        let old = crc32fast::hash(&self.body).to_le_bytes();
        let at = self.index.windows(4).rposition(|w| w == old);
        let at = at.expect("the index holds the checksum of the only chunk");
        change(&mut self.body);
        self.index[at..at + 4].copy_from_slice(&crc32fast::hash(&self.body).to_le_bytes());
    }
}

/// A number as the stream writes it.
pub(crate) fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Bytes after their length.
pub(crate) fn bytes(out: &mut Vec<u8>, content: &[u8]) {
    number(out, content.len() as u64);
    out.extend_from_slice(content);
}
