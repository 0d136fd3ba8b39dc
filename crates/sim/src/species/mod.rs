//! What each species shows, and how light meets it: one file each, on a few shared ones.

mod adaptive_replay;
mod bent_print;
mod bona_fide;
mod cut_out;
mod deepfake;
mod flat_print;
mod injected_session;
mod injected_static;
mod injected_tint;
mod mask_3d;
mod paper_mask;
mod relit_injection;
mod replay_session;
mod replay_static;

mod content;
mod display;
mod glass;
mod head;
mod paper;

use crate::heads::Heads;
use crate::scenario::{Scenario, Species};
use crate::scene::{Scene, Stage, Subject};
use crate::source::Source;

#[cfg(test)]
pub(crate) use bona_fide::subject as bona_fide_subject;

/// What makes the frames of a scenario.
pub(crate) fn source(heads: &Heads, scenario: &Scenario, seed: u64) -> Source {
    let scene = |subject: fn(&Heads, &Scenario, u64, &mut Stage) -> Box<dyn Subject>| {
        Source::Scene(Box::new(Scene::new(heads, scenario, seed, subject)))
    };
    match scenario.species {
        Species::BonaFide => scene(bona_fide::subject),
        Species::FlatPrint => scene(flat_print::subject),
        Species::BentPrint => scene(bent_print::subject),
        Species::CutOut => scene(cut_out::flat),
        Species::CutOutBent => scene(cut_out::bent),
        Species::ReplayStatic => scene(replay_static::subject),
        Species::ReplaySession => scene(replay_session::subject),
        Species::AdaptiveReplayScreen => scene(adaptive_replay::whole_screen),
        Species::AdaptiveReplayFace => scene(adaptive_replay::person_only),
        Species::InjectedStatic => Source::Feed(injected_static::feed(heads, scenario, seed)),
        Species::InjectedTint => Source::Feed(injected_tint::feed(heads, scenario, seed)),
        Species::InjectedSession => Source::Feed(injected_session::feed(heads, scenario, seed)),
        Species::Deepfake => scene(deepfake::subject),
        Species::PaperMask => scene(paper_mask::subject),
        Species::Mask3d => scene(mask_3d::subject),
        Species::RelitInjection => scene(relit_injection::subject),
    }
}
