//! The engine against honest and dishonest clients, in simulated time.

use std::time::Duration;

use proptest::prelude::*;
use verilume_frame::Timestamp;
use verilume_protocol::stream::{AttemptEnd, JpegBytes, PauseReason, Phase, SlotEnd};
use verilume_protocol::transcript::FrameLink;
use verilume_store::Decision;

use super::pair::{Pair, SLOT_MS};
use super::*;
use crate::fuzzing::random;

/// What a dishonest client does ends the stream with this code, and the attempt without a decision.
#[track_caller]
fn check(expected: ErrorCode, misbehave: impl FnOnce(&mut Pair)) {
    let mut pair = Pair::new(3);
    misbehave(&mut pair);
    let problem = pair.problem().unwrap_or_else(|| panic!("{:?}", pair.answers.last()));
    assert_eq!(problem.code, expected.as_str(), "{}", problem.message);
    assert!(pair.engine.is_closed());
    assert!(pair.recorded().is_empty());
    assert!(pair.done.iter().filter(|step| matches!(step, Step::Close)).count() == 1);
}

#[test]
fn an_honest_attempt_is_decided_and_both_sides_have_one_digest() {
    let mut pair = Pair::new(3);
    pair.whole_attempt();
    assert_eq!(pair.problem(), None);
    let transcript = pair.transcript.clone().unwrap();
    let end = AttemptEnd { attempt: 1, frame_count: transcript.frame_count(), chain_head: transcript.head() };
    let result = pair.result().unwrap();
    assert_eq!(result.digest, transcript.finish(&end).unwrap());
    assert_eq!((result.outcome, result.attempts_left), (Outcome::Finished, 2));
    assert_eq!(pair.recorded(), [(Finding::Decided(Decision::RealFace), Judgement::Final)]);
    assert_eq!(pair.reveals().len(), 12);
    assert!(pair.engine.is_closed());
}

#[test]
fn two_slots_are_revealed_at_the_start_and_one_for_each_end() {
    let mut pair = Pair::new(3);
    assert!(pair.reveals().is_empty());
    pair.start();
    assert_eq!(pair.reveals().len(), 2);
    pair.hold();
    let end = pair.slot(0);
    assert_eq!(pair.reveals().len(), 2);
    pair.end_slot(end);
    assert_eq!(pair.reveals().len(), 3);
}

#[test]
fn what_is_recorded_comes_before_what_the_client_hears() {
    let mut pair = Pair::new(3);
    pair.whole_attempt();
    let record = pair.done.iter().position(|step| matches!(step, Step::Record { .. })).unwrap();
    let last_sent = pair.done.iter().rposition(|step| matches!(step, Step::Send(_))).unwrap();
    assert!(record < last_sent);
}

#[test]
fn frames_out_of_order_are_refused() {
    check(ErrorCode::FrameOutOfOrder, |pair| {
        pair.start();
        let first = pair.next_frame(Phase::Hold);
        pair.say(ClientMessage::Frame(first.clone()));
        pair.say(ClientMessage::Frame(first));
    });
    check(ErrorCode::FrameOutOfOrder, |pair| {
        pair.start();
        let mut frame = pair.next_frame(Phase::Hold);
        frame.sequence = 1;
        pair.say(ClientMessage::Frame(frame));
    });
}

#[test]
fn frames_from_beyond_the_attempt_are_refused() {
    check(ErrorCode::FrameOutOfOrder, |pair| {
        pair.start();
        pair.send_frame(Phase::Hold);
        pair.pass(66);
        let mut frame = pair.next_frame(Phase::Hold);
        frame.captured_at = Timestamp::from_micros(u64::MAX);
        pair.say(ClientMessage::Frame(frame));
    });
}

#[test]
fn a_picture_that_comes_again_and_again_is_refused() {
    check(ErrorCode::FrameOutOfOrder, |pair| {
        pair.start();
        for _ in 0..6 {
            pair.pass(66);
            let mut frame = pair.next_frame(Phase::Hold);
            frame.jpeg = JpegBytes::new(vec![1]);
            pair.transcript().frame(&FrameLink::of(&frame)).unwrap();
            pair.say(ClientMessage::Frame(frame));
        }
    });
}

#[test]
fn a_slot_answered_before_it_was_revealed_is_refused() {
    check(ErrorCode::SlotNotRevealed, |pair| {
        pair.start();
        pair.hold();
        pair.slots(0..1);
        // Slot 1 has hardly begun.
        let frame = pair.next_frame(Phase::Slot(2));
        pair.say(ClientMessage::Frame(frame));
    });
    check(ErrorCode::SlotNotRevealed, |pair| {
        pair.start();
        let frame = pair.next_frame(Phase::Slot(0));
        pair.say(ClientMessage::Frame(frame));
    });
}

#[test]
fn slots_that_end_sooner_than_they_last_are_refused() {
    check(ErrorCode::SlotNotRevealed, |pair| {
        pair.start();
        pair.hold();
        pair.slots(0..2);
        let mut shown_at = pair.device_time();
        // The clock of the first two could be wrong by the slots that were revealed ahead, that of the next cannot.
        for slot in 2..4 {
            pair.pass(20);
            pair.send_frame(Phase::Slot(slot));
            let chain_head = pair.transcript().head();
            let ended_at = shown_at + Duration::from_millis(SLOT_MS);
            pair.end_slot(SlotEnd { slot, shown_at, ended_at, chain_head });
            shown_at = ended_at;
        }
    });
}

#[test]
fn a_device_whose_time_runs_faster_than_the_services_is_refused() {
    check(ErrorCode::SlotNotRevealed, |pair| {
        pair.start();
        pair.hold();
        pair.slots(0..2);
        let mut end = pair.slot(2);
        end.ended_at = end.ended_at + Duration::from_millis(1200);
        pair.end_slot(end);
    });
}

#[test]
fn a_hash_that_does_not_match_is_refused() {
    check(ErrorCode::ChainMismatch, |pair| {
        pair.start();
        pair.hold();
        let mut end = pair.slot(0);
        end.chain_head[5] ^= 1;
        pair.say(ClientMessage::SlotEnd(end));
    });
}

#[test]
fn a_recorded_stream_does_not_fit_a_new_session() {
    let mut recorded = Pair::new(3);
    recorded.start();
    recorded.hold();
    let end_of_another = recorded.slot(0);
    check(ErrorCode::ChainMismatch, |pair| {
        pair.engine.origin.session_id = "another".into();
        pair.pass(1);
        let steps = pair.engine.plan(pair.now, &mut random(3)).unwrap();
        pair.engine.origin.hello_sha256 = [2; 32];
        drop(steps);
        let attempt = pair.engine.plans;
        let start = AttemptStart { attempt, gate_opened_at: Timestamp::default(), looked_for_us: 1 };
        let steps = pair.engine.message(ClientMessage::AttemptStart(start), 10, pair.now, &mut random(3));
        assert!(matches!(steps[..], [Step::Begin]));
        drop(pair.engine.begun(pair.now));
        pair.pass(2000);
        pair.say(ClientMessage::SlotEnd(end_of_another));
    });
}

#[test]
fn more_than_the_plan_allows_is_refused() {
    check(ErrorCode::BudgetExceeded, |pair| {
        pair.start();
        for _ in 0..20 {
            pair.pass(66);
            let mut frame = pair.next_frame(Phase::Hold);
            let mut jpeg = vec![0; 200 << 10];
            jpeg[..8].copy_from_slice(&pair.now.0.to_le_bytes());
            frame.jpeg = JpegBytes::new(jpeg);
            pair.transcript().frame(&FrameLink::of(&frame)).unwrap();
            pair.say(ClientMessage::Frame(frame));
        }
    });
    check(ErrorCode::BudgetExceeded, |pair| {
        pair.start();
        for _ in 0..330 {
            pair.pass(10);
            pair.send_frame(Phase::Hold);
        }
    });
}

#[test]
fn a_crop_that_moves_is_refused() {
    check(ErrorCode::MessageInvalid, |pair| {
        pair.start();
        pair.send_frame(Phase::Hold);
        pair.pass(66);
        let mut frame = pair.next_frame(Phase::Hold);
        frame.crop_in_image.x = 1;
        pair.say(ClientMessage::Frame(frame));
    });
}

#[test]
fn messages_out_of_turn_are_refused() {
    check(ErrorCode::MessageUnexpected, |pair| pair.send_frame(Phase::Hold));
    check(ErrorCode::MessageUnexpected, |pair| {
        pair.start();
        pair.start();
    });
    check(ErrorCode::MessageUnexpected, |pair| {
        pair.start();
        pair.hold();
        pair.slots(0..11);
        pair.end();
    });
}

#[test]
fn what_takes_too_long_ends() {
    check(ErrorCode::StreamIdle, |pair| {
        pair.start();
        pair.pass(6_000);
        let steps = pair.engine.tick(pair.now);
        pair.follow(steps);
    });
    check(ErrorCode::AttemptTimedOut, |pair| {
        pair.start();
        for _ in 0..21 {
            pair.pass(1_000);
            pair.send_frame(Phase::Hold);
        }
    });
    check(ErrorCode::SessionExpired, |pair| {
        for _ in 0..3 {
            pair.pass(299_000);
            pair.say(ClientMessage::Resume);
        }
    });
}

#[test]
fn a_retry_follows_what_could_not_be_told_and_the_attempts_run_out() {
    let mut pair = Pair::new(2);
    pair.finding = Finding::CouldNotTell(None);
    pair.whole_attempt();
    assert_eq!(
        pair.result().map(|result| (result.outcome, result.attempts_left)),
        Some((Outcome::TryAgain, 1))
    );
    pair.pass(3000);
    pair.whole_attempt();
    assert_eq!(
        pair.result().map(|result| (result.outcome, result.attempts_left)),
        Some((Outcome::Finished, 0))
    );
    let judgements: Vec<Judgement> = pair.recorded().into_iter().map(|(_, judgement)| judgement).collect();
    assert_eq!(judgements, [Judgement::MayRepeat, Judgement::Final]);
}

#[test]
fn bad_light_costs_no_attempt_but_not_for_ever() {
    let mut pair = Pair::new(1);
    pair.finding = Finding::CouldNotTell(Some(ErrorCode::EnvironmentNotSupported));
    for _ in 0..5 {
        pair.whole_attempt();
        let result = pair.result().unwrap();
        assert_eq!((result.outcome, result.attempts_left), (Outcome::TryAgain, 1));
        assert_eq!(result.hint, "EnvironmentNotSupported");
        pair.pass(500);
    }
    pair.whole_attempt();
    assert_eq!(pair.result().map(|result| result.outcome), Some(Outcome::Finished));
    assert_eq!(pair.recorded().last().map(|(_, judgement)| *judgement), Some(Judgement::Final));
}

#[test]
fn a_pause_gives_a_running_attempt_up_without_spending_it() {
    let mut pair = Pair::new(1);
    pair.start();
    pair.hold();
    pair.say(ClientMessage::Pause(PauseReason::Hidden));
    pair.say(ClientMessage::Resume);
    let abandoned = pair.done.iter().any(|step| matches!(step, Step::Abandon(given_up) if !given_up.counts));
    assert!(abandoned);
    pair.pass(100);
    pair.whole_attempt();
    assert_eq!(pair.result().map(|result| result.attempt), Some(2));
}

#[test]
fn another_profile_may_be_asked_for_between_two_attempts_and_only_there() {
    let mut pair = Pair::new(1);
    pair.say(ClientMessage::Prefer("none".into()));
    assert!(pair.engine.profile().is_steady());
    pair.whole_attempt();
    assert_eq!(pair.result().map(|result| result.attempt), Some(2));
    check(ErrorCode::MessageUnexpected, |pair| {
        pair.start();
        pair.say(ClientMessage::Prefer("none".into()));
    });
}

#[test]
fn a_service_that_needs_the_flashes_says_so() {
    let config = EngineConfig { does_without_flashes: false, ..EngineConfig::default() };
    let origin = Origin { wanted_profile: "none".into(), ..crate::fuzzing::origin() };
    let (engine, steps) = SessionEngine::open(config, origin, Micros(1), &mut random(7));
    assert!(engine.is_closed());
    let refused =
        |step: &Step| matches!(step, Step::Refused(refusal) if refusal.code == ErrorCode::FlashesRequired);
    assert!(steps.iter().any(refused), "{steps:?}");
}

#[test]
fn who_gives_the_session_up_ends_it() {
    let mut pair = Pair::new(3);
    let abort = Abort { attempt: 1, reason: AbortReason::UserCanceled, ends_session: true };
    pair.say(ClientMessage::Abort(abort));
    assert!(pair.engine.is_closed());
    assert!(pair.done.iter().any(|step| matches!(step, Step::CancelSession)));
}

/// Something that a client may do, honest or not.
#[derive(Debug, Clone)]
enum Act {
    Start,
    Frame(u8),
    Slot(u32),
    EndSlot(u32),
    End,
    Whole,
    Abort(u32, bool),
    Pause,
    Resume,
    Prefer(bool),
    Wait(u64),
    Tick,
    Stray,
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Start),
        4 => (0u8..4).prop_map(Act::Frame),
        4 => (0u32..14).prop_map(Act::Slot),
        2 => (0u32..14).prop_map(Act::EndSlot),
        2 => Just(Act::End),
        3 => Just(Act::Whole),
        1 => (0u32..4, any::<bool>()).prop_map(|(attempt, ends)| Act::Abort(attempt, ends)),
        1 => Just(Act::Pause),
        1 => Just(Act::Resume),
        1 => any::<bool>().prop_map(Act::Prefer),
        3 => (0u64..8_000).prop_map(Act::Wait),
        1 => Just(Act::Tick),
        1 => Just(Act::Stray),
    ]
}

fn act(pair: &mut Pair, act: &Act) {
    match act {
        Act::Start => pair.start(),
        Act::Frame(phase) => pair.send_frame(match phase {
            0 => Phase::Hold,
            1 => Phase::Tail,
            slot => Phase::Slot(u32::from(*slot) - 2),
        }),
        Act::Slot(slot) => {
            let end = pair.slot(*slot);
            pair.end_slot(end);
        }
        Act::EndSlot(slot) => {
            let at = pair.device_time();
            let ended_at = at + Duration::from_millis(SLOT_MS);
            pair.end_slot(SlotEnd { slot: *slot, shown_at: at, ended_at, chain_head: [0; 32] });
        }
        Act::End => pair.end(),
        Act::Whole => pair.whole_attempt(),
        Act::Abort(attempt, ends_session) => pair.say(ClientMessage::Abort(Abort {
            attempt: *attempt,
            reason: AbortReason::Moved,
            ends_session: *ends_session,
        })),
        Act::Pause => pair.say(ClientMessage::Pause(PauseReason::User)),
        Act::Resume => pair.say(ClientMessage::Resume),
        Act::Prefer(none) => pair.say(ClientMessage::Prefer(if *none { "none" } else { "calm" }.into())),
        Act::Wait(millis) => pair.pass(*millis),
        Act::Tick => {
            let steps = pair.engine.tick(pair.now);
            pair.follow(steps);
        }
        // What only a driver that has lost its way would say.
        Act::Stray => {
            let steps = if pair.engine.is_closed() { pair.engine.begun(pair.now) } else { Vec::new() };
            assert!(!steps.iter().any(|step| matches!(step, Step::Begin | Step::Record { .. })));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_sequence_panics_decides_twice_or_speaks_after_the_end(
        sequence in prop::collection::vec(acts(), 0..40), finding in 0u8..4,
    ) {
        let mut pair = Pair::new(3);
        pair.finding = match finding {
            0 => Finding::Decided(Decision::RealFace),
            1 => Finding::Decided(Decision::SpoofFace),
            2 => Finding::CouldNotTell(None),
            _ => Finding::CouldNotTell(Some(ErrorCode::EnvironmentNotSupported)),
        };
        for next in &sequence {
            act(&mut pair, next);
        }
        let closes = pair.done.iter().filter(|step| matches!(step, Step::Close)).count();
        prop_assert!(closes <= 1, "{closes} ends");
        prop_assert_eq!(closes == 1, pair.engine.is_closed());
        let finals = pair.recorded().iter().filter(|(_, judgement)| *judgement == Judgement::Final).count();
        prop_assert!(finals <= 1, "{finals} outcomes");
        let counted = pair.recorded().iter().filter(|(_, judgement)| *judgement != Judgement::Free).count();
        prop_assert!(counted <= 3, "{counted} attempts counted of 3");
        // A slot is revealed only while an attempt runs, and never twice.
        let plans = pair.answers.iter().filter(|answer| matches!(answer, ServerMessage::Plan(_))).count();
        prop_assert!(pair.reveals().len() <= 12 * plans);
    }
}
