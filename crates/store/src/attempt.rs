//! Attempts: one run of the challenge before the camera, and how it ended.

use std::fmt;

use crate::{CorrelationId, JsonDocument, StoreError, StoreErrorKind, UnixMillis};

/// An attempt's number within its session, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptNumber(u32);

impl AttemptNumber {
    /// From 1 on.
    pub fn new(number: u32) -> Result<Self, StoreError> {
        if number == 0 {
            return Err(StoreError::new(StoreErrorKind::Malformed, "attempts are counted from 1"));
        }
        Ok(Self(number))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// An attempt to begin.
#[derive(Debug, Clone)]
pub struct AttemptStart {
    /// The time now.
    pub begun_at: UnixMillis,
    /// When the attempt is over at the latest.
    /// If its node dies, another attempt may begin from then on.
    pub must_end_by: UnixMillis,
    /// What is known of the client (addresses, say), as JSON.
    pub client: Option<JsonDocument>,
    /// The client's name for the device; kept if the session has none.
    pub device_correlation_id: Option<CorrelationId>,
    /// The client's name for the user; kept if the session has none.
    pub user_correlation_id: Option<CorrelationId>,
}

/// What an attempt decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// A real person was there.
    RealFace,
    /// Something else was presented.
    SpoofFace,
    /// It could not tell.
    Uncertain,
}

impl Decision {
    const ALL: [Self; 3] = [Self::RealFace, Self::SpoofFace, Self::Uncertain];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RealFace => "realface",
            Self::SpoofFace => "spoofface",
            Self::Uncertain => "uncertain",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.as_str() == text)
    }
}

/// SHA-256 over the transcript of an attempt, which client and server both compute. Prints as 64 upper-case digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TranscriptDigest([u8; 32]);

impl TranscriptDigest {
    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for TranscriptDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for TranscriptDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TranscriptDigest({self})")
    }
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptStatus {
    /// It runs.
    Running,
    /// It ended with a decision.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was given up: by the person, by the app server, or because its node died.
    Canceled,
}

impl AttemptStatus {
    const ALL: [Self; 4] = [Self::Running, Self::Succeeded, Self::Failed, Self::Canceled];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptEnd {
    /// With a decision.
    Succeeded {
        /// What it decided.
        decision: Decision,
        /// The digest that client and server share.
        digest: TranscriptDigest,
    },
    /// With an error, which the document explains.
    Failed,
    /// Given up.
    Canceled,
}

impl AttemptEnd {
    pub(crate) fn status(self) -> AttemptStatus {
        match self {
            Self::Succeeded { .. } => AttemptStatus::Succeeded,
            Self::Failed => AttemptStatus::Failed,
            Self::Canceled => AttemptStatus::Canceled,
        }
    }
}

/// What becomes of the session when an attempt has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterAttempt {
    /// It is over, even if attempts are left.
    Close,
    /// Another attempt may begin, if one is left and the token is good.
    AllowRetry,
}

/// The outcome of an attempt.
#[derive(Debug, Clone)]
pub struct AttemptOutcome {
    /// The time now.
    pub ended_at: UnixMillis,
    /// How it ended.
    pub end: AttemptEnd,
    /// The result or the error with its signals and reasons: numbers and words, never pixels.
    pub document: JsonDocument,
    /// What becomes of the session.
    pub after: AfterAttempt,
}

/// An attempt as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptRecord {
    /// Its number.
    pub number: AttemptNumber,
    /// Where it stands.
    pub status: AttemptStatus,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it is over at the latest.
    pub must_end_by: UnixMillis,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// What it decided, if it succeeded.
    pub decision: Option<Decision>,
    /// The digest that client and server share, if it succeeded.
    pub digest: Option<TranscriptDigest>,
    /// The result or the error; absent while it runs and where its node died.
    pub document: Option<JsonDocument>,
    /// What is known of the client.
    pub client: Option<JsonDocument>,
}
