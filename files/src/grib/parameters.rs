//! Names of quantities.

use crate::grib::field::Code;

/// One line per quantity: numbers and names as ECMWF has published them.
const TABLE: &str = include_str!("parameters.tsv");

/// A quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// ECMWF's number, where it has one.
    pub(super) id: Option<u32>,
    /// `2t`
    pub(super) short: String,
    /// A name that can be an identifier: `t2m`
    pub(super) variable: String,
    pub(super) units: Option<&'static str>,
    pub(super) name: Option<&'static str>,
    /// Of the CF conventions.
    pub(super) standard: Option<&'static str>,
}

/// A line of the table.
struct Line {
    id: u32,
    short: &'static str,
    variable: &'static str,
    units: &'static str,
    name: &'static str,
    standard: &'static str,
    /// Triple of edition 2 and what else has to hold.
    triple: &'static str,
}

const ECMWF: u16 = 98;

/// What a code of a centre stands for.
pub(super) fn find(code: &Code, centre: u16) -> Parameter {
    match code {
        Code::Table { table, number } => {
            let id = match table {
                _ if centre != ECMWF => None,
                128 => Some(u32::from(*number)),
                _ => Some(u32::from(*table) * 1000 + u32::from(*number)),
            };
            by_id(id).unwrap_or_else(|| unknown(id, &format!("{table}_{number}")))
        }
        Code::Triple { triple, .. } => {
            let [discipline, category, number] = triple;
            let local = (*discipline == 192 && centre == ECMWF).then(|| match category {
                128 => u32::from(*number),
                _ => u32::from(*category) * 1000 + u32::from(*number),
            });
            let fits = |line: &Line| Some((strictness(line.triple, code, centre)?, line.id));
            let best = lines().filter_map(|line| fits(&line)).max();
            let known = by_id(local).or_else(|| by_id(best.map(|(_, id)| id)));
            known.unwrap_or_else(|| unknown(local, &format!("{discipline}_{category}_{number}")))
        }
    }
}

fn by_id(id: Option<u32>) -> Option<Parameter> {
    let line = lines().find(|line| Some(line.id) == id)?;
    Some(Parameter {
        id,
        short: line.short.into(),
        variable: line.variable.into(),
        units: Some(line.units),
        name: Some(line.name),
        standard: Some(line.standard).filter(|s| !s.is_empty()),
    })
}

fn unknown(id: Option<u32>, code: &str) -> Parameter {
    let name = format!("param_{code}");
    Parameter {
        id,
        short: name.clone(),
        variable: name,
        units: None,
        name: None,
        standard: None,
    }
}

fn lines() -> impl Iterator<Item = Line> {
    TABLE.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        let mut next = || parts.next();
        Some(Line {
            id: next()?.parse().ok()?,
            short: next()?,
            variable: next()?,
            units: next()?,
            name: next()?,
            standard: next()?,
            triple: next()?,
        })
    })
}

/// How many conditions of a line hold, if all do.
fn strictness(conditions: &str, code: &Code, centre: u16) -> Option<usize> {
    let Code::Triple {
        triple: [discipline, category, number],
        surfaces: [first, second],
        process,
    } = code
    else {
        return None;
    };
    let mut words = conditions.split(' ');
    if words.next()? != format!("{discipline}.{category}.{number}") {
        return None;
    }
    let holds = |word: &str| {
        let (key, value) = word.split_once('=')?;
        let value: i64 = value.parse().ok()?;
        let found = match key {
            "centre" => i64::from(centre),
            "first" => i64::from(first.kind),
            "factor" => first.factor,
            "value" => i64::from(first.value),
            "second" => i64::from(second.kind),
            "second_value" => i64::from(second.value),
            "process" => i64::from((*process)?),
            _ => return None,
        };
        (found == value).then_some(())
    };
    words.try_fold(0, |count, word| holds(word).map(|()| count + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grib::field::Surface;

    const NONE: Surface = Surface {
        kind: 255,
        factor: 0,
        value: u32::MAX,
    };

    #[test]
    fn tables_of_ecmwf() {
        let name = |table, number| find(&Code::Table { table, number }, ECMWF).variable;
        assert_eq!(name(128, 167), "t2m");
        assert_eq!(name(128, 130), "t");
        assert_eq!(name(228, 246), "u100");
        assert_eq!(name(128, 255), "param_128_255");
        let elsewhere = find(
            &Code::Table {
                table: 2,
                number: 11,
            },
            7,
        );
        assert_eq!(elsewhere.variable, "param_2_11", "not ECMWF's table");
    }

    #[test]
    fn the_strictest_triple_wins() {
        let name = |triple, first, process| {
            let surfaces = [first, NONE];
            let code = Code::Triple {
                triple,
                surfaces,
                process,
            };
            find(&code, ECMWF).variable
        };
        let at = |kind, value| Surface {
            kind,
            factor: 0,
            value,
        };
        assert_eq!(name([0, 0, 0], at(100, 50_000), None), "t");
        assert_eq!(name([0, 0, 0], at(103, 2), None), "t2m");
        assert_eq!(name([0, 0, 0], at(103, 2), Some(2)), "mx2t");
        assert_eq!(name([0, 2, 2], at(103, 10), None), "u10");
        assert_eq!(name([0, 2, 2], at(103, 100), None), "u100");
        assert_eq!(name([0, 1, 193], at(1, 0), Some(1)), "tp");
        assert_eq!(name([0, 0, 250], NONE, None), "param_0_0_250");
        assert_eq!(name([192, 128, 39], NONE, None), "swvl1");
    }

    #[test]
    fn every_line_is_whole() {
        let texts = TABLE.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(lines().count(), texts);
        assert!(texts > 250);
    }
}
