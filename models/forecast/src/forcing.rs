//! What is computed from time and place. `docs/guide/models.md` has the formulas.

use foresz_exact::functions::{cos, ln, sin};

use crate::contract::Forcing;

const TAU: f64 = std::f64::consts::TAU;
const DEGREE: f64 = TAU / 360.0;
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.242_19 * DAY;
/// The sun's declination is largest 172 days after the year has begun.
const SOLSTICE: f64 = 172.0 * DAY;
const TILT: f64 = 23.44 * DEGREE;

/// Where cells lie. Degrees may be missing where no forcing asks for them.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// How many rows there are.
    pub rows: usize,
    /// How many columns there are.
    pub columns: usize,
    /// Of each row, in degrees.
    pub latitudes: &'a [f64],
    /// Of each column, in degrees.
    pub longitudes: &'a [f64],
}

/// Appends a plane: the value of a forcing at every cell. `time` is in seconds since
/// 1970 and 0 for those that do not need it, `over` the bound over the variable's
/// deviation.
pub fn plane(forcing: Forcing, places: Places, time: i64, over: f64, out: &mut Vec<f32>) {
    let (rows, columns) = (places.rows, places.columns);
    let latitude = |r: usize| places.latitudes[r] * DEGREE;
    let longitude = |c: usize| places.longitudes[c] * DEGREE;
    let day = (time.rem_euclid(DAY as i64)) as f64 / DAY * TAU;
    let year = turns(time as f64 / YEAR) * TAU;
    let everywhere = |value: f64, out: &mut Vec<f32>| {
        out.resize(out.len() + rows * columns, value as f32);
    };
    let by_row = |value: &dyn Fn(usize) -> f64, out: &mut Vec<f32>| {
        for r in 0..rows {
            out.resize(out.len() + columns, value(r) as f32);
        }
    };
    let by_column = |value: &dyn Fn(usize) -> f64, out: &mut Vec<f32>| {
        let row: Vec<f32> = (0..columns).map(|c| value(c) as f32).collect();
        (0..rows).for_each(|_| out.extend_from_slice(&row));
    };
    match forcing {
        Forcing::YearSin => everywhere(sin(year), out),
        Forcing::YearCos => everywhere(cos(year), out),
        Forcing::LogBound => everywhere(if over > 0.0 { ln(over) } else { ln(1e-9) }, out),
        Forcing::DaySin => by_column(&|c| sin(day + longitude(c)), out),
        Forcing::DayCos => by_column(&|c| cos(day + longitude(c)), out),
        Forcing::LongitudeSin => by_column(&|c| sin(longitude(c)), out),
        Forcing::LongitudeCos => by_column(&|c| cos(longitude(c)), out),
        Forcing::LatitudeSin => by_row(&|r| sin(latitude(r)), out),
        Forcing::LatitudeCos => by_row(&|r| cos(latitude(r)), out),
        Forcing::CosZenith => {
            let declination = TILT * cos(turns((time as f64 - SOLSTICE) / YEAR) * TAU);
            // At noon the local time is half a day.
            let hours: Vec<f64> = (0..columns).map(|c| -cos(day + longitude(c))).collect();
            for r in 0..rows {
                let up = sin(latitude(r)) * sin(declination);
                let along = cos(latitude(r)) * cos(declination);
                out.extend(hours.iter().map(|hour| {
                    let cosine = up + along * hour;
                    if cosine > 0.0 { cosine as f32 } else { 0.0 }
                }));
            }
        }
    }
}

/// The part of a turn.
fn turns(x: f64) -> f64 {
    x - x.floor()
}
