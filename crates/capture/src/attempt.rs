//! One attempt, from the open gate to its last frame.

use std::collections::VecDeque;
use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::stream::{
    AbortReason, AttemptEnd, AttemptStart, ClientMessage, Frame, Phase, PixelRect, Plan, Reveal, SlotEnd,
};
use verilume_protocol::transcript::{FrameLink, Transcript, TranscriptError, TranscriptOrigin};

use crate::crop::crop_around;
use crate::pacer::Pacer;
use crate::schedule::Schedule;
use crate::watch::Watch;
use crate::{CaptureConfig, CaptureState, FrameObservation, GuidanceConfig, HintCode, Output, SeenFace};

/// A frame that shows a slot may arrive this much after the slot has ended. Initial: what a tracker takes for a few
/// frames.
const SLOT_GRACE: Duration = Duration::from_millis(150);

/// A plan with the hash of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedPlan {
    pub(crate) plan: Box<Plan>,
    pub(crate) sha256: [u8; 32],
}

/// What an attempt begins with.
pub(crate) struct AttemptOrigin<'a> {
    pub(crate) config: &'a CaptureConfig,
    pub(crate) guidance: &'a GuidanceConfig,
    pub(crate) received: ReceivedPlan,
    pub(crate) hello_sha256: [u8; 32],
    pub(crate) looked_for: Duration,
    pub(crate) spent_bytes: u64,
    pub(crate) now: Timestamp,
}

/// A running attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    config: CaptureConfig,
    plan: Box<Plan>,
    transcript: Transcript,
    schedule: Schedule,
    watch: Watch,
    pacer: Pacer,
    crop: PixelRect,
    last_frame_at: Timestamp,
    /// When the plan's time for the attempt is over.
    ends_at: Option<Timestamp>,
    ended: bool,
}

impl Attempt {
    /// Begins with the frame that opened the gate; tells the service, and turns the screen grey.
    pub(crate) fn begin(
        origin: AttemptOrigin<'_>,
        frame: &FrameObservation<'_>,
        face: &SeenFace,
        out: &mut VecDeque<Output>,
    ) -> Self {
        let AttemptOrigin { config, guidance, received, now, .. } = origin;
        let plan = received.plan;
        let profile = plan.profile;
        let least = GuidanceConfig::LEAST_HOLD.max(Duration::from_millis(profile.lead_in_ms().into()));
        let hold = guidance.hold.clamp(least, GuidanceConfig::LONGEST_HOLD.max(least));
        let schedule = Schedule::new(profile, hold, now);
        let crop = crop_around(face.detector_box_in_image, config.evidence.crop_faces, frame.size());
        let of_slot =
            Duration::from_millis(profile.slot_ms().into()) / config.evidence.frames_per_slot.max(1);
        let interval = of_slot.min(config.evidence.longest_interval);
        let mut pacer = Pacer::new(config.evidence, &plan.limits, interval, origin.spent_bytes);
        pacer.fit(frame.view, crop, face.detector_box_in_image.width, schedule.remaining(now));
        let transcript = Transcript::new(&TranscriptOrigin {
            session_id: &plan.session_id,
            attempt: plan.attempt,
            hello_sha256: origin.hello_sha256,
            plan_sha256: received.sha256,
            commitments: &plan.commitments,
        });
        let attempt_ms = plan.limits.attempt_ms.map(u64::from);
        let ends_at = attempt_ms.map(|attempt_ms| now + Duration::from_millis(attempt_ms));
        let mut attempt = Self {
            watch: Watch::new(config.gate, face.id, frame.size(), crop),
            config: *config,
            plan,
            transcript,
            schedule,
            pacer,
            crop,
            last_frame_at: now,
            ends_at,
            ended: false,
        };
        attempt.announce(frame.captured_at, origin.looked_for, out);
        attempt
    }

    fn announce(&mut self, gate_opened_at: Timestamp, looked_for: Duration, out: &mut VecDeque<Output>) {
        let start = AttemptStart {
            attempt: self.plan.attempt,
            gate_opened_at,
            looked_for_us: u64::try_from(looked_for.as_micros()).unwrap_or(u64::MAX),
        };
        self.send(&ClientMessage::AttemptStart(start), out);
        out.push_back(Output::Screen(*self.schedule.last()));
    }

    fn send(&mut self, message: &ClientMessage, out: &mut VecDeque<Output>) {
        let bytes = message.encode();
        self.pacer.sent_other(&bytes);
        out.push_back(Output::Send(bytes));
    }

    /// The number of the attempt.
    pub(crate) fn number(&self) -> u32 {
        self.plan.attempt
    }

    /// Which part of the attempt is on the screen.
    pub(crate) fn state(&self) -> CaptureState {
        let slots = self.plan.profile.slot_count();
        if self.schedule.shown_at(slots + 1).is_some() {
            CaptureState::Tail
        } else if self.schedule.shown_at(1).is_some() {
            CaptureState::Flash
        } else {
            CaptureState::Hold
        }
    }

    /// How long a part of the attempt takes if nothing is late.
    pub(crate) fn nominal(&self, state: CaptureState) -> Duration {
        self.schedule.nominal(state)
    }

    /// Takes a reveal.
    pub(crate) fn reveal(&mut self, reveal: &Reveal) -> Result<(), TranscriptError> {
        self.transcript.reveal(reveal)
    }

    /// Takes the word of the display.
    pub(crate) fn shown(&mut self, step: u32, at: Timestamp) {
        self.schedule.shown(step, at);
    }

    /// Takes the next frame, and sends it if it is due.
    pub(crate) fn frame(
        &mut self,
        frame: &FrameObservation<'_>,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<HintCode, AbortReason> {
        self.last_frame_at = now;
        self.end_slots_before(frame.captured_at, out);
        let watched = self.watch.update(frame)?;
        let phase = self.phase_at(frame.captured_at).filter(|_| watched.is_usable);
        if let Some(phase) = phase {
            self.send_frame(frame, phase, out);
        }
        Ok(watched.hint)
    }

    /// What was on the screen at a moment; `None` where that is not known or no longer matters.
    fn phase_at(&self, captured_at: Timestamp) -> Option<Phase> {
        let slots = self.plan.profile.slot_count();
        let is_doubtful = self.schedule.unconfirmed().is_some_and(|step| step.begins_at <= captured_at);
        let is_over = self.schedule.ends_at().is_some_and(|ends_at| ends_at <= captured_at);
        let begun = (0..=slots + 1)
            .rev()
            .find(|step| self.schedule.shown_at(*step).is_some_and(|shown_at| shown_at <= captured_at));
        let phase = match begun.filter(|_| !is_doubtful && !is_over)? {
            0 => Phase::Hold,
            step if step <= slots => Phase::Slot(u32::try_from(step - 1).ok()?),
            _ => Phase::Tail,
        };
        // A frame that comes after its slot has been closed is of no use any more.
        let ended = self.transcript.ended_slots().len();
        let is_open = match phase {
            Phase::Slot(slot) => slot as usize == ended,
            Phase::Tail => ended == slots,
            _ => true,
        };
        is_open.then_some(phase)
    }

    fn send_frame(&mut self, frame: &FrameObservation<'_>, phase: Phase, out: &mut VecDeque<Output>) {
        let captured_at = frame.captured_at;
        if !self.pacer.is_due(captured_at) {
            return;
        }
        let remaining = self.schedule.remaining(captured_at);
        let Some(jpeg) = self.pacer.encoded(frame.view, self.crop) else { return };
        let evidence = Frame {
            sequence: self.transcript.frame_count(),
            captured_at,
            phase,
            crop_in_image: self.crop,
            image_size: frame.size(),
            jpeg,
        };
        let link = FrameLink::of(&evidence);
        let message = ClientMessage::Frame(evidence).encode();
        if !self.pacer.fits(&message) {
            self.pacer.passed_over(captured_at, &message, remaining);
        } else if self.transcript.frame(&link).is_ok() {
            self.pacer.sent_frame(captured_at, &message, remaining);
            out.push_back(Output::Send(message));
        }
    }

    /// Does what time asks for: ends slots, schedules colours, notices what is late. True when the attempt is over.
    pub(crate) fn advance(
        &mut self,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<bool, AbortReason> {
        let caps = self.config.caps;
        if self.ends_at.is_some_and(|ends_at| now >= ends_at) {
            return Err(AbortReason::TimedOut);
        }
        if now - self.last_frame_at >= caps.camera_silent {
            return Err(AbortReason::CameraStalled);
        }
        if self.schedule.unconfirmed().is_some_and(|step| now - step.begins_at >= caps.screen_late) {
            return Err(AbortReason::ScreenStalled);
        }
        self.end_slots_before(now.saturating_sub(SLOT_GRACE), out);
        self.schedule_next(now, out)?;
        let is_over = self.schedule.ends_at().is_some_and(|ends_at| now - ends_at >= SLOT_GRACE);
        Ok(self.ended || is_over)
    }

    /// Ends the slots whose colours were gone at a moment of which every frame has come.
    fn end_slots_before(&mut self, seen_until: Timestamp, out: &mut VecDeque<Output>) {
        while let Some(end) = self.next_slot_end().filter(|end| end.ended_at <= seen_until) {
            if self.transcript.end_slot(&end).is_err() {
                break;
            }
            self.send(&ClientMessage::SlotEnd(end), out);
        }
        self.ended |= self.schedule.ends_at().is_some_and(|ends_at| ends_at <= seen_until);
    }

    fn next_slot_end(&self) -> Option<SlotEnd> {
        let slot = self.transcript.ended_slots().len();
        Some(SlotEnd {
            slot: u32::try_from(slot).ok().filter(|_| slot < self.plan.profile.slot_count())?,
            shown_at: self.schedule.shown_at(slot + 1)?,
            ended_at: self.schedule.shown_at(slot + 2)?,
            chain_head: self.transcript.head(),
        })
    }

    fn schedule_next(&mut self, now: Timestamp, out: &mut VecDeque<Output>) -> Result<(), AbortReason> {
        let Some(due_at) = self.schedule.next_due_at() else { return Ok(()) };
        let code = match self.schedule.next_slot() {
            None => None,
            Some(slot) => match self.transcript.reveals().get(slot) {
                Some(reveal) => Some(reveal.slot.code()),
                None if now - due_at >= self.config.caps.reveal_late => return Err(AbortReason::RevealLate),
                None => return Ok(()),
            },
        };
        out.push_back(Output::Screen(self.schedule.push(code, due_at, now)));
        Ok(())
    }

    /// Ends the attempt; gives the digest that the service must come to as well.
    pub(crate) fn finish(mut self, out: &mut VecDeque<Output>) -> Result<String, TranscriptError> {
        self.end_slots_before(Timestamp::from_micros(u64::MAX), out);
        let end = AttemptEnd {
            attempt: self.plan.attempt,
            frame_count: self.transcript.frame_count(),
            chain_head: self.transcript.head(),
        };
        let digest = self.transcript.finish(&end)?;
        self.send(&ClientMessage::AttemptEnd(end), out);
        Ok(digest)
    }
}
