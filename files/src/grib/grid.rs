//! Where the points of a field lie.

use crate::error::Result;
use crate::grib::gaussian;
use crate::values::Values;

/// Points of a field, in the order of its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// What kind it is, as ECMWF calls it: `regular_ll`.
    pub(super) kind: String,
    pub(super) layout: Layout,
    /// Whether every second row runs backwards.
    pub(super) alternating: bool,
    /// What the header says of it, for attributes.
    pub(super) keys: Vec<(&'static str, Values)>,
}

/// How points are laid out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Layout {
    /// Every latitude with every longitude; latitudes run fastest if `across`.
    Axes {
        latitude: Axis,
        longitude: Axis,
        across: bool,
    },
    /// The same on a globe that has been turned.
    Turned {
        latitude: Even,
        longitude: Even,
        pole: Pole,
    },
    /// Rows of columns, no more is known.
    Plane { rows: usize, columns: usize },
    /// Points in a row, no more is known.
    Points(usize),
    /// Rows of different lengths around the globe, one after the other.
    Reduced {
        latitude: Axis,
        /// Where each row begins, and where the last one ends.
        starts: Vec<usize>,
    },
}

/// Places along an axis, computed when they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Axis {
    Even(Even),
    /// Gaussian latitudes: so many of them from a place on, of those between pole and equator.
    Gaussian {
        half: usize,
        skipped: usize,
        count: usize,
        northwards: bool,
    },
}

/// Places evenly spaced between two, in whole parts of a degree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Even {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: usize,
    pub(super) parts: f64,
}

/// Where the south pole of a turned globe is, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pole {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) angle: f64,
}

impl Grid {
    /// Lengths of its dimensions.
    pub(super) fn shape(&self) -> Vec<usize> {
        match &self.layout {
            Layout::Axes {
                latitude,
                longitude,
                across,
            } if *across => vec![longitude.count(), latitude.count()],
            Layout::Axes {
                latitude,
                longitude,
                ..
            } => vec![latitude.count(), longitude.count()],
            Layout::Turned {
                latitude,
                longitude,
                ..
            } => vec![latitude.count, longitude.count],
            Layout::Plane { rows, columns } => vec![*rows, *columns],
            Layout::Points(count) => vec![*count],
            Layout::Reduced { starts, .. } => vec![starts.last().copied().unwrap_or(0)],
        }
    }

    /// How many points there are; none if that is more than can be counted.
    pub(super) fn points(&self) -> Option<usize> {
        let shape = self.shape();
        shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d))
    }

    /// The first latitude and the last, where latitudes are an axis.
    pub(super) fn latitudes(&self) -> Option<[f64; 2]> {
        match &self.layout {
            Layout::Axes {
                latitude: Axis::Even(even),
                ..
            } => Some([even.at(0), even.at(even.count - 1)]),
            Layout::Axes {
                latitude: Axis::Gaussian { northwards, .. },
                ..
            } => Some(if *northwards {
                [-1.0, 1.0]
            } else {
                [1.0, -1.0]
            }),
            _ => None,
        }
    }

    /// Names of its dimensions.
    pub(super) fn dimensions(&self) -> &'static [&'static str] {
        match &self.layout {
            Layout::Axes { across: true, .. } => &["longitude", "latitude"],
            Layout::Axes { .. } => &["latitude", "longitude"],
            Layout::Turned { .. } | Layout::Plane { .. } => &["y", "x"],
            Layout::Reduced { .. } | Layout::Points(_) => &["values"],
        }
    }

    /// Latitude and longitude of the points from a place on, as they are stored.
    pub(super) fn places(&self, points: std::ops::Range<usize>) -> Result<Vec<[f64; 2]>> {
        match &self.layout {
            Layout::Turned {
                latitude,
                longitude,
                pole,
            } => {
                let columns = longitude.count.max(1);
                let place =
                    |p: usize| pole.turn_back(latitude.at(p / columns), longitude.at(p % columns));
                Ok(points.map(place).collect())
            }
            Layout::Reduced { latitude, starts } => {
                let lats = latitude.all()?;
                let place = |p: usize| {
                    let row = starts.partition_point(|s| *s <= p).saturating_sub(1);
                    let count = starts[row + 1] - starts[row];
                    [lats[row], 360.0 * (p - starts[row]) as f64 / count as f64]
                };
                Ok(points.map(place).collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl Axis {
    /// How many places there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Axis::Even(even) => even.count,
            Axis::Gaussian { count, .. } => *count,
        }
    }

    /// All of them, in degrees.
    pub(super) fn all(&self) -> Result<Vec<f64>> {
        self.some(0..self.count())
    }

    /// Some of them, in degrees.
    pub(super) fn some(&self, places: std::ops::Range<usize>) -> Result<Vec<f64>> {
        match self {
            Axis::Even(even) => Ok(places.map(|i| even.at(i)).collect()),
            Axis::Gaussian {
                half,
                skipped,
                northwards,
                ..
            } => {
                let all = gaussian::latitudes(*half)?;
                let place = |i: usize| {
                    let place = skipped + i;
                    let sign = if *northwards { -1.0 } else { 1.0 };
                    all.get(place).copied().unwrap_or(f64::NAN) * sign
                };
                Ok(places.map(place).collect())
            }
        }
    }
}

impl Even {
    /// One of the places, in degrees.
    fn at(&self, place: usize) -> f64 {
        let gaps = self.count.saturating_sub(1).max(1);
        let [before, behind] = [place as i128, gaps as i128 - place as i128];
        // One division of whole numbers: as near as a double can be, at every place.
        let sum = i128::from(self.first) * behind + i128::from(self.last) * before;
        sum as f64 / (gaps as f64 * self.parts)
    }
}

impl Pole {
    /// Where a point of the turned globe is on the real one.
    fn turn_back(&self, latitude: f64, longitude: f64) -> [f64; 2] {
        let (lat, lon) = (latitude.to_radians(), longitude.to_radians());
        let turn = -(90.0 + self.latitude).to_radians();
        let [x, y, z] = [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()];
        let (sin, cos) = turn.sin_cos();
        let north = (-sin * x + cos * z).clamp(-1.0, 1.0);
        let east = y.atan2(cos * x + sin * z).to_degrees();
        let east = east + self.longitude - self.angle;
        [north.asin().to_degrees(), wrapped(east)]
    }
}

/// A longitude between -180 and 180.
fn wrapped(longitude: f64) -> f64 {
    (longitude + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_axes_are_as_near_as_can_be() {
        let axis = Axis::Even(Even {
            first: 90_000,
            last: -90_000,
            count: 1801,
            parts: 1000.0,
        });
        let all = axis.all().unwrap();
        assert_eq!(all[1], 89.9);
        assert_eq!(all[900], 0.0);
        assert_eq!(all[1798], -89.8);
        assert_eq!(axis.some(900..901).unwrap(), [0.0]);
        let one = Axis::Even(Even {
            first: 5_500,
            last: 5_500,
            count: 1,
            parts: 1000.0,
        });
        assert_eq!(one.all().unwrap(), [5.5]);
    }
}
