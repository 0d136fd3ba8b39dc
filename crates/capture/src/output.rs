//! What the client wants done.

use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::MessageBytes;

use crate::{Hint, ScreenStep};

/// Something to do, in the order in which it comes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Send these bytes as one message.
    Send(MessageBytes),
    /// Show these colours from the time that the step says, then say that they are shown.
    Screen(ScreenStep),
    /// Show the interface's own colours again.
    ScreenOff,
    /// Tell the person this, instead of what they were told before.
    Guidance(Hint),
    /// The capture is in another state, or the state has another end.
    State(StateChange),
    /// The attempt gave no result; another one is allowed. [`Input::Retry`](crate::Input::Retry) begins it.
    TryAgain(TryAgain),
    /// The capture is over. Exactly one per start, and the last output of it.
    Terminal(Terminal),
}

/// Where a capture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CaptureState {
    /// The service has been asked for a plan.
    Connecting,
    /// The person gets into place; the attention gate is shut.
    Align,
    /// The gate has opened; the screen is grey.
    Hold,
    /// The screen shows the slots.
    Flash,
    /// The screen is grey again.
    Tail,
    /// Everything has been sent; the service has not answered yet.
    Checking,
    /// The person may try again.
    Retry,
    /// The service has been asked for another plan.
    Replanning,
    /// The capture stands still.
    Paused,
    /// It is over.
    Done,
}

/// A new state, or a new end of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange {
    /// The state.
    pub state: CaptureState,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; `None` for [`CaptureState::Done`].
    pub ends_at: Option<Timestamp>,
}

/// An attempt that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryAgain {
    /// What to change; `None` if the service did not say, or in a word that this version does not know.
    pub hint: Option<ErrorCode>,
    /// How many attempts are left.
    pub attempts_left: u32,
}

/// How a capture ended. What was decided, the client never learns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Terminal {
    /// The service has what it needs.
    Finished {
        /// Identifies the result to the app's own service.
        result_id: String,
        /// The transcript's digest, the same on both sides: 64 upper-case hexadecimal digits.
        digest: String,
    },
    /// The person canceled.
    Canceled,
    /// It could not be finished.
    Failed(Failure),
}

/// Why a capture could not be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code of the table; what helps and what client libraries report is in its entry.
    pub code: ErrorCode,
    /// The service's own code, where this version does not know it.
    pub unknown_code: Option<String>,
    /// Whether another start with the same token may work.
    pub is_retryable: bool,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self { code, unknown_code: None, is_retryable: code.entry().is_retryable, retry_after: None }
    }
}
