//! Where the frames of a variable lie: latitudes and longitudes, and which way round they go.

use foresz_files::{Dataset, Source, Values, Variable};

/// Steps and places are even if they are off by less than this part of a step.
pub(super) const CLOSE: f64 = 0.01;

/// Coordinates of frames that models know.
pub(super) struct Places {
    attribute: &'static str,
    standard_name: &'static str,
    short: &'static str,
    /// How units in degrees end.
    ends: [&'static str; 2],
    /// What comes round.
    turn: Option<f64>,
}

pub(super) const LATITUDES: Places = Places {
    attribute: "latitudes",
    standard_name: "latitude",
    short: "lat",
    ends: ["north", "N"],
    turn: None,
};
pub(super) const LONGITUDES: Places = Places {
    attribute: "longitudes",
    standard_name: "longitude",
    short: "lon",
    ends: ["east", "E"],
    turn: Some(360.0),
};

impl Places {
    pub(super) fn are(&self, about: &Variable) -> bool {
        let text = |name| about.attribute(name).and_then(Values::as_text);
        let units = text("units").unwrap_or_default();
        let named = [self.standard_name, self.short].contains(&about.name.as_str());
        let of_degrees =
            units.starts_with("degree") && self.ends.iter().any(|e| units.ends_with(e));
        named || of_degrees || text("standard_name") == Some(self.standard_name)
    }

    /// The coordinates along a dimension of a variable, if they are these and even.
    pub(super) fn along(
        &self,
        source: &mut dyn Source,
        dataset: &Dataset,
        variable: &Variable,
        d: usize,
    ) -> Option<(&'static str, usize, Vec<f64>)> {
        let dimension = variable.dimensions[d];
        let position = dataset.position(&dataset.dimensions[dimension].name)?;
        if !self.are(&dataset.variables[position]) {
            return None;
        }
        let mut numbers = axis(source, dataset, position, dimension)?;
        if let Some(turn) = self.turn {
            for k in 1..numbers.len() {
                numbers[k] += turn * ((numbers[k - 1] - numbers[k]) / turn).round();
            }
        }
        is_even(&numbers).then_some((self.attribute, d, numbers))
    }
}

fn is_even(numbers: &[f64]) -> bool {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return false;
    };
    let step = (last - first) / (numbers.len().max(2) - 1) as f64;
    let close = |(k, x): (usize, &f64)| (x - first - k as f64 * step).abs() <= CLOSE * step.abs();
    step != 0.0 && step.is_finite() && numbers.iter().enumerate().all(close)
}

/// Values of the axis along a dimension, if there is one.
pub(super) fn own_axis(
    source: &mut dyn Source,
    dataset: &Dataset,
    dimension: usize,
) -> Option<Vec<f64>> {
    let position = dataset.position(&dataset.dimensions[dimension].name)?;
    axis(source, dataset, position, dimension)
}

/// Values of a variable that extends along a dimension and no other.
pub(super) fn axis(
    source: &mut dyn Source,
    dataset: &Dataset,
    position: usize,
    dimension: usize,
) -> Option<Vec<f64>> {
    let length = dataset.dimensions[dimension].length;
    if dataset.variables[position].dimensions != [dimension] || length == 0 {
        return None;
    }
    let whole = 0..length;
    let values = source.read(position, std::slice::from_ref(&whole)).ok()?;
    values.to_f64()
}

/// Whether rows of a data set close on themselves, by its longitudes; nothing if it does
/// not say.
pub fn closes(source: &mut dyn Source) -> Option<bool> {
    let dataset = source.dataset().clone();
    let mut dimensions = dataset.dimensions.iter().enumerate();
    let (d, _) = dimensions.find(|(_, d)| {
        let about = dataset.position(&d.name).map(|p| &dataset.variables[p]);
        about.is_some_and(is_longitude)
    })?;
    own_axis(source, &dataset, d).map(|longitudes| goes_round(&longitudes))
}

/// Whether a coordinate is longitude.
pub fn is_longitude(about: &Variable) -> bool {
    LONGITUDES.are(about)
}

/// Whether longitudes go once around the globe: one more step leads back to the start.
pub fn goes_round(longitudes: &[f64]) -> bool {
    let (Some(first), Some(last)) = (longitudes.first(), longitudes.last()) else {
        return false;
    };
    let count = longitudes.len() as f64;
    let step = (last - first) / (count - 1.0);
    count > 1.0 && ((step * count).abs() - 360.0).abs() < 0.01 * step.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_come_round() {
        assert!(is_even(&[350.0, 355.0, 360.0, 365.0]));
        assert!(!is_even(&[0.0, 1.0, 3.0]));
        assert!(!is_even(&[1.0, 1.0]) && !is_even(&[1.0]) && !is_even(&[]));
    }
}
