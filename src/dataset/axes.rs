//! What the axes of a file tell learned models: when frames are valid, and where they lie.

use std::ops::Range;

use foresz_files::time::Axis;
use foresz_files::{Dataset, Source, Values, Variable};
use foresz_forecast::FORECAST;
use foresz_predictors::Spec;

use super::notes::axis;
use super::plan::VariablePlan;
use crate::error::{Result, invalid};
use crate::options::{Choose, Options, time_dimension};

/// Steps and places are even if they are off by less than this part of a step.
const CLOSE: f64 = 0.01;

/// Axes of a variable, as far as they are told.
#[derive(Debug, Default)]
pub(crate) struct Axes {
    clock: Option<Clock>,
    /// Attribute, dimension and even coordinates.
    places: Vec<(&'static str, usize, Vec<f64>)>,
}

/// When frames are valid.
#[derive(Debug, PartialEq)]
struct Clock {
    /// Which dimension of the variable.
    dimension: usize,
    /// Seconds since 1970 of each frame.
    seconds: Vec<i64>,
    /// Seconds from frame to frame, if there are several.
    step: Option<i64>,
}

impl Axes {
    /// Those of a variable of a source, if a model that is asked for may want to know them.
    /// Uneven times are an error where a model was asked for by name.
    pub(crate) fn of(
        options: &Options,
        plan: &VariablePlan,
        position: usize,
        source: &mut dyn Source,
    ) -> Result<Self> {
        let forecasts = |spec: &Spec| spec.parts.iter().any(|part| part.name == FORECAST);
        let named = matches!(&options.choose, Choose::Spec(spec) if forecasts(spec));
        let mut axes = Axes::default();
        if !plan.is_asked_for || !(named || options.offers.iter().any(forecasts)) {
            return Ok(axes);
        }
        let dataset = source.dataset().clone();
        let variable = &dataset.variables[position];
        let names: Vec<String> = dataset.dims(variable).into_iter().map(Into::into).collect();
        let time = time_dimension(&names, names.len()).ok().flatten();
        if let Some(d) = time
            && let Some((about, times)) = times(&dataset, variable.dimensions[d])
            && let Some(numbers) = axis(source, &dataset, about, variable.dimensions[d])
        {
            let name = &dataset.variables[about].name;
            match Clock::new(d, &times, &numbers) {
                Ok(clock) => axes.clock = Some(clock),
                Err(why) if named => {
                    let variable = &variable.name;
                    return invalid(format!(
                        "{variable}: a learned model needs even steps of time, and {name} {why}"
                    ));
                }
                Err(_) => {}
            }
        }
        let frame = (0..names.len()).rev().filter(|d| Some(*d) != time);
        for (d, wanted) in frame.zip([LONGITUDES, LATITUDES]) {
            axes.places
                .extend(wanted.along(source, &dataset, variable, d));
        }
        Ok(axes)
    }

    /// Says in the attributes of a piece what the axes say there.
    pub(crate) fn tell(&self, mut options: Options, piece: &[Range<usize>]) -> Options {
        let mut told: Vec<(&str, String)> = Vec::new();
        if let Some(clock) = &self.clock {
            let start = clock.seconds[piece[clock.dimension].start];
            told.extend(gregorian().and_then(|g| Some(("start", g.decode(start as f64)?))));
            told.extend(clock.step.map(|step| ("step", duration(step))));
        }
        for (key, d, numbers) in &self.places {
            let part = &numbers[piece[*d].clone()];
            if let ([first, .., last], true) = (part, part.len() > 1) {
                told.push((key, format!("{first}:{last}")));
            }
        }
        for (key, value) in told {
            if options.attributes.iter().all(|(known, _)| known != key) {
                options = options.attribute(key, value);
            }
        }
        options
    }
}

/// The variable that says when places along a dimension are valid, and its axis.
fn times(dataset: &Dataset, dimension: usize) -> Option<(usize, Axis)> {
    let text = |v: &Variable, name: &str| Some(v.attribute(name)?.as_text()?.to_owned());
    let axis = |v: &Variable| {
        let calendar = text(v, "calendar").unwrap_or_default();
        Axis::new(&text(v, "units")?, &calendar).ok()
    };
    let all = dataset.variables.iter().enumerate();
    let along = all.filter(|(_, v)| v.dimensions == [dimension]);
    // The coordinate may be when a forecast was begun.
    let worth = |v: &Variable| match v.name.as_str() {
        "valid_time" => 0,
        name if name == dataset.dimensions[dimension].name => 1,
        _ if text(v, "standard_name").as_deref() == Some("time") => 2,
        _ => 3,
    };
    let known = along.filter_map(|(i, v)| Some((worth(v), i, axis(v)?)));
    let (_, found, axis) = known
        .filter(|(worth, ..)| *worth < 3)
        .min_by_key(|(worth, i, _)| (*worth, *i))?;
    Some((found, axis))
}

fn gregorian() -> Option<Axis> {
    Axis::new("seconds since 1970-01-01", "proleptic_gregorian").ok()
}

impl Clock {
    /// From the numbers of an axis, or what is wrong with it.
    fn new(dimension: usize, times: &Axis, numbers: &[f64]) -> std::result::Result<Self, String> {
        let shown = |x: f64| times.decode(x).unwrap_or_else(|| x.to_string());
        let second = |x: &f64| {
            let seconds = gregorian().and_then(|g| g.encode(&times.decode(*x)?).ok());
            let seconds = seconds.map(|s| s.round() as i64);
            // Models go by the days that there are.
            seconds.ok_or_else(|| format!("has {}, which is no time of our calendar", shown(*x)))
        };
        let seconds: Vec<i64> = numbers
            .iter()
            .map(second)
            .collect::<std::result::Result<_, _>>()?;
        let steps: Vec<i64> = seconds.windows(2).map(|w| w[1] - w[0]).collect();
        let mut sorted = steps.clone();
        sorted.sort_unstable();
        let Some(usual) = sorted.get(sorted.len() / 2).copied() else {
            return Ok(Clock {
                dimension,
                seconds,
                step: None,
            });
        };
        let room = CLOSE * usual as f64;
        let first = seconds.first().copied().unwrap_or(0);
        let off = |k: &usize| {
            let even = first as f64 + *k as f64 * usual as f64;
            (seconds[*k] as f64 - even).abs() > room
        };
        match (0..seconds.len()).find(off) {
            _ if usual <= 0 => Err("does not go forward".into()),
            None => Ok(Clock {
                dimension,
                seconds,
                step: Some(usual),
            }),
            Some(0) => Err("is no axis".into()),
            Some(k) => Err(format!(
                "goes on by {} from {} to {}, and by {} mostly: cut the file there",
                duration(steps[k - 1]),
                shown(numbers[k - 1]),
                shown(numbers[k]),
                duration(usual)
            )),
        }
    }
}

/// As contracts write it.
fn duration(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min")];
    let whole = units
        .iter()
        .find(|(length, _)| seconds != 0 && seconds % length == 0);
    match whole {
        Some((length, unit)) => format!("{}{unit}", seconds / length),
        None => format!("{seconds}s"),
    }
}

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

const LATITUDES: Places = Places {
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
    fn along(
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

#[cfg(test)]
mod tests {
    use foresz_files::{Attribute, Dimension, Kind, Memory};

    use super::super::{Bounds, Coder, DatasetReader, Recipe, View};
    use super::*;
    use crate::bound::Bound;
    use crate::field::decompress::Decompressor;

    fn clock(units: &str, calendar: &str, numbers: &[f64]) -> std::result::Result<Clock, String> {
        Clock::new(0, &Axis::new(units, calendar).unwrap(), numbers)
    }

    #[test]
    fn even_times_in_any_calendar() {
        let days: Vec<f64> = (0..10).map(f64::from).collect();
        for calendar in ["standard", "noleap", "360_day", "all_leap"] {
            let clock = clock("days since 2019-03-01", calendar, &days).unwrap();
            assert_eq!(clock.step, Some(86_400));
            assert_eq!(clock.seconds[0], 1_551_398_400);
        }
        let thirds: Vec<f64> = (0..100).map(|k| f64::from(k) / 24.0).collect();
        let clock = clock("days since 1850-01-01", "standard", &thirds).unwrap();
        assert_eq!(clock.step, Some(3600));
    }

    #[test]
    fn uneven_times_are_told_apart() {
        let told = |calendar, numbers: &[f64]| {
            clock("hours since 2020-02-28 00:00:00", calendar, numbers).unwrap_err()
        };
        let gap = told("standard", &[0.0, 1.0, 2.0, 5.0, 6.0]);
        assert!(
            gap.contains("by 3h from 2020-02-28T02:00:00 to 2020-02-28T05:00:00, and by 1h"),
            "{gap}"
        );
        // 29 February is left out.
        let leap: Vec<f64> = (0..5).map(|k| 12.0 * f64::from(k)).collect();
        assert!(told("noleap", &leap).contains("2020-03-01T00:00:00"));
        assert!(told("360_day", &[24.0, 48.0]).contains("2020-02-30"));
        assert!(told("standard", &[2.0, 1.0, 0.0]).contains("forward"));
        assert!(told("standard", &[0.0, f64::NAN]).contains("NaN"));
    }

    /// Some hours of a field of 6 × 8, in days since 2020.
    fn series(hours: &[f64]) -> Memory {
        let dimension = |name: &str, length| Dimension {
            name: name.into(),
            length,
            unlimited: false,
        };
        let variable = |name: &str, kind, dimensions: &[usize], units: &str| Variable {
            name: name.into(),
            kind,
            dimensions: dimensions.into(),
            attributes: vec![Attribute {
                name: "units".into(),
                value: Values::text(units),
            }],
        };
        let (n, rows, columns) = (hours.len(), 6, 8);
        let dataset = Dataset {
            dimensions: vec![
                dimension("time", n),
                dimension("lat", rows),
                dimension("lon", columns),
            ],
            attributes: Vec::new(),
            variables: vec![
                variable("v", Kind::F32, &[0, 1, 2], "1/s"),
                variable("time", Kind::F64, &[0], "days since 2020-01-01"),
                variable("lat", Kind::F64, &[1], "degrees_north"),
                variable("lon", Kind::F32, &[2], "degrees_east"),
            ],
        };
        let values = vec![
            Values::F32((0..n * rows * columns).map(|k| (k as f32).sqrt()).collect()),
            Values::F64(hours.iter().map(|h| h / 24.0).collect()),
            Values::F64((0..rows).map(|i| 50.0 - 0.5 * i as f64).collect()),
            Values::F32((0..columns).map(|j| ((355 + j) % 360) as f32).collect()),
        ];
        Memory::new(dataset, values).unwrap()
    }

    fn compressed(hours: &[f64], spec: &str) -> Result<Vec<u8>> {
        // Two pieces along time.
        let recipes = [Recipe {
            bounds: Bounds::Along {
                dimension: 0,
                runs: vec![
                    (5, Bound::Absolute(0.1)),
                    (hours.len(), Bound::Absolute(0.2)),
                ],
            },
            ..Recipe::new("v", Bound::Lossless)
        }];
        let options = Options::new(Bound::Lossless).threads(1).predictor(spec)?;
        let mut stream = Vec::new();
        Coder::new(&recipes, options).compress(&mut series(hours), &mut stream)?;
        Ok(stream)
    }

    #[test]
    fn models_are_told_when_and_where_each_piece_lies() {
        let hours: Vec<f64> = (0..12).map(f64::from).collect();
        let stream = compressed(&hours, "forecast:model=flow-filter+raster").unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        let told = |piece: usize, key: &str| {
            let attributes = &reader.streams(0).unwrap()[piece].attributes;
            let found = attributes.iter().find(|(k, _)| k == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert_eq!(told(0, "start"), "2020-01-01T00:00:00");
        assert_eq!(told(1, "start"), "2020-01-01T05:00:00");
        for piece in [0, 1] {
            assert_eq!(told(piece, "step"), "1h");
            assert_eq!(told(piece, "latitudes"), "50:47.5");
            assert_eq!(told(piece, "longitudes"), "355:362");
        }
        let all = [0..12, 0..6, 0..8];
        let decoder = Decompressor::default();
        reader.read(0, &all, View::Stored, &decoder).unwrap();
        // Others do without.
        let stream = compressed(&hours, "raster").unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        assert!(reader.streams(0).unwrap()[0].attributes.is_empty());
    }

    #[test]
    fn models_want_the_steps_that_they_know() {
        let spec = "forecast:model=flow-filter+raster";
        let two: Vec<f64> = (0..12).map(|h| 2.0 * f64::from(h)).collect();
        let wrong = compressed(&two, spec).unwrap_err().to_string();
        assert!(wrong.contains("7200 s"), "{wrong}");
        let mut gap: Vec<f64> = (0..12).map(f64::from).collect();
        gap[11] = 20.0;
        let wrong = compressed(&gap, spec).unwrap_err().to_string();
        assert!(
            wrong.contains("time goes on by 10h from 2020-01-01T10:00:00"),
            "{wrong}"
        );
        assert!(compressed(&gap, "raster").is_ok());
    }

    #[test]
    fn longitudes_come_round() {
        assert!(is_even(&[350.0, 355.0, 360.0, 365.0]));
        assert!(!is_even(&[0.0, 1.0, 3.0]));
        assert!(!is_even(&[1.0, 1.0]) && !is_even(&[1.0]) && !is_even(&[]));
    }
}
