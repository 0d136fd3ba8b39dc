//! A photo cut out along the person, flat or bent, before the real room: the background behaves as behind a person, the
//! face as paper.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::paper::{Sheet, SheetOptions};

pub(super) fn flat(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    Sheet::subject(heads, scenario, seed, stage, SheetOptions { is_cut_out: true, bend_metres: None })
}

pub(super) fn bent(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let options = SheetOptions { is_cut_out: true, bend_metres: Some((0.07, 0.15)) };
    Sheet::subject(heads, scenario, seed, stage, options)
}
