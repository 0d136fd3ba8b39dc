//! What does not fit a transcript.

use crate::errors::ErrorCode;

/// Why something was not taken into a transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct TranscriptError {
    kind: TranscriptErrorKind,
    context: String,
}

/// The kinds of [`TranscriptError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TranscriptErrorKind {
    /// A frame's number or time does not follow the last one's, or its phase goes back.
    FrameOutOfOrder,
    /// A frame claims a slot that has not been revealed, or has ended.
    SlotNotOpen,
    /// A head is not the chain's.
    HeadMismatch,
    /// A slot ends out of order, or overlaps the one before.
    SlotOutOfOrder,
    /// A slot would be revealed before the frames of the slot two before it are fixed.
    RevealTooEarly,
    /// A reveal does not open its commitment.
    CommitmentMismatch,
    /// The attempt ends before its last slot, or with another number of frames.
    Incomplete,
}

impl TranscriptError {
    pub(super) fn new(kind: TranscriptErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> TranscriptErrorKind {
        self.kind
    }

    /// The code that the other side is told.
    pub fn code(&self) -> ErrorCode {
        match self.kind {
            TranscriptErrorKind::FrameOutOfOrder => ErrorCode::FrameOutOfOrder,
            TranscriptErrorKind::SlotNotOpen => ErrorCode::SlotNotRevealed,
            TranscriptErrorKind::HeadMismatch => ErrorCode::ChainMismatch,
            TranscriptErrorKind::CommitmentMismatch => ErrorCode::ChallengeMismatch,
            TranscriptErrorKind::SlotOutOfOrder
            | TranscriptErrorKind::RevealTooEarly
            | TranscriptErrorKind::Incomplete => ErrorCode::MessageUnexpected,
        }
    }
}
