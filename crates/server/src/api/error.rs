//! The one error of the HTTP interface.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::{RecognitionError, RecognitionErrorKind};
use verilume_store::{StoreError, StoreErrorKind};

use crate::audit_trail::Unwritten;
use crate::creations::Uncreated;
use crate::service::RETRY_AFTER;
use crate::vault::VaultError;

/// What a caller is told, and what only the log is told.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    internal: Option<StoreError>,
    retry_after: Option<Duration>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), internal: None, retry_after: None }
    }

    /// As the table says it.
    pub(crate) fn of(code: ErrorCode) -> Self {
        let entry = code.entry();
        let status = entry.http_status.and_then(|status| StatusCode::from_u16(status).ok());
        Self::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code.as_str(), entry.message)
    }

    /// The address does not know that method.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "This address does not know that method.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// In other words.
    pub(crate) fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// With another status than the table's.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The service has as much to do as it can.
    pub(crate) fn overloaded() -> Self {
        Self { retry_after: Some(RETRY_AFTER), ..Self::of(ErrorCode::Overloaded) }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::NotFound => Self::of(ErrorCode::SessionNotFound),
            StoreErrorKind::Unavailable => Self { internal: Some(error), ..Self::overloaded() },
            _ => Self { internal: Some(error), ..Self::of(ErrorCode::Unspecified) },
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Unopenable(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "what was sealed cannot be opened");
                Self::of(ErrorCode::Unspecified)
            }
        }
    }
}

impl From<RecognitionError> for ApiError {
    fn from(error: RecognitionError) -> Self {
        if error.kind() == RecognitionErrorKind::Incomparable {
            let message = "The faces were seen by different networks, because the operator has changed \
                           recognition.embedder: detect or enrol the older ones again.";
            return Self::of(ErrorCode::BadArgument).saying(message);
        }
        tracing::error!(error = &error as &dyn std::error::Error, "faces could not be compared");
        Self::of(ErrorCode::Unspecified)
    }
}

/// What cannot be recorded does not happen.
impl From<Unwritten> for ApiError {
    fn from(_logged: Unwritten) -> Self {
        Self::overloaded()
    }
}

impl From<Uncreated> for ApiError {
    fn from(Uncreated(kind): Uncreated) -> Self {
        match kind {
            StoreErrorKind::Unavailable => Self::overloaded(),
            _ => Self::of(ErrorCode::Unspecified),
        }
    }
}

/// The answer of any error: JSON, and its code as a header too.
///
/// A body that is too large is not read to its end, so the connection ends with the answer: a client that is not told
/// would send its next request into it.
pub(super) fn error_response(status: StatusCode, code: &'static str, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert("x-ms-error-code", HeaderValue::from_static(code));
    if status == StatusCode::PAYLOAD_TOO_LARGE || code == "InvalidImageSize" {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(error) = &self.internal {
            tracing::error!(error = error as &dyn std::error::Error, "the store failed");
        }
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = error_response(self.status, self.code, &body);
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs()));
        }
        response
    }
}
