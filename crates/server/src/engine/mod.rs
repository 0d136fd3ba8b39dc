//! One capture stream as a state machine: messages, time and random bytes in; answers, frames to analyse and the end of
//! each attempt out.
//!
//! Sans-I/O. Whoever drives it does each [`Step`] in order, then gives the next event. It trusts the service's clock and
//! its own randomness; everything in a message is a claim that has to fit them.

mod attempt;
mod config;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod pair;
mod step;
#[cfg(test)]
mod tests;
mod timing;

use verilume_protocol::challenge::{FlashChallenge, FlashProfile};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{
    Abort, AbortReason, AttemptResult, AttemptStart, ClientMessage, Outcome, Plan, PlanLimits, ServerMessage,
};
use verilume_protocol::transcript::{Transcript, TranscriptOrigin};

use attempt::RunningAttempt;
pub(crate) use config::EngineConfig;
pub(crate) use step::{Abandonment, Finding, FrameToAnalyse, Judgement, Leaves, Refusal, ShownFlash, Step};
pub(crate) use timing::Micros;

/// What a stream begins with, once its token is known to be good.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) session_id: String,
    /// SHA-256 of the hello as it came.
    pub(crate) hello_sha256: [u8; 32],
    /// What the person asked for.
    pub(crate) wanted_profile: String,
    /// Attempts that count and are left, at least one.
    pub(crate) attempts_left: u32,
    /// When no further attempt may begin.
    pub(crate) session_ends_at: Micros,
}

/// Fills bytes from a cryptographic generator.
pub(crate) type FillRandom<'a> = &'a mut dyn FnMut(&mut [u8]);

/// The engine of one stream.
#[derive(Debug)]
pub(crate) struct SessionEngine {
    config: EngineConfig,
    origin: Origin,
    profile: FlashProfile,
    plans: u32,
    free_restarts: u32,
    attempts_left: u32,
    state: State,
    heard_at: Micros,
}

#[derive(Debug)]
enum State {
    /// The client has a plan, and the person gets into place.
    Planned(Box<Planned>),
    /// The driver is asked whether an attempt may begin.
    Beginning(Box<Planned>),
    /// Frames come in.
    Running(Box<RunningAttempt>),
    /// All frames are in; the driver is asked what they show.
    Deciding { attempt: u32, digest: String },
    /// The capture stands still.
    Paused,
    /// Nothing more comes.
    Closed,
}

/// A plan that was sent.
#[derive(Debug)]
struct Planned {
    challenge: FlashChallenge,
    transcript: Transcript,
    sent_at: Micros,
}

impl SessionEngine {
    /// Answers a hello: an engine, and its first steps.
    pub(crate) fn open(
        config: EngineConfig,
        origin: Origin,
        now: Micros,
        random: FillRandom<'_>,
    ) -> (Self, Vec<Step>) {
        let wanted = origin.wanted_profile.clone();
        let mut engine = Self {
            config,
            profile: FlashProfile::standard(),
            plans: 0,
            free_restarts: 0,
            attempts_left: origin.attempts_left,
            state: State::Paused,
            heard_at: now,
            origin,
        };
        let steps = engine.prefer(&wanted, now, random).unwrap_or_else(|refusal| engine.refuse(refusal));
        (engine, steps)
    }

    /// Timing and light of the attempts.
    pub(crate) fn profile(&self) -> FlashProfile {
        self.profile
    }

    /// Whether the stream is over.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Takes a message that has been decoded, with the number of its bytes.
    pub(crate) fn message(
        &mut self,
        message: ClientMessage,
        bytes: usize,
        now: Micros,
        random: FillRandom<'_>,
    ) -> Vec<Step> {
        if self.is_closed() {
            return Vec::new();
        }
        let late = self.tick(now);
        if self.is_closed() {
            return late;
        }
        self.heard_at = now;
        if let State::Running(attempt) = &mut self.state
            && let Err(refusal) = attempt.spend(bytes, &self.config)
        {
            return self.refuse(refusal);
        }
        self.answer(message, now, random).unwrap_or_else(|refusal| self.refuse(refusal))
    }

    fn answer(
        &mut self,
        message: ClientMessage,
        now: Micros,
        random: FillRandom<'_>,
    ) -> Result<Vec<Step>, Refusal> {
        match message {
            ClientMessage::AttemptStart(start) => self.start(&start, now),
            ClientMessage::Frame(frame) => {
                let config = self.config;
                let frame = self.running()?.frame(frame, now, &config)?;
                Ok(frame.map(|frame| Step::Analyse(Box::new(frame))).into_iter().collect())
            }
            ClientMessage::SlotEnd(end) => {
                let reveal = self.running()?.end_slot(&end, now)?;
                Ok(reveal.map(|reveal| Step::Send(reveal.encode())).into_iter().collect())
            }
            ClientMessage::AttemptEnd(end) => {
                let (digest, shown) = self.running()?.finish(&end)?;
                self.state = State::Deciding { attempt: end.attempt, digest: digest.clone() };
                Ok(vec![Step::Decide { digest, shown: Box::new(shown) }])
            }
            ClientMessage::Abort(abort) => self.abort(&abort, now, random),
            ClientMessage::Pause(_) => self.pause(),
            ClientMessage::Resume => match self.state {
                State::Paused | State::Planned(_) => self.plan(now, random),
                _ => Err(unexpected("a capture that runs cannot go on")),
            },
            ClientMessage::Prefer(wanted) => match self.state {
                State::Planned(_) => self.prefer(&wanted, now, random),
                _ => Err(unexpected("another profile cannot be asked for now")),
            },
            // A kind of a later version is passed over.
            ClientMessage::Unknown => Ok(Vec::new()),
            ClientMessage::Hello(_) => Err(unexpected("a second hello on one stream")),
            _ => Ok(Vec::new()),
        }
    }

    fn running(&mut self) -> Result<&mut RunningAttempt, Refusal> {
        match &mut self.state {
            State::Running(attempt) => Ok(attempt),
            _ => Err(unexpected("no attempt is running")),
        }
    }

    /// Takes the profile that the person asks for, if there is one of this name, and plans by it.
    fn prefer(&mut self, wanted: &str, now: Micros, random: FillRandom<'_>) -> Result<Vec<Step>, Refusal> {
        let profile = FlashProfile::by_name(wanted).unwrap_or(FlashProfile::standard());
        if profile.is_steady() && !self.config.does_without_flashes {
            let context = "this service does no checks without flashes";
            return Err(Refusal::new(ErrorCode::FlashesRequired, context));
        }
        self.profile = profile;
        self.plan(now, random)
    }

    /// Mints the next challenge and sends what it commits to.
    fn plan(&mut self, now: Micros, random: FillRandom<'_>) -> Result<Vec<Step>, Refusal> {
        if self.plans >= self.config.max_plans || self.attempts_left == 0 {
            return Err(Refusal::new(ErrorCode::AttemptsExhausted, "the session allows no further attempt"));
        }
        if now >= self.origin.session_ends_at {
            return Err(Refusal::new(ErrorCode::SessionExpired, "the session has ended by time"));
        }
        let challenge = FlashChallenge::mint(self.profile, random).map_err(|error| {
            Refusal::new(ErrorCode::Unspecified, format!("no challenge could be minted: {error}"))
        })?;
        self.plans += 1;
        let commitments = challenge.commitments();
        let bytes = ServerMessage::Plan(Box::new(Plan {
            session_id: self.origin.session_id.clone(),
            attempt: self.plans,
            attempts_left: self.attempts_left,
            profile: self.profile,
            commitments: commitments.clone(),
            limits: self.limits(now),
            guidance: self.config.guidance,
        }))
        .encode();
        let transcript = Transcript::new(&TranscriptOrigin {
            session_id: &self.origin.session_id,
            attempt: self.plans,
            hello_sha256: self.origin.hello_sha256,
            plan_sha256: bytes.sha256(),
            commitments: &commitments,
        });
        self.state = State::Planned(Box::new(Planned { challenge, transcript, sent_at: now }));
        Ok(vec![Step::Send(bytes)])
    }

    fn limits(&self, now: Micros) -> PlanLimits {
        let session_ms = self.origin.session_ends_at.since(now).as_millis();
        PlanLimits {
            max_bytes: Some(self.config.max_attempt_bytes),
            max_frames: Some(self.config.max_frames),
            max_frame_bytes: Some(self.config.max_frame_bytes),
            attempt_ms: u32::try_from(self.config.attempt_lasts.as_millis()).ok(),
            session_ms: u32::try_from(session_ms).ok(),
        }
    }

    fn start(&mut self, start: &AttemptStart, now: Micros) -> Result<Vec<Step>, Refusal> {
        if now >= self.origin.session_ends_at {
            return Err(Refusal::new(ErrorCode::SessionExpired, "the session has ended by time"));
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Planned(planned) if planned.transcript.attempt() == start.attempt => {
                self.state = State::Beginning(planned);
                Ok(vec![Step::Begin])
            }
            other => {
                self.state = other;
                Err(unexpected("this attempt cannot start now"))
            }
        }
    }

    /// The driver lets the attempt begin: reveals its first slots.
    pub(crate) fn begun(&mut self, now: Micros) -> Vec<Step> {
        let State::Beginning(planned) = std::mem::replace(&mut self.state, State::Closed) else {
            return vec![Step::Close];
        };
        let mut attempt = RunningAttempt::new(planned.challenge, planned.transcript, now);
        let reveals = attempt.reveal_first(now);
        self.state = State::Running(Box::new(attempt));
        match reveals {
            Ok(reveals) => reveals.into_iter().map(|reveal| Step::Send(reveal.encode())).collect(),
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// The driver cannot go on: tells the client why and closes.
    pub(crate) fn fail(&mut self, refusal: Refusal) -> Vec<Step> {
        if self.is_closed() { Vec::new() } else { self.refuse(refusal) }
    }

    /// The driver knows what the frames show.
    pub(crate) fn decided(
        &mut self,
        finding: Finding,
        result_id: String,
        now: Micros,
        random: FillRandom<'_>,
    ) -> Vec<Step> {
        let State::Deciding { attempt, digest } = std::mem::replace(&mut self.state, State::Paused) else {
            self.state = State::Closed;
            return vec![Step::Close];
        };
        let judgement = self.judge(finding, now);
        let goes_on = judgement != Judgement::Final;
        let hint = match finding {
            Finding::CouldNotTell(Some(code)) if goes_on => code.as_str(),
            _ => "",
        };
        let result = ServerMessage::AttemptResult(AttemptResult {
            attempt,
            outcome: if goes_on { Outcome::TryAgain } else { Outcome::Finished },
            hint: hint.to_owned(),
            result_id,
            digest,
            attempts_left: self.attempts_left,
        });
        // What is not stored has not been decided: the client hears of it last.
        let mut steps = vec![Step::Record { finding, judgement }, Step::Send(result.encode())];
        if goes_on {
            steps.extend(self.plan(now, random).unwrap_or_else(|refusal| self.refuse(refusal)));
        } else {
            self.state = State::Closed;
            steps.push(Step::Close);
        }
        steps
    }

    /// Whether an attempt with this finding counts, and whether another may follow.
    fn judge(&mut self, finding: Finding, now: Micros) -> Judgement {
        let counts = match finding {
            Finding::CouldNotTell(Some(code)) => !self.is_free(code),
            _ => true,
        };
        let is_open = self.plans < self.config.max_plans && now < self.origin.session_ends_at;
        if !counts && is_open {
            return Judgement::Free;
        }
        self.attempts_left = self.attempts_left.saturating_sub(1);
        let may_repeat = matches!(finding, Finding::CouldNotTell(_)) && self.attempts_left > 0 && is_open;
        if may_repeat { Judgement::MayRepeat } else { Judgement::Final }
    }

    /// Whether a fault costs no attempt. What costs none is bounded all the same.
    fn is_free(&mut self, code: ErrorCode) -> bool {
        let is_free = !code.entry().counts_as_attempt && self.free_restarts < self.config.max_free_restarts;
        self.free_restarts += u32::from(is_free);
        is_free
    }

    fn abort(&mut self, abort: &Abort, now: Micros, random: FillRandom<'_>) -> Result<Vec<Step>, Refusal> {
        let mut steps = Vec::new();
        if let State::Running(attempt) = &self.state {
            if attempt.number() != abort.attempt {
                return Err(unexpected("another attempt is running"));
            }
            steps.extend(self.give_up(abandonment_code(abort.reason)));
        } else if let State::Planned(planned) = &self.state
            && planned.transcript.attempt() != abort.attempt
            && !abort.ends_session
        {
            // It crossed with the result of that attempt; the plan after it is on its way.
            return Ok(steps);
        }
        if abort.ends_session {
            self.state = State::Closed;
            steps.extend([Step::CancelSession, Step::Close]);
            return Ok(steps);
        }
        steps.extend(self.plan(now, random)?);
        Ok(steps)
    }

    fn pause(&mut self) -> Result<Vec<Step>, Refusal> {
        let steps = match &self.state {
            State::Running(_) => self.give_up(ErrorCode::Interrupted),
            _ => Vec::new(),
        };
        self.state = State::Paused;
        Ok(steps)
    }

    /// Ends the running attempt without a decision.
    fn give_up(&mut self, code: ErrorCode) -> Vec<Step> {
        self.state = State::Paused;
        let counts = !self.is_free(code);
        self.attempts_left = self.attempts_left.saturating_sub(u32::from(counts));
        vec![Step::Abandon(Abandonment { code, counts, may_repeat: self.attempts_left > 0 })]
    }

    /// When [`Self::tick`] has something to say, at the latest.
    pub(crate) fn wakes_at(&self) -> Micros {
        let ends_at = self.origin.session_ends_at;
        match &self.state {
            State::Running(attempt) => {
                let silent_at = self.heard_at.plus(self.config.silence_in_attempt);
                silent_at.min(attempt.begun_at().plus(self.config.attempt_lasts))
            }
            State::Planned(planned) => planned.sent_at.plus(self.config.align_lasts).min(ends_at),
            State::Paused => self.heard_at.plus(self.config.pause_lasts).min(ends_at),
            _ => ends_at,
        }
    }

    /// Notices what takes too long.
    pub(crate) fn tick(&mut self, now: Micros) -> Vec<Step> {
        let is_waiting = matches!(self.state, State::Beginning(_) | State::Deciding { .. } | State::Closed);
        if is_waiting || now < self.wakes_at() {
            return Vec::new();
        }
        let refusal = match &self.state {
            State::Running(attempt) if now >= attempt.begun_at().plus(self.config.attempt_lasts) => {
                Refusal::new(ErrorCode::AttemptTimedOut, "the attempt took too long")
            }
            _ if now >= self.origin.session_ends_at => {
                Refusal::new(ErrorCode::SessionExpired, "the session has ended by time")
            }
            _ => Refusal::new(ErrorCode::StreamIdle, "nothing came for too long"),
        };
        self.refuse(refusal)
    }

    /// Ends the stream with an error; a running attempt ends with it. What that means for the token only the driver
    /// knows: it writes the message.
    fn refuse(&mut self, refusal: Refusal) -> Vec<Step> {
        let had_attempt = !matches!(self.state, State::Planned(_) | State::Paused | State::Closed);
        self.state = State::Closed;
        let abandonment = Abandonment { code: refusal.code, counts: true, may_repeat: false };
        let mut steps = vec![Step::Refused(refusal)];
        if had_attempt {
            steps.push(Step::Abandon(abandonment));
        }
        steps.push(Step::Close);
        steps
    }
}

fn unexpected(context: &'static str) -> Refusal {
    Refusal::new(ErrorCode::MessageUnexpected, context)
}

/// What an attempt that the client gave up is recorded as.
fn abandonment_code(reason: AbortReason) -> ErrorCode {
    match reason {
        AbortReason::UserCanceled => ErrorCode::UserCanceledSession,
        AbortReason::FaceLost | AbortReason::Moved => ErrorCode::FaceTrackingFailed,
        AbortReason::SeveralFaces => ErrorCode::MultipleFaceFound,
        AbortReason::TimedOut => ErrorCode::AttemptTimedOut,
        AbortReason::ScreenStalled => ErrorCode::ScreenStalled,
        AbortReason::CameraStalled => ErrorCode::CameraStalled,
        _ => ErrorCode::Interrupted,
    }
}
