//! Who fails too often, counters and locks; and what was sent before, marks.

use std::time::Duration;

use crate::{SessionId, StoreError, StoreErrorKind, UnixMillis};

/// A device, a user or a network, by an opaque name. Callers make it of a keyed hash: the store then holds no address and
/// nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbuseSubject(String);

impl AbuseSubject {
    /// The longest name, bytes.
    pub const MAX_BYTES: usize = 80;

    /// From 1 to 80 printable ASCII characters without spaces.
    pub fn new(name: impl Into<String>) -> Result<Self, StoreError> {
        let name = name.into();
        if (1..=Self::MAX_BYTES).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(name));
        }
        Err(StoreError::new(
            StoreErrorKind::Malformed,
            "a subject's name is not 1 to 80 printable characters",
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a subject fails too often, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VelocityRule {
    /// With this many failures it is locked, 1 or more.
    pub max_failures: u32,
    /// Failures count for this long.
    pub within: Duration,
    /// A lock lasts this long.
    pub lock_for: Duration,
    /// A lock that follows the end of the one before within this time counts as a repetition of it.
    pub repeats_within: Duration,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Its session; `None` if that has been erased since.
    pub session: Option<SessionId>,
    /// Its number within the session.
    pub attempt: u32,
    /// When it failed.
    pub at: UnixMillis,
}

/// What is known of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubjectState {
    /// Which one.
    pub subject: AbuseSubject,
    /// Its failures that still count, newest first.
    pub failures: Vec<FailedAttempt>,
    /// Until when it is locked, if it is.
    pub locked_until: Option<UnixMillis>,
    /// Locks in a row, this one included; 0 if none is recent.
    pub locks: u32,
}

/// Marks of a capture, by which it is known when it comes again. Callers make them of keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureMarks {
    /// Its session; `None` if that has been erased since.
    pub session: Option<SessionId>,
    /// The number of its attempt within the session.
    pub attempt: u32,
    /// When it ended.
    pub taken_at: UnixMillis,
    /// Marks of some of its frames, up to [`Self::MAX_BYTES`].
    pub frames: Vec<u8>,
    /// Marks of the course of the light on the face, up to [`Self::MAX_BYTES`].
    pub course: Vec<u8>,
}

impl CaptureMarks {
    /// The most bytes of either kind.
    pub const MAX_BYTES: usize = 4096;
}
