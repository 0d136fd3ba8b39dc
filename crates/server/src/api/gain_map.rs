//! Where on the face an attempt's light was answered how strongly, as a picture.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize as _;
use verilume_liveness::flash::GainMap;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{AuditAction, JsonDocument, Scope, SessionHistory};

use super::ApiError;
use super::auth::require;
use super::session_id::history_of;
use crate::service::Service;

pub(super) async fn gain_map(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    path: Result<Path<(String, u32)>, PathRejection>,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let not_found = || ApiError::of(ErrorCode::SessionNotFound);
    let Path((id, attempt)) = path.map_err(|_malformed| not_found())?;
    let history = history_of(&service, Ok(Path(id)), None).await?;
    service.record(&caller, AuditAction::EvidenceRead, Some(&history.session.id)).await?;
    let map = map_of(&history, attempt).ok_or_else(not_found)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], map.to_svg()).into_response())
}

/// The map of an attempt; `None` if there is none, as where no light was measured.
fn map_of(history: &SessionHistory, attempt: u32) -> Option<GainMap> {
    let record = history.attempts.iter().find(|record| record.number.get() == attempt)?;
    let document = record.document.as_ref().map(JsonDocument::to_value)?;
    GainMap::deserialize(document.get("evidence")?.get("flash")?.get("gainMap")?).ok()
}
