//! A service that keeps the transcript and reduces frames to traces as they come.

use verilume_liveness::flash::{ExtractConfig, FlashTraces};
use verilume_liveness::observe::{FlashModels, FlashObserver};
use verilume_protocol::challenge::{FlashChallenge, ScreenTimeline};
use verilume_protocol::stream::{
    AttemptEnd, AttemptResult, ClientMessage, DecodeLimits, Frame, GuidanceBounds, MessageBytes, Outcome,
    Plan, PlanLimits, Reveal, ServerMessage, SlotEnd,
};
use verilume_protocol::transcript::{FrameLink, Transcript, TranscriptError, TranscriptOrigin};
use verilume_vision::models::ModelError;

use crate::media::{MediaLimits, decode_image};

const SESSION: &str = "simulated";

pub(super) struct Service<'m> {
    challenge: FlashChallenge,
    models: &'m FlashModels,
    extract: ExtractConfig,
    hello_sha256: [u8; 32],
    attempt: u32,
    running: Option<Running>,
}

/// An attempt: an interrupted one gives way to the next.
struct Running {
    transcript: Transcript,
    observer: FlashObserver,
    slots: Vec<SlotEnd>,
}

impl<'m> Service<'m> {
    pub(super) fn new(challenge: FlashChallenge, models: &'m FlashModels, extract: ExtractConfig) -> Self {
        Self { challenge, models, extract, hello_sha256: [0; 32], attempt: 0, running: None }
    }

    /// What the service answers.
    pub(super) fn answer(&mut self, bytes: &[u8], now_us: u64) -> Result<Vec<Vec<u8>>, ModelError> {
        let message = ClientMessage::decode(bytes, &DecodeLimits::default()).map_err(ModelError::new)?;
        let answers = match message {
            ClientMessage::Hello(_) => {
                self.hello_sha256 = MessageBytes::hash_of(bytes);
                return Ok(vec![self.plan()]);
            }
            ClientMessage::Resume => return Ok(vec![self.plan()]),
            ClientMessage::Abort(abort) if !abort.ends_session => return Ok(vec![self.plan()]),
            ClientMessage::AttemptStart(_) => self.reveals(2, now_us),
            ClientMessage::Frame(frame) => self.take(&frame).map(|()| Vec::new())?,
            ClientMessage::SlotEnd(end) => {
                let running = self.running()?;
                running.transcript.end_slot(&end).map_err(ModelError::new)?;
                running.slots.push(end);
                self.reveals(1, now_us)
            }
            ClientMessage::AttemptEnd(end) => vec![self.result(&end)?],
            _ => Vec::new(),
        };
        Ok(answers.iter().map(|answer| answer.encode().into_vec()).collect())
    }

    /// Frames of the last attempt.
    pub(super) fn frame_count(&self) -> u32 {
        self.running.as_ref().map_or(0, |running| running.transcript.frame_count())
    }

    /// The colours as they were shown, and the traces of the last attempt if it is whole.
    pub(super) fn finish(self) -> (ScreenTimeline, Option<FlashTraces>) {
        let planned = ScreenTimeline::nominal(&self.challenge, 0.0);
        let Some(running) = self.running else { return (planned, None) };
        let shown_at: Vec<f64> = running.slots.iter().map(|slot| slot.shown_at.as_secs()).collect();
        let ended_at = running.slots.last().map_or(0.0, |slot| slot.ended_at.as_secs());
        let codes = self.challenge.slot_codes();
        match ScreenTimeline::new(*self.challenge.profile(), &codes, &shown_at, ended_at) {
            Ok(timeline) => (timeline, running.observer.finish()),
            Err(_) => (planned, None),
        }
    }

    fn running(&mut self) -> Result<&mut Running, ModelError> {
        self.running.as_mut().ok_or_else(|| ModelError::new("no attempt was planned"))
    }

    fn plan(&mut self) -> Vec<u8> {
        self.attempt += 1;
        let commitments = self.challenge.commitments();
        let plan = ServerMessage::Plan(Box::new(Plan {
            session_id: SESSION.to_owned(),
            attempt: self.attempt,
            attempts_left: 1,
            profile: *self.challenge.profile(),
            commitments: commitments.clone(),
            limits: PlanLimits::default(),
            guidance: GuidanceBounds::default(),
        }))
        .encode();
        let transcript = Transcript::new(&TranscriptOrigin {
            session_id: SESSION,
            attempt: self.attempt,
            hello_sha256: self.hello_sha256,
            plan_sha256: plan.sha256(),
            commitments: &commitments,
        });
        let observer = FlashObserver::new(self.models, self.extract);
        self.running = Some(Running { transcript, observer, slots: Vec::new() });
        plan.into_vec()
    }

    fn reveals(&mut self, most: usize, now_us: u64) -> Vec<ServerMessage> {
        let mut answers = Vec::new();
        let Some(running) = &mut self.running else { return answers };
        for _ in 0..most {
            let Some(next) = running.transcript.next_reveal() else { break };
            let Ok(slot) = self.challenge.reveal(next) else { break };
            let reveal = Reveal { slot, revealed_at_us: now_us };
            if running.transcript.reveal(&reveal).is_err() {
                break;
            }
            answers.push(ServerMessage::Reveal(reveal));
        }
        answers
    }

    fn take(&mut self, frame: &Frame) -> Result<(), ModelError> {
        let running = self.running()?;
        running.transcript.frame(&FrameLink::of(frame)).map_err(ModelError::new)?;
        let image = decode_image(frame.jpeg.as_bytes(), &MediaLimits::default()).map_err(ModelError::new)?;
        running.observer.push(image.view(), frame.captured_at)?;
        Ok(())
    }

    fn result(&mut self, end: &AttemptEnd) -> Result<ServerMessage, ModelError> {
        let attempt = self.attempt;
        let digest = self
            .running()?
            .transcript
            .finish(end)
            .map_err(|error: TranscriptError| ModelError::new(error))?;
        Ok(ServerMessage::AttemptResult(AttemptResult {
            attempt,
            outcome: Outcome::Finished,
            hint: String::new(),
            result_id: SESSION.to_owned(),
            digest,
            attempts_left: 0,
        }))
    }
}
