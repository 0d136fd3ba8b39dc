//! The session token: what an app hands to the client, and all that the client has.
//!
//! A JSON Web Token (RFC 7519) signed with ES256 (RFC 7518: ECDSA on P-256 with SHA-256). Only this algorithm and
//! these claims are read: a header that says anything else is refused before a signature is looked at. Signatures are
//! deterministic (RFC 6979), so minting needs no randomness; the caller brings key, time and identifiers.
//!
//! Everyone who has the token can read its claims: nothing secret belongs into them.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::SecretKey;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::errors::ErrorCode;
use crate::stream::SessionToken;

/// The longest token that is looked at, bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// What a token's holder may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TokenAction {
    /// Capture for a session that detects liveness.
    #[serde(rename = "detectLiveness")]
    DetectLiveness,
    /// Capture for a session that detects liveness and compares with a reference image.
    #[serde(rename = "detectLivenessWithVerify")]
    DetectLivenessWithVerify,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    /// The session.
    #[serde(rename = "sid")]
    pub session_id: String,
    /// The service's address, where the client connects.
    pub endpoint: String,
    /// What it allows.
    #[serde(rename = "act")]
    pub action: TokenAction,
    /// Identifies this token: a service takes each once.
    #[serde(rename = "jti")]
    pub token_id: String,
    /// When it was issued, seconds of Unix time.
    #[serde(rename = "iat")]
    pub issued_at_unix_secs: u64,
    /// When it ends, seconds of Unix time.
    #[serde(rename = "exp")]
    pub expires_at_unix_secs: u64,
}

/// Why a token or a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct TokenError {
    kind: TokenErrorKind,
    context: &'static str,
}

/// The kinds of [`TokenError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The bytes are no key of this curve.
    KeyInvalid,
    /// The text is no token of this kind.
    Malformed,
    /// The signature is not by this key.
    SignatureInvalid,
    /// The token has ended.
    Expired,
    /// The token is from the future: a clock is wrong.
    NotYetValid,
}

impl TokenError {
    fn new(kind: TokenErrorKind, context: &'static str) -> Self {
        Self { kind, context }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> TokenErrorKind {
        self.kind
    }

    /// The code that a client is told: nothing about why.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::InvalidToken
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

/// A key that signs tokens. Wiped when dropped, never printed.
pub struct TokenSigner {
    key: SigningKey,
    key_id: String,
}

impl TokenSigner {
    /// A key of 32 bytes from a cryptographic generator, with the name that tokens call it by.
    pub fn new(secret: &[u8; 32], key_id: impl Into<String>) -> Result<Self, TokenError> {
        let invalid =
            |_| TokenError::new(TokenErrorKind::KeyInvalid, "the bytes are no secret key of the curve P-256");
        let key = SecretKey::from_slice(secret).map_err(invalid)?;
        Ok(Self { key: SigningKey::from(key), key_id: key_id.into() })
    }

    /// A signed token.
    pub fn mint(&self, claims: &TokenClaims) -> SessionToken {
        let header = Header { alg: "ES256".into(), typ: Some("JWT".into()), kid: Some(self.key_id.clone()) };
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        SessionToken::new(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes())))
    }

    /// The key that verifies what this one signs.
    pub fn verifier(&self) -> TokenVerifier {
        TokenVerifier { key: *self.key.verifying_key(), key_id: self.key_id.clone() }
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSigner({}, [redacted 32 bytes])", self.key_id)
    }
}

/// A key that verifies tokens.
#[derive(Debug, Clone)]
pub struct TokenVerifier {
    key: VerifyingKey,
    key_id: String,
}

impl TokenVerifier {
    /// The name that tokens call the key by.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The claims of a token that this key signed and that is valid at `now_unix_secs`. Issued up to
    /// `max_clock_skew_secs` later than that is accepted: another node may have minted it.
    pub fn verify(
        &self,
        token: &SessionToken,
        now_unix_secs: u64,
        max_clock_skew_secs: u64,
    ) -> Result<TokenClaims, TokenError> {
        let text = token.as_str();
        let malformed = || TokenError::new(TokenErrorKind::Malformed, "the text is no session token");
        if text.len() > MAX_TOKEN_BYTES {
            return Err(malformed());
        }
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        let header: Header = decoded(header).ok_or_else(malformed)?;
        if header.alg != "ES256" || header.kid.is_some_and(|kid| kid != self.key_id) {
            return Err(malformed());
        }
        let signature = Base64UrlUnpadded::decode_vec(signature).ok();
        let signature =
            signature.and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or_else(malformed)?;
        let is_signed = self.key.verify(signed.as_bytes(), &signature).is_ok();
        if !is_signed {
            return Err(TokenError::new(
                TokenErrorKind::SignatureInvalid,
                "the token is not signed by this key",
            ));
        }
        let claims: TokenClaims = decoded(payload).ok_or_else(malformed)?;
        if now_unix_secs >= claims.expires_at_unix_secs {
            return Err(TokenError::new(TokenErrorKind::Expired, "the token has ended"));
        }
        if claims.issued_at_unix_secs > now_unix_secs.saturating_add(max_clock_skew_secs) {
            return Err(TokenError::new(TokenErrorKind::NotYetValid, "the token is from the future"));
        }
        Ok(claims)
    }
}

fn encoded(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("texts and numbers are JSON");
    Base64UrlUnpadded::encode_string(&json)
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let json = Base64UrlUnpadded::decode_vec(part).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_800_000_000;

    fn signer(fill: u8) -> TokenSigner {
        TokenSigner::new(&[fill; 32], "k1").unwrap()
    }

    fn claims() -> TokenClaims {
        TokenClaims {
            session_id: "b12e033e".into(),
            endpoint: "https://face.example".into(),
            action: TokenAction::DetectLiveness,
            token_id: "t1".into(),
            issued_at_unix_secs: NOW,
            expires_at_unix_secs: NOW + 600,
        }
    }

    #[track_caller]
    fn check(token: &str, now: u64, expected: TokenErrorKind) {
        let error = signer(7).verifier().verify(&SessionToken::new(token), now, 60).unwrap_err();
        assert_eq!(error.kind(), expected, "{token}");
    }

    #[test]
    fn a_token_says_what_was_signed_while_it_lasts() {
        let token = signer(7).mint(&claims());
        let verifier = signer(7).verifier();
        assert_eq!(verifier.verify(&token, NOW + 599, 60), Ok(claims()));
        assert_eq!(verifier.verify(&token, NOW - 60, 60), Ok(claims()));
        assert_eq!(token.endpoint_unverified().as_deref(), Some("https://face.example"));
        assert!(token.as_str().starts_with("eyJhbGciOiJFUzI1NiIs"), "as clients expect it to begin");
        check(token.as_str(), NOW + 600, TokenErrorKind::Expired);
        check(token.as_str(), NOW - 61, TokenErrorKind::NotYetValid);
    }

    #[test]
    fn another_key_another_algorithm_and_another_payload_are_refused() {
        check(signer(8).mint(&claims()).as_str(), NOW, TokenErrorKind::SignatureInvalid);
        let token = signer(7).mint(&claims());
        let parts: Vec<&str> = token.as_str().split('.').collect();
        let other = encoded(&TokenClaims { session_id: "other".into(), ..claims() });
        check(&format!("{}.{other}.{}", parts[0], parts[2]), NOW, TokenErrorKind::SignatureInvalid);
        for algorithm in ["none", "HS256", "es256"] {
            let header = encoded(&Header { alg: algorithm.into(), typ: None, kid: None });
            check(&format!("{header}.{}.{}", parts[1], parts[2]), NOW, TokenErrorKind::Malformed);
        }
        check(&format!("{}.{}.", parts[0], parts[1]), NOW, TokenErrorKind::Malformed);
    }

    #[test]
    fn a_zero_key_is_no_key_and_no_key_prints() {
        assert_eq!(TokenSigner::new(&[0; 32], "k").unwrap_err().kind(), TokenErrorKind::KeyInvalid);
        assert_eq!(format!("{:?}", signer(7)), "TokenSigner(k1, [redacted 32 bytes])");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            prop_assert!(signer(7).verifier().verify(&SessionToken::new(text), NOW, 60).is_err());
        }
    }
}
