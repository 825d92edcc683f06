//! Headers of edition 2.

use crate::error::{Error, Result};
use crate::grib::bytes::{Bytes, Octets, Span};
use crate::grib::ccsds::Coder;
use crate::grib::clock;
use crate::grib::complex::Groups;
use crate::grib::field::{Code, Field, Level, Method, Surface};
use crate::grib::grid2;
use crate::grib::levels;
use crate::grib::packing::{Packing, unpackable};
use crate::grib::scan::{Contents, Message};

/// Sections that the fields of a message share until they come again.
#[derive(Default)]
struct Sections {
    origin: Option<Vec<u8>>,
    grid: Option<usize>,
    points: usize,
    product: Option<Vec<u8>>,
    representation: Option<Vec<u8>>,
    /// The bitmap of this field.
    bitmap: Option<Span>,
    /// The last bitmap, which later fields may refer to.
    last_bitmap: Option<Span>,
}

/// Reads the headers of a message.
pub(super) fn read(bytes: &mut Bytes, message: &Message, contents: &mut Contents) -> Result<()> {
    const HEAD: u64 = 5;
    let end = message.span.start + message.span.length - 4;
    let mut start = message.span.start + 16;
    let mut sections = Sections::default();
    while start < end {
        let head = bytes.read(Span {
            start,
            length: HEAD,
        })?;
        let head = Octets(&head);
        let length = u64::from(head.u32(1)?);
        if length < HEAD || length > end - start {
            return Err(Error::Damaged(format!(
                "a section of {length} bytes does not fit the {} that are left",
                end - start
            )));
        }
        let span = Span { start, length };
        match head.u8(5)? {
            1 => sections.origin = Some(bytes.read(span)?),
            3 => {
                let description = bytes.read(span)?;
                sections.points = Octets(&description).u32(7)? as usize;
                sections.grid = Some(contents.grid(description, grid2::read)?);
            }
            4 => sections.product = Some(bytes.read(span)?),
            5 => sections.representation = Some(bytes.read(span)?),
            6 => sections.bitmap(bytes, span)?,
            7 => {
                let data = Span {
                    start: start + HEAD,
                    length: length - HEAD,
                };
                let field = sections.field(message, data)?;
                check(&field, &sections, contents)?;
                contents.fields.push(field);
            }
            _ => {}
        }
        start += length;
    }
    Ok(())
}

/// Whether there are as many values as points.
fn check(field: &Field, sections: &Sections, contents: &Contents) -> Result<()> {
    let points = contents.grids[field.grid].points();
    let enough = |span: Span| span.length >= sections.points.div_ceil(8) as u64;
    if points != Some(sections.points) || !field.bitmap.is_none_or(enough) {
        return Err(Error::Damaged(format!(
            "its grid, of the shape {:?}, and its {} points do not fit each other",
            contents.grids[field.grid].shape(),
            sections.points
        )));
    }
    Ok(())
}

impl Sections {
    fn bitmap(&mut self, bytes: &mut Bytes, span: Span) -> Result<()> {
        const HEAD: u64 = 6;
        let head = bytes.read(Span {
            start: span.start,
            length: HEAD,
        })?;
        self.bitmap = match Octets(&head).u8(6)? {
            0 => {
                self.last_bitmap = Some(Span {
                    start: span.start + HEAD,
                    length: span.length.saturating_sub(HEAD),
                });
                self.last_bitmap
            }
            254 => self.last_bitmap,
            255 => None,
            other => {
                return Err(Error::Unsupported(format!(
                    "its bitmap is number {other} of a catalogue; only bitmaps that follow are \
                     supported"
                )));
            }
        };
        Ok(())
    }

    fn field(&self, message: &Message, data: Span) -> Result<Field> {
        let missing = |what: &str| Error::Damaged(format!("it has no section for {what}"));
        let origin = Octets(self.origin.as_ref().ok_or_else(|| missing("its origin"))?);
        let product = Octets(
            self.product
                .as_ref()
                .ok_or_else(|| missing("the product"))?,
        );
        let packed = self.representation.as_ref();
        let packed = Octets(packed.ok_or_else(|| missing("the packing"))?);
        let template = Template::find(product.u16(8)?)?;
        let time = time(origin, 13)?;
        let surfaces = [surface(product, 23)?, surface(product, 29)?];
        let process = match template.statistics {
            Some(octet) => Some(product.u8(octet + 12)?),
            None => None,
        };
        Ok(Field {
            edition: 2,
            centre: origin.u16(6)?,
            sub_centre: origin.u16(8)?,
            code: Code::Triple {
                triple: [message.discipline, product.u8(10)?, product.u8(11)?],
                surfaces,
                process,
            },
            level: level(surfaces),
            time,
            step: step(product, &template, time)?,
            step_type: process.map_or("instant", step_type),
            data_type: data_type(origin.u8(21)?),
            member: match template.member {
                Some(octet) => Some([product.u8(octet)?.into(), product.u8(octet + 1)?.into()]),
                None => None,
            },
            grid: self.grid.ok_or_else(|| missing("the grid"))?,
            vertical: usize::from(product.u16(6)?),
            packing: packing(packed)?,
            method: method(packed)?,
            bitmap: self.bitmap,
            data,
        })
    }
}

/// Where things are in a product definition, as far as templates differ.
struct Template {
    /// The number of the member; their count follows.
    member: Option<usize>,
    /// When the interval ends that is summed up.
    statistics: Option<usize>,
}

impl Template {
    fn find(number: u16) -> Result<Self> {
        let (member, statistics) = match number {
            0 | 2 | 15 => (None, None),
            1 | 60 => (Some(36), None),
            8 => (None, Some(35)),
            11 => (Some(36), Some(38)),
            12 => (None, Some(37)),
            61 => (Some(36), Some(45)),
            other => {
                return Err(Error::Unsupported(format!(
                    "its product is described by template {other}, which is not supported"
                )));
            }
        };
        Ok(Template { member, statistics })
    }
}

/// Seconds since 1970 of the seven octets from one on.
fn time(section: Octets, first: usize) -> Result<i64> {
    let part = |offset: usize| section.u8(first + offset).map(i64::from);
    let year = i64::from(section.u16(first)?);
    clock::seconds([year, part(2)?, part(3)?, part(4)?, part(5)?, part(6)?])
}

/// Seconds from the time to the end of the step.
fn step(product: Octets, template: &Template, time_of_origin: i64) -> Result<i64> {
    /// Of the intervals that are summed up the forecast stays the same length.
    const SAME_FORECAST: u8 = 1;
    let start = product.i32(19)? * clock::unit(2, product.u8(18)?)?;
    let Some(end) = template.statistics else {
        return Ok(start);
    };
    if product.u8(end + 7)? != 1 {
        return Ok(time(product, end)? - time_of_origin);
    }
    if product.u8(end + 13)? == SAME_FORECAST {
        return Ok(start);
    }
    let length = i64::from(product.u32(end + 15)?) * clock::unit(2, product.u8(end + 14)?)?;
    Ok(start + length)
}

fn step_type(process: u8) -> &'static str {
    match process {
        0 => "avg",
        1 => "accum",
        2 => "max",
        3 => "min",
        4 => "diff",
        5 => "rms",
        6 => "sd",
        7 => "cov",
        8 => "sdiff",
        9 => "ratio",
        _ => "statistics",
    }
}

fn data_type(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => "an",
        1 => "fc",
        3 => "cf",
        4 => "pf",
        _ => return None,
    })
}

fn surface(product: Octets, first: usize) -> Result<Surface> {
    Ok(Surface {
        kind: product.u8(first)?,
        factor: product.i8(first + 1)?,
        value: product.u32(first + 2)?,
    })
}

fn level([first, second]: [Surface; 2]) -> Level {
    let kind = levels::second_edition(first.kind, second.kind);
    // Layers of snow, soil, ice and sea are named by their lower surface, others by the upper.
    let lower = second.kind == first.kind && matches!(first.kind, 114 | 151 | 152 | 168);
    let surface = if lower { second } else { first };
    let value = surface.height();
    let value = match kind.as_str() {
        "isobaricInhPa" => value / 100.0,
        "potentialVorticity" => value * 1e9,
        _ => value,
    };
    Level { kind, value }
}

impl Surface {
    fn height(self) -> f64 {
        if self.value == u32::MAX {
            return 0.0;
        }
        let power = 10f64.powi(self.factor.unsigned_abs() as i32);
        let value = f64::from(self.value);
        if self.factor < 0 {
            value * power
        } else {
            value / power
        }
    }
}

fn packing(section: Octets) -> Result<Packing> {
    if section.u16(10)? == 4 {
        return Ok(Packing {
            reference: 0.0,
            binary: 0,
            decimal: 0,
            bits: match section.u8(12)? {
                1 => 32,
                2 => 64,
                _ => return Err(unpackable("floating-point numbers of 128 bits")),
            },
        });
    }
    Ok(Packing {
        reference: section.ieee(12)?,
        binary: section.i16(16)?,
        decimal: section.i16(18)?,
        bits: u32::from(section.u8(20)?),
    })
}

fn method(section: Octets) -> Result<Method> {
    Ok(match section.u16(10)? {
        0 => Method::Simple,
        2 | 3 => Method::Complex(Groups::read(section)?),
        4 => Method::Ieee,
        40 => return Err(unpackable("JPEG 2000")),
        41 => return Err(unpackable("PNG")),
        42 => Method::Ccsds(Coder::read(section)?),
        61 => return Err(unpackable("simple packing of logarithms")),
        other => return Err(unpackable(&format!("template {other}"))),
    })
}
