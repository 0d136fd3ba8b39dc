//! Test 5: does the answer come when a reflection does?
//!
//! Light needs no time; camera and delivery take 20 to 250 ms. A display that watches the flash with its own camera
//! and tints its picture adds another camera, rendering and display on top.

use super::thresholds::FlashThresholds;
use crate::{Signal, Threshold, Verdict};

/// The evidence: seconds to the nearer end of the window, negative outside it.
pub(super) fn lag_signal(lag_secs: f64, bounds: &FlashThresholds) -> Signal {
    let inside = (lag_secs - bounds.lag_min_secs).min(bounds.lag_max_secs - lag_secs);
    let threshold =
        Threshold { supports_at_least: Some(0.0), denies_at_most: Some(-bounds.lag_denies_outside_secs) };
    let lag_ms = lag_secs * 1e3;
    Signal::measured("flash_lag", inside, "s", threshold, |verdict| match verdict {
        Verdict::Supports => {
            format!("the answer comes {lag_ms:.0} ms after the screen, as a reflection does")
        }
        _ if lag_secs < bounds.lag_min_secs => {
            format!("the answer comes {lag_ms:.0} ms after the screen: too early")
        }
        _ => format!("the answer comes {lag_ms:.0} ms after the screen: late for a reflection"),
    })
}
