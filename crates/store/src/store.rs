//! What a store can do. One node or many may use it at once; every call is atomic.

use async_trait::async_trait;

use crate::{
    AbuseSubject, ApiKeyId, ApiKeyRecord, AttemptNumber, AttemptOutcome, AttemptStart, AuditEntry,
    CaptureMarks, EnrolledFaceStore, FaceId, FailedAttempt, GroupStore, ImageId, KeptFace, NewApiKey,
    NewAuditEntry, NewSession, PageSize, PersonStore, SealedImage, SealedTemplate, SecretBytes,
    SecretPurpose, SessionHistory, SessionId, SessionQuery, SessionRecord, Setting, StoreError, SubjectState,
    TemplateOwner, TokenId, UnixMillis, VelocityRule, Whose, WrappedKey,
};

/// Sessions.
///
/// A session past its retention is not there, whether or not it has been purged.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session. [`AlreadyExists`](crate::StoreErrorKind::AlreadyExists) if its id is taken.
    async fn create_session(&self, session: &NewSession) -> Result<SessionRecord, StoreError>;

    /// Keeps new sessions together, all of them or none, in their order. The error is as of [`Self::create_session`].
    async fn create_sessions(&self, sessions: &[NewSession]) -> Result<Vec<SessionRecord>, StoreError>;

    /// A session with its attempts, newest first. [`NotFound`](crate::StoreErrorKind::NotFound) if it is not there.
    async fn session(&self, id: &SessionId, now: UnixMillis) -> Result<SessionHistory, StoreError>;

    /// One page of sessions. [`NotFound`](crate::StoreErrorKind::NotFound) if the page is to start after a session
    /// that is not there, and the order is by age.
    async fn sessions(&self, query: &SessionQuery, now: UnixMillis)
    -> Result<Vec<SessionRecord>, StoreError>;

    /// Erases a session at once, with its attempts and tokens.
    /// [`NotFound`](crate::StoreErrorKind::NotFound) if it is not there.
    async fn erase_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError>;

    /// Erases at once every session of a device or a user, and returns their ids. In the same transaction each erasure is
    /// put on record as this actor's: none happens that is not.
    async fn erase_sessions_of(
        &self,
        whose: &Whose,
        actor: &str,
        now: UnixMillis,
    ) -> Result<Vec<SessionId>, StoreError>;

    /// Gives a session up and its running attempt with it.
    /// [`SessionClosed`](crate::StoreErrorKind::SessionClosed) if it is over.
    async fn cancel_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError>;

    /// Remembers that a token of this session was used. The second time it is
    /// [`TokenUsed`](crate::StoreErrorKind::TokenUsed), on whichever node.
    async fn claim_token(&self, id: &SessionId, token: &TokenId, now: UnixMillis) -> Result<(), StoreError>;
}

/// Attempts.
#[async_trait]
pub trait AttemptStore: Send + Sync {
    /// Begins the next attempt and returns its number. Of many callers at once, on any number of nodes, one wins.
    ///
    /// The error's kind is the reason:
    /// [`NotFound`](crate::StoreErrorKind::NotFound),
    /// [`AlreadyRunning`](crate::StoreErrorKind::AlreadyRunning),
    /// [`SessionClosed`](crate::StoreErrorKind::SessionClosed),
    /// [`Expired`](crate::StoreErrorKind::Expired),
    /// [`AttemptsUsedUp`](crate::StoreErrorKind::AttemptsUsedUp).
    /// An attempt whose time is over is cancelled first; it counts as used.
    async fn begin_attempt(&self, id: &SessionId, start: &AttemptStart) -> Result<AttemptNumber, StoreError>;

    /// Ends a running attempt, once.
    /// [`AttemptNotRunning`](crate::StoreErrorKind::AttemptNotRunning) if it is not, or no longer, running.
    async fn finish_attempt(
        &self,
        id: &SessionId,
        number: AttemptNumber,
        outcome: &AttemptOutcome,
    ) -> Result<(), StoreError>;
}

/// API keys. A key is kept as a hash and never returned.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Keeps the hash of a new key. [`AlreadyExists`](crate::StoreErrorKind::AlreadyExists) if its id is taken.
    async fn create_api_key(&self, key: NewApiKey<'_>) -> Result<(), StoreError>;

    /// The key that a caller presented, if it is kept and live.
    /// `None` does not say whether it was unknown, expired or revoked, so that a caller learns nothing.
    async fn authenticate(
        &self,
        presented: &str,
        now: UnixMillis,
    ) -> Result<Option<ApiKeyRecord>, StoreError>;

    /// Refuses a key from now on; a key revoked before keeps its time.
    /// [`NotFound`](crate::StoreErrorKind::NotFound) if there is none.
    async fn revoke_api_key(&self, id: &ApiKeyId, now: UnixMillis) -> Result<(), StoreError>;

    /// Every key, expired and revoked ones too, newest first.
    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError>;
}

/// The service's own secrets.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The secret kept for `purpose`; `candidate` becomes it if there is none.
    /// Processes that start together all get the same one.
    async fn secret_or_insert(
        &self,
        purpose: SecretPurpose,
        candidate: &SecretBytes,
        now: UnixMillis,
    ) -> Result<SecretBytes, StoreError>;

    /// Every version of a secret, the newest first.
    async fn secret_versions(&self, purpose: SecretPurpose) -> Result<Vec<(u32, SecretBytes)>, StoreError>;

    /// Keeps a newer version of a secret beside the others and returns its number.
    async fn add_secret(
        &self,
        purpose: SecretPurpose,
        secret: &SecretBytes,
        now: UnixMillis,
    ) -> Result<u32, StoreError>;
}

/// Sealed pictures. Each goes with its session.
#[async_trait]
pub trait ImageStore: Send + Sync {
    /// Keeps a picture of a session that is there.
    async fn keep_image(&self, image: &SealedImage) -> Result<(), StoreError>;

    /// A picture. [`NotFound`](crate::StoreErrorKind::NotFound) if it, or its session, is not there.
    async fn image(&self, id: &ImageId, now: UnixMillis) -> Result<SealedImage, StoreError>;

    /// Up to `max_images` pictures whose keys are wrapped by a version before this one.
    async fn image_keys_before(
        &self,
        version: u32,
        max_images: u32,
    ) -> Result<Vec<(ImageId, WrappedKey)>, StoreError>;

    /// Puts another wrapping in the place of the one by version `from`; does nothing if that has gone meanwhile.
    async fn rewrap_image(&self, id: &ImageId, from: u32, to: &WrappedKey) -> Result<(), StoreError>;
}

/// Sealed templates of faces. Each goes when its time, or its session, is over.
#[async_trait]
pub trait FaceStore: Send + Sync {
    /// Keeps faces; all of them or none.
    async fn keep_faces(&self, faces: &[KeptFace]) -> Result<(), StoreError>;

    /// A face. [`NotFound`](crate::StoreErrorKind::NotFound) if it is not there, or not any more.
    async fn face(&self, id: &FaceId, now: UnixMillis) -> Result<KeptFace, StoreError>;

    /// Keeps the template of the reference image of a session that is there.
    async fn keep_reference(&self, session: &SessionId, template: &SealedTemplate) -> Result<(), StoreError>;

    /// The template of the reference image of a session that is there, if it has one.
    async fn reference(
        &self,
        session: &SessionId,
        now: UnixMillis,
    ) -> Result<Option<SealedTemplate>, StoreError>;

    /// Up to `most` templates of each kind of owner that are sealed by a version before this one.
    async fn templates_before(
        &self,
        version: u32,
        most: u32,
    ) -> Result<Vec<(TemplateOwner, SealedTemplate)>, StoreError>;

    /// Puts another sealing in the place of the one by version `from`; does nothing if that has gone meanwhile.
    async fn reseal_template(
        &self,
        owner: &TemplateOwner,
        from: u32,
        to: &SealedTemplate,
    ) -> Result<(), StoreError>;
}

/// Who fails too often, and what was sent before. What is older than sessions are kept is forgotten by the purge.
#[async_trait]
pub trait AbuseStore: Send + Sync {
    /// Counts an attempt that failed against each of these subjects, and locks those with too many.
    async fn record_failure(
        &self,
        subjects: &[AbuseSubject],
        failure: &FailedAttempt,
        rule: &VelocityRule,
    ) -> Result<(), StoreError>;

    /// What is known of each of these subjects, in their order.
    async fn subject_states(
        &self,
        subjects: &[AbuseSubject],
        rule: &VelocityRule,
        now: UnixMillis,
    ) -> Result<Vec<SubjectState>, StoreError>;

    /// Keeps the marks of a capture.
    async fn mark_capture(&self, marks: &CaptureMarks) -> Result<(), StoreError>;

    /// The marks of this many captures at most, the newest first.
    async fn marked_captures(&self, most: u32) -> Result<Vec<CaptureMarks>, StoreError>;
}

/// The record of who read, changed or erased what. It is only ever added to.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds entries to the chain, in this order; all of them or none. Nodes take turns.
    async fn append_audit(&self, entries: &[NewAuditEntry]) -> Result<(), StoreError>;

    /// A page of the chain, the oldest first, after the entry of this number (0 is the beginning).
    async fn audit_log(&self, after: u64, page: PageSize) -> Result<Vec<AuditEntry>, StoreError>;
}

/// What an operator may switch while the service runs.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// Whether it is on.
    async fn is_on(&self, setting: Setting) -> Result<bool, StoreError>;

    /// Switches it, for every node.
    async fn switch(&self, setting: Setting, is_on: bool, now: UnixMillis) -> Result<(), StoreError>;
}

/// What keeps a store in order.
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Erases up to `max_sessions` sessions past their retention and every face past its time, and cancels attempts whose
    /// time is over.
    /// `None` if another node is at it.
    async fn purge(&self, now: UnixMillis, max_sessions: u32) -> Result<Option<Purged>, StoreError>;

    /// Whether the database answers and takes writes.
    async fn check_ready(&self) -> Result<(), StoreError>;
}

/// What [`Housekeeping::purge`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Purged {
    /// Sessions erased, each with its attempts and tokens.
    pub sessions_erased: u32,
    /// Attempts cancelled because their time was over.
    pub attempts_cancelled: u32,
    /// Faces erased.
    pub faces_erased: u32,
}

/// All of it: what a service needs.
pub trait Store:
    SessionStore
    + AttemptStore
    + ApiKeyStore
    + SecretStore
    + ImageStore
    + FaceStore
    + GroupStore
    + PersonStore
    + EnrolledFaceStore
    + AbuseStore
    + AuditStore
    + SettingsStore
    + Housekeeping
{
}

impl<T> Store for T where
    T: SessionStore
        + AttemptStore
        + ApiKeyStore
        + SecretStore
        + ImageStore
        + FaceStore
        + GroupStore
        + PersonStore
        + EnrolledFaceStore
        + AbuseStore
        + AuditStore
        + SettingsStore
        + Housekeeping
{
}
