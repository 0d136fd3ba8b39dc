//! What the static image model says by itself: are the surroundings fixed to the face?

use serde::{Deserialize, Serialize};

use super::{FACE_RELIEF, RING_CARRIED};
use crate::Cue;

/// What surrounds the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PeripheryOutcome {
    /// The face is a sheet, flat or bent, that carries its surroundings along: a print, or a display that shows one.
    Fixed,
    /// The face and what is around it move as a solid head before a room. So they do in a replayed video.
    Free,
    /// Neither; without motion always this.
    Unknown,
}

/// Bounds of the outcome, on [`FACE_RELIEF`] and a share of [`RING_CARRIED`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PeripheryThresholds {
    /// What [`RING_CARRIED`] counts beside [`FACE_RELIEF`]. Tuned on simulated holds of 1.5 s of seeds A; between a quarter
    /// and a half little changes.
    pub carried_share: f64,
    /// Fixed up to this sum. Tuned likewise: 397 of 400 flat prints had less, 379 of 400 bent ones, 3 of 400 people with
    /// the device in the hand and none of 397 at a desk.
    pub fixed_at_most: f64,
    /// Free from this sum. Tuned likewise: 382 of 400 people with the device in the hand had more, all of 397 at a desk, 11
    /// of 800 prints.
    pub free_at_least: f64,
}

impl Default for PeripheryThresholds {
    fn default() -> Self {
        Self { carried_share: 0.3, fixed_at_most: -4.2, free_at_least: -3.8 }
    }
}

impl PeripheryOutcome {
    /// What the cues of an observer amount to.
    pub fn of(cues: &[Cue], bounds: &PeripheryThresholds) -> Self {
        let value = |name: &str| cues.iter().find(|cue| cue.name == name).and_then(Cue::finite);
        let (Some(relief), Some(carried)) = (value(FACE_RELIEF), value(RING_CARRIED)) else {
            return Self::Unknown;
        };
        match relief + bounds.carried_share * carried {
            sum if sum <= bounds.fixed_at_most => Self::Fixed,
            sum if sum >= bounds.free_at_least => Self::Free,
            _ => Self::Unknown,
        }
    }
}
