//! Times as numbers of a unit since a date, in the calendars of the CF conventions.
//!
//! ```
//! use foresz_files::time::Axis;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let axis = Axis::new("hours since 1900-01-01 00:00:00.0", "gregorian")?;
//! assert_eq!(axis.encode("2020-01-01T06:00")?, 1_051_902.0);
//! assert_eq!(axis.decode(1_051_902.0).as_deref(), Some("2020-01-01T06:00:00"));
//! # Ok(())
//! # }
//! ```

use crate::error::{Error, Result};

const DAY: i64 = 86_400;
const MICROSECONDS: i128 = 1_000_000;

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// Julian to 4 October 1582, Gregorian from the day after, which is the 15th.
    Standard,
    /// Gregorian at all times.
    ProlepticGregorian,
    /// A leap year every four years.
    Julian,
    /// 365 days each year.
    NoLeap,
    /// 366 days each year.
    AllLeap,
    /// Twelve months of 30 days.
    Days360,
}

/// A unit since a date: what the attributes `units` and `calendar` of a time say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    calendar: Calendar,
    /// Microseconds of a unit.
    unit: i128,
    /// Microseconds from the first day of year 0 to the date.
    start: i128,
}

impl Calendar {
    /// By the name that the attribute `calendar` has, or would have.
    pub fn find(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "" | "standard" | "gregorian" => Calendar::Standard,
            "proleptic_gregorian" => Calendar::ProlepticGregorian,
            "julian" => Calendar::Julian,
            "noleap" | "365_day" => Calendar::NoLeap,
            "all_leap" | "366_day" => Calendar::AllLeap,
            "360_day" => Calendar::Days360,
            other => {
                return Err(Error::Unsupported(format!(
                    "there is no calendar {other:?} in the CF conventions"
                )));
            }
        })
    }

    /// Days from the first day of year 0 to a date, if there is such a date.
    fn days(self, [year, month, day]: [i64; 3]) -> Option<i64> {
        let switched = (year, month, day) >= (1582, 10, 15);
        let rule = match self {
            Calendar::Standard if switched => Calendar::ProlepticGregorian,
            Calendar::Standard if (year, month, day) > (1582, 10, 4) => return None,
            Calendar::Standard => Calendar::Julian,
            other => other,
        };
        let real = (1..=12).contains(&month) && (1..=rule.days_in(year, month)).contains(&day);
        let days = rule.days_before(year) + (1..month).map(|m| rule.days_in(year, m)).sum::<i64>();
        real.then_some(days + day - 1)
    }

    /// The date so many days after the first day of year 0.
    fn date(self, days: i64) -> [i64; 3] {
        /// 15 October 1582, as Gregorian and Julian years count days.
        const SWITCH: i64 = 578_101;
        let rule = match self {
            Calendar::Standard if days >= SWITCH => Calendar::ProlepticGregorian,
            Calendar::Standard => Calendar::Julian,
            other => other,
        };
        // No year has fewer days than 360 or more than 366: the guess is near, and not too
        // late, so that steps to later years, each half of the one before, find the year.
        let mut year = days.div_euclid(if days < 0 { 360 } else { 366 }) - 1;
        let mut step = year.abs() / 2 + 1;
        while step > 0 {
            while rule.days_before(year + step) <= days {
                year += step;
            }
            step /= 2;
        }
        while rule.days_before(year) > days {
            year -= 1;
        }
        let mut day = days - rule.days_before(year);
        let mut month = 1;
        while day >= rule.days_in(year, month) {
            day -= rule.days_in(year, month);
            month += 1;
        }
        [year, month, day + 1]
    }

    /// Days from the first day of year 0 to that of another one.
    fn days_before(self, year: i64) -> i64 {
        let before = year - 1;
        let fourth = before.div_euclid(4);
        match self {
            Calendar::NoLeap => year * 365,
            Calendar::AllLeap => year * 366,
            Calendar::Days360 => year * 360,
            // Julian years begin two days before Gregorian ones of the year 0.
            Calendar::Julian | Calendar::Standard => year * 365 + fourth + 1 - 2,
            Calendar::ProlepticGregorian => {
                year * 365 + fourth - before.div_euclid(100) + before.div_euclid(400) + 1
            }
        }
    }

    fn days_in(self, year: i64, month: i64) -> i64 {
        let fourth = year.rem_euclid(4) == 0;
        let leap = match self {
            Calendar::Days360 => return 30,
            Calendar::NoLeap => false,
            Calendar::AllLeap => true,
            Calendar::Julian | Calendar::Standard => fourth,
            Calendar::ProlepticGregorian => {
                fourth && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
            }
        };
        match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Microseconds from the first day of year 0 to a time as text.
    fn instant(self, text: &str) -> Result<i128> {
        let wrong = || {
            Error::Invalid(format!(
                "{text:?} is no time of its calendar; write 2020-01-01T06:00"
            ))
        };
        let (date, clock, zone) = parts(text).ok_or_else(wrong)?;
        let days = self.days(date).ok_or_else(wrong)?;
        Ok(i128::from(days * DAY - zone) * MICROSECONDS + clock)
    }

    /// A time as text, from microseconds since the first day of year 0.
    fn text(self, instant: i128) -> Option<String> {
        let seconds = i64::try_from(instant.div_euclid(MICROSECONDS)).ok()?;
        let fraction = instant.rem_euclid(MICROSECONDS);
        // Beyond a hundred million years dates are of no use.
        let days = Some(seconds.div_euclid(DAY)).filter(|d| d.abs() < 36_600_000_000)?;
        let [year, month, day] = self.date(days);
        let clock = seconds.rem_euclid(DAY);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        Some(match fraction {
            0 => text,
            some => format!("{text}.{some:06}"),
        })
    }
}

impl Axis {
    /// What attributes say: `hours since 1900-01-01 00:00:00.0`, `gregorian`. Without a
    /// calendar it is the standard one.
    pub fn new(units: &str, calendar: &str) -> Result<Self> {
        let wrong = || {
            Error::Invalid(format!(
                "{units:?} are no units of time; they read: hours since 1900-01-01 00:00:00"
            ))
        };
        let calendar = Calendar::find(calendar)?;
        let (unit, date) = units.split_once(" since ").ok_or_else(wrong)?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "microseconds" | "microsecond" | "microsec" | "microsecs" | "us" => 1,
            "milliseconds" | "millisecond" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => {
                1000
            }
            "seconds" | "second" | "secs" | "sec" | "s" => MICROSECONDS,
            "minutes" | "minute" | "mins" | "min" => 60 * MICROSECONDS,
            "hours" | "hour" | "hrs" | "hr" | "h" => 3600 * MICROSECONDS,
            "days" | "day" | "d" => i128::from(DAY) * MICROSECONDS,
            "weeks" | "week" => 7 * i128::from(DAY) * MICROSECONDS,
            _ => return Err(wrong()),
        };
        let start = calendar.instant(date)?;
        Ok(Axis {
            calendar,
            unit,
            start,
        })
    }

    /// The number of a time such as `2020-01-01T06:00`, in UTC unless it says otherwise.
    pub fn encode(&self, time: &str) -> Result<f64> {
        let since = self.calendar.instant(time)? - self.start;
        // The whole part is exact on its own, and so is the rest over the unit.
        let (whole, rest) = (since.div_euclid(self.unit), since.rem_euclid(self.unit));
        Ok(whole as f64 + rest as f64 / self.unit as f64)
    }

    /// The time of a number as text, to the nearest microsecond; none for what is no number
    /// or beyond all dates.
    pub fn decode(&self, number: f64) -> Option<String> {
        let whole = number.floor();
        if !whole.is_finite() || whole.abs() > 1e18 {
            return None;
        }
        let rest = ((number - whole) * self.unit as f64).round();
        let since = whole as i128 * self.unit + self.settled(number, rest as i128);
        self.calendar.text(self.start + since)
    }

    /// A fraction of a unit, as the whole second that it stands for if doubles of this size
    /// cannot tell it from one.
    fn settled(&self, number: f64, fraction: i128) -> i128 {
        let second = (fraction + MICROSECONDS / 2).div_euclid(MICROSECONDS) * MICROSECONDS;
        let spacing = number.abs() * f64::EPSILON * self.unit as f64;
        if ((fraction - second).abs() as f64) <= spacing {
            second
        } else {
            fraction
        }
    }
}

/// Days from the first day of year 0 to 1970.
#[cfg(feature = "grib")]
const EPOCH: i64 = 719_528;

/// Seconds since 1970 to the beginning of a Gregorian date, if there is such a date.
#[cfg(feature = "grib")]
pub(crate) fn since_1970(date: [i64; 3]) -> Option<i64> {
    Some((Calendar::ProlepticGregorian.days(date)? - EPOCH) * DAY)
}

/// A time in seconds since 1970 as text.
#[cfg(feature = "grib")]
pub(crate) fn text_since_1970(seconds: i64) -> String {
    let instant = i128::from(seconds) + i128::from(EPOCH * DAY);
    let text = Calendar::ProlepticGregorian.text(instant * MICROSECONDS);
    text.unwrap_or_else(|| format!("{seconds} s after 1970"))
}

/// Date, microseconds of the day and seconds east of UTC.
type Parts = ([i64; 3], i128, i64);

fn parts(text: &str) -> Option<Parts> {
    let text = text.trim();
    let text = text.strip_suffix("UTC").unwrap_or(text).trim_end();
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let split = text.trim().split_once(['T', 't', ' ']);
    let (date, rest) = split.unwrap_or((text, "00:00"));
    let (clock, zone) = match rest.trim().rfind(['+', '-', ' ']) {
        Some(place) => (&rest.trim()[..place], rest.trim()[place..].trim_start()),
        None => (rest.trim(), ""),
    };
    Some((calendar_date(date)?, day_time(clock.trim())?, offset(zone)?))
}

fn calendar_date(text: &str) -> Option<[i64; 3]> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut numbers = digits.split('-').map(|n| number(n, 7));
    let [year, month, day] = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers
        .next()
        .is_none()
        .then_some([sign * year, month, day])
}

/// Microseconds of `6`, `06:00`, `06:00:00` or `06:00:00.5`.
fn day_time(text: &str) -> Option<i128> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut numbers = clock.split(':').map(|n| number(n, 2));
    let hour = numbers.next()??;
    let [minute, second] = [numbers.next(), numbers.next()].map(|n| n.unwrap_or(Some(0)));
    let (minute, second) = (minute?, second?);
    let fits = hour < 24 && minute < 60 && second < 60 && numbers.next().is_none();
    let digits = number(fraction.get(..fraction.len().min(6))?, 6)?;
    let fraction = i128::from(digits) * 10i128.pow(6 - fraction.len().min(6) as u32);
    let seconds = hour * 3600 + minute * 60 + second;
    fits.then_some(i128::from(seconds) * MICROSECONDS + fraction)
}

/// Seconds of `+01:00`, `-0530` or nothing.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1) {
        None => return Some(0),
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        Some(_) => (1, text),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(both) => both,
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => (rest, "0"),
    };
    Some(sign * (number(hours, 2)? * 3600 + number(minutes, 2)? * 60))
}

/// A whole number of a few digits.
fn number(text: &str, most: usize) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Units, calendar, time and number, as Python's cftime has it.
    const PUBLISHED: &[(&str, &str, &str, f64)] = &[
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "1900-01-01",
            0.0,
        ),
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "2020-02-29T06:00",
            1_053_318.0,
        ),
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "1582-10-15",
            -2_780_640.0,
        ),
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "1582-10-04T23:00",
            -2_780_641.0,
        ),
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "0001-01-01",
            -16_646_328.0,
        ),
        (
            "hours since 1900-01-01 00:00:00.0",
            "gregorian",
            "1000-03-01T12:00",
            -7_887_660.0,
        ),
        ("days since 1850-01-01", "noleap", "2000-03-01", 54_809.0),
        ("days since 1850-01-01", "noleap", "1850-12-31T12:00", 364.5),
        ("days since 1850-01-01", "noleap", "1700-02-28", -54_692.0),
        (
            "days since 1850-01-01",
            "365_day",
            "2100-07-04T06:00",
            91_434.25,
        ),
        ("days since 1850-1-1", "all_leap", "2001-02-29", 55_325.0),
        ("days since 1850-1-1", "all_leap", "1849-12-31", -1.0),
        ("days since 1850-01-01", "360_day", "2000-02-30", 54_059.0),
        (
            "days since 1850-01-01",
            "360_day",
            "1849-01-01T18:00",
            -359.25,
        ),
        (
            "seconds since 1970-01-01T00:00:00",
            "proleptic_gregorian",
            "2038-01-19T03:14:08",
            2_147_483_648.0,
        ),
        (
            "seconds since 1970-01-01T00:00:00",
            "proleptic_gregorian",
            "1582-10-10",
            -12_219_724_800.0,
        ),
        (
            "seconds since 1970-01-01T00:00:00",
            "proleptic_gregorian",
            "0001-01-01",
            -62_135_596_800.0,
        ),
        (
            "seconds since 1970-01-01T00:00:00",
            "proleptic_gregorian",
            "1900-02-28T23:59:59",
            -2_203_891_201.0,
        ),
        (
            "minutes since 2000-01-01 12:00",
            "julian",
            "1582-10-10",
            -219_445_200.0,
        ),
        (
            "minutes since 2000-01-01 12:00",
            "julian",
            "2020-02-29",
            10_603_440.0,
        ),
        (
            "minutes since 2000-01-01 12:00",
            "julian",
            "1900-02-29T00:01",
            -52_511_759.0,
        ),
        (
            "days since 0001-01-01",
            "standard",
            "2020-01-01T06:00",
            737_426.25,
        ),
        ("days since 0001-01-01", "standard", "1582-10-04", 577_736.0),
        ("days since 0001-01-01", "standard", "1582-10-15", 577_737.0),
        (
            "hours since 1800-01-01 00:00:0.0",
            "standard",
            "1979-05-06T07:00",
            1_572_079.0,
        ),
        (
            "milliseconds since 2000-01-01",
            "standard",
            "2000-01-01T00:00:01",
            1000.0,
        ),
        (
            "days since 2000-01-01 00:00:00 +01:00",
            "standard",
            "2000-01-02",
            1.041_666_666_666_666_7,
        ),
        (
            "hours since 1900-01-01 06:00:00 -0530",
            "proleptic_gregorian",
            "1901-01-01",
            8748.5,
        ),
    ];

    #[test]
    fn numbers_are_those_of_cftime() {
        for (units, calendar, time, number) in PUBLISHED {
            let axis = Axis::new(units, calendar).unwrap();
            assert_eq!(axis.encode(time).unwrap(), *number, "{units}, {time}");
            let again = axis.decode(*number).unwrap();
            assert!(again.starts_with(time), "{units}: {again} is not {time}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for units in [
            "",
            "hours",
            "hours since",
            "K since 2000-01-01",
            "months since 2000-01-01",
        ] {
            assert!(Axis::new(units, "standard").is_err(), "{units}");
        }
        assert!(Axis::new("days since 2000-01-01", "moon").is_err());
        assert!(Axis::new("days since 2000-02-30", "").is_err());
        assert!(Axis::new("days since 2000-02-30", "360_day").is_ok());
        let axis = Axis::new("days since 2000-01-01", "standard").unwrap();
        for time in [
            "1582-10-10",
            "2001-02-29",
            "2000-01-01T24:00",
            "2000-1",
            "é",
            "2000-01-01T06:00+é",
        ] {
            assert!(axis.encode(time).is_err(), "{time}");
        }
        for number in [f64::NAN, f64::INFINITY, 1e300, -1e17] {
            assert_eq!(axis.decode(number), None);
        }
    }

    const CALENDARS: [&str; 6] = [
        "standard",
        "proleptic_gregorian",
        "julian",
        "noleap",
        "all_leap",
        "360_day",
    ];
    const UNITS: [&str; 5] = ["seconds", "minutes", "hours", "days", "weeks"];

    proptest! {
        #[test]
        fn whole_seconds_come_back(
            calendar in 0..CALENDARS.len(),
            unit in 0..UNITS.len(),
            seconds in -100_000_000_000i64..100_000_000_000,
        ) {
            let since = format!("{} since 1900-01-01", UNITS[unit]);
            let axis = Axis::new(&since, CALENDARS[calendar]).unwrap();
            let exact = Axis::new("seconds since 1900-01-01", CALENDARS[calendar]).unwrap();
            let text = exact.decode(seconds as f64).unwrap();
            prop_assert_eq!(exact.encode(&text).unwrap(), seconds as f64);
            let number = axis.encode(&text).unwrap();
            prop_assert_eq!(axis.decode(number).unwrap(), text);
        }

        #[test]
        fn days_follow_each_other(calendar in 0..CALENDARS.len(), day in -3_000_000i64..3_000_000) {
            let calendar = Calendar::find(CALENDARS[calendar]).unwrap();
            let (first, second) = (calendar.date(day), calendar.date(day + 1));
            prop_assert_eq!(calendar.days(first), Some(day));
            prop_assert!(first < second);
        }
    }
}
