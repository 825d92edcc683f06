//! Grids as edition 1 describes them.

use crate::error::{Error, Result};
use crate::grib::bytes::Octets;
use crate::grib::corners::Corners;
use crate::grib::grid::{Grid, Layout, Pole};

/// Coordinates are thousandths of a degree.
const PARTS: f64 = 1000.0;
const MISSING: u16 = 0xffff;

/// Reads the grid description section.
pub(super) fn read(section: Octets) -> Result<Grid> {
    match section.u8(6)? {
        0 => Ok(corners(section)?.even()),
        10 => corners(section)?.turned(Pole {
            latitude: section.i24(33)? as f64 / PARTS,
            longitude: section.i24(36)? as f64 / PARTS,
            angle: section.ibm(39)?,
        }),
        4 => gaussian(section),
        1 => plane(section, "mercator"),
        3 => plane(section, "lambert"),
        5 => plane(section, "polar_stereographic"),
        14 => plane(section, "rotated_gg"),
        other => Err(Error::Unsupported(format!(
            "its grid is of type {other}, which is not supported; spherical harmonics, for \
             one, have to be converted to a grid first"
        ))),
    }
}

fn gaussian(section: Octets) -> Result<Grid> {
    let half = usize::from(section.u16(26)?);
    if section.u16(7)? != MISSING {
        return corners(section)?.gaussian(half);
    }
    // Lengths of rows follow the vertical coordinates, which octet 4 counts.
    let first = usize::from(section.u8(5)?) + 4 * usize::from(section.u8(4)?);
    let rows = usize::from(section.u16(9)?);
    let lengths: Result<Vec<u32>> = (0..rows)
        .map(|row| Ok(u32::from(section.u16(first + 2 * row)?)))
        .collect();
    corners(section)?.reduced(half, &lengths?)
}

fn corners(section: Octets) -> Result<Corners> {
    let flags = section.u8(17)?;
    let given = |octet: usize| -> Result<Option<i64>> {
        let step = section.u16(octet)?;
        Ok((flags & 0x80 != 0 && step != MISSING).then_some(i64::from(step)))
    };
    Ok(Corners {
        columns: usize::from(section.u16(7)?),
        rows: usize::from(section.u16(9)?),
        latitudes: [section.i24(11)?, section.i24(18)?],
        longitudes: [section.i24(14)?, section.i24(21)?],
        steps: match section.u8(6)? {
            4 => [given(24)?, None],
            _ => [given(24)?, given(26)?],
        },
        scan: section.u8(28)?,
        along: flags & 0x08 != 0,
        parts: PARTS,
    })
}

/// A projection: rows and columns, whose places are not computed.
fn plane(section: Octets, kind: &str) -> Result<Grid> {
    Ok(Grid {
        kind: kind.into(),
        layout: Layout::Plane {
            rows: usize::from(section.u16(9)?),
            columns: usize::from(section.u16(7)?),
        },
        alternating: false,
        keys: Vec::new(),
    })
}
