//! Grids as edition 2 describes them.

use crate::error::{Error, Result};
use crate::grib::bytes::Octets;
use crate::grib::corners::Corners;
use crate::grib::grid::{Grid, Layout, Pole};

/// Coordinates are millionths of a degree unless the section says otherwise.
const PARTS: f64 = 1e6;
const MISSING: u32 = u32::MAX;

/// Reads the grid definition section.
pub(super) fn read(section: Octets) -> Result<Grid> {
    match section.u16(13)? {
        0 => Ok(corners(section)?.even()),
        1 => corners(section)?.turned(Pole {
            latitude: section.i32(73)? as f64 / PARTS,
            longitude: section.i32(77)? as f64 / PARTS,
            angle: section.ieee(81)?,
        }),
        40 => gaussian(section),
        10 => plane(section, "mercator"),
        20 => plane(section, "polar_stereographic"),
        30 => plane(section, "lambert"),
        41 => plane(section, "rotated_gg"),
        50..=53 => Err(Error::Unsupported(
            "its values are spherical harmonics, which have to be converted to a grid first".into(),
        )),
        other => Ok(Grid {
            kind: format!("grid_{other}"),
            layout: Layout::Points(section.u32(7)? as usize),
            alternating: false,
            keys: Vec::new(),
        }),
    }
}

fn gaussian(section: Octets) -> Result<Grid> {
    let half = section.u32(68)? as usize;
    if section.u32(31)? != MISSING {
        return corners(section)?.gaussian(half);
    }
    let first = 73;
    let rows = section.u32(35)? as usize;
    let width = usize::from(section.u8(11)?);
    if section.len() < rows.saturating_mul(width).saturating_add(first - 1) {
        return Err(Error::Damaged(format!(
            "its grid has {rows} rows, whose lengths are not all there"
        )));
    }
    let length = |row: usize| match width {
        1 => section.u8(first + row).map(u32::from),
        2 => section.u16(first + 2 * row).map(u32::from),
        4 => section.u32(first + 4 * row),
        _ => Err(Error::Damaged(format!(
            "lengths of rows cannot have {width} bytes"
        ))),
    };
    let lengths: Result<Vec<u32>> = (0..rows).map(length).collect();
    corners(section)?.reduced(half, &lengths?)
}

fn corners(section: Octets) -> Result<Corners> {
    let [basic, divided] = [section.u32(39)?, section.u32(43)?];
    let unusual = basic != 0 && basic != MISSING && divided != 0 && divided != MISSING;
    let parts = if unusual {
        f64::from(divided) / f64::from(basic)
    } else {
        PARTS
    };
    let flags = section.u8(55)?;
    let given = |bit: u8, octet: usize| -> Result<Option<i64>> {
        let step = section.u32(octet)?;
        Ok((flags & bit != 0 && step != MISSING).then_some(i64::from(step)))
    };
    Ok(Corners {
        columns: section.u32(31)? as usize,
        rows: section.u32(35)? as usize,
        latitudes: [section.i32(47)?, section.i32(56)?],
        longitudes: [section.i32(51)?, section.i32(60)?],
        steps: match section.u16(13)? {
            40 => [given(0x20, 64)?, None],
            _ => [given(0x20, 64)?, given(0x10, 68)?],
        },
        scan: section.u8(72)?,
        along: flags & 0x08 != 0,
        parts,
    })
}

/// A projection: rows and columns, whose places are not computed.
fn plane(section: Octets, kind: &str) -> Result<Grid> {
    Ok(Grid {
        kind: kind.into(),
        layout: Layout::Plane {
            rows: section.u32(35)? as usize,
            columns: section.u32(31)? as usize,
        },
        alternating: false,
        keys: Vec::new(),
    })
}
