//! Sealed templates of faces. The store can not open them.

use std::fmt;
use std::time::Duration;

use crate::{EnrolledOwner, SessionId, StoreError, StoreErrorKind, UnixMillis};

/// Random bytes that [`FaceId::from_random`] asks for.
pub const FACE_ID_RANDOM_BYTES: usize = 16;
/// The longest name of a recognition model, bytes.
const MAX_MODEL_BYTES: usize = 32;

/// Names a face of a picture for as long as it is kept: a UUID of 122 random bits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId(SessionId);

impl FaceId {
    /// From random bytes.
    pub fn from_random(random: [u8; FACE_ID_RANDOM_BYTES]) -> Self {
        Self(SessionId::from_random(random))
    }

    /// From its text, in any case.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        SessionId::parse(text)
            .map(Self)
            .map_err(|_malformed| StoreError::new(StoreErrorKind::Malformed, "the face's id is no UUID"))
    }

    /// 36 lower-case characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for FaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How long a face may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceTimeToLive(Duration);

impl FaceTimeToLive {
    /// A day.
    pub const MAX: Self = Self(Duration::from_secs(86_400));

    /// From 60 seconds to a day.
    pub fn from_secs(secs: u32) -> Result<Self, StoreError> {
        if (60..=86_400).contains(&secs) {
            return Ok(Self(Duration::from_secs(secs.into())));
        }
        Err(StoreError::new(StoreErrorKind::Malformed, "a face is kept for 60 to 86400 seconds"))
    }

    /// The time.
    pub fn get(self) -> Duration {
        self.0
    }
}

/// The name that a caller gives to the network: templates under different names are not compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecognitionModel(String);

impl RecognitionModel {
    /// From 1 to 32 letters, digits, `_`, `-` and `.`.
    pub fn new(name: impl Into<String>) -> Result<Self, StoreError> {
        let name = name.into();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if (1..=MAX_MODEL_BYTES).contains(&name.len()) && name.bytes().all(is_name) {
            return Ok(Self(name));
        }
        Err(StoreError::new(StoreErrorKind::Malformed, "the recognition model's name is none"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A template, sealed by a key of the store.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedTemplate {
    /// Which key seals it.
    pub key_version: u32,
    /// A nonce and what it seals.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SealedTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedTemplate(key {}, [{} sealed bytes])", self.key_version, self.bytes.len())
    }
}

/// A face of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFace {
    /// Its name.
    pub id: FaceId,
    /// What the caller calls the network.
    pub recognition_model: RecognitionModel,
    /// What it is compared by.
    pub template: SealedTemplate,
    /// When it was found.
    pub created_at: UnixMillis,
    /// From when on it is not there.
    pub expires_at: UnixMillis,
}

/// Whose template it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateOwner {
    /// A face of a picture.
    Face(FaceId),
    /// The reference image of a session.
    Reference(SessionId),
    /// An enrolled face.
    Enrolled(EnrolledOwner),
}
