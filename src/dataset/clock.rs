//! When the frames of a variable are valid, as learned models want to know it.

use std::ops::Range;

use foresz_files::time::Axis;
use foresz_files::{Dataset, Variable};

use super::places::CLOSE;

/// When frames are valid.
#[derive(Debug, PartialEq)]
pub(super) struct Clock {
    /// Which dimension of the variable.
    dimension: usize,
    /// Seconds since 1970 of each frame.
    seconds: Vec<i64>,
    /// Seconds from frame to frame, if there are several.
    step: Option<i64>,
}

/// The variable that says when places along a dimension are valid, and its axis.
pub(super) fn times(dataset: &Dataset, dimension: usize) -> Option<(usize, Axis)> {
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
    /// When the first frame of a piece is valid.
    pub(super) fn start(&self, piece: &[Range<usize>]) -> Option<String> {
        let start = self.seconds[piece[self.dimension].start];
        gregorian()?.decode(start as f64)
    }

    /// From frame to frame, as contracts write it.
    pub(super) fn step(&self) -> Option<String> {
        self.step.map(duration)
    }

    /// From the numbers of an axis, or what is wrong with it.
    pub(super) fn new(
        dimension: usize,
        times: &Axis,
        numbers: &[f64],
    ) -> std::result::Result<Self, String> {
        let shown = |x: f64| times.decode(x).unwrap_or_else(|| x.to_string());
        let second = |x: &f64| {
            let seconds = gregorian().and_then(|g| g.encode(&times.decode(*x)?).ok());
            let seconds = seconds.map(|s| s.round() as i64);
            // Models go by the days that there are.
            seconds
                .ok_or_else(|| format!("has {}, which does not exist in our calendar", shown(*x)))
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
                "advances by {} from {} to {}, but mostly by {}: cut the file there",
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

#[cfg(test)]
mod tests {
    use super::*;

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
            gap.contains("by 3h from 2020-02-28T02:00:00 to 2020-02-28T05:00:00, but mostly by 1h"),
            "{gap}"
        );
        // 29 February is left out.
        let leap: Vec<f64> = (0..5).map(|k| 12.0 * f64::from(k)).collect();
        assert!(told("noleap", &leap).contains("2020-03-01T00:00:00"));
        assert!(told("360_day", &[24.0, 48.0]).contains("2020-02-30"));
        assert!(told("standard", &[2.0, 1.0, 0.0]).contains("forward"));
        assert!(told("standard", &[0.0, f64::NAN]).contains("NaN"));
    }
}
