//! Whole captures: to a result, through a retry, a pause, an interruption, and into every kind of end.

use std::time::Duration;

use verilume_capture::{CaptureConfig, CaptureState, HintCode, Input, ScreenStep, Terminal};
use verilume_protocol::challenge::{FlashProfile, ScreenTimeline, flash_safety};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{
    AbortReason, ClientMessage, DecodeLimits, Outcome, PauseReason, Phase, ProblemMessage, ServerMessage,
};

use crate::world::World;

fn started() -> World {
    let mut world = World::new(CaptureConfig::default());
    world.start();
    world
}

#[track_caller]
fn failed_with(world: &World) -> ErrorCode {
    match &world.seen.terminals[..] {
        [Terminal::Failed(failure)] => failure.code,
        other => panic!("not one failure: {other:?}"),
    }
}

fn aborts(world: &World) -> Vec<(u32, AbortReason, bool)> {
    let aborts = world.service.received.iter().filter_map(|(message, _)| match message {
        ClientMessage::Abort(abort) => Some((abort.attempt, abort.reason, abort.ends_session)),
        _ => None,
    });
    aborts.collect()
}

#[test]
fn a_person_who_looks_is_captured_and_both_sides_have_one_digest() {
    use CaptureState::{Align, Checking, Connecting, Done, Flash, Hold, Tail};
    let mut world = started();
    world.run_to(Done);
    assert_eq!(world.seen.states, [Connecting, Align, Hold, Flash, Tail, Checking, Done]);
    let digest = world.service.digests[0].clone();
    assert_eq!(world.seen.terminals, [Terminal::Finished { result_id: "res-1".into(), digest }]);
    let duration = world.now() - verilume_frame::Timestamp::from_millis(1000);
    assert!(duration < Duration::from_secs(7), "{duration:?}");
    assert!(world.seen.hints.iter().all(|hint| hint.code == HintCode::HoldStill), "{:?}", world.seen.hints);
}

#[test]
fn slots_are_told_as_they_were_really_shown() {
    let mut world = started();
    world.run_to(CaptureState::Done);
    let shown: Vec<_> = world.seen.shown.iter().map(|(_, at)| *at).collect();
    assert_eq!(shown.len(), 14, "the grey, twelve slots, the grey");
    let mut slot = 0;
    for (message, _) in &world.service.received {
        let ClientMessage::SlotEnd(end) = message else { continue };
        assert_eq!((end.slot as usize, end.shown_at, end.ended_at), (slot, shown[slot + 1], shown[slot + 2]));
        slot += 1;
    }
    assert_eq!(slot, 12);
    for frame in world.service.frames() {
        let begun = shown.iter().filter(|at| **at <= frame.captured_at).count();
        let expected = match begun {
            1 => Phase::Hold,
            14 => Phase::Tail,
            step => Phase::Slot(u32::try_from(step).unwrap() - 2),
        };
        assert_eq!(frame.phase, expected, "frame {} at {:?}", frame.sequence, frame.captured_at);
    }
}

#[test]
fn every_slot_has_the_frames_that_the_flash_model_needs() {
    let mut world = started();
    world.run_to(CaptureState::Done);
    let frames = world.service.frames();
    let count = |phase: Phase| frames.iter().filter(|frame| frame.phase == phase).count();
    assert!(count(Phase::Hold) >= 8, "{} frames before the flashes", count(Phase::Hold));
    for slot in 0..12 {
        assert!(count(Phase::Slot(slot)) >= 3, "{} frames in slot {slot}", count(Phase::Slot(slot)));
    }
}

#[test]
fn what_is_shown_flashes_no_more_than_is_safe_even_over_a_slow_network() {
    for network_us in [0, 150_000, 400_000] {
        let mut world = started();
        world.network_us = network_us;
        world.run_to(CaptureState::Done);
        assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]), "{network_us} us");
        assert_eq!(aborts(&world), [], "{network_us} us");
        let at: Vec<f64> = world.seen.shown.iter().map(|(_, at)| at.as_secs()).collect();
        let slots: Vec<_> = world
            .seen
            .steps
            .iter()
            .skip(1)
            .take(12)
            .map(|step| {
                let bits = |rgb: [f64; 3]| rgb.map(|light| u8::from(light > 0.5));
                let (top, bottom) = (bits(step.to.top), bits(step.to.bottom));
                let all = [top, bottom].concat();
                let code = all.iter().enumerate().map(|(bit, lit)| lit << bit).sum();
                verilume_protocol::challenge::SlotCode::from_bits(code)
            })
            .collect();
        let timeline = ScreenTimeline::new(FlashProfile::standard(), &slots, &at[1..13], at[13]).unwrap();
        assert!(flash_safety(&timeline).max_flashes_per_second() <= 2, "{network_us} us");
        assert!(at.windows(2).skip(1).all(|pair| pair[1] - pair[0] >= 0.329), "{at:?}");
    }
}

#[test]
fn a_second_try_is_another_attempt_in_the_same_session() {
    let mut world = started();
    world.service.judge =
        |attempt| if attempt == 1 { (Outcome::TryAgain, 2) } else { (Outcome::Finished, 0) };
    world.run_to(CaptureState::Retry);
    assert_eq!(world.seen.tries[0].hint, Some(ErrorCode::EnvironmentNotSupported));
    assert_eq!(world.seen.tries[0].attempts_left, 2);
    world.run_ms(1000);
    world.input(Input::Retry);
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]));
    assert_eq!(world.service.digests.len(), 2);
    assert_ne!(world.service.digests[0], world.service.digests[1]);
}

#[test]
fn a_second_try_may_be_without_flashes() {
    let mut world = started();
    world.service.judge =
        |attempt| if attempt == 1 { (Outcome::TryAgain, 2) } else { (Outcome::Finished, 0) };
    world.run_to(CaptureState::Retry);
    let steps_before = world.seen.steps.len();
    world.input(Input::RetryAs("none"));
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]), "{:?}", world.seen.terminals);
    let colours = |step: &ScreenStep| step.to.srgb();
    assert!(world.seen.steps[..steps_before].iter().any(|step| colours(step) != [[189; 3]; 2]));
    assert!(world.seen.steps[steps_before..].iter().all(|step| colours(step) == [[188; 3]; 2]));
}

#[test]
fn who_asked_for_no_flashes_is_shown_none_whatever_the_service_plans() {
    let mut world = World::new(CaptureConfig::default());
    world.start_under("none");
    world.run_to(CaptureState::Done);
    assert!(world.seen.steps.is_empty());
    let failed = |terminal: &Terminal| matches!(terminal, Terminal::Failed(failure) if failure.code == ErrorCode::FlashesRequired);
    assert!(
        matches!(&world.seen.terminals[..], [terminal] if failed(terminal)),
        "{:?}",
        world.seen.terminals
    );
}

#[test]
fn a_pause_gives_the_attempt_up_and_spends_nothing() {
    let mut world = started();
    world.run_to(CaptureState::Flash);
    world.run_ms(500);
    world.input(Input::Pause(PauseReason::Hidden));
    assert_eq!(world.client.state(), Some(CaptureState::Paused));
    assert_eq!(world.client.screen_at(world.now()), None);
    let frames = world.service.frames().len();
    world.run_ms(5000);
    assert!(world.service.frames().len() <= frames + 2, "only what was on its way");
    world.input(Input::Resume);
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]));
    assert_eq!(aborts(&world), []);
}

#[test]
fn a_face_that_leaves_interrupts_and_can_come_back_a_few_times() {
    let mut world = started();
    for interruption in 1..=6 {
        world.run_to(CaptureState::Flash);
        let faces = std::mem::take(&mut world.faces);
        world.run_ms(800);
        world.faces = faces;
        world.run_ms(200);
        assert_eq!(aborts(&world).len(), interruption);
    }
    assert_eq!(aborts(&world)[0], (1, AbortReason::FaceLost, false));
    assert_eq!(aborts(&world)[5], (6, AbortReason::FaceLost, true));
    assert_eq!(failed_with(&world), ErrorCode::FaceTrackingFailed);
}

#[test]
fn a_second_person_is_never_sent() {
    let mut world = started();
    world.run_to(CaptureState::Flash);
    let mut other = world.faces[0];
    other.id = 2;
    world.faces.push(other);
    let sent = world.service.frames().len();
    world.run_ms(450);
    assert!(world.service.frames().len() <= sent + 2, "only what was on its way");
    world.run_ms(1000);
    assert_eq!(aborts(&world), [(1, AbortReason::SeveralFaces, false)]);
}

#[test]
fn a_screen_and_a_camera_that_stall_and_a_late_reveal_interrupt() {
    type Fault = (fn(&mut World), AbortReason);
    let faults: [Fault; 3] = [
        (|world| world.is_screen_working = false, AbortReason::ScreenStalled),
        (|world| world.is_camera_working = false, AbortReason::CameraStalled),
        (|world| world.network_us = 3_600_000, AbortReason::RevealLate),
    ];
    for (fault, reason) in faults {
        let mut world = started();
        world.run_to(CaptureState::Flash);
        fault(&mut world);
        world.run_ms(9000);
        assert_eq!(aborts(&world)[0], (1, reason, false));
    }
}

#[test]
fn a_plan_can_shorten_an_attempt_and_a_session() {
    let mut world = started();
    world.service.limits.attempt_ms = Some(3000);
    world.run_to(CaptureState::Flash);
    world.run_ms(3000);
    assert_eq!(aborts(&world), [(1, AbortReason::TimedOut, false)]);

    let mut world = started();
    world.service.limits.session_ms = Some(4000);
    world.run_ms(4500);
    assert_eq!(failed_with(&world), ErrorCode::TimedOut);
}

#[test]
fn a_wrong_detection_keeps_the_gate_shut_and_breaks_no_attempt() {
    let mut world = started();
    world.faces_detected = Some(2);
    world.run_ms(3000);
    assert!(world.service.received.len() == 1, "only the hello");
    world.faces_detected = None;
    world.run_to(CaptureState::Flash);
    world.faces_detected = Some(2);
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]));
    assert_eq!(aborts(&world), []);
}

#[test]
fn each_state_ends_by_its_cap() {
    let mut world = started();
    world.network_us = u64::MAX / 4;
    world.run_ms(16_000);
    assert_eq!(failed_with(&world), ErrorCode::ServerSilent);

    let mut world = started();
    world.faces.clear();
    world.run_ms(32_000);
    assert_eq!(failed_with(&world), ErrorCode::NoFaceDetected);

    let mut world = started();
    world.is_camera_working = false;
    world.run_ms(32_000);
    assert_eq!(failed_with(&world), ErrorCode::CameraStartupFailure);

    let mut world = started();
    world.run_to(CaptureState::Checking);
    world.network_us = u64::MAX / 4;
    world.run_ms(16_000);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. } | Terminal::Failed(_)]));

    let mut world = started();
    world.run_to(CaptureState::Align);
    world.input(Input::Pause(PauseReason::User));
    world.run_ms(61_000);
    assert_eq!(failed_with(&world), ErrorCode::TimedOut);
}

#[test]
fn more_time_is_given_ten_times() {
    let mut world = started();
    world.faces.clear();
    world.run_to(CaptureState::Align);
    for _ in 0..10 {
        world.run_ms(29_000);
        world.input(Input::MoreTime);
    }
    assert_eq!(world.client.state(), Some(CaptureState::Align));
    world.run_ms(29_000);
    world.input(Input::MoreTime);
    world.run_ms(2000);
    assert_eq!(failed_with(&world), ErrorCode::NoFaceDetected);
}

#[test]
fn who_was_interrupted_or_reads_before_the_next_try_gets_more_time_too() {
    let mut world = started();
    world.run_to(CaptureState::Align);
    world.input(Input::Pause(PauseReason::User));
    world.run_ms(59_000);
    world.input(Input::MoreTime);
    world.run_ms(59_000);
    assert_eq!(world.client.state(), Some(CaptureState::Paused));

    let mut world = started();
    world.service.judge = |_| (Outcome::TryAgain, 2);
    world.run_to(CaptureState::Retry);
    world.run_ms(59_000);
    world.input(Input::MoreTime);
    world.run_ms(59_000);
    assert_eq!(world.client.state(), Some(CaptureState::Retry));
}

#[test]
fn a_service_that_breaks_the_protocol_is_not_trusted() {
    let reveal = |slot: u32| {
        let slot = verilume_protocol::challenge::SlotReveal::new(slot, Default::default(), [9; 32]);
        ServerMessage::Reveal(verilume_protocol::stream::Reveal { slot, revealed_at_us: 1 })
    };
    let problem = ServerMessage::Problem(ProblemMessage {
        code: "a_later_code".into(),
        message: String::new(),
        is_retryable: true,
        retry_after_ms: Some(700),
        counts_as_attempt: false,
    });
    let cases = [
        (reveal(2), ErrorCode::ChallengeMismatch),
        (reveal(7), ErrorCode::MessageUnexpected),
        (problem, ErrorCode::UnexpectedServerError),
    ];
    for (message, code) in cases {
        let mut world = started();
        world.run_to(CaptureState::Flash);
        // Slot 0 has ended, and its reveal of slot 2 is on its way.
        world.network_us = 1_000_000;
        world.run_ms(500);
        world.input(Input::Message(message.encode().as_bytes()));
        assert_eq!(failed_with(&world), code);
    }
    let mut world = started();
    world.run_to(CaptureState::Align);
    world.input(Input::Message(&[0xff; 40]));
    assert_eq!(failed_with(&world), ErrorCode::ServerMessageInvalid);
    let unknown = ServerMessage::Unknown.encode();
    assert_eq!(
        ServerMessage::decode(unknown.as_bytes(), &DecodeLimits::default()).unwrap(),
        ServerMessage::Unknown
    );
}

#[test]
fn a_capture_that_was_canceled_can_be_started_again() {
    let mut world = started();
    world.run_to(CaptureState::Hold);
    world.input(Input::Cancel);
    world.input(Input::Cancel);
    assert_eq!(world.seen.terminals, [Terminal::Canceled]);
    world.run_ms(100);
    assert_eq!(aborts(&world), [(1, AbortReason::UserCanceled, true)]);
    world.service = crate::service::Service::new();
    world.start();
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Canceled, Terminal::Finished { .. }]));
}
