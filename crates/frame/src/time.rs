//! Capture time: a point on the capture's own clock, never the wall clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A point on the capture's own monotonic clock, in microseconds since its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    micros: u64,
}

impl Timestamp {
    /// From microseconds since the capture began.
    pub const fn from_micros(micros: u64) -> Self {
        Self { micros }
    }

    /// From milliseconds since the capture began.
    pub const fn from_millis(millis: u64) -> Self {
        Self { micros: millis.saturating_mul(1000) }
    }

    /// From seconds since the capture began; negative and non-finite values count as the beginning.
    pub fn from_secs(secs: f64) -> Self {
        let duration = Duration::try_from_secs_f64(secs).unwrap_or_default();
        Self { micros: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX) }
    }

    /// Microseconds since the capture began.
    pub const fn as_micros(self) -> u64 {
        self.micros
    }

    /// Milliseconds since the capture began.
    pub fn as_millis(self) -> f64 {
        self.micros as f64 / 1e3
    }

    /// Seconds since the capture began.
    pub fn as_secs(self) -> f64 {
        self.micros as f64 / 1e6
    }

    /// The moment that is this much earlier; zero if there is none.
    #[must_use]
    pub fn saturating_sub(self, earlier_by: Duration) -> Self {
        let micros = u64::try_from(earlier_by.as_micros()).unwrap_or(u64::MAX);
        Self::from_micros(self.as_micros().saturating_sub(micros))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// The time `later`; the end of the clock if that is beyond it.
    fn add(self, later: Duration) -> Self {
        let micros = u64::try_from(later.as_micros()).unwrap_or(u64::MAX);
        Self { micros: self.micros.saturating_add(micros) }
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    /// The time since `earlier`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_trip_and_nonsense_is_the_beginning() {
        assert_eq!(Timestamp::from_secs(1.5), Timestamp::from_millis(1500));
        assert_eq!(Timestamp::from_secs(-1.0), Timestamp::default());
        assert_eq!(Timestamp::from_secs(f64::NAN), Timestamp::default());
    }

    #[test]
    fn a_sum_stops_at_the_end_of_the_clock() {
        let at = Timestamp::from_millis(10) + Duration::from_millis(25);
        assert_eq!(at, Timestamp::from_millis(35));
        assert_eq!(at + Duration::MAX, Timestamp::from_micros(u64::MAX));
    }

    #[test]
    fn difference_never_goes_negative() {
        let (early, late) = (Timestamp::from_millis(10), Timestamp::from_millis(35));
        assert_eq!(late - early, Duration::from_millis(25));
        assert_eq!(early - late, Duration::ZERO);
    }
}
