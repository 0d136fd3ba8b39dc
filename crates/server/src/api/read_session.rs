//! Read a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use verilume_protocol::stream::SessionToken;
use verilume_store::{AuditAction, Scope};

use super::ApiError;
use super::answers::session_response;
use super::auth::require;
use super::session_id::{PathId, history_of};
use super::version::Contract;
use crate::service::Service;

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Extension(contract): Extension<Contract>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let history = history_of(&service, id, Some(contract.kind)).await?;
    service.record(&caller, AuditAction::SessionRead, Some(&history.session.id)).await?;
    // Whoever has the token can be the device. The field stays: clients of the Azure API read it as required.
    let may_have_token = caller.scopes.contains(Scope::Sessions);
    let token = may_have_token.then(|| service.token_of(&history.session));
    let token = token.as_ref().map_or("", SessionToken::as_str);
    let reading = service.reading(contract, token).await?;
    Ok(session_response(&history, reading))
}
