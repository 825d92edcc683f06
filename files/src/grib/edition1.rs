//! Headers of edition 1.

use crate::error::{Error, Result};
use crate::grib::bytes::{Bytes, Octets, Span};
use crate::grib::clock;
use crate::grib::field::{Code, Field, Level, Method};
use crate::grib::grid::Grid;
use crate::grib::grid1;
use crate::grib::levels;
use crate::grib::packing::{Packing, unpackable};
use crate::grib::scan::{Contents, Message};

const GRID_FOLLOWS: u8 = 0x80;
const BITMAP_FOLLOWS: u8 = 0x40;
const ECMWF: u8 = 98;

/// Length of a message whose first section gives that number. Beyond 8 MB the highest bit is
/// set and the number counts 120 bytes; the last section then holds what is too many.
pub(super) fn length(bytes: &mut Bytes, start: u64, number: u32) -> Result<u64> {
    const LARGE: u32 = 0x0080_0000;
    if number & LARGE == 0 {
        return Ok(u64::from(number));
    }
    let sections = sections(bytes, start)?;
    let last = section_length(bytes, sections.data)?;
    if last >= 120 {
        return Ok(u64::from(number));
    }
    let most = u64::from(number & (LARGE - 1)) * 120;
    Ok((most + 4).saturating_sub(last))
}

/// Where the sections of a message begin.
struct Sections {
    product: u64,
    grid: Option<u64>,
    bitmap: Option<u64>,
    data: u64,
}

fn sections(bytes: &mut Bytes, start: u64) -> Result<Sections> {
    let product = start + 8;
    let flags = bytes.read(Span {
        start: product + 7,
        length: 1,
    })?[0];
    let mut next = product + section_length(bytes, product)?;
    let mut optional = |follows: bool| -> Result<Option<u64>> {
        if !follows {
            return Ok(None);
        }
        let here = next;
        next += section_length(bytes, here)?;
        Ok(Some(here))
    };
    let grid = optional(flags & GRID_FOLLOWS != 0)?;
    let bitmap = optional(flags & BITMAP_FOLLOWS != 0)?;
    Ok(Sections {
        product,
        grid,
        bitmap,
        data: next,
    })
}

fn section_length(bytes: &mut Bytes, start: u64) -> Result<u64> {
    let head = bytes.read(Span { start, length: 3 })?;
    Ok(u64::from(Octets(&head).u24(1)?))
}

/// Reads the header of a message.
pub(super) fn read(bytes: &mut Bytes, message: &Message, contents: &mut Contents) -> Result<()> {
    let sections = sections(bytes, message.span.start)?;
    let product = section(bytes, sections.product)?;
    let product = Octets(&product);
    let Some(grid) = sections.grid else {
        return Err(Error::Unsupported(format!(
            "its grid is number {} of a catalogue; only grids that are described are supported",
            product.u8(7)?
        )));
    };
    let description = section(bytes, grid)?;
    let vertical = usize::from(Octets(&description).u8(4)?);
    let grid = contents.grid(description, grid1::read)?;
    let bitmap = match sections.bitmap {
        Some(start) => Some(bitmap(bytes, start)?),
        None => None,
    };
    let end = message.span.start + message.span.length - 4;
    let (mut packing, data) = data(bytes, sections.data, end)?;
    packing.decimal = product.i16(27)?;
    check_bitmap(bitmap, &contents.grids[grid])?;
    let field = Field {
        edition: 1,
        centre: u16::from(product.u8(5)?),
        sub_centre: u16::from(product.u8(26)?),
        code: Code::Table {
            table: product.u8(4)?,
            number: product.u8(9)?,
        },
        level: level(product)?,
        time: time(product)?,
        step: step(product)?,
        step_type: step_type(product.u8(21)?),
        data_type: local(product, 43)?.and_then(|t| levels::data_type(u16::from(t))),
        member: member(product)?,
        grid,
        vertical,
        packing,
        method: Method::Simple,
        bitmap,
        data,
    };
    contents.fields.push(field);
    Ok(())
}

fn section(bytes: &mut Bytes, start: u64) -> Result<Vec<u8>> {
    let length = section_length(bytes, start)?;
    bytes.read(Span { start, length })
}

fn bitmap(bytes: &mut Bytes, start: u64) -> Result<Span> {
    let head = bytes.read(Span { start, length: 6 })?;
    let head = Octets(&head);
    let catalogue = head.u16(5)?;
    if catalogue != 0 {
        return Err(Error::Unsupported(format!(
            "its bitmap is number {catalogue} of a catalogue; only bitmaps that follow are supported"
        )));
    }
    Ok(Span {
        start: start + 6,
        length: u64::from(head.u24(1)?).saturating_sub(6),
    })
}

fn check_bitmap(bitmap: Option<Span>, grid: &Grid) -> Result<()> {
    let points = grid.points().map(|p| p.div_ceil(8) as u64);
    match bitmap {
        Some(span) if points.is_none_or(|p| p > span.length) => Err(Error::Damaged(format!(
            "its bitmap of {} bytes is too short for its grid",
            span.length
        ))),
        _ => Ok(()),
    }
}

/// How the values are packed, and where they are.
fn data(bytes: &mut Bytes, start: u64, end: u64) -> Result<(Packing, Span)> {
    const HEAD: u64 = 11;
    let head = bytes.read(Span {
        start,
        length: HEAD,
    })?;
    let head = Octets(&head);
    let flags = head.u8(4)?;
    if flags & 0x80 != 0 {
        return Err(Error::Unsupported(
            "its values are spherical harmonics; convert it to a grid first, for example with \
             cdo sp2gpl or mir"
                .into(),
        ));
    }
    if flags & 0x40 != 0 {
        return Err(unpackable("second-order packing"));
    }
    if flags & 0x10 != 0 {
        return Err(unpackable("a matrix of values at every point"));
    }
    let packing = Packing {
        reference: head.ibm(7)?,
        binary: head.i16(5)?,
        decimal: 0,
        bits: u32::from(head.u8(11)?),
    };
    let first = start + HEAD;
    let length = end.checked_sub(first);
    let length = length.ok_or_else(|| Error::Damaged("its data begin after its end".into()))?;
    Ok((
        packing,
        Span {
            start: first,
            length,
        },
    ))
}

fn level(product: Octets) -> Result<Level> {
    let code = product.u8(10)?;
    let (top, bottom) = (product.u8(11)?, product.u8(12)?);
    // Layers have their upper and lower boundary in an octet each.
    let value = if levels::is_layer(code) {
        u16::from(top)
    } else {
        u16::from_be_bytes([top, bottom])
    };
    Ok(Level {
        kind: levels::first_edition(code),
        value: f64::from(value),
    })
}

/// Seconds since 1970.
fn time(product: Octets) -> Result<i64> {
    let of_century = i64::from(product.u8(13)?);
    let century = i64::from(product.u8(25)?);
    clock::seconds([
        (century - 1) * 100 + of_century,
        i64::from(product.u8(14)?),
        i64::from(product.u8(15)?),
        i64::from(product.u8(16)?),
        i64::from(product.u8(17)?),
        0,
    ])
}

/// Seconds from the time to the end of the step.
fn step(product: Octets) -> Result<i64> {
    let unit = clock::unit(1, product.u8(18)?)?;
    let steps = match product.u8(21)? {
        1 => 0,
        10 => i64::from(product.u16(19)?),
        2..=5 | 118..=120 | 128 | 130 | 133 => i64::from(product.u8(20)?),
        _ => i64::from(product.u8(19)?),
    };
    Ok(steps * unit)
}

fn step_type(indicator: u8) -> &'static str {
    match indicator {
        2 | 118 => "max",
        3 => "avg",
        4 => "accum",
        5 => "diff",
        113 => "avgfc",
        119 => "min",
        120 => "rms",
        123 => "avgua",
        124 => "avgia",
        128 => "avgas",
        130 => "avgad",
        133 => "avgid",
        _ => "instant",
    }
}

/// An octet of the part that ECMWF adds, if it is there.
fn local(product: Octets, octet: usize) -> Result<Option<u8>> {
    if product.u8(5)? != ECMWF || product.len() < octet {
        return Ok(None);
    }
    Ok(Some(product.u8(octet)?))
}

/// Member of an ensemble and how many there are, as ECMWF's local definitions have them.
fn member(product: Octets) -> Result<Option<[i64; 2]>> {
    let definition = local(product, 41)?;
    let (Some(first), Some(second)) = (local(product, 50)?, local(product, 51)?) else {
        return Ok(None);
    };
    Ok(match definition {
        Some(1 | 26 | 30 | 36 | 40) => Some([first.into(), second.into()]),
        Some(15 | 16 | 23) => Some([u16::from_be_bytes([first, second]).into(), 0]),
        _ => None,
    })
}
