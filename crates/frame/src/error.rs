//! The one error of this crate: a shape that does not fit its pixels.

/// Why a frame, a view or a landmark set could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct FrameError {
    kind: FrameErrorKind,
    context: String,
}

/// The kinds of [`FrameError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameErrorKind {
    /// Width or height is zero.
    Empty,
    /// More pixels than [`MAX_PIXELS`](crate::MAX_PIXELS).
    TooLarge,
    /// The buffer's length does not fit the width, height and stride.
    LengthMismatch,
}

impl FrameError {
    pub(crate) fn new(kind: FrameErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> FrameErrorKind {
        self.kind
    }
}
