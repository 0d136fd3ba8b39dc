//! What the engine asks its driver to do.

use std::fmt;
use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::challenge::{FlashProfile, SlotCode};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{Frame, MessageBytes, ProblemMessage};
use verilume_store::Decision;

/// One thing to do, in the order in which it comes.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this to the client.
    Send(MessageBytes),
    /// Find out whether an attempt may begin, then say [`begun`](super::SessionEngine::begun) or
    /// [`fail`](super::SessionEngine::fail).
    Begin,
    /// Give this frame to the analysis.
    Analyse(Box<FrameToAnalyse>),
    /// Ask the analysis what the attempt shows, then say [`decided`](super::SessionEngine::decided).
    Decide {
        /// Of the transcript.
        digest: String,
        /// What the screen showed when.
        shown: Box<ShownFlash>,
    },
    /// Keep what was found before the client hears that the attempt is over.
    Record {
        /// What the attempt showed.
        finding: Finding,
        /// What becomes of the attempt.
        judgement: Judgement,
    },
    /// The attempt is over without a decision: its frames go.
    Abandon(Abandonment),
    /// The person gives the session up.
    CancelSession,
    /// Tell the client why the stream ends, with what that means for its token and its attempt. Comes before
    /// [`Step::Abandon`], while the store still shows what the refusal ends.
    Refused(Refusal),
    /// The stream is over.
    Close,
}

/// A frame with what only the engine knows of it.
#[derive(Debug)]
pub(crate) struct FrameToAnalyse {
    pub(crate) frame: Frame,
    pub(crate) jpeg_sha256: [u8; 32],
}

/// What the screen showed when, as far as the clocks allow it.
#[derive(Debug, Clone)]
pub(crate) struct ShownFlash {
    pub(crate) profile: FlashProfile,
    pub(crate) codes: Vec<SlotCode>,
    /// When each slot began, on the device's clock.
    pub(crate) shown_at: Vec<Timestamp>,
    /// When the last one ended.
    pub(crate) ended_at: Timestamp,
    /// Share of the frames that came before in this attempt, bit by bit, 0..=1.
    pub(crate) repeated_share: f64,
}

/// What the analysis found, as far as it concerns the course of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Real or spoof.
    Decided(Decision),
    /// Could not tell; with the fault that the person can do something about, if there is one.
    CouldNotTell(Option<ErrorCode>),
}

impl Finding {
    /// Whether it counts as a failure that may lock somebody out: an attack, or what could have been one. A fault that is
    /// named (a room that is too bright, a mask) is no sign of either.
    pub(crate) fn is_suspicious(self) -> bool {
        match self {
            Self::Decided(decision) => decision != Decision::RealFace,
            Self::CouldNotTell(fault) => fault.is_none(),
        }
    }
}

/// What becomes of an attempt that was analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It does not count.
    Free,
    /// It counts, and another may follow.
    MayRepeat,
    /// It counts, and the session is over.
    Final,
}

/// An attempt that ended without a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abandonment {
    /// Why.
    pub(crate) code: ErrorCode,
    /// Whether it costs an attempt.
    pub(crate) counts: bool,
    /// Whether another may follow.
    pub(crate) may_repeat: bool,
}

/// Why a stream ends before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    /// For the log and the developer of a client; never what was in a message.
    pub(crate) context: String,
    /// When to come back, where coming back may work.
    pub(crate) retry_after: Option<Duration>,
}

/// What a stream leaves behind when a refusal ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// Its token as it was: another stream may use it.
    TokenUnused,
    /// A token that no other stream may use.
    TokenUsed,
    /// An attempt that is stored as failed, and a session that is over.
    AttemptFailed,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, context: impl Into<String>) -> Self {
        Self { code, context: context.into(), retry_after: None }
    }

    /// The same with a time to wait before another try.
    pub(crate) fn after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }

    /// What the client is told: the table's words, as far as they are true of what the stream leaves behind.
    pub(crate) fn problem(&self, leaves: Leaves) -> ProblemMessage {
        let is_retryable = leaves == Leaves::TokenUnused && self.code.entry().is_retryable;
        let retry_after = self.retry_after.filter(|_| is_retryable);
        ProblemMessage {
            code: self.code.as_str().to_owned(),
            message: self.context.clone(),
            is_retryable,
            retry_after_ms: retry_after.and_then(|after| u32::try_from(after.as_millis()).ok()),
            counts_as_attempt: leaves == Leaves::AttemptFailed,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: ErrorCode, leaves: Leaves, is_retryable: bool, counts_as_attempt: bool) {
        let problem = Refusal::new(code, "").after(Duration::from_secs(5)).problem(leaves);
        assert_eq!((problem.is_retryable, problem.counts_as_attempt), (is_retryable, counts_as_attempt));
        assert_eq!(problem.retry_after_ms.is_some(), is_retryable);
    }

    #[test]
    fn a_bright_room_is_no_sign_of_an_attack() {
        assert!(Finding::Decided(Decision::SpoofFace).is_suspicious());
        assert!(Finding::CouldNotTell(None).is_suspicious());
        assert!(!Finding::Decided(Decision::RealFace).is_suspicious());
        for fault in [ErrorCode::EnvironmentNotSupported, ErrorCode::FaceWithMaskDetected] {
            assert!(!Finding::CouldNotTell(Some(fault)).is_suspicious());
        }
    }

    #[test]
    fn a_client_is_sent_back_only_with_a_token_that_still_opens_a_stream() {
        check(ErrorCode::Overloaded, Leaves::TokenUnused, true, false);
        check(ErrorCode::Overloaded, Leaves::TokenUsed, false, false);
        check(ErrorCode::Overloaded, Leaves::AttemptFailed, false, true);
        check(ErrorCode::MessageInvalid, Leaves::TokenUnused, false, false);
        check(ErrorCode::MessageInvalid, Leaves::AttemptFailed, false, true);
    }
}
