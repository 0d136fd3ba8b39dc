//! Key material of the service itself.

use std::fmt;

use zeroize::Zeroizing;

use crate::{StoreError, StoreErrorKind};

/// Bytes of a secret, at most.
pub const MAX_SECRET_BYTES: usize = 4096;

/// What a secret of the service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretPurpose {
    /// Signs the session tokens.
    SessionTokenSigning,
    /// Hashes whom the abuse counters count.
    AbuseSubjects,
    /// Wraps the keys of pictures; itself sealed by the master key, which is kept elsewhere.
    ImageKeys,
    /// Makes the codes of quick links.
    QuickLinks,
    /// Seals templates of faces; itself sealed by the master key.
    TemplateKeys,
}

impl SecretPurpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SessionTokenSigning => "session-token-signing",
            Self::AbuseSubjects => "abuse-subjects",
            Self::ImageKeys => "image-keys",
            Self::QuickLinks => "quick-links",
            Self::TemplateKeys => "template-keys",
        }
    }
}

/// Secret bytes: wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// From 1 to [`MAX_SECRET_BYTES`] bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, StoreError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.is_empty() || bytes.len() > MAX_SECRET_BYTES {
            let message = format!("the secret has {} bytes, not 1 to {MAX_SECRET_BYTES}", bytes.len());
            return Err(StoreError::new(StoreErrorKind::BadLength, message));
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes([redacted {} bytes])", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_bounded_and_not_printed() {
        let secret = SecretBytes::new(b"hunter2".to_vec()).unwrap();
        assert_eq!(format!("{secret:?}"), "SecretBytes([redacted 7 bytes])");
        assert_eq!(SecretBytes::new(Vec::new()).unwrap_err().kind(), StoreErrorKind::BadLength);
        assert_eq!(
            SecretBytes::new(vec![0; MAX_SECRET_BYTES + 1]).unwrap_err().kind(),
            StoreErrorKind::BadLength
        );
    }
}
