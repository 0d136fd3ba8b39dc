//! Wall-clock time, as the caller's clock has it.

use std::time::Duration;

/// A point in time: milliseconds since 1970-01-01 UTC. The store has no clock; every call is told the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(i64);

impl UnixMillis {
    /// From milliseconds since 1970-01-01 UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time and `later` more; the end of time if that is out of range.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(later.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This time and `earlier` less; the beginning of time if that is out of range.
    #[must_use]
    pub fn minus(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(earlier.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_adds_up_and_ends_at_its_end() {
        assert_eq!(UnixMillis::from_millis(5).plus(Duration::from_secs(2)).as_millis(), 2005);
        assert_eq!(UnixMillis::from_millis(5).plus(Duration::MAX).as_millis(), i64::MAX);
    }
}
