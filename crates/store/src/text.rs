//! Strings and documents with a bound.

use std::fmt;

use crate::{StoreError, StoreErrorKind};

/// Characters of a [`CorrelationId`], a [`KeyLabel`] or a [`TokenId`], at most.
pub const MAX_TEXT_CHARS: usize = 64;

/// Bytes of a [`JsonDocument`], at most: a result with every signal and its reasons takes a tenth of it.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// A string of 1 to [`MAX_TEXT_CHARS`] characters without control characters.
fn checked(what: &'static str, text: String) -> Result<String, StoreError> {
    let chars = text.chars().count();
    if chars == 0 || chars > MAX_TEXT_CHARS {
        let message = format!("{what} has {chars} characters, not 1 to {MAX_TEXT_CHARS}");
        return Err(StoreError::new(StoreErrorKind::BadLength, message));
    }
    if text.chars().any(char::is_control) {
        return Err(StoreError::new(StoreErrorKind::Malformed, format!("{what} holds a control character")));
    }
    Ok(text)
}

/// What an app server calls one device or one user: 1 to 64 characters. It may identify a person, so it is not printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// Checks the length.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        checked("the correlation id", text.into()).map(Self)
    }

    /// The id as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorrelationId([redacted {} bytes])", self.0.len())
    }
}

/// What an operator calls an API key: 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyLabel(String);

impl KeyLabel {
    /// Checks the length.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        checked("the key's label", text.into()).map(Self)
    }

    /// The label as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id inside a token (never the token itself) by which its single use is remembered: 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// Checks the length.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        checked("the token's id", text.into()).map(Self)
    }

    /// The id as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JSON document of at most [`MAX_DOCUMENT_BYTES`]. Documents may hold addresses of clients, so they are not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonDocument(String);

impl JsonDocument {
    /// Checks that `text` is JSON and not too large.
    pub fn parse(text: impl Into<String>) -> Result<Self, StoreError> {
        let text = text.into();
        if text.len() > MAX_DOCUMENT_BYTES {
            let message = format!("the document has {} bytes, more than {MAX_DOCUMENT_BYTES}", text.len());
            return Err(StoreError::new(StoreErrorKind::TooLarge, message));
        }
        // The parser's own message names a place, never a value.
        serde_json::from_str::<serde_json::Value>(&text).map_err(|error| {
            StoreError::caused_by(StoreErrorKind::Malformed, "the document is not JSON", error)
        })?;
        Ok(Self(text))
    }

    /// From a value; refused if it is too large or nested too deeply to be read again.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, StoreError> {
        Self::parse(value.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).expect("parsed when it was made")
    }
}

impl fmt::Debug for JsonDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonDocument([redacted {} bytes])", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_bounded_in_characters_not_bytes() {
        #[track_caller]
        fn check(text: &str, expected: Option<StoreErrorKind>) {
            assert_eq!(CorrelationId::new(text).err().map(|error| error.kind()), expected);
            assert_eq!(KeyLabel::new(text).err().map(|error| error.kind()), expected);
            assert_eq!(TokenId::new(text).err().map(|error| error.kind()), expected);
        }
        check("a", None);
        check(&"ü".repeat(64), None);
        check("", Some(StoreErrorKind::BadLength));
        check(&"a".repeat(65), Some(StoreErrorKind::BadLength));
        check("a\0b", Some(StoreErrorKind::Malformed));
        check("a\nb", Some(StoreErrorKind::Malformed));
    }

    #[test]
    fn documents_are_bounded_in_bytes_and_depth() {
        let kind = |text: String| JsonDocument::parse(text).err().map(|error| error.kind());
        assert_eq!(kind("{}".into()), None);
        assert_eq!(kind("{".into()), Some(StoreErrorKind::Malformed));
        assert_eq!(kind(format!("\"{}\"", "a".repeat(MAX_DOCUMENT_BYTES - 2))), None);
        assert_eq!(
            kind(format!("\"{}\"", "a".repeat(MAX_DOCUMENT_BYTES - 1))),
            Some(StoreErrorKind::TooLarge)
        );
        assert_eq!(kind("[".repeat(1000) + &"]".repeat(1000)), Some(StoreErrorKind::Malformed));
    }

    #[test]
    fn nothing_private_is_printed() {
        let id = CorrelationId::new("alice@example.org").unwrap();
        assert_eq!(format!("{id:?}"), "CorrelationId([redacted 17 bytes])");
        let document = JsonDocument::parse(r#"{"ip":"192.0.2.7"}"#).unwrap();
        assert_eq!(format!("{document:?}"), "JsonDocument([redacted 18 bytes])");
        let error = JsonDocument::parse(r#"{"ip":"192.0.2.7""#).unwrap_err();
        assert!(!format!("{error:?}").contains("192"), "{error:?}");
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_kept_as_given(text in any::<String>()) {
            if let Ok(id) = CorrelationId::new(text.clone()) {
                prop_assert_eq!(id.as_str(), &text);
            }
            if let Ok(document) = JsonDocument::parse(text.clone()) {
                prop_assert_eq!(document.as_str(), &text);
            }
        }
    }
}
