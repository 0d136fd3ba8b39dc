//! A running attempt: what its frames may be, and when.

use std::collections::HashSet;

use verilume_frame::Timestamp;
use verilume_protocol::challenge::{FlashChallenge, SlotCode};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{AttemptEnd, Frame, Phase, PixelRect, Reveal, ServerMessage, SlotEnd};
use verilume_protocol::transcript::{FrameLink, Transcript, TranscriptError};

use super::step::FrameToAnalyse;
use super::timing::SlotClock;
use super::{EngineConfig, Micros, Refusal, ShownFlash};

/// An attempt whose frames come in.
#[derive(Debug)]
pub(super) struct RunningAttempt {
    challenge: FlashChallenge,
    transcript: Transcript,
    clock: SlotClock,
    begun_at: Micros,
    spent_bytes: u64,
    /// When the first frame was captured, on the device's clock.
    first_captured_at: Option<Timestamp>,
    /// Crop and size of every frame.
    geometry: Option<(PixelRect, (u32, u32))>,
    /// The JPEGs that have come, by their hash.
    seen: HashSet<[u8; 32]>,
    repeated: u32,
}

impl RunningAttempt {
    pub(super) fn new(challenge: FlashChallenge, transcript: Transcript, now: Micros) -> Self {
        Self {
            clock: SlotClock::new(challenge.profile()),
            challenge,
            transcript,
            begun_at: now,
            spent_bytes: 0,
            first_captured_at: None,
            geometry: None,
            seen: HashSet::new(),
            repeated: 0,
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.transcript.attempt()
    }

    pub(super) fn begun_at(&self) -> Micros {
        self.begun_at
    }

    /// Counts a message's bytes.
    pub(super) fn spend(&mut self, bytes: usize, config: &EngineConfig) -> Result<(), Refusal> {
        self.spent_bytes = self.spent_bytes.saturating_add(bytes as u64);
        if self.spent_bytes > config.max_attempt_bytes {
            return Err(Refusal::new(ErrorCode::BudgetExceeded, "the attempt has more bytes than its plan"));
        }
        Ok(())
    }

    /// Reveals the slots that may be seen before any frame is fixed.
    pub(super) fn reveal_first(&mut self, now: Micros) -> Result<Vec<ServerMessage>, Refusal> {
        let mut reveals = Vec::new();
        while let Some(reveal) = self.reveal_next(now)? {
            reveals.push(reveal);
        }
        Ok(reveals)
    }

    fn reveal_next(&mut self, now: Micros) -> Result<Option<ServerMessage>, Refusal> {
        let Some(next) = self.transcript.next_reveal() else { return Ok(None) };
        let slot = self
            .challenge
            .reveal(next)
            .map_err(|error| Refusal::new(ErrorCode::Unspecified, format!("no reveal: {error}")))?;
        let reveal = Reveal { slot, revealed_at_us: now.0 };
        self.transcript.reveal(&reveal).map_err(|error| refused(&error))?;
        self.clock.reveal(now);
        Ok(Some(ServerMessage::Reveal(reveal)))
    }

    /// Takes a frame; gives it back to be analysed, unless it came before.
    pub(super) fn frame(
        &mut self,
        frame: Frame,
        now: Micros,
        config: &EngineConfig,
    ) -> Result<Option<FrameToAnalyse>, Refusal> {
        if self.transcript.frame_count() >= config.max_frames {
            return Err(Refusal::new(ErrorCode::BudgetExceeded, "the attempt has more frames than its plan"));
        }
        if frame.jpeg.as_bytes().len() > config.max_frame_bytes as usize {
            return Err(Refusal::new(
                ErrorCode::MessageTooLarge,
                "a frame has more bytes than the plan allows",
            ));
        }
        let geometry = (frame.crop_in_image, frame.image_size);
        if *self.geometry.get_or_insert(geometry) != geometry {
            return Err(Refusal::new(ErrorCode::MessageInvalid, "the crop changed within the attempt"));
        }
        // What the analysis makes of the frames is spread over their time: it must not be without end.
        let first_captured_at = *self.first_captured_at.get_or_insert(frame.captured_at);
        if frame.captured_at - first_captured_at > config.attempt_lasts {
            let context = "the frames are of more time than an attempt may last";
            return Err(Refusal::new(ErrorCode::FrameOutOfOrder, context));
        }
        let link = FrameLink::of(&frame);
        self.transcript.frame(&link).map_err(|error| refused(&error))?;
        if let Phase::Slot(slot) = frame.phase {
            self.clock.frame(slot, frame.captured_at, now)?;
        }
        if !self.seen.insert(link.jpeg_sha256) {
            self.repeated += 1;
            if self.repeated > config.max_repeated_frames {
                let context = "the same frame came again and again";
                return Err(Refusal::new(ErrorCode::FrameOutOfOrder, context));
            }
            return Ok(None);
        }
        Ok(Some(FrameToAnalyse { frame, jpeg_sha256: link.jpeg_sha256 }))
    }

    /// Takes the end of a slot; gives the next reveal, if there is one.
    pub(super) fn end_slot(&mut self, end: &SlotEnd, now: Micros) -> Result<Option<ServerMessage>, Refusal> {
        // The transcript first: of a forged end, the hash is what the client should hear of.
        self.transcript.end_slot(end).map_err(|error| refused(&error))?;
        self.clock.end(end, now)?;
        self.reveal_next(now)
    }

    /// Takes the end; gives the digest and what the screen showed.
    pub(super) fn finish(&mut self, end: &AttemptEnd) -> Result<(String, ShownFlash), Refusal> {
        let digest = self.transcript.finish(end).map_err(|error| refused(&error))?;
        let ends = self.transcript.ended_slots();
        let last = ends.last().ok_or_else(|| Refusal::new(ErrorCode::Unspecified, "no slot has ended"))?;
        let codes: Vec<SlotCode> =
            self.transcript.reveals().iter().map(|reveal| reveal.slot.code()).collect();
        let frames = f64::from(self.transcript.frame_count().max(1));
        let shown = ShownFlash {
            profile: *self.challenge.profile(),
            codes,
            shown_at: ends.iter().map(|end| end.shown_at).collect(),
            ended_at: last.ended_at,
            repeated_share: f64::from(self.repeated) / frames,
        };
        Ok((digest, shown))
    }
}

fn refused(error: &TranscriptError) -> Refusal {
    Refusal::new(error.code(), error.to_string())
}
