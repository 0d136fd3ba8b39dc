//! How the camera itself answered the flashes: by its exposure and white balance.
//!
//! The background of a live check sees hardly any of the screen's light. What moves it is the camera, whose automatics
//! follow the light on the face. Where a program lights the face of a recording, nothing moves the rest.

use verilume_protocol::challenge::ScreenTimeline;

use super::series::{GainMode, LogTraces};
use crate::stats::{centred, mean, power};

/// How far the background's light moved from slot to slot: standard deviation of its logarithm, mean over the channels.
/// `None` with too little background, or without a frame in every slot.
pub(super) fn camera_reaction(log: &LogTraces, timeline: &ScreenTimeline) -> Option<f64> {
    if log.mode != GainMode::Level {
        return None;
    }
    let background = log.median_block()?;
    let level = |channel: &[f64], from: f64, to: f64| {
        let inside = log.secs.iter().zip(channel).filter(|(at, _)| (from..to).contains(*at));
        let values: Vec<f64> = inside.map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| mean(&values))
    };
    let spread = |channel: &Vec<f64>| {
        let slots = timeline.changes_at().windows(2).map(|slot| level(channel, slot[0], slot[1]));
        slots.collect::<Option<Vec<f64>>>().map(|levels| power(&centred(&levels)).sqrt())
    };
    let spreads = background.iter().map(spread).collect::<Option<Vec<f64>>>()?;
    Some(mean(&spreads))
}
