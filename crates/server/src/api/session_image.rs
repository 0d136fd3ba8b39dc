//! The picture of a session that asked for one.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{AuditAction, ImageId, Scope};

use super::ApiError;
use super::auth::require;
use crate::service::Service;

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let not_found = || {
        let message = "There is no picture with this ID: its session has ended by time or was erased.";
        ApiError::of(ErrorCode::SessionNotFound).saying(message)
    };
    let id = id.ok().and_then(|Path(text)| ImageId::parse(&text).ok()).ok_or_else(not_found)?;
    let vault = service.vault.as_ref().ok_or_else(not_found)?;
    let image = service.store.image(&id, service.clock.unix()).await?;
    let picture = vault.open(&image).await?;
    service.record(&caller, AuditAction::ImageRead, Some(&image.session)).await?;
    // Whatever the caller accepts: clients of the Azure API ask for JSON here.
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], picture.to_vec()).into_response())
}
