//! Times as text and as numbers of a unit since a date.

const DAY: i64 = 86_400;

/// Days since 1970 of a date of the Gregorian calendar, extended to all years.
pub(crate) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let real = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    real.then(|| days_before(year, month) + day - 1)
}

/// A time in seconds since 1970 as text.
pub(crate) fn gregorian(seconds: i64) -> String {
    let (days, clock) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (mut year, mut month) = (days / 366 + 1969, 1);
    while days_before(year + 1, 1) <= days {
        year += 1;
    }
    while month < 12 && days_before(year, month + 1) <= days {
        month += 1;
    }
    let day = days - days_before(year, month) + 1;
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn days_before(year: i64, month: i64) -> i64 {
    let before = year - 1;
    let leaps = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let to_year = before * 365 + leaps - 719_162;
    (1..month).fold(to_year, |days, m| days + days_in(year, m))
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
