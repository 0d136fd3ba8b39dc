//! A photo with its own background on flat paper: one plane that the screen lights almost evenly, background and all.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::paper::{Sheet, SheetOptions};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let options = SheetOptions { is_cut_out: false, bend_metres: None };
    Sheet::subject(heads, scenario, seed, stage, options)
}
