//! What the static image model says by itself: are the surroundings fixed to the face?

use serde::{Deserialize, Serialize};

use super::{FACE_RELIEF, MASK_CUT, OUTLINE_PARALLAX, RING_CARRIED};
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

/// Bounds of the outcome. It rests on a sum: [`FACE_RELIEF`], a share of [`RING_CARRIED`], and what an
/// [`OUTLINE_PARALLAX`] or a [`MASK_CUT`] below its bound takes away. Tuned on simulated holds of 1.5 s of seeds A.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PeripheryThresholds {
    /// What [`RING_CARRIED`] counts beside [`FACE_RELIEF`]. Between a quarter and a half little changes.
    pub carried_share: f64,
    /// From here down an [`OUTLINE_PARALLAX`] takes away what is missing, and at most 1. 1 of 400 people had less, and 210 of
    /// 400 bent prints; of real clips it could be measured in 7, of which 1 had less, and of prints made of them in 28, of which 21.
    pub parallax_from: f64,
    /// From here down a [`MASK_CUT`] takes away what is missing, times [`Self::cut_share`]. 11 of 400 people had less, and
    /// 55 of 400 bent prints; of 116 real clips none.
    pub cut_from: f64,
    /// What a [`MASK_CUT`] counts below its bound.
    pub cut_share: f64,
    /// Fixed up to this sum: 386 of 400 bent prints, 66 of 66 flat ones, 2 of 400 people with the device in the hand and
    /// none of 66 at a desk.
    pub fixed_at_most: f64,
    /// Free from this sum: 381 of those 400 people, all of the 66, and 4 of the 466 prints.
    pub free_at_least: f64,
}

impl Default for PeripheryThresholds {
    fn default() -> Self {
        Self {
            carried_share: 0.3,
            parallax_from: -2.2,
            cut_from: -1.3,
            cut_share: 2.0,
            fixed_at_most: -4.3,
            free_at_least: -3.8,
        }
    }
}

/// The most that a missing parallax takes away: a step that cannot be told from none says no more.
const MOST_OF_PARALLAX: f64 = 1.0;

impl PeripheryOutcome {
    /// What the cues of an observer amount to.
    pub fn of(cues: &[Cue], bounds: &PeripheryThresholds) -> Self {
        match sum(cues, bounds) {
            Some(sum) if sum <= bounds.fixed_at_most => Self::Fixed,
            Some(sum) if sum >= bounds.free_at_least => Self::Free,
            _ => Self::Unknown,
        }
    }
}

fn sum(cues: &[Cue], bounds: &PeripheryThresholds) -> Option<f64> {
    let value = |name: &str| cues.iter().find(|cue| cue.name == name).and_then(Cue::finite);
    let below = |name: &str, bound: f64| value(name).map_or(0.0, |value| (value - bound).min(0.0));
    let carried = bounds.carried_share * value(RING_CARRIED)?;
    let parallax = below(OUTLINE_PARALLAX, bounds.parallax_from).max(-MOST_OF_PARALLAX);
    let cut = bounds.cut_share * below(MASK_CUT, bounds.cut_from);
    Some(value(FACE_RELIEF)? + carried + parallax + cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(values: &[(&'static str, f64)]) -> PeripheryOutcome {
        let cues: Vec<Cue> = values
            .iter()
            .map(|(name, value)| Cue { value: Ok(*value), ..Cue::of(name, "", "", "") })
            .collect();
        PeripheryOutcome::of(&cues, &PeripheryThresholds::default())
    }

    #[test]
    fn the_outline_only_ever_speaks_for_fixed() {
        let moved = [(FACE_RELIEF, -3.5), (RING_CARRIED, -1.5)];
        let with = |more: &[(&'static str, f64)]| outcome(&[&moved, more].concat());
        assert_eq!(with(&[]), PeripheryOutcome::Unknown);
        assert_eq!(with(&[(OUTLINE_PARALLAX, 0.5), (MASK_CUT, -0.2)]), PeripheryOutcome::Unknown);
        assert_eq!(with(&[(OUTLINE_PARALLAX, -3.0)]), PeripheryOutcome::Fixed);
        assert_eq!(with(&[(MASK_CUT, -1.9)]), PeripheryOutcome::Fixed);
    }

    #[test]
    fn without_motion_the_outline_alone_says_nothing() {
        assert_eq!(outcome(&[(MASK_CUT, -3.0), (OUTLINE_PARALLAX, -4.0)]), PeripheryOutcome::Unknown);
        assert_eq!(outcome(&[(FACE_RELIEF, -9.0), (MASK_CUT, -3.0)]), PeripheryOutcome::Unknown);
    }
}
