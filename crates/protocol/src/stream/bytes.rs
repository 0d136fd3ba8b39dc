//! Bytes that carry a person or a secret: wiped when dropped, never printed.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A JPEG of a face.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct JpegBytes(Vec<u8>);

impl JpegBytes {
    /// Takes the bytes as they are; whether they are a JPEG is for the decoder to say.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the bytes, as the chain of hashes takes it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl fmt::Debug for JpegBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JpegBytes([redacted {} bytes])", self.0.len())
    }
}

/// An encoded message, ready for the transport.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MessageBytes(Vec<u8>);

impl MessageBytes {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, as in the encoding of a message of unknown kind.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 of the bytes, as the digest of the transcript takes it.
    pub fn sha256(&self) -> [u8; 32] {
        Self::hash_of(&self.0)
    }

    /// [`Self::sha256`] of a message as it was received.
    pub fn hash_of(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    /// The bytes for a transport that takes them over; they are no longer wiped.
    pub fn into_vec(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl fmt::Debug for MessageBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageBytes([redacted {} bytes])", self.0.len())
    }
}

/// A session token as the app handed it over. A bearer secret.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken(String);

impl SessionToken {
    /// Takes any text; only the service can tell whether it is a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service's address that the token names, unverified: where a client connects that was given nothing else.
    /// `None` if the token names none.
    pub fn endpoint_unverified(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Claims {
            endpoint: String,
        }
        let payload = self.0.split('.').nth(1)?;
        let json = Base64UrlUnpadded::decode_vec(payload).ok()?;
        serde_json::from_slice::<Claims>(&json).ok().map(|claims| claims.endpoint)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionToken([redacted {} bytes])", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_prints() {
        let printed = format!(
            "{:?} {:?} {:?}",
            JpegBytes::new(vec![201; 3]),
            MessageBytes::new(vec![201; 4]),
            SessionToken::new("secret")
        );
        assert!(!printed.contains("201") && !printed.contains("secret"), "{printed}");
    }

    #[test]
    fn the_endpoint_of_a_token_is_read_and_nonsense_is_none() {
        let payload = Base64UrlUnpadded::encode_string(br#"{"endpoint":"https://face.example","sid":"s"}"#);
        let token = SessionToken::new(format!("e30.{payload}.sig"));
        assert_eq!(token.endpoint_unverified().as_deref(), Some("https://face.example"));
        for nonsense in ["", "a", "a.!.c", "a.e30.c"] {
            assert_eq!(SessionToken::new(nonsense).endpoint_unverified(), None, "{nonsense}");
        }
    }
}
