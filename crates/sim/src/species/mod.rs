//! What each species shows, and how light meets it: one file each, on a few shared ones.

mod bona_fide;
mod head;

use crate::heads::Heads;
use crate::scenario::{Scenario, Species};
use crate::scene::Scene;
use crate::source::Source;

/// What makes the frames of a scenario.
pub(crate) fn source(heads: &Heads, scenario: &Scenario, seed: u64) -> Source {
    match scenario.species {
        _ => Source::Scene(Box::new(Scene::new(heads, scenario, seed, bona_fide::subject))),
    }
}
