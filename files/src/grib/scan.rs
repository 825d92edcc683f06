//! The messages of a file, by their headers alone.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::grib::bytes::{Bytes, Octets, Span};
use crate::grib::field::Field;
use crate::grib::grid::Grid;
use crate::grib::{edition1, edition2};

/// What begins a message, and what ends it.
const BEGIN: &[u8] = b"GRIB";
const END: &[u8] = b"7777";

/// What a file holds.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) fields: Vec<Field>,
    pub(super) grids: Vec<Grid>,
    /// Why messages were left out, and which.
    pub(super) skipped: BTreeMap<String, Vec<usize>>,
    /// Which grid a section describes.
    descriptions: HashMap<Vec<u8>, usize>,
}

impl Contents {
    /// Where a grid is among those of the file, which it joins if it is new.
    pub(super) fn grid(
        &mut self,
        description: Vec<u8>,
        read: impl Fn(Octets) -> Result<Grid>,
    ) -> Result<usize> {
        if let Some(known) = self.descriptions.get(&description) {
            return Ok(*known);
        }
        let grid = read(Octets(&description))?;
        if grid.points().is_none_or(|p| p == 0) {
            return Err(Error::Damaged(format!(
                "its grid has the shape {:?}",
                grid.shape()
            )));
        }
        let known = self.grids.iter().position(|g| *g == grid);
        let place = known.unwrap_or(self.grids.len());
        if known.is_none() {
            self.grids.push(grid);
        }
        self.descriptions.insert(description, place);
        Ok(place)
    }
}

/// Reads the headers of all messages.
pub(super) fn scan(bytes: &mut Bytes) -> Result<Contents> {
    let mut contents = Contents::default();
    let mut place = 0;
    let mut number = 0;
    while let Some(start) = next_message(bytes, place)? {
        number += 1;
        let about = |e: Error| located(e, number, start);
        let message = extent(bytes, start).map_err(about)?;
        let read = match message.edition {
            1 => edition1::read(bytes, &message, &mut contents),
            _ => edition2::read(bytes, &message, &mut contents),
        };
        match read {
            Err(Error::Unsupported(why)) => {
                contents.skipped.entry(why).or_default().push(number);
            }
            other => other.map_err(about)?,
        }
        place = message.span.start + message.span.length;
    }
    Ok(contents)
}

/// A message, as its first section describes it.
pub(super) struct Message {
    pub(super) span: Span,
    pub(super) edition: u8,
    /// Of edition 2 only: meteorology, hydrology, land, ….
    pub(super) discipline: u8,
}

/// How far a message goes; it has to end as messages do.
fn extent(bytes: &mut Bytes, start: u64) -> Result<Message> {
    let left = bytes.length() - start;
    let head = bytes.read(Span {
        start,
        length: left.min(16),
    })?;
    let head = Octets(&head);
    let edition = head.u8(8)?;
    let (discipline, length) = match edition {
        1 => (0, edition1::length(bytes, start, head.u24(5)?)?),
        2 => {
            let length = u64::from(head.u32(9)?) << 32 | u64::from(head.u32(13)?);
            (head.u8(7)?, length)
        }
        other => {
            return Err(Error::Unsupported(format!(
                "edition {other} of GRIB; editions 1 and 2 are supported"
            )));
        }
    };
    if length > left || length < 12 {
        return Err(Error::Damaged(format!(
            "it claims {length} bytes of the {left} that are left: the file is cut short or damaged"
        )));
    }
    let end = bytes.read(Span {
        start: start + length - 4,
        length: 4,
    })?;
    if end != END {
        return Err(Error::Damaged(
            "it does not end with 7777: the file is damaged".into(),
        ));
    }
    Ok(Message {
        span: Span { start, length },
        edition,
        discipline,
    })
}

/// Where the next message begins. What lies between messages does not matter: the headers
/// of telegrams, padding.
fn next_message(bytes: &mut Bytes, from: u64) -> Result<Option<u64>> {
    const BLOCK: u64 = 1 << 16;
    let mut start = from;
    while start + 8 <= bytes.length() {
        // Of messages without anything between them 4 bytes are enough to see.
        let wanted = if start == from { 4 } else { BLOCK };
        let length = wanted.min(bytes.length() - start);
        let block = bytes.read(Span { start, length })?;
        if let Some(found) = block.windows(4).position(|w| w == BEGIN) {
            return Ok(Some(start + found as u64));
        }
        // What begins a message may lie across the end of a block.
        start += length - 3;
    }
    Ok(None)
}

/// An error, with the message that it is about.
fn located(error: Error, number: usize, start: u64) -> Error {
    let at = |why: String| format!("message {number} at byte {start}: {why}");
    match error {
        Error::Damaged(why) => Error::Damaged(at(why)),
        Error::Unsupported(why) => Error::Unsupported(at(why)),
        other => other,
    }
}
