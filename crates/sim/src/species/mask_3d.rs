//! A worn mask with the shape of a face: lit as a face is, a little glossier, and it never blinks. A declared miss: light
//! alone does not tell it from a person.

use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::head::{Head, HeadOptions};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let gloss = Rng::of(seed, "mask").between(0.03, 0.09);
    Box::new(Head::new(
        heads,
        scenario,
        seed,
        stage,
        HeadOptions { gloss: Some(gloss), blinks: false, ..HeadOptions::default() },
    ))
}
