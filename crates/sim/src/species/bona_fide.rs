//! A person: skin scatters the screen's light by its shape and distance, with soft highlights; corneas mirror it; the
//! room behind gets next to none.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::head::{Head, HeadOptions};

pub(crate) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    Box::new(Head::new(heads, scenario, seed, stage, HeadOptions::default()))
}
