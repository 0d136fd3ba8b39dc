//! Why the store did not do what it was asked.

use std::error::Error;
use std::fmt;

/// The store did not do what it was asked. Holds no secret and no document: safe to log.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct StoreError {
    kind: StoreErrorKind,
    context: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// A string is empty or longer than its limit.
    BadLength,
    /// A document is larger than its limit.
    TooLarge,
    /// A value is outside its documented range, or is not of its documented form.
    Malformed,
    /// There is no such record: never made, erased, or past its retention.
    NotFound,
    /// A record with this id is already there.
    AlreadyExists,
    /// The session's token has expired.
    Expired,
    /// An attempt of this session is running.
    AlreadyRunning,
    /// Every attempt that the session allows has begun.
    AttemptsUsedUp,
    /// The session has its result or was cancelled.
    SessionClosed,
    /// The attempt is not running: it has ended, or was cancelled because its time was over.
    AttemptNotRunning,
    /// The token was used before.
    TokenUsed,
    /// No more of them may be kept.
    LimitReached,
    /// The collection is being trained.
    TrainingRunning,
    /// The database cannot be reached, is busy for too long, or has no room.
    Unavailable,
    /// The database was made by another release.
    WrongSchema,
    /// The database holds what this release never writes.
    Corrupt,
    /// The database refused a statement that it should accept.
    Unexpected,
}

impl StoreErrorKind {
    /// What the caller or the operator can do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::BadLength => "shorten or fill in the value that the message names",
            Self::TooLarge => "send a smaller document",
            Self::Malformed => "correct the value that the message names",
            Self::NotFound => "create it anew",
            Self::AlreadyExists => "use another id",
            Self::Expired => "create a new session and use its token before it expires",
            Self::AlreadyRunning => "wait until the running attempt has ended",
            Self::AttemptsUsedUp => "create a new session, or allow more attempts when creating it",
            Self::SessionClosed => "read the session's result, or create a new session",
            Self::AttemptNotRunning => "begin another attempt",
            Self::TokenUsed => "ask for a new token",
            Self::LimitReached => "erase what is not needed any more, or make another collection",
            Self::TrainingRunning => "wait until the training has ended",
            Self::Unavailable => "check that the database runs, is reachable and has room, then try again",
            Self::WrongSchema => "use the release that made the database, or a newer one",
            Self::Corrupt => "restore the database from a backup",
            Self::Unexpected => "report it with the message: it is a fault of this program",
        }
    }
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn caused_by(
        kind: StoreErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }

    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::new(StoreErrorKind::Corrupt, format!("the database holds {what}"))
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What the caller or the operator can do next.
    pub fn next_step(&self) -> &'static str {
        self.kind.next_step()
    }
}
