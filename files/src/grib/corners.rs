//! Grids between two corners, however an edition writes them down.

use crate::error::{Error, Result};
use crate::grib::gaussian;
use crate::grib::grid::{Axis, Even, Grid, Layout, Pole};
use crate::values::Values;

const COLUMNS_BACKWARDS: u8 = 0x80;
const ROWS_NORTHWARDS: u8 = 0x40;
const ACROSS: u8 = 0x20;
const ALTERNATING: u8 = 0x10;

/// What a header says of a grid of latitudes and longitudes.
pub(super) struct Corners {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Of the first point and of the last, in parts of a degree.
    pub(super) latitudes: [i64; 2],
    pub(super) longitudes: [i64; 2],
    /// Between columns and between rows, if they are given.
    pub(super) steps: [Option<i64>; 2],
    /// Which way values run.
    pub(super) scan: u8,
    /// Whether winds are along the grid.
    pub(super) along: bool,
    pub(super) parts: f64,
}

impl Corners {
    /// Evenly spaced latitudes and longitudes.
    pub(super) fn even(self) -> Grid {
        let layout = Layout::Axes {
            latitude: Axis::Even(self.latitude()),
            longitude: Axis::Even(self.longitude()),
            across: self.scan & ACROSS != 0,
        };
        self.grid("regular_ll", layout, Vec::new())
    }

    /// The same with the poles elsewhere.
    pub(super) fn turned(self, pole: Pole) -> Result<Grid> {
        if self.scan & ACROSS != 0 {
            return Err(Error::Unsupported(
                "its grid is turned and its columns are contiguous".into(),
            ));
        }
        let layout = Layout::Turned {
            latitude: self.latitude(),
            longitude: self.longitude(),
            pole,
        };
        let keys = vec![
            (
                "GRIB_latitudeOfSouthernPoleInDegrees",
                number(pole.latitude),
            ),
            (
                "GRIB_longitudeOfSouthernPoleInDegrees",
                number(pole.longitude),
            ),
            ("GRIB_angleOfRotationInDegrees", number(pole.angle)),
        ];
        Ok(self.grid("rotated_ll", layout, keys))
    }

    /// Gaussian latitudes, and as many longitudes on each.
    pub(super) fn gaussian(self, half: usize) -> Result<Grid> {
        let layout = Layout::Axes {
            latitude: self.gaussian_latitude(half)?,
            longitude: Axis::Even(self.longitude()),
            across: self.scan & ACROSS != 0,
        };
        let keys = vec![("GRIB_N", Values::I64(vec![half as i64]))];
        Ok(self.grid("regular_gg", layout, keys))
    }

    /// Gaussian latitudes with fewer longitudes towards the poles, around the globe.
    pub(super) fn reduced(self, half: usize, lengths: &[u32]) -> Result<Grid> {
        let latitude = self.gaussian_latitude(half)?;
        let whole = latitude.count() == 2 * half && lengths.len() == 2 * half;
        if !whole || self.longitudes[0] != 0 || self.scan != 0 {
            return Err(Error::Unsupported(
                "its grid is a part of a reduced Gaussian grid; only grids around the globe are \
                 supported"
                    .into(),
            ));
        }
        let sums = lengths.iter().scan(0usize, |sum, length| {
            *sum += *length as usize;
            Some(*sum)
        });
        let layout = Layout::Reduced {
            latitude,
            starts: std::iter::once(0).chain(sums).collect(),
        };
        let keys = vec![("GRIB_N", Values::I64(vec![half as i64]))];
        Ok(self.grid("reduced_gg", layout, keys))
    }

    fn latitude(&self) -> Even {
        Even {
            first: self.latitudes[0],
            last: self.latitudes[1],
            count: self.rows,
            parts: self.parts,
        }
    }

    fn longitude(&self) -> Even {
        let [mut first, last] = self.longitudes;
        let turn = (360.0 * self.parts) as i64;
        // Eastwards across the meridian where longitudes begin again.
        if self.scan & COLUMNS_BACKWARDS == 0 && first >= last && self.columns > 1 {
            first -= turn;
        }
        Even {
            first,
            last,
            count: self.columns,
            parts: self.parts,
        }
    }

    fn gaussian_latitude(&self, half: usize) -> Result<Axis> {
        let all = gaussian::latitudes(half)?;
        let northwards = self.scan & ROWS_NORTHWARDS != 0;
        let first = self.latitudes[0] as f64 / self.parts;
        let first = if northwards { -first } else { first };
        let far = |latitude: &f64| (latitude - first).abs();
        let nearest = (0..all.len()).min_by(|a, b| far(&all[*a]).total_cmp(&far(&all[*b])));
        let skipped = nearest.unwrap_or(0);
        if skipped + self.rows > all.len() {
            return Err(Error::Damaged(format!(
                "its grid has {} Gaussian latitudes of {} from the latitude {first} on",
                self.rows,
                all.len()
            )));
        }
        Ok(Axis::Gaussian {
            half,
            skipped,
            count: self.rows,
            northwards,
        })
    }

    fn grid(self, kind: &str, layout: Layout, mut more: Vec<(&'static str, Values)>) -> Grid {
        let degrees = |parts: i64| number(parts as f64 / self.parts);
        let flag = |bit: u8| Values::I64(vec![i64::from(self.scan & bit != 0)]);
        let mut keys = vec![
            (
                "GRIB_uvRelativeToGrid",
                Values::I64(vec![i64::from(self.along)]),
            ),
            ("GRIB_Nx", Values::I64(vec![self.columns as i64])),
            ("GRIB_Ny", Values::I64(vec![self.rows as i64])),
            ("GRIB_iScansNegatively", flag(COLUMNS_BACKWARDS)),
            ("GRIB_jScansPositively", flag(ROWS_NORTHWARDS)),
            ("GRIB_jPointsAreConsecutive", flag(ACROSS)),
            (
                "GRIB_latitudeOfFirstGridPointInDegrees",
                degrees(self.latitudes[0]),
            ),
            (
                "GRIB_latitudeOfLastGridPointInDegrees",
                degrees(self.latitudes[1]),
            ),
            (
                "GRIB_longitudeOfFirstGridPointInDegrees",
                degrees(self.longitudes[0]),
            ),
            (
                "GRIB_longitudeOfLastGridPointInDegrees",
                degrees(self.longitudes[1]),
            ),
        ];
        let names = [
            "GRIB_iDirectionIncrementInDegrees",
            "GRIB_jDirectionIncrementInDegrees",
        ];
        let steps = names.into_iter().zip(self.steps);
        keys.extend(steps.filter_map(|(name, step)| Some((name, degrees(step?)))));
        keys.append(&mut more);
        Grid {
            kind: kind.into(),
            layout,
            alternating: self.scan & ALTERNATING != 0,
            keys,
        }
    }
}

fn number(value: f64) -> Values {
    Values::F64(vec![value])
}
