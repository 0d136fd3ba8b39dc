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
    /// For the log.
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
    pub(crate) retry_after: Option<Duration>,
    /// Whether another stream with the same token may work.
    pub(crate) is_retryable: bool,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, context: impl Into<String>) -> Self {
        Self { code, context: context.into(), retry_after: None, is_retryable: false }
    }

    /// The same for a stream whose token has not been used up.
    pub(crate) fn retryable(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), is_retryable: true, ..self }
    }

    pub(crate) fn problem(&self) -> ProblemMessage {
        ProblemMessage {
            code: self.code.as_str().to_owned(),
            message: self.context.clone(),
            is_retryable: self.is_retryable,
            retry_after_ms: self.retry_after.and_then(|after| u32::try_from(after.as_millis()).ok()),
            counts_as_attempt: self.code.entry().counts_as_attempt,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.context)
    }
}
