//! Sealed pictures. The store can not open them.

use std::fmt;

use crate::{SessionId, StoreError, StoreErrorKind, UnixMillis};

/// Random bytes that [`ImageId::from_random`] asks for.
pub const IMAGE_ID_RANDOM_BYTES: usize = 32;

/// A picture's id: 64 lower-case hexadecimal digits, not to be guessed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageId(String);

impl ImageId {
    /// From random bytes.
    pub fn from_random(random: [u8; IMAGE_ID_RANDOM_BYTES]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// From its digits, in any case.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.len() == 2 * IMAGE_ID_RANDOM_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(StoreError::new(StoreErrorKind::Malformed, "the picture's id is not 64 hexadecimal digits"))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a picture, wrapped by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which key wraps it.
    pub version: u32,
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

/// A sealed picture.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedImage {
    /// Its id.
    pub id: ImageId,
    /// Whose it is: it goes with the session.
    pub session: SessionId,
    /// What opens it.
    pub key: WrappedKey,
    /// The picture, sealed.
    pub sealed: Vec<u8>,
    /// When it was kept.
    pub created_at: UnixMillis,
}

impl fmt::Debug for SealedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedImage({}, [{} sealed bytes])", self.id, self.sealed.len())
    }
}
