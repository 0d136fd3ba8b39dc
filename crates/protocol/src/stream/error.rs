//! The one error of decoding.

use std::error::Error;

use crate::errors::ErrorCode;

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct StreamError {
    kind: StreamErrorKind,
    context: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`StreamError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamErrorKind {
    /// The message, or a part of it, is over its bound.
    TooLarge,
    /// The bytes are no protobuf, or not of these messages.
    Malformed,
    /// A field that must be there is not.
    FieldMissing,
    /// A field has a value that it cannot have.
    OutOfRange,
    /// The client speaks no version that this crate speaks.
    VersionUnsupported,
}

impl StreamError {
    pub(super) fn new(kind: StreamErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::new(StreamErrorKind::FieldMissing, format!("{field} is missing"))
    }

    pub(super) fn out_of_range(context: impl Into<String>) -> Self {
        Self::new(StreamErrorKind::OutOfRange, context)
    }

    pub(super) fn malformed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind: StreamErrorKind::Malformed,
            context: "the bytes are not a message of the capture stream".into(),
            source: Some(source.into()),
        }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> StreamErrorKind {
        self.kind
    }

    /// The code that the other side is told.
    pub fn code(&self) -> ErrorCode {
        match self.kind {
            StreamErrorKind::TooLarge => ErrorCode::MessageTooLarge,
            StreamErrorKind::VersionUnsupported => ErrorCode::ClientVersionNotSupported,
            _ => ErrorCode::MessageInvalid,
        }
    }
}
