//! A display that shows a photo or video which does not react; only the mirror image in its glass does.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::display::{Content, Screening};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    Screening::subject(scenario, seed, stage, Content::quiet(heads, scenario, seed), None)
}
