//! A display driven by a camera that watches the flashes: it tints its picture with their colour, later by the time that
//! camera, computer and display take.

use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::display::{Content, Screening, Tint};

/// Tints the whole picture.
pub(super) fn whole_screen(
    heads: &Heads,
    scenario: &Scenario,
    seed: u64,
    stage: &mut Stage,
) -> Box<dyn Subject> {
    subject(heads, scenario, seed, stage, false)
}

/// Tints the person and leaves the shown background.
pub(super) fn person_only(
    heads: &Heads,
    scenario: &Scenario,
    seed: u64,
    stage: &mut Stage,
) -> Box<dyn Subject> {
    subject(heads, scenario, seed, stage, true)
}

fn subject(
    heads: &Heads,
    scenario: &Scenario,
    seed: u64,
    stage: &mut Stage,
    is_person_only: bool,
) -> Box<dyn Subject> {
    let mut rng = Rng::of(seed, "adaptive replay");
    let tint = Tint {
        strength: rng.between(0.1, 0.4),
        lag_secs: f64::from(rng.between(0.060, 0.250)),
        is_person_only,
    };
    Screening::subject(scenario, seed, stage, Content::quiet(heads, scenario, seed), Some(tint))
}
