//! The one error of the challenge.

/// Why a profile, a challenge or a reveal could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct ChallengeError {
    kind: ChallengeErrorKind,
    context: String,
}

/// The kinds of [`ChallengeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeErrorKind {
    /// A profile's field is outside its range.
    ProfileOutOfRange,
    /// The random bytes never fell into the uniform range: the source is broken.
    RandomnessUnusable,
    /// The colours would flash more often than allowed.
    FlashUnsafe,
    /// There is no such slot, or codes and times do not match in number.
    SlotMismatch,
}

impl ChallengeError {
    pub(crate) fn new(kind: ChallengeErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> ChallengeErrorKind {
        self.kind
    }
}
