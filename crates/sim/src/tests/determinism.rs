//! The same seed gives the same bytes, another seed gives others.

use std::time::Duration;

use verilume_frame::Timestamp;

use super::heads;
use crate::{Scenario, ScenarioLimits, ScreenColours, ScreenTimeline, Session, Species, random_challenge};

fn frames(species: Species, seed: u64) -> Option<Vec<Vec<u8>>> {
    let mut scenario = Scenario::random(seed, &ScenarioLimits { species, ..ScenarioLimits::default() });
    (scenario.camera.width, scenario.camera.height) = (120, 160);
    let shown = ScreenTimeline::planned(&random_challenge(scenario.profile, seed));
    let mut session = Session::new(heads()?, &scenario, seed);
    let frames = session.frames_until(Duration::from_millis(200), &shown);
    Some(frames.map(|frame| frame.frame.image.pixels().to_vec()).collect())
}

#[test]
fn a_seed_gives_the_same_bytes_for_every_species() {
    for species in Species::ALL {
        let Some(first) = frames(species, 11) else { return };
        assert!(first.len() >= 5, "{species}: {} frames", first.len());
        assert!(Some(&first) == frames(species, 11).as_ref(), "{species} differs from itself");
        assert!(Some(&first) != frames(species, 12).as_ref(), "{species} is the same for two seeds");
    }
}

/// A client that shows a colour only after it saw a frame gets what an offline course of the same colours gives.
#[test]
fn a_closed_loop_equals_the_course_it_led_to() {
    let Some(heads) = heads() else { return };
    let mut scenario = Scenario::random(5, &ScenarioLimits::default());
    (scenario.camera.width, scenario.camera.height) = (120, 160);
    let mut session = Session::new(heads, &scenario, 5);
    let mut shown = ScreenTimeline::new(ScreenColours::uniform([0.1; 3]));
    let mut seen = Vec::new();
    while session.next_frame_at() < Timestamp::from_millis(600) {
        let frame = session.next_frame(&shown);
        if seen.len() == 5 {
            let white = ScreenColours::uniform([1.0; 3]);
            shown.fade_to(frame.frame.captured_at, Duration::from_millis(80), white);
        }
        seen.push(frame.frame.image.pixels().to_vec());
    }
    let mut again = Session::new(heads, &scenario, 5);
    let replayed = again.frames_until(Duration::from_millis(600), &shown);
    assert!(seen == replayed.map(|frame| frame.frame.image.pixels().to_vec()).collect::<Vec<_>>());
}
