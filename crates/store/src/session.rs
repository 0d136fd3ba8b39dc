//! Liveness sessions: what an app server creates, and the state it is in.

use std::fmt;
use std::time::Duration;

use crate::{
    AttemptNumber, AttemptRecord, CorrelationId, JsonDocument, StoreError, StoreErrorKind, UnixMillis, uuid,
};

/// Random bytes that [`SessionId::from_random`] asks for.
pub const SESSION_ID_RANDOM_BYTES: usize = uuid::RANDOM_BYTES;

/// A session's id: a version 4 UUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// From random bytes; six bits of them give way to the UUID's version and variant.
    pub fn from_random(random: [u8; SESSION_ID_RANDOM_BYTES]) -> Self {
        Self(uuid::from_random(random))
    }

    /// From a UUID in its usual form, in any case.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let id = uuid::parse(text);
        id.map(Self).ok_or_else(|| StoreError::new(StoreErrorKind::Malformed, "the session id is not a UUID"))
    }

    /// The UUID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a session is asked to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionKind {
    /// Whether the person is really there.
    Detect,
    /// That, and whether it is the person of a reference image.
    DetectWithVerify,
}

impl SessionKind {
    const ALL: [Self; 2] = [Self::Detect, Self::DetectWithVerify];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::DetectWithVerify => "detect-with-verify",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a session may challenge the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationMode {
    /// By light alone.
    Passive,
    /// By light, and by asking for movements where light is not enough.
    PassiveActive,
}

impl OperationMode {
    const ALL: [Self; 2] = [Self::Passive, Self::PassiveActive];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passive => "Passive",
            Self::PassiveActive => "PassiveActive",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Where a session stands.
///
/// ```text
/// NotStarted -> Running -> Succeeded | Failed | Canceled
///      |           ^              |
///      |           +--- retry ----+   while attempts are left and the session is open
///      +-> Canceled
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionStatus {
    /// No attempt has begun.
    NotStarted,
    /// An attempt is running.
    Running,
    /// The newest attempt has a decision.
    Succeeded,
    /// The newest attempt ended with an error.
    Failed,
    /// The newest attempt or the session was given up.
    Canceled,
}

impl SessionStatus {
    const ALL: [Self; 5] = [Self::NotStarted, Self::Running, Self::Succeeded, Self::Failed, Self::Canceled];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "NotStarted",
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

/// How long a session's token is good: 60 to 86 400 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenTimeToLive(u32);

impl TokenTimeToLive {
    /// Shortest, seconds.
    pub const MIN_SECS: u32 = 60;
    /// Longest, seconds.
    pub const MAX_SECS: u32 = 86_400;

    /// Checks the range.
    pub fn from_secs(secs: u32) -> Result<Self, StoreError> {
        if (Self::MIN_SECS..=Self::MAX_SECS).contains(&secs) {
            return Ok(Self(secs));
        }
        let message =
            format!("the token's time to live is {secs} s, not {} to {}", Self::MIN_SECS, Self::MAX_SECS);
        Err(StoreError::new(StoreErrorKind::Malformed, message))
    }

    /// Seconds.
    pub fn as_secs(self) -> u32 {
        self.0
    }
}

/// How many attempts a session allows: 1 to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptLimit(u32);

impl AttemptLimit {
    /// The most attempts a session may allow.
    pub const MAX: u32 = 3;

    /// Checks the range.
    pub fn new(attempts: u32) -> Result<Self, StoreError> {
        if (1..=Self::MAX).contains(&attempts) {
            return Ok(Self(attempts));
        }
        let message = format!("{attempts} attempts are not 1 to {}", Self::MAX);
        Err(StoreError::new(StoreErrorKind::Malformed, message))
    }

    /// The number of attempts.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// How long a session is kept, counted from its creation: at most 48 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Retention(Duration);

impl Retention {
    /// 48 hours, the promise to the person who was checked.
    pub const MAX: Self = Self(Duration::from_secs(48 * 3600));

    /// Checks the range.
    pub fn new(duration: Duration) -> Result<Self, StoreError> {
        if duration <= Self::MAX.0 {
            return Ok(Self(duration));
        }
        Err(StoreError::new(StoreErrorKind::Malformed, "sessions are kept for 48 hours at most"))
    }

    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

/// Whose sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The one with this id.
    Session(SessionId),
    /// Those with this name for the device.
    Device(CorrelationId),
    /// Those with this name for the user.
    User(CorrelationId),
}

/// A session to create.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// What it is asked to find out.
    pub kind: SessionKind,
    /// How it may challenge the person.
    pub operation_mode: OperationMode,
    /// The parameters as the app server gave them.
    pub parameters: JsonDocument,
    /// The app server's name for the device, if it gave one.
    pub device_correlation_id: Option<CorrelationId>,
    /// The app server's name for the user, if it gave one.
    pub user_correlation_id: Option<CorrelationId>,
    /// How many attempts it allows.
    pub attempts_allowed: AttemptLimit,
    /// How long its token is good.
    pub token_time_to_live: TokenTimeToLive,
    /// How long it is kept.
    pub retention: Retention,
    /// The time now.
    pub created_at: UnixMillis,
}

impl NewSession {
    /// From when on no attempt begins.
    pub fn token_expires_at(&self) -> UnixMillis {
        self.created_at.plus(Duration::from_secs(u64::from(self.token_time_to_live.as_secs())))
    }

    /// From when on the session is gone.
    pub fn erase_after(&self) -> UnixMillis {
        self.created_at.plus(self.retention.get())
    }
}

/// A session as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// What it is asked to find out.
    pub kind: SessionKind,
    /// How it may challenge the person.
    pub operation_mode: OperationMode,
    /// The parameters as the app server gave them.
    pub parameters: JsonDocument,
    /// Name for the device, from the app server or from the first attempt that gave one.
    pub device_correlation_id: Option<CorrelationId>,
    /// Name for the user, from the app server or from the first attempt that gave one.
    pub user_correlation_id: Option<CorrelationId>,
    /// How many attempts it allows.
    pub attempts_allowed: AttemptLimit,
    /// How many attempts have begun.
    pub attempts_begun: u32,
    /// How long its token is good, counted from the creation.
    pub token_time_to_live: TokenTimeToLive,
    /// When it was created.
    pub created_at: UnixMillis,
    /// From when on no attempt begins.
    pub token_expires_at: UnixMillis,
    /// From when on it is gone.
    pub erase_after: UnixMillis,
    /// When its first attempt began.
    pub started_at: Option<UnixMillis>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Whether it may still be tried, as far as its attempts and its token allow.
    pub is_open: bool,
    /// The attempt that is running.
    pub running: Option<RunningAttempt>,
}

/// The attempt that holds a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningAttempt {
    /// Its number.
    pub number: AttemptNumber,
    /// From when on another attempt may take its place: its node is taken for dead.
    pub must_end_by: UnixMillis,
}

impl SessionRecord {
    /// Whether an attempt may begin at `now`; the error says why not.
    pub(crate) fn admits_attempt(&self, now: UnixMillis) -> Result<(), StoreError> {
        if self.running.is_some_and(|running| now < running.must_end_by) {
            return Err(StoreError::new(
                StoreErrorKind::AlreadyRunning,
                "an attempt of this session is running",
            ));
        }
        if !self.is_open {
            return Err(StoreError::new(StoreErrorKind::SessionClosed, "the session is over"));
        }
        if now >= self.token_expires_at {
            return Err(StoreError::new(StoreErrorKind::Expired, "the session's token has expired"));
        }
        if self.attempts_begun >= self.attempts_allowed.get() {
            let message = format!("all {} attempts of the session are used", self.attempts_allowed.get());
            return Err(StoreError::new(StoreErrorKind::AttemptsUsedUp, message));
        }
        Ok(())
    }
}

/// A session and its attempts at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionHistory {
    /// The session.
    pub session: SessionRecord,
    /// Its attempts, newest first.
    pub attempts: Vec<AttemptRecord>,
}

impl SessionHistory {
    /// Of a session that was just created.
    pub fn of_new(session: SessionRecord) -> Self {
        Self { session, attempts: Vec::new() }
    }
}

/// The order of a list of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionOrder {
    /// By creation, the newest first.
    NewestFirst,
    /// By id, ascending: what Azure's list operations promise.
    IdAscending,
}

/// Which sessions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionQuery {
    /// Only this kind, or every kind.
    pub kind: Option<SessionKind>,
    /// In which order.
    pub order: SessionOrder,
    /// After this session (its id is the last of the page before), or from the beginning.
    pub after: Option<SessionId>,
    /// How many.
    pub page_size: PageSize,
}

/// How many sessions one list call returns: 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageSize(u32);

impl PageSize {
    /// The largest page, and the default of Azure's list operations.
    pub const MAX: Self = Self(1000);

    /// Checks the range.
    pub fn new(sessions: u32) -> Result<Self, StoreError> {
        if (1..=Self::MAX.0).contains(&sessions) {
            return Ok(Self(sessions));
        }
        let message = format!("a page of {sessions} is not 1 to {}", Self::MAX.0);
        Err(StoreError::new(StoreErrorKind::Malformed, message))
    }

    /// The number of sessions.
    pub fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_session_id_is_a_version_4_uuid() {
        assert_eq!(SessionId::from_random([0xff; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(SessionId::from_random([0; 16]).as_str(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn what_is_no_uuid_is_no_session_id() {
        let good = SessionId::parse("B12E033E-bda7-4b83-a211-e721c661f30e").unwrap();
        assert_eq!(good.as_str(), "b12e033e-bda7-4b83-a211-e721c661f30e");
        for bad in
            ["", "b12e033e", "b12e033e-bda7-4b83-a211-e721c661f30", "b12e033e_bda7-4b83-a211-e721c661f30e"]
        {
            assert_eq!(SessionId::parse(bad).unwrap_err().kind(), StoreErrorKind::Malformed, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn ids_read_back(random in any::<[u8; 16]>()) {
            let id = SessionId::from_random(random);
            prop_assert_eq!(SessionId::parse(id.as_str()).unwrap(), id);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = SessionId::parse(&text);
        }
    }

    #[test]
    fn ranges_hold_at_both_ends() {
        assert!(TokenTimeToLive::from_secs(60).is_ok() && TokenTimeToLive::from_secs(86_400).is_ok());
        assert!(TokenTimeToLive::from_secs(59).is_err() && TokenTimeToLive::from_secs(86_401).is_err());
        assert!(AttemptLimit::new(1).is_ok() && AttemptLimit::new(3).is_ok());
        assert!(AttemptLimit::new(0).is_err() && AttemptLimit::new(4).is_err());
        assert!(PageSize::new(1).is_ok() && PageSize::new(1000).is_ok());
        assert!(PageSize::new(0).is_err() && PageSize::new(1001).is_err());
        assert!(Retention::new(Duration::from_secs(172_800)).is_ok());
        assert!(Retention::new(Duration::from_secs(172_801)).is_err());
    }
}
