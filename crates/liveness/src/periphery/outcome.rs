//! What the static image model says by itself: are the surroundings fixed to the face?

use serde::{Deserialize, Serialize};

use super::{FACE_PLANE, RING_CARRIED};
use crate::Cue;

/// What surrounds the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PeripheryOutcome {
    /// The face is a plane that carries its surroundings along: a print, or a display that shows one.
    Fixed,
    /// The face and what is around it move as a solid head before a room. So they do in a replayed video.
    Free,
    /// Neither; without motion always this.
    Unknown,
}

/// Bounds of the outcome, on the sum of [`FACE_PLANE`] and [`RING_CARRIED`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PeripheryThresholds {
    /// Fixed up to this sum. Tuned on simulated holds of 1.5 s of seeds A: 80 of 80 flat prints had less, 61 of 80 bent
    /// ones, and 0 of 120 live heads.
    pub fixed_at_most: f64,
    /// Free from this sum. Tuned likewise: 110 of 120 live heads had more, 8 of 160 prints did.
    pub free_at_least: f64,
}

impl Default for PeripheryThresholds {
    fn default() -> Self {
        Self { fixed_at_most: -4.3, free_at_least: -3.5 }
    }
}

impl PeripheryOutcome {
    /// What the cues of an observer amount to.
    pub fn of(cues: &[Cue], bounds: &PeripheryThresholds) -> Self {
        let value = |name: &str| cues.iter().find(|cue| cue.name == name).and_then(Cue::finite);
        let (Some(plane), Some(carried)) = (value(FACE_PLANE), value(RING_CARRIED)) else {
            return Self::Unknown;
        };
        match plane + carried {
            sum if sum <= bounds.fixed_at_most => Self::Fixed,
            sum if sum >= bounds.free_at_least => Self::Free,
            _ => Self::Unknown,
        }
    }
}
