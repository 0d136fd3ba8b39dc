//! The session that a path names.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{SessionHistory, SessionId, SessionKind};

use super::ApiError;
use crate::service::Service;

/// What stands in the place of a session's id; it may not even be text.
pub(crate) type PathId = Result<Path<String>, PathRejection>;

/// The session with its attempts. One of another kind is not at this address.
pub(crate) async fn history_of(
    service: &Service,
    id: PathId,
    kind: Option<SessionKind>,
) -> Result<SessionHistory, ApiError> {
    let not_found = || ApiError::of(ErrorCode::SessionNotFound);
    let id = id.ok().and_then(|Path(text)| SessionId::parse(&text).ok()).ok_or_else(not_found)?;
    let history = service.store.session(&id, service.clock.unix()).await?;
    if kind.is_none_or(|kind| kind == history.session.kind) { Ok(history) } else { Err(not_found()) }
}
