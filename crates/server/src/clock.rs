//! The one place of this crate that reads clocks and random bytes.

use std::time::{Duration, Instant, SystemTime};

use verilume_store::UnixMillis;

use crate::engine::Micros;

/// Reads the service's clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the service goes by its own clock")]
        let started = Instant::now();
        Self { started }
    }

    /// Monotonic time since the service started.
    pub(crate) fn micros(self) -> Micros {
        Micros::default().plus(self.started.elapsed())
    }

    /// The same as the timers of the runtime know it.
    pub(crate) fn instant_at(self, micros: Micros) -> Instant {
        self.started + Duration::from_micros(micros.0)
    }

    /// The time of day.
    pub(crate) fn unix(self) -> UnixMillis {
        #[expect(clippy::disallowed_methods, reason = "the service goes by its own clock")]
        let now = SystemTime::now();
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixMillis::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Seconds of Unix time, as tokens have them.
pub(crate) fn unix_secs(time: UnixMillis) -> u64 {
    u64::try_from(time.as_millis() / 1000).unwrap_or_default()
}

/// Fills bytes from the operating system's generator.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    // Without randomness there is no challenge, no key and no id: nothing can go on.
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
