//! Create, read and erase a session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::SessionToken;
use verilume_store::{
    JsonDocument, NewSession, Retention, SESSION_ID_RANDOM_BYTES, Scope, SessionHistory, SessionId,
    SessionKind,
};

use super::ApiError;
use super::auth::require;
use super::payload::{self, CreateSessionRequest};
use crate::clock::fill_random;
use crate::service::Service;

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    require(&service, &headers, &[Scope::Sessions]).await?;
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::BadArgument.as_str(),
            "Request body is too large.",
        ),
        _ => ApiError::of(ErrorCode::InvalidRequestBody),
    })?;
    if is_multipart(&headers) {
        return Err(ApiError::of(ErrorCode::UnsupportedMediaType));
    }
    let asked = CreateSessionRequest::parse(&body)?;
    let mut random = [0; SESSION_ID_RANDOM_BYTES];
    fill_random(&mut random);
    let session = NewSession {
        id: SessionId::from_random(random),
        kind: SessionKind::Detect,
        operation_mode: asked.operation_mode,
        parameters: JsonDocument::from_value(&asked.parameters)?,
        device_correlation_id: asked.device_correlation_id,
        user_correlation_id: asked.user_correlation_id,
        attempts_allowed: asked.attempts,
        token_time_to_live: asked.token_time_to_live,
        retention: Retention::MAX,
        created_at: service.clock.unix(),
    };
    let created = service.store.create_session(&session).await?;
    tracing::info!(session.id = %created.id, "session created");
    let history = service.store.session(&created.id, service.clock.unix()).await?;
    Ok(session_response(&history, service.token_of(&history.session).as_str()))
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/")
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    let granted = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let history = history(&service, id).await?;
    // Whoever has the token can be the device. The field stays: clients of the Azure API read it as required.
    let may_have_token = [Scope::Sessions, Scope::Admin].into_iter().any(|scope| granted.contains(scope));
    let token = may_have_token.then(|| service.token_of(&history.session));
    Ok(session_response(&history, token.as_ref().map_or("", SessionToken::as_str)))
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<StatusCode, ApiError> {
    require(&service, &headers, &[Scope::Sessions]).await?;
    let id = session_id(id)?;
    service.store.erase_session(&id, service.clock.unix()).await?;
    tracing::info!(session.id = %id, "session erased");
    Ok(StatusCode::NO_CONTENT)
}

/// What the decisions rest on: signals, thresholds, reasons.
pub(super) async fn evidence(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    Ok(json_response(&payload::evidence(&history(&service, id).await?)))
}

/// What stands in the place of a session's id; it may not even be text.
type PathId = Result<Path<String>, PathRejection>;

async fn history(service: &Service, id: PathId) -> Result<SessionHistory, ApiError> {
    Ok(service.store.session(&session_id(id)?, service.clock.unix()).await?)
}

fn session_id(id: PathId) -> Result<SessionId, ApiError> {
    let id = id.ok().and_then(|Path(text)| SessionId::parse(&text).ok());
    id.ok_or_else(|| ApiError::of(ErrorCode::SessionNotFound))
}

fn session_response(history: &SessionHistory, token: &str) -> Response {
    let mut response = json_response(&payload::session(history, token));
    if let Ok(version) = HeaderValue::from_str(&payload::model_version_of(&history.session)) {
        response.headers_mut().insert("model-version", version);
    }
    response
}

fn json_response(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (kind, value.to_string()).into_response()
}
