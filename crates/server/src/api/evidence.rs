//! What the decisions of a session rest on: signals, thresholds, reasons.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use verilume_store::Scope;

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
    require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let history = history_of(&service, id, None).await?;
    Ok(answers::json_response(&answers::evidence(&history)))
}
