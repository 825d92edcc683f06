//! Levels of pressure that a variable is on.

use foresz_files::{Dataset, Source, Values, Variable};

use crate::error::{Result, invalid};

/// The dimension of a variable along which pressure changes, and the pressures in hPa.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Levels {
    pub(super) dimension: usize,
    pub(super) pressures: Vec<f64>,
}

const NAMES: [&str; 7] = [
    "pressure_level",
    "isobaricinhpa",
    "isobaricinpa",
    "plev",
    "pressure",
    "level",
    "lev",
];

/// What a coordinate has to be multiplied with to be in hPa, if it is a pressure.
fn factor(about: &Variable) -> Option<f64> {
    let text = |name| about.attribute(name).and_then(Values::as_text);
    match text("units")? {
        "hPa" | "mbar" | "millibar" | "millibars" | "mb" => Some(1.0),
        "Pa" => Some(0.01),
        _ => None,
    }
}

fn find<'a>(dataset: &'a Dataset, about: &Variable) -> Option<(usize, usize, &'a Variable)> {
    let along = dataset.dims(about).into_iter().enumerate();
    let mut levels = along.filter_map(|(d, name)| {
        let position = dataset.position(name)?;
        let axis = &dataset.variables[position];
        let is_level = NAMES.contains(&name.to_ascii_lowercase().as_str())
            || axis.attribute("standard_name").and_then(Values::as_text) == Some("air_pressure");
        is_level.then_some((d, position, axis))
    });
    levels.next()
}

/// The levels of a variable, if it is on levels of pressure.
pub(super) fn of(source: &mut dyn Source, about: &Variable) -> Result<Option<Levels>> {
    let dataset = source.dataset().clone();
    let Some((dimension, position, axis)) = find(&dataset, about) else {
        return Ok(None);
    };
    // Levels of something else are levels all the same: high or low, nobody knows.
    let factor = factor(axis).unwrap_or(f64::NAN);
    let length = dataset.shape(about)[dimension];
    if dataset.shape(axis) != [length] || length == 0 {
        return Ok(None);
    }
    let whole = 0..length;
    let values = source.read(position, std::slice::from_ref(&whole));
    match values.map(|v| v.to_f64()) {
        Ok(Some(values)) => Ok(Some(Levels {
            dimension,
            pressures: values.iter().map(|x| x * factor).collect(),
        })),
        Ok(None) => Ok(None),
        Err(error) => invalid(format!("{}: {error}", axis.name)),
    }
}
