//! Bounds by variable, from a file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::bound::Bound;
use crate::dataset::recipe::{Bounds, Recipe};
use crate::error::{Error, Result, invalid};

/// Bounds by variable, as in
///
/// ```toml
/// [t2m]
/// abs = 0.1
///
/// [tp]
/// abs = 1e-5
/// keep_zeros = true
/// non_negative = true
///
/// ["*"]            # all others
/// range_rel = 1e-4
/// ```
#[derive(Debug, Clone, Default)]
pub struct BoundsFile {
    sections: BTreeMap<String, Section>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    abs: Option<f64>,
    range_rel: Option<f64>,
    pw_rel: Option<f64>,
    psnr: Option<f64>,
    #[serde(default)]
    lossless: bool,
    #[serde(default)]
    keep_zeros: bool,
    #[serde(default)]
    non_negative: bool,
}

/// Stands for all variables that are not named.
const OTHERS: &str = "*";

impl BoundsFile {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self> {
        let sections: BTreeMap<String, Section> =
            toml::from_str(text).map_err(|e| Error::Invalid(e.to_string()))?;
        let file = BoundsFile { sections };
        for name in file.sections.keys() {
            file.recipe(name)?;
        }
        Ok(file)
    }

    /// Names of variables that it has bounds for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.sections.keys().map(String::as_str);
        names.filter(|name| *name != OTHERS)
    }

    /// What it says of a variable, if anything.
    pub fn recipe(&self, variable: &str) -> Result<Option<Recipe>> {
        let section = self
            .sections
            .get(variable)
            .or_else(|| self.sections.get(OTHERS));
        let Some(section) = section else {
            return Ok(None);
        };
        let given = [
            section.abs.map(Bound::Absolute),
            section.range_rel.map(Bound::RangeRelative),
            section.pw_rel.map(Bound::PointwiseRelative),
            section.psnr.map(Bound::Psnr),
            section.lossless.then_some(Bound::Lossless),
        ];
        let given: Vec<Bound> = given.into_iter().flatten().collect();
        let [bound] = given[..] else {
            return invalid(format!(
                "[{variable}] needs one bound: abs, range_rel, pw_rel, psnr or lossless; it has {}",
                given.len()
            ));
        };
        Ok(Some(Recipe {
            variable: variable.into(),
            bounds: Bounds::One(bound.check()?),
            keep_zeros: section.keep_zeros,
            non_negative: section.non_negative,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_variables() {
        let file =
            "[t2m]\nabs = 0.1\n[tp]\nabs = 1e-5\nkeep_zeros = true\n['*']\nlossless = true\n";
        let file = BoundsFile::parse(file).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["t2m", "tp"]);
        let recipe = |name| file.recipe(name).unwrap().unwrap();
        assert_eq!(recipe("t2m"), Recipe::new("t2m", Bound::Absolute(0.1)));
        assert!(recipe("tp").keep_zeros);
        assert_eq!(recipe("u"), Recipe::new("u", Bound::Lossless));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, wanted) in [
            ("[t2m]\n", "[t2m] needs one bound"),
            ("[t2m]\nabs = 1\npsnr = 50\n", "it has 2"),
            ("[t2m]\nabs = -1\n", "positive"),
            ("[t2m]\nab = 1\n", "ab"),
            ("t2m = 3", "t2m"),
        ] {
            let error = BoundsFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
