//! A real-time face swap: the generated head keeps its own shading, and takes over the mean colour of the attacker's face
//! under the flash, late by the time the network takes. The attacker's room is real.

use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::head::{Head, HeadOptions, Response};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let lag_secs = f64::from(Rng::of(seed, "deepfake").between(0.030, 0.150));
    let options = HeadOptions {
        response: Response::Uniform,
        has_fine_light: false,
        lag_secs,
        ..HeadOptions::default()
    };
    Box::new(Head::new(heads, scenario, seed, stage, options))
}
