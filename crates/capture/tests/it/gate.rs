//! Nothing that comes from a frame leaves before one face has looked at the camera, still, for half a second.

use verilume_capture::{CaptureConfig, CaptureState, HintCode, SeenFace, Towards, Urgency};
use verilume_frame::Point2;
use verilume_protocol::stream::{ClientMessage, GuidanceBounds};
use verilume_vision::{GazeBasis, MouthCover};

use crate::world::World;

fn aligned() -> World {
    let mut world = World::new(CaptureConfig::default());
    world.start();
    world.run_to(CaptureState::Align);
    world
}

/// Everything that has been sent is the hello: the bytes hold nothing else.
#[track_caller]
fn assert_nothing_left(world: &World) {
    let sent = &world.service.received;
    assert!(matches!(sent[..], [(ClientMessage::Hello(_), _)]), "{} messages", sent.len());
    assert!(world.service.bytes() < 200, "{} bytes", world.service.bytes());
}

#[track_caller]
fn check(change: impl FnOnce(&mut SeenFace), expected: HintCode) -> World {
    let mut world = aligned();
    change(&mut world.faces[0]);
    world.run_ms(5000);
    assert_nothing_left(&world);
    let codes: Vec<HintCode> = world.seen.hints.iter().map(|hint| hint.code).collect();
    assert_eq!(codes.last(), Some(&expected), "{codes:?}");
    world
}

#[test]
fn a_person_who_never_looks_sends_nothing() {
    check(|face| face.gaze.yaw_rad = 0.5, HintCode::LookAtCamera);
    check(|face| face.pose.yaw_rad = 0.5, HintCode::LookAtCamera);
    check(|face| face.gaze.basis = GazeBasis::PoseEyesClosed, HintCode::EyesClosed);
}

#[test]
fn nobody_and_two_people_send_nothing() {
    let mut world = aligned();
    world.faces.clear();
    world.run_ms(5000);
    assert_nothing_left(&world);
    let mut other = crate::world::good_face((240, 320));
    world.faces = vec![other, other];
    world.run_ms(5000);
    other.id = 2;
    world.faces = vec![other, other];
    world.run_ms(5000);
    assert_nothing_left(&world);
    assert_eq!(world.seen.hints.last().map(|hint| hint.code), Some(HintCode::SeveralFaces));
}

#[test]
fn a_face_that_is_too_far_or_too_close_sends_nothing() {
    let scaled = |factor: f32| {
        move |face: &mut SeenFace| {
            face.face_in_image = face.face_in_image.scaled(factor);
            face.detector_box_in_image = face.detector_box_in_image.scaled(factor);
        }
    };
    check(scaled(0.4), HintCode::TooFar);
    check(scaled(3.5), HintCode::TooClose);
}

#[test]
fn light_cover_and_place_hold_the_gate_back_but_not_for_ever() {
    let moved = |face: &mut SeenFace| {
        let centre = Point2::new(face.face_in_image.centre().x + 60.0, face.face_in_image.centre().y);
        let size = (face.face_in_image.width, face.face_in_image.height);
        face.face_in_image = verilume_frame::Rect::around(centre, size.0, size.1);
    };
    let world = check(moved, HintCode::OffCentre);
    let hint = world.seen.hints.iter().find(|hint| hint.code == HintCode::OffCentre).unwrap();
    // The right side of the frame is the person's left.
    assert_eq!((hint.towards, hint.urgency), (Some(Towards::Right), Urgency::Brief));
    check(|face| face.mouth = MouthCover::Covered, HintCode::Covered);
    check(|face| face.quality.luma_mean = 20.0, HintCode::TooDark);
    check(|face| face.quality.luma_mean = 240.0, HintCode::TooBright);
    let mut world = check(|face| face.quality.backlight = Some(5.0), HintCode::Backlit);
    world.run_to(CaptureState::Done);
    assert_eq!(world.service.digests.len(), 1);
}

#[test]
fn a_face_that_moves_sends_nothing() {
    let mut world = aligned();
    for step in 0..100 {
        let shift = if step % 2 == 0 { 12.0 } else { -12.0 };
        world.faces[0].face_in_image.x += shift;
        world.run_ms(50);
    }
    assert_nothing_left(&world);
    assert_eq!(world.seen.hints.last().map(|hint| hint.code), Some(HintCode::Moving));
}

#[test]
fn looking_counts_only_in_one_piece() {
    let mut world = aligned();
    for _ in 0..10 {
        world.faces[0].gaze.yaw_rad = 0.0;
        world.run_ms(400);
        world.faces[0].gaze.yaw_rad = 0.6;
        world.run_ms(300);
    }
    assert_nothing_left(&world);
    // A camera that stops in between shows nothing of what happened there.
    let mut world = aligned();
    for _ in 0..10 {
        world.is_camera_working = true;
        world.run_ms(400);
        world.is_camera_working = false;
        world.run_ms(400);
    }
    assert_nothing_left(&world);
}

#[test]
fn no_plan_and_no_configuration_makes_the_gate_shorter() {
    let mut config = CaptureConfig::default();
    config.gate.held_for = std::time::Duration::ZERO;
    let mut world = World::new(config);
    world.service.guidance =
        GuidanceBounds { hold_ms: Some(0), max_face_share: Some(9.0), ..Default::default() };
    world.start();
    world.run_to(CaptureState::Align);
    world.run_ms(450);
    assert_nothing_left(&world);
    world.run_to(CaptureState::Done);
    let received = &world.service.received;
    let start = received.iter().find_map(|(message, _)| match message {
        ClientMessage::AttemptStart(start) => Some(*start),
        _ => None,
    });
    let start = start.expect("the gate opened");
    assert!(start.looked_for_us >= 500_000);
    assert!(world.service.frames().iter().all(|frame| frame.captured_at > start.gate_opened_at));
}
