//! The fields that are written, each with an awkward trait of a real one.

use super::numbers::{cos_turns, lesser, positive, within};
use super::tracers::{balance, saturation};
use super::world::{Frame, World};

/// The value that stands for "nothing here" in `tracer_fill`.
const FILL: f64 = 1e20;
/// Steps of 2^-9 K: exact in f32 up to 2^15 K, like a field unpacked from
/// scaled integers.
const STEPS_PER_KELVIN: f64 = 512.0;
const LAPSE_RATE: f64 = 0.0065;
const FREEZING_SEA: f64 = 271.35;
const RAIN_HUMIDITY: f64 = 0.868;
/// The wind near the ground is weaker than the one that carries the weather.
const GROUND_SHARE: f64 = 0.45;
const FILL_HEIGHT: f64 = 1200.0;
const FILL_LATITUDE: f64 = 0.92;
const GRAVITY: f64 = 9.806_65;
const AIR_DENSITY: f64 = 1.2;

/// How the numbers of a variable are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    F32,
    F64,
}

/// One field that the program can write.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) width: Width,
    /// Size of the level dimension, if there is one.
    pub(crate) levels: Option<usize>,
    pub(crate) values: fn(&World, &Frame) -> Vec<f64>,
}

/// Every variable, in the order in which they are listed and written.
pub(crate) const VARIABLES: [Variable; 7] = [
    Variable {
        name: "vorticity",
        about: "relative vorticity in 1/s: smooth, signed, tiny numbers",
        width: Width::F32,
        levels: None,
        values: vorticity,
    },
    Variable {
        name: "t2m",
        about: "temperature near the ground in K, on a lattice of exactly 2^-9 K",
        width: Width::F32,
        levels: None,
        values: t2m,
    },
    Variable {
        name: "sst",
        about: "sea temperature in K: NaN on land, a constant below the ice",
        width: Width::F32,
        levels: None,
        values: sst,
    },
    Variable {
        name: "precip",
        about: "rain in mm/h: never negative, mostly exactly zero, skewed",
        width: Width::F32,
        levels: None,
        values: precip,
    },
    Variable {
        name: "pressure",
        about: "pressure at the ground in Pa: weather below a steep relief",
        width: Width::F32,
        levels: None,
        values: pressure,
    },
    Variable {
        name: "geopotential",
        about: "geopotential in m2/s2 at 850, 500 and 250 hPa: four dimensions, f64",
        width: Width::F64,
        levels: Some(LEVELS.len()),
        values: geopotential,
    },
    Variable {
        name: "tracer_fill",
        about: "mixing ratio of a trace gas, 1e20 in high ground and near the poles",
        width: Width::F32,
        levels: None,
        values: tracer_fill,
    },
];

fn vorticity(_: &World, frame: &Frame) -> Vec<f64> {
    let cells = frame.vorticity.iter().zip(&frame.detail);
    cells
        .map(|(vorticity, detail)| vorticity + detail * (2e-6 + 0.10 * vorticity.abs()))
        .collect()
}

fn t2m(world: &World, frame: &Frame) -> Vec<f64> {
    let surface = &world.surface;
    let sun = sunshine(world, frame.hour);
    let cells = frame.temperature.iter().zip(&frame.detail).enumerate();
    cells
        .map(|(cell, (air, detail))| {
            let latitude = world.latitude(cell);
            let daily = sun[cell % world.nx] * (1.0 - 0.8 * latitude * latitude);
            let ground = if surface.is_land[cell] {
                4.0 * daily + 0.7 * surface.cover[cell] + 1.5 - 4.0 * latitude * latitude
            } else {
                0.25 * daily
            };
            let kelvin = air + ground + 0.35 * detail - LAPSE_RATE * surface.height[cell];
            (kelvin * STEPS_PER_KELVIN).round() / STEPS_PER_KELVIN
        })
        .collect()
}

/// From -1 before dawn to 1 in mid-afternoon, for each longitude.
fn sunshine(world: &World, hour: f64) -> Vec<f64> {
    (0..world.nx)
        .map(|column| {
            let clock = hour / 24.0 + world.place(column).0;
            let day = cos_turns(clock - 14.0 / 24.0);
            // Warmer and shorter by day than by night.
            0.75 * day + 0.25 * day * day.abs()
        })
        .collect()
}

fn sst(world: &World, frame: &Frame) -> Vec<f64> {
    let drift = frame.hour * 2.0e-5;
    let cells = frame.temperature.iter().enumerate();
    cells
        .map(|(cell, air)| {
            if world.surface.is_land[cell] {
                return f64::NAN;
            }
            let (x, y) = world.place(cell);
            let latitude = world.latitude(cell);
            let current = 1.6 * world.eddies.at(x + drift, y);
            let open = balance(latitude) + 1.0 + current + 0.04 * (air - balance(latitude));
            if open > FREEZING_SEA {
                open
            } else {
                FREEZING_SEA
            }
        })
        .collect()
}

fn precip(world: &World, frame: &Frame) -> Vec<f64> {
    let cells = frame.moisture.iter().zip(&frame.temperature).enumerate();
    cells
        .map(|(cell, (moisture, temperature))| {
            let capacity = saturation(*temperature);
            let (east, north) = world.surface.slope[cell];
            let (eastward, northward) = frame.wind[cell];
            let uplift = within(2.5 * (eastward * east + northward * north), -0.15, 0.15);
            let humidity = moisture / capacity + 0.07 * frame.showers[cell] + uplift;
            let excess = positive(humidity - RAIN_HUMIDITY);
            // Warm air rains harder, and heavy rain grows faster than humidity.
            let supply = 0.2 + lesser(capacity / 0.01, 2.0);
            supply * excess * (4.0 + 400.0 * excess * excess)
        })
        .collect()
}

fn pressure(world: &World, frame: &Frame) -> Vec<f64> {
    let cells = frame.stream.iter().zip(&world.surface.height).enumerate();
    cells
        .map(|(cell, (stream, height))| {
            let latitude = world.latitude(cell);
            // The atmosphere's tide: two highs and two lows around the globe.
            let tide = cos_turns(2.0 * (world.place(cell).0 + frame.hour / 24.0) - 20.0 / 24.0);
            let weather = GROUND_SHARE * AIR_DENSITY * turning(latitude) * stream;
            let tide = 110.0 * tide * (1.0 - latitude * latitude);
            let sea_level = 101_325.0 + weather + tide;
            // The barometric formula with its exponent of 5.256 cut to 5.25.
            let ratio = 1.0 - height / 44_330.0;
            let square = ratio * ratio;
            sea_level * square * square * ratio * ratio.sqrt().sqrt()
        })
        .collect()
}

struct Level {
    height: f64,
    /// How strongly the flow shows.
    flow: f64,
    /// Gas constant times the logarithm of 1000 hPa over the level's pressure.
    thickness: f64,
}

const LEVELS: [Level; 3] = [
    Level {
        height: 1457.0,
        flow: 0.5,
        thickness: 46.6,
    },
    Level {
        height: 5574.0,
        flow: 0.8,
        thickness: 198.9,
    },
    Level {
        height: 10_363.0,
        flow: 1.1,
        thickness: 397.9,
    },
];

fn geopotential(world: &World, frame: &Frame) -> Vec<f64> {
    let mut out = Vec::with_capacity(LEVELS.len() * frame.stream.len());
    for level in &LEVELS {
        let cells = frame.stream.iter().zip(&frame.temperature).enumerate();
        out.extend(cells.map(|(cell, (stream, temperature))| {
            let weather = turning(world.latitude(cell)) * stream;
            let warmth = temperature - 288.0;
            GRAVITY * level.height + level.flow * weather + level.thickness * warmth
        }));
    }
    out
}

/// The Coriolis parameter, which changes sign at the equator.
fn turning(latitude: f64) -> f64 {
    1.458e-4 * latitude * (1.5 - 0.5 * latitude * latitude)
}

fn tracer_fill(world: &World, frame: &Frame) -> Vec<f64> {
    let cells = frame.gas.iter().zip(&frame.detail).enumerate();
    cells
        .map(|(cell, (gas, detail))| {
            let is_high = world.surface.height[cell] > FILL_HEIGHT;
            if is_high || world.latitude(cell).abs() > FILL_LATITUDE {
                FILL
            } else {
                1e-7 * (gas + 0.03 * detail)
            }
        })
        .collect()
}
