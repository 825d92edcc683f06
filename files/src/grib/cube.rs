//! How the fields of a variable lie over members, times and levels.

use std::collections::{BTreeMap, BTreeSet};

use crate::grib::clock;
use crate::grib::field::Field;

/// All places of a variable, each with its field.
#[derive(Debug, PartialEq)]
pub(super) struct Cube {
    /// Members of an ensemble; none where there is no ensemble.
    pub(super) members: Vec<i64>,
    pub(super) moments: Moments,
    pub(super) levels: Vec<f64>,
    /// Fields in C order over members, moments and levels.
    pub(super) fields: Vec<usize>,
    /// How many more fields there were, each at a place that a later one has.
    pub(super) repeated: usize,
}

/// Times that fields are for.
#[derive(Debug, PartialEq)]
pub(super) enum Moments {
    /// The same steps from every time on.
    Steps { times: Vec<i64>, steps: Vec<i64> },
    /// Other steps from other times on, but never twice to the same moment: time and step.
    Valid(Vec<[i64; 2]>),
}

/// A place: rank of the member, time, step, rank of the level.
type Place = (usize, i64, i64, usize);

impl Cube {
    /// Arranges some of the fields; or says which one is missing.
    pub(super) fn new(all: &[Field], chosen: &[usize]) -> Result<Self, String> {
        let down = chosen
            .first()
            .is_some_and(|f| all[*f].level.kind.starts_with("isobaricIn"));
        let members: BTreeSet<i64> = chosen
            .iter()
            .filter_map(|f| all[*f].member.map(|m| m[0]))
            .collect();
        let members: Vec<i64> = members.into_iter().collect();
        let mut levels: Vec<f64> = chosen.iter().map(|f| all[*f].level.value).collect();
        levels.sort_by(|a, b| if down { b.total_cmp(a) } else { a.total_cmp(b) });
        levels.dedup();
        let place = |f: &Field| -> Place {
            let member = f.member.map_or(0, |m| rank(&members, &m[0]));
            (member, f.time, f.step, rank(&levels, &f.level.value))
        };
        let places: BTreeMap<Place, usize> = chosen.iter().map(|f| (place(&all[*f]), *f)).collect();
        let (moments, fields) = moments(&places, members.len().max(1), &levels)
            .map_err(|place| describe(place, &members, &levels))?;
        Ok(Cube {
            members,
            moments,
            levels,
            fields,
            repeated: chosen.len() - places.len(),
        })
    }
}

fn rank<T: PartialEq>(sorted: &[T], wanted: &T) -> usize {
    sorted.iter().position(|x| x == wanted).unwrap_or(0)
}

/// The times of places that have all of them, and the fields in order; or the first place
/// that is missing.
fn moments(
    places: &BTreeMap<Place, usize>,
    members: usize,
    levels: &[f64],
) -> Result<(Moments, Vec<usize>), Place> {
    let times: BTreeSet<i64> = places.keys().map(|p| p.1).collect();
    let steps: BTreeSet<i64> = places.keys().map(|p| p.2).collect();
    let whole = [members, times.len(), steps.len(), levels.len()];
    if product(&whole) == Some(places.len()) {
        let times = times.into_iter().collect();
        let steps = steps.into_iter().collect();
        let fields = places.values().copied().collect();
        return Ok((Moments::Steps { times, steps }, fields));
    }
    let valid: BTreeMap<i64, [i64; 2]> = places.keys().map(|p| (p.1 + p.2, [p.1, p.2])).collect();
    let one_way = places.keys().all(|p| valid[&(p.1 + p.2)] == [p.1, p.2]);
    if one_way && product(&[members, valid.len(), levels.len()]) == Some(places.len()) {
        let by_validity = |(p, f): (&Place, &usize)| ((p.0, p.1 + p.2, p.3), *f);
        let fields: BTreeMap<_, usize> = places.iter().map(by_validity).collect();
        let moments = Moments::Valid(valid.into_values().collect());
        return Ok((moments, fields.into_values().collect()));
    }
    let mut wanted = (0..members).flat_map(|m| {
        let (times, steps) = (&times, &steps);
        times.iter().flat_map(move |t| {
            steps
                .iter()
                .flat_map(move |s| (0..levels.len()).map(move |l| (m, *t, *s, l)))
        })
    });
    let missing = wanted.find(|place| !places.contains_key(place));
    Err(missing.unwrap_or_default())
}

fn product(lengths: &[usize]) -> Option<usize> {
    lengths.iter().try_fold(1usize, |n, l| n.checked_mul(*l))
}

fn describe(place: Place, members: &[i64], levels: &[f64]) -> String {
    let (member, time, step, level) = place;
    let member = match members.get(member) {
        Some(number) => format!("number {number}, "),
        None => String::new(),
    };
    format!(
        "its fields do not fill a box over time and level: the first that is missing is the one \
         of {member}time {}, step {} h, level {}; put the others into a file of their own with \
         grib_copy -w",
        clock::text(time),
        step as f64 / 3600.0,
        levels.get(level).copied().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grib::bytes::Span;
    use crate::grib::field::{Code, Level, Method};
    use crate::grib::packing::Packing;

    fn field(time: i64, step: i64, level: f64) -> Field {
        let nothing = Span {
            start: 0,
            length: 0,
        };
        Field {
            edition: 1,
            centre: 98,
            sub_centre: 0,
            code: Code::Table {
                table: 128,
                number: 130,
            },
            level: Level {
                kind: "isobaricInhPa".into(),
                value: level,
            },
            time,
            step,
            step_type: "instant",
            data_type: None,
            member: None,
            grid: 0,
            vertical: 0,
            packing: Packing {
                reference: 0.0,
                binary: 0,
                decimal: 0,
                bits: 0,
            },
            method: Method::Simple,
            bitmap: None,
            data: nothing,
        }
    }

    fn cube(fields: &[Field]) -> Result<Cube, String> {
        let all: Vec<usize> = (0..fields.len()).collect();
        Cube::new(fields, &all)
    }

    #[test]
    fn the_order_of_messages_does_not_matter() {
        let fields = [
            field(3600, 0, 500.0),
            field(0, 0, 850.0),
            field(0, 0, 500.0),
            field(3600, 0, 850.0),
            field(0, 0, 500.0),
        ];
        let cube = cube(&fields).unwrap();
        assert_eq!(cube.levels, [850.0, 500.0], "downwards to lower pressure");
        assert_eq!(cube.fields, [1, 4, 3, 0]);
        assert_eq!(cube.repeated, 1);
    }

    #[test]
    fn overlapping_forecasts_become_a_line() {
        let fields = [
            field(0, 3600, 500.0),
            field(0, 7200, 500.0),
            field(7200, 3600, 500.0),
        ];
        let cube = cube(&fields).unwrap();
        let moments = Moments::Valid(vec![[0, 3600], [0, 7200], [7200, 3600]]);
        assert_eq!(cube.moments, moments);
        assert_eq!(cube.fields, [0, 1, 2]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let fields = [
            field(0, 0, 500.0),
            field(0, 0, 850.0),
            field(3600, 0, 850.0),
        ];
        let why = cube(&fields).unwrap_err();
        assert!(why.contains("1970-01-01T01:00:00"), "{why}");
        assert!(why.contains("level 500"), "{why}");
    }
}
