//! The one place of this program that reads a clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use verilume_store::UnixMillis;

/// Monotonic time since the first call.
pub(crate) fn now() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the binary hands time to the libraries")]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// The time of day.
pub(crate) fn unix() -> UnixMillis {
    #[expect(clippy::disallowed_methods, reason = "the binary hands time to the libraries")]
    let now = SystemTime::now();
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// Today in UTC, ISO 8601.
pub(crate) fn today() -> String {
    day_and_time(unix()).0
}

/// A time in UTC, to the second.
pub(crate) fn rfc3339(time: UnixMillis) -> String {
    let (day, time) = day_and_time(time);
    format!("{day}T{time}Z")
}

fn day_and_time(time: UnixMillis) -> (String, String) {
    let secs = u64::try_from(time.as_millis() / 1000).unwrap_or_default();
    let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
    (date(secs / 86_400), format!("{hour:02}:{minute:02}:{second:02}"))
}

/// The day so many days after 1970-01-01.
fn date(mut day: u64) -> String {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(UnixMillis::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let checked = [0, 58, 59, 11_016, 11_017, 19_782, 19_783, 20_453].map(date);
        let expected = [
            "1970-01-01",
            "1970-02-28",
            "1970-03-01",
            "2000-02-29",
            "2000-03-01",
            "2024-02-29",
            "2024-03-01",
            "2025-12-31",
        ];
        assert_eq!(checked, expected);
    }
}
