//! An injected video relit with a face model in the colours the page shows: right shading by the model's normals, without
//! cast shadows, highlights or images in the corneas, a frame or two late. A declared miss.

use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::head::{Head, HeadOptions};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let lag_secs = f64::from(Rng::of(seed, "relit injection").between(0.0, 0.060));
    let options = HeadOptions { has_fine_light: false, lag_secs, ..HeadOptions::default() };
    Box::new(Head::new(heads, scenario, seed, stage, options))
}
