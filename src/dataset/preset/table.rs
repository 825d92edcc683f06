//! The table of bounds, and how a variable is found in it.

use std::collections::BTreeMap;

use foresz_files::{Values, Variable};
use serde::Deserialize;

use super::Preset;
use super::levels::Levels;
use crate::bound::Bound;
use crate::dataset::recipe::{Bounds, Recipe};
use crate::error::{Error, Result, invalid};

const ERA5: &str = include_str!("era5.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    names: Vec<String>,
    standard_names: Vec<String>,
    levels: On,
    units: BTreeMap<String, f64>,
    bounds: Ladder,
    above: Option<Above>,
    #[serde(default)]
    keep_zeros: bool,
    #[serde(default)]
    non_negative: bool,
}

/// What a variable has to be on.
#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum On {
    /// On no levels.
    None,
    /// On levels, or on one of them.
    Any,
}

#[derive(Deserialize)]
struct Ladder {
    archive: f64,
    default: f64,
    loose: f64,
}

/// Where a part of each value is the bound.
#[derive(Deserialize)]
struct Above {
    /// In hPa.
    pressure: f64,
    part: f64,
}

impl Entry {
    /// Whether it is for a variable of that name.
    fn is_called(&self, about: &Variable) -> bool {
        let name = about.name.rsplit('/').next().unwrap_or_default();
        let short = text(about, "GRIB_shortName");
        let mut names = self.names.iter().map(String::as_str);
        names.any(|n| n == name || Some(n) == short)
    }

    /// Whether it is for a variable of that standard name, on the right kind of levels.
    fn is_known(&self, about: &Variable, on_levels: bool) -> bool {
        let standard = text(about, "standard_name").unwrap_or_default();
        let suits = match self.levels {
            On::None => !on_levels,
            On::Any => on_levels,
        };
        suits && self.standard_names.iter().any(|n| n == standard)
    }
}

fn text<'a>(about: &'a Variable, name: &str) -> Option<&'a str> {
    about.attribute(name).and_then(Values::as_text)
}

/// What a preset says of a variable on these levels.
pub(super) fn recipe(
    preset: Preset,
    about: &Variable,
    levels: Option<Levels>,
) -> Result<Option<Recipe>> {
    let table: Table = toml::from_str(ERA5).map_err(|e| Error::Invalid(e.to_string()))?;
    let on_levels = levels.is_some();
    // Names are more exact than standard names, which some variables share.
    let named = table.entry.iter().find(|e| e.is_called(about));
    let known = || table.entry.iter().find(|e| e.is_known(about, on_levels));
    let Some(entry) = named.or_else(known) else {
        return Ok(None);
    };
    let units = about.attribute("units").and_then(Values::as_text);
    let Some(factor) = units.and_then(|units| entry.units.get(units.trim())) else {
        let known: Vec<&str> = entry.units.keys().map(String::as_str).collect();
        return invalid(format!(
            "{} is in {}, and {} knows it in {}: give it a bound of its own",
            about.name,
            units.map_or("unknown units".into(), |u| format!("{u:?}")),
            preset.name(),
            known.join(", ")
        ));
    };
    let bound = match preset {
        Preset::Era5Archive => entry.bounds.archive,
        Preset::Era5 => entry.bounds.default,
        Preset::Era5Loose => entry.bounds.loose,
    };
    let bound = Bound::Absolute(bound * factor);
    let bounds = match (&entry.above, levels) {
        (Some(above), Some(levels)) => by_level(bound, above, &levels),
        _ => Bounds::One(bound),
    };
    Ok(Some(Recipe {
        variable: about.name.clone(),
        bounds,
        keep_zeros: entry.keep_zeros,
        non_negative: entry.non_negative,
    }))
}

/// Runs of levels above and below.
fn by_level(below: Bound, above: &Above, levels: &Levels) -> Bounds {
    let part = Bound::PointwiseRelative(above.part);
    let bound = |pressure: &f64| {
        if *pressure < above.pressure {
            part
        } else {
            below
        }
    };
    let mut runs: Vec<(usize, Bound)> = Vec::new();
    for (i, bound) in levels.pressures.iter().map(bound).enumerate() {
        match runs.last_mut() {
            Some((end, last)) if *last == bound => *end = i + 1,
            _ => runs.push((i + 1, bound)),
        }
    }
    match runs.as_slice() {
        [(_, bound)] => Bounds::One(*bound),
        _ => Bounds::Along {
            dimension: levels.dimension,
            runs,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_files::{Attribute, Kind};

    fn variable(name: &str, units: &str, standard: &str) -> Variable {
        let attribute = |(name, text): (&str, &str)| Attribute {
            name: name.into(),
            value: Values::text(text),
        };
        Variable {
            name: name.into(),
            kind: Kind::F32,
            dimensions: Vec::new(),
            attributes: [("units", units), ("standard_name", standard)]
                .map(attribute)
                .to_vec(),
        }
    }

    fn bounds(name: &str, units: &str, standard: &str, pressures: &[f64]) -> Option<Bounds> {
        let levels = (!pressures.is_empty()).then(|| Levels {
            dimension: 1,
            pressures: pressures.to_vec(),
        });
        let recipe = recipe(Preset::Era5, &variable(name, units, standard), levels);
        recipe.unwrap().map(|recipe| recipe.bounds)
    }

    #[test]
    fn variables_are_known_by_name_and_by_standard_name() {
        let one = |x| Some(Bounds::One(Bound::Absolute(x)));
        assert_eq!(bounds("t2m", "K", "", &[]), one(0.05));
        assert_eq!(bounds("2t", "K", "unknown", &[]), one(0.05));
        assert_eq!(bounds("tas", "K", "air_temperature", &[]), one(0.05));
        assert_eq!(bounds("ta", "K", "air_temperature", &[500.0]), one(0.03));
        assert_eq!(bounds("t", "K", "air_temperature", &[]), one(0.03));
        assert_eq!(bounds("msl", "hPa", "", &[]), one(0.05));
        assert_eq!(bounds("lsm", "(0 - 1)", "land_binary_mask", &[]), None);
    }

    #[test]
    fn humidity_is_relative_high_up() {
        let part = Bound::PointwiseRelative(0.01);
        let below = Bound::Absolute(1e-6);
        let runs = |runs: &[(usize, Bound)]| {
            Some(Bounds::Along {
                dimension: 1,
                runs: runs.to_vec(),
            })
        };
        let q = |pressures: &[f64]| bounds("q", "kg kg**-1", "", pressures);
        assert_eq!(
            q(&[10.0, 200.0, 300.0, 850.0]),
            runs(&[(2, part), (4, below)])
        );
        assert_eq!(q(&[850.0, 300.0, 250.0]), runs(&[(2, below), (3, part)]));
        assert_eq!(q(&[500.0, 850.0]), Some(Bounds::One(below)));
        assert_eq!(q(&[]), Some(Bounds::One(below)));
    }

    #[test]
    fn unknown_units_are_refused() {
        let error = recipe(Preset::Era5, &variable("t2m", "degF", ""), None).unwrap_err();
        assert!(error.to_string().contains("degF"), "{error}");
        let table: Table = toml::from_str(ERA5).unwrap();
        for entry in &table.entry {
            let Ladder {
                archive,
                default,
                loose,
            } = entry.bounds;
            assert!(0.0 < archive && archive < default && default < loose);
            assert!(entry.units.values().any(|factor| *factor == 1.0));
        }
    }
}
