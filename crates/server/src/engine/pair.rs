//! An honest client with its engine, for tests that then make it dishonest.

use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::stream::{
    AttemptEnd, DecodeLimits, Frame, JpegBytes, MessageBytes, Phase, PixelRect, ProblemMessage, Reveal,
    SlotEnd,
};
use verilume_protocol::transcript::FrameLink;
use verilume_store::Decision;

use super::*;
use crate::fuzzing::{self, random};

/// Frames of a slot that the client of these tests sends.
pub(super) const FRAMES_PER_SLOT: u64 = 5;
pub(super) const SLOT_MS: u64 = 330;
pub(super) const HOLD_MS: u64 = 1000;

/// A client with its engine, and a clock for both: the device's is an hour ahead.
pub(super) struct Pair {
    pub(super) engine: SessionEngine,
    pub(super) now: Micros,
    pub(super) transcript: Option<Transcript>,
    pub(super) answers: Vec<ServerMessage>,
    pub(super) done: Vec<Step>,
    pub(super) finding: Finding,
    /// What was said, as a file of the fuzzer's corpus.
    pub(super) said: Vec<u8>,
    said_at: Micros,
}

impl Pair {
    pub(super) fn new(attempts_left: u32) -> Self {
        let origin = Origin { attempts_left, ..fuzzing::origin() };
        let (engine, steps) = SessionEngine::open(EngineConfig::default(), origin, Micros(1), &mut random(7));
        let mut pair = Self {
            engine,
            now: Micros(1),
            transcript: None,
            answers: Vec::new(),
            done: Vec::new(),
            finding: Finding::Decided(Decision::RealFace),
            said: Vec::new(),
            said_at: Micros(1),
        };
        pair.follow(steps);
        pair
    }

    pub(super) fn pass(&mut self, millis: u64) {
        self.now = self.now.plus(Duration::from_millis(millis));
    }

    pub(super) fn device_time(&self) -> Timestamp {
        Timestamp::from_micros(self.now.0 + 3_600_000_000)
    }

    /// Plays the driver.
    pub(super) fn follow(&mut self, steps: Vec<Step>) {
        for step in steps {
            let more = match &step {
                Step::Begin => self.engine.begun(self.now),
                Step::Decide { .. } => {
                    self.engine.decided(self.finding, "ses/1".into(), self.now, &mut random(9))
                }
                Step::Send(bytes) => {
                    self.hear(bytes);
                    Vec::new()
                }
                Step::Refused(refusal) => {
                    self.answers.push(ServerMessage::Problem(refusal.problem(Leaves::TokenUsed)));
                    Vec::new()
                }
                _ => Vec::new(),
            };
            self.done.push(step);
            self.follow(more);
        }
    }

    pub(super) fn hear(&mut self, bytes: &MessageBytes) {
        let message = ServerMessage::decode(bytes.as_bytes(), &DecodeLimits::default()).unwrap();
        if let ServerMessage::Plan(plan) = &message {
            self.transcript = Some(Transcript::new(&TranscriptOrigin {
                session_id: "ses",
                attempt: plan.attempt,
                hello_sha256: [1; 32],
                plan_sha256: bytes.sha256(),
                commitments: &plan.commitments,
            }));
        }
        if let ServerMessage::Reveal(reveal) = &message {
            self.transcript().reveal(reveal).unwrap();
        }
        self.answers.push(message);
    }

    pub(super) fn transcript(&mut self) -> &mut Transcript {
        self.transcript.as_mut().unwrap()
    }

    pub(super) fn say(&mut self, message: ClientMessage) {
        let bytes = message.encode();
        let passed = self.now.since(self.said_at).as_millis();
        self.said_at = self.said_at.plus(Duration::from_millis(u64::try_from(passed).unwrap()));
        self.said.extend(u16::try_from(passed).unwrap_or(u16::MAX).to_be_bytes());
        self.said.extend(&u32::try_from(bytes.len()).unwrap().to_be_bytes()[1..]);
        self.said.extend(bytes.as_bytes());
        let steps = self.engine.message(message, bytes.len(), self.now, &mut random(11));
        self.follow(steps);
    }

    pub(super) fn start(&mut self) {
        let attempt = self.transcript().attempt();
        let gate_opened_at = self.device_time();
        self.say(ClientMessage::AttemptStart(AttemptStart {
            attempt,
            gate_opened_at,
            looked_for_us: 500_000,
        }));
    }

    /// The next frame, as an honest client makes it.
    pub(super) fn next_frame(&mut self, phase: Phase) -> Frame {
        let captured_at = self.device_time();
        let sequence = self.transcript().frame_count();
        let jpeg = JpegBytes::new(captured_at.as_micros().to_le_bytes().to_vec());
        Frame {
            sequence,
            captured_at,
            phase,
            crop_in_image: PixelRect { x: 0, y: 0, width: 8, height: 8 },
            image_size: (16, 16),
            jpeg,
        }
    }

    pub(super) fn send_frame(&mut self, phase: Phase) {
        let frame = self.next_frame(phase);
        drop(self.transcript().frame(&FrameLink::of(&frame)));
        self.say(ClientMessage::Frame(frame));
    }

    pub(super) fn hold(&mut self) {
        for _ in 0..HOLD_MS / 66 {
            self.send_frame(Phase::Hold);
            self.pass(66);
        }
    }

    /// A whole slot; gives its end, which has not been said.
    pub(super) fn slot(&mut self, slot: u32) -> SlotEnd {
        let shown_at = self.device_time();
        for _ in 0..FRAMES_PER_SLOT {
            self.pass(SLOT_MS / FRAMES_PER_SLOT - 1);
            self.send_frame(Phase::Slot(slot));
            self.pass(1);
        }
        SlotEnd { slot, shown_at, ended_at: self.device_time(), chain_head: self.transcript().head() }
    }

    pub(super) fn end_slot(&mut self, end: SlotEnd) {
        drop(self.transcript().end_slot(&end));
        self.say(ClientMessage::SlotEnd(end));
    }

    pub(super) fn slots(&mut self, slots: std::ops::Range<u32>) {
        for slot in slots {
            let end = self.slot(slot);
            self.end_slot(end);
        }
    }

    pub(super) fn end(&mut self) {
        let transcript = self.transcript();
        let end = AttemptEnd {
            attempt: transcript.attempt(),
            frame_count: transcript.frame_count(),
            chain_head: transcript.head(),
        };
        self.say(ClientMessage::AttemptEnd(end));
    }

    pub(super) fn whole_attempt(&mut self) {
        self.start();
        self.hold();
        self.slots(0..12);
        self.pass(20);
        self.send_frame(Phase::Tail);
        self.end();
    }

    pub(super) fn problem(&self) -> Option<&ProblemMessage> {
        self.answers.iter().find_map(|answer| match answer {
            ServerMessage::Problem(problem) => Some(problem),
            _ => None,
        })
    }

    pub(super) fn result(&self) -> Option<&AttemptResult> {
        self.answers.iter().rev().find_map(|answer| match answer {
            ServerMessage::AttemptResult(result) => Some(result),
            _ => None,
        })
    }

    pub(super) fn reveals(&self) -> Vec<&Reveal> {
        let reveals = self.answers.iter().filter_map(|answer| match answer {
            ServerMessage::Reveal(reveal) => Some(reveal),
            _ => None,
        });
        reveals.collect()
    }

    pub(super) fn recorded(&self) -> Vec<(Finding, Judgement)> {
        let records = self.done.iter().filter_map(|step| match step {
            Step::Record { finding, judgement } => Some((*finding, *judgement)),
            _ => None,
        });
        records.collect()
    }
}
