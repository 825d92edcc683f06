//! Bounds by variable, from a file.

use std::collections::BTreeMap;

use toml::{Table, Value};

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

#[derive(Debug, Clone, Default)]
struct Section {
    abs: Option<f64>,
    range_rel: Option<f64>,
    pw_rel: Option<f64>,
    psnr: Option<f64>,
    lossless: bool,
    keep_zeros: bool,
    non_negative: bool,
}

const KEYS: &str = "abs, range_rel, pw_rel, psnr, lossless, keep_zeros and non_negative";

impl Section {
    fn read(name: &str, value: &Value) -> Result<Self> {
        let Some(table) = value.as_table() else {
            return invalid(format!(
                "{name} is no section: write [{name}], and below it a bound such as abs = 0.1"
            ));
        };
        let mut section = Section::default();
        for (key, value) in table {
            let number = || match value {
                Value::Float(x) => Ok(Some(*x)),
                Value::Integer(n) => Ok(Some(*n as f64)),
                _ => invalid(format!(
                    "[{name}] {key}: a number has to be there, and it is a {}",
                    value.type_str()
                )),
            };
            let truth = || match value {
                Value::Boolean(truth) => Ok(*truth),
                _ => invalid(format!(
                    "[{name}] {key}: true or false has to be there, and it is a {}",
                    value.type_str()
                )),
            };
            match key.as_str() {
                "abs" => section.abs = number()?,
                "range_rel" => section.range_rel = number()?,
                "pw_rel" => section.pw_rel = number()?,
                "psnr" => section.psnr = number()?,
                "lossless" => section.lossless = truth()?,
                "keep_zeros" => section.keep_zeros = truth()?,
                "non_negative" => section.non_negative = truth()?,
                _ => return invalid(format!("[{name}] knows no {key}; it can have {KEYS}")),
            }
        }
        Ok(section)
    }
}

/// Stands for all variables that are not named.
const OTHERS: &str = "*";

impl BoundsFile {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self> {
        let table: Table = toml::from_str(text)
            .map_err(|e| Error::Invalid(format!("it is no TOML: {}", e.to_string().trim_end())))?;
        let section = |(name, value): (&String, &Value)| {
            let section = Section::read(name, value)?;
            Ok((name.clone(), section))
        };
        let sections = table.iter().map(section).collect::<Result<_>>()?;
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
            ("t2m = 3", "write [t2m]"),
            ("[t2m]\nabs = 'x'\n", "a number"),
            ("[t2m]\nlossless = 1\n", "true or false"),
            ("[t2m", "no TOML"),
        ] {
            let error = BoundsFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
