//! One capture: its states, their caps, and what ends them.

use std::collections::VecDeque;
use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::challenge::FlashProfile;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{Abort, AbortReason, ClientMessage, PauseReason};

use crate::attempt::{Attempt, AttemptOrigin, ReceivedPlan};
use crate::gate::Gate;
use crate::guidance::{Guide, towards_centre};
use crate::{
    CaptureConfig, CaptureState, Failure, FrameObservation, GuidanceConfig, HintCode, Input, Output,
    StartRequest, StateChange, Terminal,
};

/// A frame from further in the future than this has another clock.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);

/// A capture that has not ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) config: CaptureConfig,
    state: CaptureState,
    state_since: Timestamp,
    state_ends_at: Timestamp,
    pub(super) session_ends_at: Timestamp,
    hello_sha256: [u8; 32],
    /// Plans that were asked for and have not come.
    pub(super) plans_due: u32,
    pub(super) plan: Option<ReceivedPlan>,
    pub(super) last_attempt: u32,
    pub(super) session_id: Option<String>,
    /// The profile that the person asks for from the next plan on; the service does not know of it yet.
    asks_for: Option<String>,
    /// The person must not be flashed at.
    pub(super) wants_no_flashes: bool,
    guidance: GuidanceConfig,
    gate: Gate,
    guide: Guide,
    last_hint: Option<HintCode>,
    pub(super) attempt: Option<Attempt>,
    /// Number and digest of the attempt that the service is judging.
    pub(super) judged: Option<(u32, String)>,
    interruptions: u32,
    extensions: u32,
    /// Bytes that were sent since the last attempt.
    spent_bytes: u64,
    last_captured_at: Option<Timestamp>,
}

impl Run {
    pub(super) fn start(
        config: CaptureConfig,
        request: &StartRequest,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Self {
        let mut run = Self {
            config,
            state: CaptureState::Connecting,
            state_since: now,
            state_ends_at: now,
            session_ends_at: now + config.caps.session,
            hello_sha256: [0; 32],
            plans_due: 1,
            plan: None,
            last_attempt: 0,
            session_id: None,
            asks_for: None,
            wants_no_flashes: asks_for_none(&request.wanted_profile),
            guidance: config.guidance,
            gate: Gate::new(config.gate),
            guide: Guide::new(),
            last_hint: None,
            attempt: None,
            judged: None,
            interruptions: 0,
            extensions: 0,
            spent_bytes: 0,
            last_captured_at: None,
        };
        run.enter(CaptureState::Connecting, now, out);
        let low_bandwidth = config.evidence.max_bytes < crate::EvidenceConfig::default().max_bytes;
        let hello = ClientMessage::Hello(Box::new(request.hello(low_bandwidth)));
        run.hello_sha256 = hello.encode().sha256();
        run.send(&hello, out);
        run
    }

    pub(super) fn state(&self) -> CaptureState {
        self.state
    }

    /// Takes one input; an error is the end of the capture.
    pub(super) fn step(
        &mut self,
        input: Input<'_>,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        self.expire(now, out)?;
        match input {
            Input::Start(_) | Input::Tick => {}
            Input::Frame(frame) => self.frame(frame, now, out)?,
            Input::Message(bytes) => self.message(bytes, now, out)?,
            Input::Shown { step, at } => self.shown(step, at, now),
            Input::Retry if self.state == CaptureState::Retry => self.await_plan(now, out),
            Input::RetryAs(profile) if self.state == CaptureState::Retry => {
                self.wants_no_flashes = asks_for_none(profile);
                self.asks_for = Some(profile.to_owned());
                self.await_plan(now, out);
            }
            Input::MoreTime if self.waits_for_person() => self.extend(now, out),
            Input::Pause(reason) => self.pause(reason, now, out),
            Input::Resume if self.state == CaptureState::Paused => self.resume(now, out),
            Input::Cancel => {
                self.give_up(AbortReason::UserCanceled, out);
                return Err(Terminal::Canceled);
            }
            Input::ConnectionLost => {
                self.drop_attempt(out);
                return Err(Terminal::Failed(ErrorCode::ConnectionLost.into()));
            }
            Input::Retry | Input::RetryAs(_) | Input::MoreTime | Input::Resume => {}
        }
        self.advance_attempt(now, out)
    }

    /// Ends what has lasted too long.
    fn expire(&mut self, now: Timestamp, out: &mut VecDeque<Output>) -> Result<(), Terminal> {
        if now >= self.session_ends_at {
            return Err(self.fail(AbortReason::TimedOut, ErrorCode::TimedOut, out));
        }
        if now < self.state_ends_at {
            return Ok(());
        }
        let code = match self.state {
            CaptureState::Hold | CaptureState::Flash | CaptureState::Tail => {
                return self.interrupt(AbortReason::TimedOut, now, out);
            }
            CaptureState::Connecting | CaptureState::Replanning | CaptureState::Checking => {
                ErrorCode::ServerSilent
            }
            CaptureState::Align if self.last_captured_at.is_none() => ErrorCode::CameraStartupFailure,
            CaptureState::Align if self.last_hint == Some(HintCode::NoFace) => ErrorCode::NoFaceDetected,
            _ => ErrorCode::TimedOut,
        };
        Err(self.fail(AbortReason::TimedOut, code, out))
    }

    /// Begins a state and its cap.
    pub(super) fn enter(&mut self, state: CaptureState, now: Timestamp, out: &mut VecDeque<Output>) {
        self.state = state;
        self.state_since = now;
        let nominal = self.attempt.as_ref().map_or(Duration::ZERO, |attempt| attempt.nominal(state));
        self.state_ends_at = now + nominal + self.cap();
        if state == CaptureState::Align {
            self.gate = Gate::new(self.config.gate);
            self.last_hint = None;
            self.last_captured_at = None;
        }
        if matches!(state, CaptureState::Align | CaptureState::Hold) {
            self.guide.reset();
        }
        self.tell_state(out);
    }

    fn cap(&self) -> Duration {
        let caps = &self.config.caps;
        match self.state {
            CaptureState::Connecting => caps.connecting,
            CaptureState::Align => caps.align,
            CaptureState::Hold => caps.hold,
            CaptureState::Flash => caps.flash,
            CaptureState::Tail => caps.tail,
            CaptureState::Checking => caps.checking,
            CaptureState::Retry => caps.retry,
            CaptureState::Replanning => caps.replanning,
            CaptureState::Paused => caps.paused,
            CaptureState::Done => Duration::ZERO,
        }
    }

    fn tell_state(&self, out: &mut VecDeque<Output>) {
        let ends_at = Some(self.state_ends_at.min(self.session_ends_at));
        out.push_back(Output::State(StateChange { state: self.state, since: self.state_since, ends_at }));
    }

    /// Whether a person reads or gets into place, who may need more time than others.
    fn waits_for_person(&self) -> bool {
        matches!(self.state, CaptureState::Align | CaptureState::Retry | CaptureState::Paused)
    }

    fn extend(&mut self, now: Timestamp, out: &mut VecDeque<Output>) {
        if self.extensions < self.config.caps.extensions {
            self.extensions += 1;
            self.state_ends_at = now + self.cap();
            self.tell_state(out);
        }
    }

    /// Goes to the person if the plan is there, else waits for it.
    pub(super) fn await_plan(&mut self, now: Timestamp, out: &mut VecDeque<Output>) {
        if self.plans_due == 0
            && self.plan.is_some()
            && let Some(profile) = self.asks_for.take()
        {
            // The plan that is there has the old profile.
            self.plan = None;
            self.plans_due = 1;
            self.send(&ClientMessage::Prefer(profile), out);
        }
        let plan = self.plan.as_ref().filter(|_| self.plans_due == 0);
        if let Some(received) = plan {
            self.guidance = self.config.guidance.bounded_by(&received.plan.guidance);
            self.enter(CaptureState::Align, now, out);
        } else if self.state != CaptureState::Replanning && self.state != CaptureState::Connecting {
            self.enter(CaptureState::Replanning, now, out);
        }
    }

    /// Whether the service has not heard yet of the profile that the next plan shall have.
    pub(super) fn is_to_be_replaced(&self) -> bool {
        self.asks_for.is_some()
    }

    fn frame(
        &mut self,
        frame: &FrameObservation<'_>,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        let follows = self.last_captured_at.is_none_or(|last| last < frame.captured_at);
        if !follows || frame.captured_at > now + CLOCK_TOLERANCE {
            return Ok(());
        }
        match &mut self.attempt {
            Some(attempt) => {
                self.last_captured_at = Some(frame.captured_at);
                match attempt.frame(frame, now, out) {
                    Ok(hint) => self.guide(hint, frame, now, out),
                    Err(reason) => return self.interrupt(reason, now, out),
                }
            }
            None if self.state == CaptureState::Align => {
                self.last_captured_at = Some(frame.captured_at);
                self.watch_gate(frame, now, out);
            }
            None => {}
        }
        Ok(())
    }

    fn watch_gate(&mut self, frame: &FrameObservation<'_>, now: Timestamp, out: &mut VecDeque<Output>) {
        let view = self.gate.update(frame, &self.guidance);
        self.last_hint = Some(view.hint);
        self.guide(view.hint, frame, now, out);
        let (Some(looked_for), Some(face)) = (view.opened_after, frame.only_face()) else { return };
        let Some(received) = self.plan.take() else { return };
        let origin = AttemptOrigin {
            config: &self.config,
            guidance: &self.guidance,
            received,
            hello_sha256: self.hello_sha256,
            looked_for,
            spent_bytes: std::mem::take(&mut self.spent_bytes),
            now,
        };
        self.attempt = Some(Attempt::begin(origin, frame, face, out));
        self.enter(CaptureState::Hold, now, out);
    }

    fn guide(
        &mut self,
        code: HintCode,
        frame: &FrameObservation<'_>,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) {
        out.extend(self.guide.update(code, towards_centre(frame), now, &self.guidance).map(Output::Guidance));
    }

    fn shown(&mut self, step: u32, at: Timestamp, now: Timestamp) {
        if let Some(attempt) = self.attempt.as_mut().filter(|_| at <= now + CLOCK_TOLERANCE) {
            attempt.shown(step, at);
        }
    }

    /// Lets a running attempt do what time asks for.
    fn advance_attempt(&mut self, now: Timestamp, out: &mut VecDeque<Output>) -> Result<(), Terminal> {
        let Some(attempt) = &mut self.attempt else { return Ok(()) };
        match attempt.advance(now, out) {
            Err(reason) => return self.interrupt(reason, now, out),
            Ok(false) => {
                let state = attempt.state();
                if state != self.state {
                    self.enter(state, now, out);
                }
                return Ok(());
            }
            Ok(true) => {}
        }
        let Some(attempt) = self.attempt.take() else { return Ok(()) };
        let number = attempt.number();
        let finished = attempt.finish(out);
        out.push_back(Output::ScreenOff);
        match finished {
            Ok(digest) => self.judged = Some((number, digest)),
            Err(error) => return Err(self.fail(AbortReason::Protocol, error.code(), out)),
        }
        self.enter(CaptureState::Checking, now, out);
        Ok(())
    }

    /// Gives up the running attempt and asks for another plan, a bounded number of times.
    fn interrupt(
        &mut self,
        reason: AbortReason,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        self.interruptions += 1;
        if self.interruptions > self.config.caps.interruptions {
            return Err(self.fail(reason, code_of(reason), out));
        }
        if let Some(attempt) = self.drop_attempt(out) {
            self.send(&ClientMessage::Abort(Abort { attempt, reason, ends_session: false }), out);
            self.plans_due += 1;
        }
        self.enter(CaptureState::Replanning, now, out);
        Ok(())
    }

    fn pause(&mut self, reason: PauseReason, now: Timestamp, out: &mut VecDeque<Output>) {
        // Once everything has been sent there is nothing to interrupt, and before a retry nothing has begun.
        if matches!(self.state, CaptureState::Checking | CaptureState::Retry | CaptureState::Paused) {
            return;
        }
        self.drop_attempt(out);
        self.send(&ClientMessage::Pause(reason), out);
        self.enter(CaptureState::Paused, now, out);
    }

    fn resume(&mut self, now: Timestamp, out: &mut VecDeque<Output>) {
        self.send(&ClientMessage::Resume, out);
        self.plans_due += 1;
        self.enter(CaptureState::Replanning, now, out);
    }

    /// Ends the capture with a failure, and tells the service.
    pub(super) fn fail(
        &mut self,
        reason: AbortReason,
        failure: impl Into<Failure>,
        out: &mut VecDeque<Output>,
    ) -> Terminal {
        self.give_up(reason, out);
        Terminal::Failed(failure.into())
    }

    fn give_up(&mut self, reason: AbortReason, out: &mut VecDeque<Output>) {
        let attempt = self.drop_attempt(out).unwrap_or(self.last_attempt);
        self.send(&ClientMessage::Abort(Abort { attempt, reason, ends_session: true }), out);
    }

    /// Forgets the running attempt; gives its number.
    pub(super) fn drop_attempt(&mut self, out: &mut VecDeque<Output>) -> Option<u32> {
        let attempt = self.attempt.take()?;
        out.push_back(Output::ScreenOff);
        Some(attempt.number())
    }

    fn send(&mut self, message: &ClientMessage, out: &mut VecDeque<Output>) {
        let bytes = message.encode();
        self.spent_bytes += bytes.len() as u64;
        out.push_back(Output::Send(bytes));
    }
}

/// Whether a profile is the one without flashes.
fn asks_for_none(profile: &str) -> bool {
    FlashProfile::by_name(profile).is_some_and(|profile| profile.is_steady())
}

/// What a capture that was interrupted too often failed with.
fn code_of(reason: AbortReason) -> ErrorCode {
    match reason {
        AbortReason::FaceLost | AbortReason::SeveralFaces | AbortReason::Moved => {
            ErrorCode::FaceTrackingFailed
        }
        AbortReason::ScreenStalled => ErrorCode::ScreenStalled,
        AbortReason::CameraStalled => ErrorCode::CameraStalled,
        AbortReason::RevealLate => ErrorCode::RevealLate,
        AbortReason::TimedOut => ErrorCode::AttemptTimedOut,
        _ => ErrorCode::Interrupted,
    }
}
