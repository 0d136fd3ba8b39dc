//! The same on paper bent about the vertical axis: the light falls off to the sides, but not around eyes and nose.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::paper::{Sheet, SheetOptions};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let options = SheetOptions { is_cut_out: false, bend_metres: Some((0.08, 0.25)) };
    Sheet::subject(heads, scenario, seed, stage, options)
}
