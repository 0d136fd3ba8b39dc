//! Each species answers the screen in its own way: gains of face and background, top against bottom.

use super::heads;
use crate::{CameraParams, Scenario, ScreenColours, ScreenTimeline, Session, SkinTone, Species};

/// How the middle of the frame and its upper corners answer white light: relative change of linear light.
struct Answer {
    face: f32,
    corners: f32,
}

fn answer(species: Species, seed: u64) -> Option<Answer> {
    let heads = heads()?;
    let scenario = Scenario {
        species,
        lux: 80.0,
        skin_tone: SkinTone::ALL[2],
        motion: 0.0,
        wall_metres: 2.0,
        camera: CameraParams { latency_ms: 0.0, ..CameraParams::ideal() },
        ..Scenario::default()
    };
    let level = |light: f32| {
        // Dark first, so that the exposure is settled the same way, then the light asked for, long since.
        let mut session = Session::new(heads, &scenario, seed);
        session.next_frame(&ScreenTimeline::new(ScreenColours::uniform([0.0; 3])));
        let frame = session.next_frame(&ScreenTimeline::new(ScreenColours::uniform([light; 3])));
        frame.frame.image
    };
    let (off, on) = (level(0.0), level(1.0));
    let mean = |image: &verilume_frame::RgbImage, [left, top, right, bottom]: [u32; 4]| {
        let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let mut values: Vec<f32> =
            pixels.map(|(x, y)| verilume_frame::linear_from_srgb(image.view().pixel(x, y)[1])).collect();
        values.sort_by(f32::total_cmp);
        values[values.len() / 2]
    };
    let gain = |region: [u32; 4]| mean(&on, region) / mean(&off, region) - 1.0;
    let corners = [[30, 30, 80, 90], [280, 30, 330, 90]].map(gain);
    Some(Answer { face: gain([130, 200, 230, 320]), corners: (corners[0] + corners[1]) / 2.0 })
}

#[track_caller]
fn check(species: Species, is_right: impl Fn(&Answer) -> bool) {
    let mut right = 0;
    for seed in 40..46 {
        let Some(answer) = answer(species, seed) else {
            return;
        };
        right += usize::from(is_right(&answer));
    }
    assert!(right >= 5, "{species}: {right} of 6");
}

#[test]
fn people_answer_and_their_room_does_not() {
    check(Species::BonaFide, |a| a.face > 0.15 && a.corners < 0.15 * a.face);
    check(Species::Mask3d, |a| a.face > 0.15 && a.corners < 0.15 * a.face);
    check(Species::Deepfake, |a| a.face > 0.15 && a.corners < 0.15 * a.face);
    check(Species::PaperMask, |a| a.face > 0.15 && a.corners < 0.15 * a.face);
}

#[test]
fn a_print_answers_with_its_background() {
    check(Species::FlatPrint, |a| a.face > 0.15 && a.corners > 0.3 * a.face);
    check(Species::CutOut, |a| a.face > 0.15 && a.corners < 0.15 * a.face);
}

#[test]
fn displays_and_injections_do_not_answer() {
    check(Species::ReplayStatic, |a| a.face.abs() < 0.06);
    check(Species::InjectedStatic, |a| a.face.abs() < 0.02 && a.corners.abs() < 0.02);
    check(Species::InjectedSession, |a| a.face.abs() < 0.02);
}

#[test]
fn tints_answer_where_they_are_put() {
    check(Species::AdaptiveReplayScreen, |a| a.face > 0.05 && a.corners > 0.5 * a.face);
    check(Species::AdaptiveReplayFace, |a| a.face > 0.05 && a.corners < 0.5 * a.face);
    check(Species::InjectedTint, |a| a.face > 0.08 && a.corners.abs() < 0.02);
}
