//! Erase a session: its results, its picture and its token, at once.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use verilume_store::{AuditAction, Scope};

use super::ApiError;
use super::auth::require;
use super::session_id::{PathId, history_of};
use super::version::{Contract, Form};
use crate::service::Service;

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Extension(contract): Extension<Contract>,
    headers: HeaderMap,
    id: PathId,
) -> Result<StatusCode, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions]).await?;
    let id = history_of(&service, id, Some(contract.kind)).await?.session.id;
    // Put on record first: what cannot be recorded does not happen.
    service.record(&caller, AuditAction::SessionErased, Some(&id)).await?;
    service.store.erase_session(&id, service.clock.unix()).await?;
    tracing::info!(session.id = %id, "session erased");
    Ok(match contract.form {
        Form::Current => StatusCode::NO_CONTENT,
        Form::Preview => StatusCode::OK,
    })
}
