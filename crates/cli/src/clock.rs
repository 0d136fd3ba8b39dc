//! The one place of this program that reads a clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Monotonic time since the first call.
pub(crate) fn now() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the binary hands time to the libraries")]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
