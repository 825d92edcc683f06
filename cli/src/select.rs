//! Parts by coordinates: `latitude=50:40`, `time=2020-01-01/2020-01-02T06:00`.

use std::ops::Range;

use foresz::dataset::{DatasetReader, View, is_longitude};
use foresz::files::{Dataset, Values, Variable, time};
use foresz::{Decompressor, Store};

use super::globe::Globe;
use super::region::{self, Ranges};
use crate::failure::invalid;

/// Narrows ranges to where a coordinate lies between two values, both included, or is
/// nearest to one. Where an axis goes around the globe a range may go on beyond its end, and
/// means the places from its start.
///
/// Returns which dimension it was, and what has to be added to coordinates (before the end of
/// the axis) so that they are those that were asked for.
pub(crate) fn narrow<S: Store>(
    ranges: &mut Ranges,
    text: &str,
    dataset: &Dataset,
    reader: &DatasetReader<S>,
) -> anyhow::Result<(usize, f64)> {
    let Some((name, wanted)) = text.split_once('=') else {
        return Err(invalid(format!(
            "{text:?} selects nothing: write NAME=VALUE or NAME=FROM/TO"
        )));
    };
    let d = region::dimension(dataset, name.trim())?;
    let position = dataset.position(name.trim());
    let Some(v) = position.filter(|v| dataset.variables[*v].dimensions == [d]) else {
        return Err(invalid(format!(
            "dimension {name} has no coordinates to select by; use --region {name}=a:b"
        )));
    };
    let about = &dataset.variables[v];
    let whole = 0..dataset.dimensions[d].length;
    let view = View::Unpacked;
    let axis = reader.read(
        v,
        std::slice::from_ref(&whole),
        view,
        &Decompressor::default(),
    )?;
    let Some(axis) = axis.to_f64() else {
        return Err(invalid(format!(
            "coordinates of {name} are not numbers: use --region {name}=a:b"
        )));
    };
    let globe = Globe::of(about, &axis);
    let (found, turn) = match (ends(wanted), globe) {
        ((one, None), Some(globe)) => globe.nearest(number(about, one)?),
        ((one, None), None) => (nearest(&axis, number(about, one)?), 0.0),
        ((from, Some(to)), Some(globe)) => globe.between(number(about, from)?, number(about, to)?),
        ((from, Some(to)), None) => {
            let (from, to) = (number(about, from)?, last_moment(about, to)?);
            tell_what_is_beyond((about, &axis), wanted, (from.min(to), from.max(to)))?;
            (between(&axis, from, to), 0.0)
        }
    };
    let found = found.ok_or_else(|| {
        invalid(format!(
            "{wanted} selects no {name}; they go from {}",
            limits(about, &axis)
        ))
    })?;
    region::set(ranges, d, found, dataset)?;
    Ok((d, turn))
}

/// The first and the last of an axis, for people.
fn limits(about: &Variable, axis: &[f64]) -> String {
    let shown = |x: Option<&f64>| x.map_or(String::new(), |x| show(about, *x));
    format!("{} to {}", shown(axis.first()), shown(axis.last()))
}

/// Says that a selection goes beyond an axis, and refuses one of longitudes that are there
/// under another number.
fn tell_what_is_beyond(
    (about, axis): (&Variable, &[f64]),
    wanted: &str,
    (low, high): (f64, f64),
) -> anyhow::Result<()> {
    let name = &about.name;
    let selected = |x: f64| (low..=high).contains(&x);
    let elsewhere = |x: &&f64| !selected(**x) && (selected(**x - 360.0) || selected(**x + 360.0));
    if is_longitude(about)
        && let Some(x) = axis.iter().find(elsewhere)
    {
        return Err(invalid(format!(
            "{name} goes from {}, so {wanted} is not one run of it ({x} would be selected too, under another number): select each part by the numbers of the file",
            limits(about, axis)
        )));
    }
    let (first, last) = axis
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), x| {
            (first.min(*x), last.max(*x))
        });
    let gap = (last - first) / (axis.len().max(2) - 1) as f64;
    if low < first - gap || high > last + gap {
        eprintln!(
            "foresz: note: {name} goes from {}, so {wanted} is selected only in part",
            limits(about, axis)
        );
    }
    Ok(())
}

/// Both ends of a selection; times have colons of their own.
fn ends(text: &str) -> (&str, Option<&str>) {
    let slash = text.split_once('/');
    let colon = || {
        text.split_once(':')
            .filter(|(a, b)| is_number(a) && is_number(b))
    };
    match slash.or_else(colon) {
        Some((from, to)) => (from.trim(), Some(to.trim())),
        None => (text.trim(), None),
    }
}

fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// The axis of time that a coordinate is, if it is one.
fn axis_of_time(about: &Variable) -> Option<time::Axis> {
    let text = |name| about.attribute(name).and_then(Values::as_text);
    let calendar = text("calendar").unwrap_or("standard");
    time::Axis::new(text("units")?, calendar).ok()
}

/// A coordinate as text has it: a number, or a time.
fn number(about: &Variable, text: &str) -> anyhow::Result<f64> {
    match (text.parse(), axis_of_time(about)) {
        (Ok(x), _) => Ok(x),
        (Err(_), Some(times)) => times.encode(text).map_err(|e| invalid(e.to_string())),
        (Err(_), None) => Err(invalid(format!(
            "{text:?} is not a number, and {} is not a time",
            about.name
        ))),
    }
}

/// The same for the end of a range: a day without a time is the whole day.
fn last_moment(about: &Variable, text: &str) -> anyhow::Result<f64> {
    const DATE: usize = "2020-01-01".len();
    let is_date = text.len() == DATE && text.matches('-').count() == 2;
    if is_date && axis_of_time(about).is_some() {
        return number(about, &format!("{text}T23:59:59"));
    }
    number(about, text)
}

fn show(about: &Variable, x: f64) -> String {
    let time = axis_of_time(about).and_then(|times| times.decode(x));
    time.unwrap_or_else(|| x.to_string())
}

/// The place whose coordinate is nearest, if it is no further than places are apart.
fn nearest(axis: &[f64], wanted: f64) -> Option<Range<usize>> {
    let distance = |i: &usize| (axis[*i] - wanted).abs();
    let place = (0..axis.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let neighbours = [place.checked_sub(1), Some(place + 1)]
        .into_iter()
        .flatten();
    let gaps = neighbours.filter_map(|n| Some((axis.get(n)? - axis[place]).abs()));
    let gap = gaps.fold(0.0, f64::max);
    (distance(&place) <= gap / 2.0 || axis[place] == wanted).then_some(place..place + 1)
}

/// The run of places between two coordinates, whichever way the axis goes.
fn between(axis: &[f64], from: f64, to: f64) -> Option<Range<usize>> {
    let (low, high) = (from.min(to), from.max(to));
    let inside = |x: &&f64| (low..=high).contains(*x);
    let first = axis.iter().position(|x| inside(&x))?;
    let run = axis[first..].iter().take_while(inside).count();
    let all = axis.iter().filter(inside).count();
    (run == all).then_some(first..first + run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_axes_that_fall_and_rise() {
        let down = [60.0, 50.0, 45.0, 40.0, 30.0];
        assert_eq!(between(&down, 50.0, 40.0), Some(1..4));
        assert_eq!(between(&down, 40.0, 50.0), Some(1..4));
        assert_eq!(between(&down, 51.0, 59.0), None);
        let up = [0.0, 1.0, 2.0];
        assert_eq!(between(&up, -5.0, 0.5), Some(0..1));
        assert_eq!(between(&[0.0, 9.0, 1.0], 0.0, 2.0), None, "not a run");
    }

    #[test]
    fn the_nearest_is_near() {
        let axis = [0.0, 0.25, 0.5];
        assert_eq!(nearest(&axis, 0.3), Some(1..2));
        assert_eq!(nearest(&axis, 0.6), Some(2..3));
        assert_eq!(nearest(&axis, 0.7), None);
        assert_eq!(nearest(&[5.0], 5.0), Some(0..1));
        assert_eq!(nearest(&[5.0], 6.0), None);
    }

    #[test]
    fn both_ends() {
        assert_eq!(ends("50:40"), ("50", Some("40")));
        assert_eq!(ends("-10/10.5"), ("-10", Some("10.5")));
        assert_eq!(ends("2020-01-01T06:00"), ("2020-01-01T06:00", None));
        let (from, to) = ends("2020-01-01T06:00/2020-01-02");
        assert_eq!((from, to), ("2020-01-01T06:00", Some("2020-01-02")));
    }
}
