//! Times and durations as contracts and attributes give them.

const DAY: i64 = 86_400;

/// Seconds of `90s`, `30min`, `6h` or `1d`.
pub fn duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a duration; write 90s, 30min, 6h or 1d");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let unit = match &text[digits..] {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => DAY,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..digits].parse().map_err(|_| wrong())?;
    let seconds = count.checked_mul(unit).filter(|s| *s > 0);
    seconds.ok_or_else(wrong)
}

/// Seconds since 1970 in UTC of `2018-06-01`, `2018-06-01T06:00` or
/// `2018-06-01T06:00:00`, with a Z at the end or without.
pub fn time(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a time; write 2018-06-01T06:00 (UTC)");
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let numbers = |text: &str, separator: char| -> Option<Vec<i64>> {
        let number = |n: &str| {
            let digits = !n.is_empty() && n.len() <= 4 && n.bytes().all(|b| b.is_ascii_digit());
            n.parse().ok().filter(|_| digits)
        };
        text.split(separator).map(number).collect()
    };
    let (date, clock) = (numbers(date, '-'), numbers(clock, ':'));
    let (Some(&[year, month, day]), Some(clock)) = (date.as_deref(), clock) else {
        return Err(wrong());
    };
    let &[hour, minute, second] = match clock.as_slice() {
        [h, m] => &[*h, *m, 0],
        [h, m, s] => &[*h, *m, *s],
        _ => return Err(wrong()),
    };
    let fits = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !fits {
        return Err(wrong());
    }
    let days = days_before(year, month) + day - 1;
    Ok(days * DAY + hour * 3600 + minute * 60 + second)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the first of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let before = year - 1;
    let leaps = before / 4 - before / 100 + before / 400;
    let to_year = before * 365 + leaps - 719_162;
    (1..month).fold(to_year, |days, m| days + days_in(year, m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1970() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1970-01-02T00:00:01", 86_401),
            ("2000-03-01T12:00Z", 951_912_000),
            ("2018-06-01 06:00", 1_527_832_800),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("1959-01-01T00:00", -347_155_200),
        ] {
            assert_eq!(time(text), Ok(seconds), "{text}");
        }
        for wrong in [
            "",
            "2018",
            "2018-13-01",
            "2018-02-29",
            "2018-06-01T24:00",
            "2018-06-01T1",
            "a-b-c",
            "2018-06-01T00:00:00:00",
            "20188-06-01",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [("90s", 90), ("30min", 1800), ("6h", 21_600), ("1d", 86_400)] {
            assert_eq!(duration(text), Ok(seconds), "{text}");
        }
        for wrong in [
            "",
            "h",
            "6",
            "0h",
            "-1h",
            "1.5h",
            "6 h",
            "99999999999999999999h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
