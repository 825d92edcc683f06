//! Times and durations as headers have them.

use crate::error::{Error, Result};

const HOUR: i64 = 3600;

/// Seconds since 1970 of year, month, day, hour, minute and second.
pub(super) fn seconds(clock: [i64; 6]) -> Result<i64> {
    let [year, month, day, hour, minute, second] = clock;
    let midnight = crate::time::since_1970([year, month, day]).filter(|_| {
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second)
    });
    let midnight = midnight.ok_or_else(|| {
        Error::Damaged(format!(
            "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} is not a time"
        ))
    })?;
    Ok(midnight + hour * HOUR + minute * 60 + second)
}

/// Seconds in a unit of time ranges of an edition.
pub(super) fn unit(edition: u8, code: u8) -> Result<i64> {
    Ok(match (edition, code) {
        (_, 0) => 60,
        (_, 1) => HOUR,
        (_, 2) => 24 * HOUR,
        (_, 10) => 3 * HOUR,
        (_, 11) => 6 * HOUR,
        (_, 12) => 12 * HOUR,
        (1, 13) => 15 * 60,
        (1, 14) => 30 * 60,
        (1, 254) | (2, 13) => 1,
        (_, other) => {
            return Err(Error::Unsupported(format!(
                "its steps have the unit number {other}; those of a fixed number of seconds are supported"
            )));
        }
    })
}

/// A time in seconds since 1970, for people.
pub(super) fn text(seconds: i64) -> String {
    crate::time::text_since_1970(seconds)
}
