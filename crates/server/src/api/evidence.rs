//! What the decisions of a session rest on: signals, thresholds, reasons.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use verilume_store::{AuditAction, Scope};

use super::ApiError;
use super::answers;
use super::auth::require;
use super::session_id::{PathId, history_of};
use crate::service::Service;

pub(super) async fn evidence(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let history = history_of(&service, id, None).await?;
    service.record(&caller, AuditAction::EvidenceRead, Some(&history.session.id)).await?;
    Ok(answers::json_response(&answers::evidence(&history)))
}
