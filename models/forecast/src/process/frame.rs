//! Frames: a mark, what it is, how long it is, and so many bytes.

use std::io::{self, Read};

/// Not likely to be what a program prints.
const MARK: [u8; 4] = *b"FSZP";
const HEAD: usize = 13;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Hello,
    Static,
    Step,
    Prediction,
    Reset,
    Bye,
    Error,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Hello, "HELLO"),
    (Kind::Static, "STATIC"),
    (Kind::Step, "STEP"),
    (Kind::Prediction, "PRED"),
    (Kind::Reset, "RESET"),
    (Kind::Bye, "BYE"),
    (Kind::Error, "ERROR"),
];

impl Kind {
    fn number(self) -> u8 {
        let at = KINDS.iter().position(|(kind, _)| *kind == self);
        at.map_or(0, |at| at as u8 + 1)
    }

    fn of(number: u8) -> Option<Self> {
        let at = usize::from(number).checked_sub(1)?;
        KINDS.get(at).map(|(kind, _)| *kind)
    }

    /// As the protocol calls it.
    pub(super) fn name(self) -> &'static str {
        let named = KINDS.iter().find(|(kind, _)| *kind == self);
        named.map_or("", |(_, name)| name)
    }
}

/// What came.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) body: Vec<u8>,
}

/// Why nothing more comes.
#[derive(Debug)]
pub(super) enum Stop {
    /// Between two frames.
    Ended,
    /// Something else, to be told.
    Wrong(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Stop::Wrong("it ended within a frame".into()),
            _ => Stop::Wrong(format!("it cannot be read: {error}")),
        }
    }
}

/// What goes before the body of a frame.
pub(super) fn head(kind: Kind, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD);
    bytes.extend(MARK);
    bytes.push(kind.number());
    bytes.extend((length as u64).to_le_bytes());
    bytes
}

/// The next frame, of at most `longest` bytes.
pub(super) fn read(from: &mut impl Read, longest: u64) -> Result<Frame, Stop> {
    let mut head = Vec::with_capacity(HEAD);
    from.take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(Stop::Ended);
    }
    let same = head.iter().zip(MARK).all(|(found, mark)| *found == mark);
    if !same {
        let start = String::from_utf8_lossy(&head);
        return Err(Stop::Wrong(format!(
            "it wrote {start:?}, which begins no frame: what it prints has to go to standard error"
        )));
    }
    let cut = || Stop::from(io::Error::from(io::ErrorKind::UnexpectedEof));
    let (kind, length) = head[MARK.len().min(head.len())..]
        .split_first()
        .ok_or_else(cut)?;
    let length = u64::from_le_bytes(length.try_into().map_err(|_| cut())?);
    let kind = Kind::of(*kind)
        .ok_or_else(|| Stop::Wrong(format!("it sent a frame of the unknown kind {kind}")))?;
    if length > longest {
        return Err(Stop::Wrong(format!(
            "it announced {length} bytes of {}, {longest} are the most",
            kind.name()
        )));
    }
    let mut body = Vec::new();
    // Grows with what comes, not with what was announced.
    from.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(cut());
    }
    Ok(Frame { kind, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind) -> Vec<u8> {
        [&head(kind, 4)[..], b"body"].concat()
    }

    #[test]
    fn frames_come_back() {
        for (kind, name) in KINDS {
            let bytes = written(kind);
            let mut from = &bytes[..];
            let frame = read(&mut from, 4).ok().unwrap();
            assert_eq!(
                (frame.kind, &frame.body[..]),
                (kind, &b"body"[..]),
                "{name}"
            );
            assert!(matches!(read(&mut from, 4), Err(Stop::Ended)));
        }
    }

    #[test]
    fn damage_is_told() {
        let good = written(Kind::Hello);
        for length in 1..good.len() {
            assert!(matches!(
                read(&mut &good[..length], 99),
                Err(Stop::Wrong(_))
            ));
        }
        for (at, value) in [
            (0, b'X'),
            (3, 0),
            (4, 0),
            (4, 8),
            (4, 255),
            (5, 100),
            (12, 255),
        ] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(
                matches!(read(&mut &bad[..], 99), Err(Stop::Wrong(_))),
                "{at}"
            );
        }
    }
}
