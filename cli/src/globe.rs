//! Longitudes that go around the globe.

use std::ops::Range;

use foresz::dataset::{goes_round, is_longitude};
use foresz::files::{Dataset, Values, Variable};

/// Degrees of a turn.
pub(crate) const TURN: f64 = 360.0;
/// Coordinates are rounded: so much of a step does not matter.
const SLACK: f64 = 1e-4;

/// An axis of longitudes, eastward, once around the globe.
#[derive(Clone, Copy)]
pub(crate) struct Globe<'a> {
    axis: &'a [f64],
}

impl<'a> Globe<'a> {
    /// The axis of a coordinate, if it is such an axis.
    pub(crate) fn of(about: &Variable, axis: &'a [f64]) -> Option<Self> {
        let rises = axis.is_sorted_by(|a, b| a < b);
        (is_longitude(about) && rises && goes_round(axis)).then_some(Globe { axis })
    }

    fn step(self) -> f64 {
        TURN / self.axis.len() as f64
    }

    /// All places eastward from one longitude to another. The range may go on beyond the end
    /// of the axis; with it, what has to be added to the longitude that it starts with to be
    /// in there.
    pub(crate) fn between(self, from: f64, to: f64) -> (Option<Range<usize>>, f64) {
        let slack = SLACK * self.step();
        let to = if to < from { to + TURN } else { to };
        // The smallest longitude of each place that is not before the start.
        let turns = |x: f64| ((from - slack - x) / TURN).ceil();
        let first = |i: &usize| self.axis[*i] + TURN * turns(self.axis[*i]);
        let inside = (0..self.axis.len()).filter(|i| first(i) <= to + slack);
        let count = inside.clone().count();
        let start = inside.min_by(|a, b| first(a).total_cmp(&first(b)));
        match start {
            Some(start) => (Some(start..start + count), TURN * turns(self.axis[start])),
            None => (None, 0.0),
        }
    }

    /// The place next to a longitude, and what has to be added to its own.
    pub(crate) fn nearest(self, wanted: f64) -> (Option<Range<usize>>, f64) {
        let turns = |i: usize| ((wanted - self.axis[i]) / TURN).round();
        let away = |i: &usize| (wanted - self.axis[*i] - TURN * turns(*i)).abs();
        let nearest = (0..self.axis.len()).min_by(|a, b| away(a).total_cmp(&away(b)));
        match nearest.filter(|i| away(i) <= (0.5 + SLACK) * self.step()) {
            Some(i) => (Some(i..i + 1), TURN * turns(i)),
            None => (None, 0.0),
        }
    }
}

/// Adds turns to longitudes so that they are those that were asked for: `turn` to those
/// before the end of the axis, and one more to those from its start.
pub(crate) fn turned(
    values: Values,
    places: &Range<usize>,
    (length, turn): (usize, f64),
) -> Values {
    let each = values.len() / places.len().max(1);
    let more = |k: usize| {
        let place = places.start + k / each.max(1);
        if place < length { turn } else { turn + TURN }
    };
    macro_rules! add {
        ($values:expr, $type:ty) => {
            $values
                .into_iter()
                .enumerate()
                .map(|(k, x)| x + more(k) as $type)
                .collect()
        };
    }
    match values {
        Values::F32(v) => Values::F32(add!(v, f32)),
        Values::F64(v) => Values::F64(add!(v, f64)),
        Values::I16(v) => Values::I16(add!(v, i16)),
        Values::I32(v) => Values::I32(add!(v, i32)),
        Values::I64(v) => Values::I64(add!(v, i64)),
        other => other,
    }
}

/// Whether a variable has the longitudes of a dimension, or their bounds.
pub(crate) fn has_longitudes(dataset: &Dataset, v: usize, d: usize) -> bool {
    let about = &dataset.variables[v];
    let axis = dataset.position(&dataset.dimensions[d].name);
    let bounds = axis.and_then(|axis| dataset.variables[axis].attribute("bounds")?.as_text());
    about.dimensions.first() == Some(&d) && (axis == Some(v) || bounds == Some(&about.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(first: f64, step: f64) -> Vec<f64> {
        let count = (TURN / step) as usize;
        (0..count).map(|i| first + step * i as f64).collect()
    }

    #[test]
    fn ranges_go_on_beyond_the_end() {
        let axis = axis(0.0, 10.0);
        let globe = Globe { axis: &axis };
        assert_eq!(globe.between(-10.0, 30.0), (Some(35..40), -360.0));
        assert_eq!(globe.between(350.0, 30.0), (Some(35..40), 0.0));
        assert_eq!(globe.between(10.0, 30.0), (Some(1..4), 0.0));
        assert_eq!(globe.between(-20.0, -10.0), (Some(34..36), -360.0));
        assert_eq!(globe.between(370.0, 375.0), (Some(1..2), 360.0));
        assert_eq!(globe.between(1.0, 2.0), (None, 0.0));
        // Each place once.
        assert_eq!(globe.between(-180.0, 180.0), (Some(18..54), -360.0));
        assert_eq!(globe.between(0.0, 720.0), (Some(0..36), 0.0));
    }

    #[test]
    fn axes_can_start_in_the_west() {
        let axis = axis(-180.0, 10.0);
        let globe = Globe { axis: &axis };
        assert_eq!(globe.between(170.0, 190.0), (Some(35..38), 0.0));
        assert_eq!(globe.between(-10.0, 30.0), (Some(17..22), 0.0));
        assert_eq!(globe.between(200.0, 220.0), (Some(2..5), 360.0));
        assert_eq!(globe.nearest(184.0), (Some(0..1), 360.0));
    }

    #[test]
    fn the_nearest_may_lie_behind_the_end() {
        let axis = axis(0.0, 10.0);
        let globe = Globe { axis: &axis };
        assert_eq!(globe.nearest(-9.0), (Some(35..36), -360.0));
        assert_eq!(globe.nearest(358.0), (Some(0..1), 360.0));
        assert_eq!(globe.nearest(12.0), (Some(1..2), 0.0));
    }

    #[test]
    fn turns_are_added_to_either_side_of_the_end() {
        let values = Values::F64(vec![340.0, 350.0, 0.0, 10.0]);
        let found = turned(values, &(34..38), (36, -360.0));
        assert_eq!(found, Values::F64(vec![-20.0, -10.0, 0.0, 10.0]));
        let bounds = Values::F32(vec![345.0, 355.0, -5.0, 5.0]);
        let found = turned(bounds, &(35..37), (36, 0.0));
        assert_eq!(found, Values::F32(vec![345.0, 355.0, 355.0, 365.0]));
    }
}
