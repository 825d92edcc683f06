//! What coordinates are called and what is said of them.

use crate::dataset::Attribute;
use crate::values::Values;

const EPOCH: &str = "seconds since 1970-01-01T00:00:00";

/// Attributes of a coordinate, as cfgrib gives them.
#[expect(clippy::too_many_lines, reason = "one table")]
pub(super) fn attributes(name: &str) -> Vec<Attribute> {
    let texts: &[(&str, &str)] = match name {
        "latitude" => &[
            ("units", "degrees_north"),
            ("standard_name", "latitude"),
            ("long_name", "latitude"),
        ],
        "longitude" => &[
            ("units", "degrees_east"),
            ("standard_name", "longitude"),
            ("long_name", "longitude"),
        ],
        "number" => &[
            ("units", "1"),
            ("standard_name", "realization"),
            ("long_name", "ensemble member numerical id"),
        ],
        "time" => &[
            ("units", EPOCH),
            ("calendar", "proleptic_gregorian"),
            ("standard_name", "forecast_reference_time"),
            ("long_name", "initial time of forecast"),
        ],
        "valid_time" => &[
            ("units", EPOCH),
            ("calendar", "proleptic_gregorian"),
            ("standard_name", "time"),
            ("long_name", "time"),
        ],
        "step" => &[
            ("units", "hours"),
            ("standard_name", "forecast_period"),
            ("long_name", "time since forecast_reference_time"),
            ("dtype", "timedelta64[ns]"),
        ],
        "isobaricInhPa" => &[
            ("units", "hPa"),
            ("positive", "down"),
            ("stored_direction", "decreasing"),
            ("standard_name", "air_pressure"),
            ("long_name", "pressure"),
        ],
        "isobaricInPa" | "isobaricLayer" => &[
            ("units", "Pa"),
            ("positive", "down"),
            ("standard_name", "air_pressure"),
            ("long_name", "pressure"),
        ],
        "heightAboveGround" => &[
            ("units", "m"),
            ("positive", "up"),
            ("standard_name", "height"),
            ("long_name", "height above the surface"),
        ],
        "depthBelowLand" | "depthBelowLandLayer" => &[
            ("units", "m"),
            ("positive", "down"),
            ("standard_name", "depth"),
            ("long_name", "soil depth"),
        ],
        "hybrid" => &[
            ("units", "1"),
            ("positive", "down"),
            (
                "standard_name",
                "atmosphere_hybrid_sigma_pressure_coordinate",
            ),
            ("long_name", "hybrid level"),
        ],
        _ => {
            let long = format!("original GRIB coordinate for key: level({name})");
            return vec![text("long_name", &long), text("units", "1")];
        }
    };
    texts
        .iter()
        .map(|(name, value)| text(name, value))
        .collect()
}

/// An attribute that is a text.
pub(super) fn text(name: &str, value: &str) -> Attribute {
    Attribute {
        name: name.into(),
        value: Values::text(value),
    }
}

/// An attribute that is a whole number.
pub(super) fn whole(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.into(),
        value: Values::I64(vec![value]),
    }
}
