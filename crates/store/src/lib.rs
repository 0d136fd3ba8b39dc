//! What the service keeps: sessions, attempts, API keys and its signing key, in SQLite or PostgreSQL.
//!
//! It keeps decisions and the numbers behind them, who is enrolled, and pictures and templates of faces that were sealed
//! before. It never sees a frame, a crop, a landmark or an embedding, knows nothing of HTTP, and has neither clock nor
//! random source: times and random bytes are
//! arguments.
//! [`Store`] is the trait; [`SqlStore`] implements it, and one test suite runs on every database.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! use std::sync::Arc;
//! use std::time::Duration;
//! use verilume_store::*;
//!
//! let folder = tempfile::tempdir()?;
//! let store: Arc<dyn Store> = Arc::new(SqlStore::open_folder(folder.path()).await?);
//! let now = UnixMillis::from_millis(1_700_000_000_000);
//! let session = store
//!     .create_session(&NewSession {
//!         // The operating system's generator in earnest.
//!         id: SessionId::from_random([7; SESSION_ID_RANDOM_BYTES]),
//!         kind: SessionKind::Detect,
//!         operation_mode: OperationMode::Passive,
//!         parameters: JsonDocument::parse(r#"{"livenessOperationMode":"Passive"}"#)?,
//!         device_correlation_id: Some(CorrelationId::new("kiosk 3")?),
//!         user_correlation_id: None,
//!         attempts_allowed: AttemptLimit::new(1)?,
//!         token_time_to_live: TokenTimeToLive::from_secs(600)?,
//!         retention: Retention::MAX,
//!         created_at: now,
//!     })
//!     .await?;
//! let start = AttemptStart {
//!     begun_at: now,
//!     must_end_by: now.plus(Duration::from_secs(60)),
//!     client: None,
//!     device_correlation_id: None,
//!     user_correlation_id: None,
//! };
//! let attempt = store.begin_attempt(&session.id, &start).await?;
//! let second = store.begin_attempt(&session.id, &start).await;
//! assert_eq!(second.unwrap_err().kind(), StoreErrorKind::AlreadyRunning);
//! # assert_eq!(attempt.get(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod abuse;
mod api_key;
mod attempt;
mod audit;
mod enrolment;
mod error;
mod face;
mod image;
mod people;
mod secret;
mod session;
mod setting;
mod sql;
mod store;
mod text;
mod time;
mod uuid;

pub use abuse::{AbuseSubject, CaptureMarks, FailedAttempt, SubjectState, VelocityRule};
pub use api_key::{API_KEY_RANDOM_BYTES, ApiKey, ApiKeyId, ApiKeyRecord, NewApiKey, Scope, Scopes};
pub use attempt::{
    AfterAttempt, AttemptEnd, AttemptNumber, AttemptOutcome, AttemptRecord, AttemptStart, AttemptStatus,
    Decision, TranscriptDigest,
};
pub use audit::{AuditAction, AuditChain, AuditEntry, AuditHash, AuditSubject, NewAuditEntry};
pub use enrolment::{EnrolledFaceStore, GroupStore, PersonStore};
pub use error::{StoreError, StoreErrorKind};
pub use face::{
    FACE_ID_RANDOM_BYTES, FaceId, FaceTimeToLive, KeptFace, RecognitionModel, SealedTemplate, TemplateOwner,
};
pub use image::{IMAGE_ID_RANDOM_BYTES, ImageId, SealedImage, WrappedKey};
pub use people::{
    BegunTraining, DisplayName, EnrolledFace, EnrolledOwner, FaceLimits, FaceOwner, GroupId, GroupKey,
    GroupKind, GroupRecord, GroupUid, NewFace, NewGroup, NewPerson, PEOPLE_ID_RANDOM_BYTES, PersistedFaceId,
    PersonId, PersonRecord, SealedFace, SearchedState, TrainingRecord, TrainingStatus, UserData,
};
pub use secret::{MAX_SECRET_BYTES, SecretBytes, SecretPurpose};
pub use session::{
    AttemptLimit, NewSession, OperationMode, PageSize, Retention, RunningAttempt, SESSION_ID_RANDOM_BYTES,
    SessionHistory, SessionId, SessionKind, SessionOrder, SessionQuery, SessionRecord, SessionStatus,
    TokenTimeToLive, Whose,
};
pub use setting::Setting;
pub use sql::SqlStore;
pub use store::{
    AbuseStore, ApiKeyStore, AttemptStore, AuditStore, FaceStore, Housekeeping, ImageStore, Purged,
    SecretStore, SessionStore, SettingsStore, Store,
};
pub use text::{CorrelationId, JsonDocument, KeyLabel, MAX_DOCUMENT_BYTES, MAX_TEXT_CHARS, TokenId};
pub use time::UnixMillis;
