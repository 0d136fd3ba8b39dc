//! Read a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use verilume_protocol::stream::SessionToken;
use verilume_store::Scope;

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
    let granted = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let history = history_of(&service, id, Some(contract.kind)).await?;
    // Whoever has the token can be the device. The field stays: clients of the Azure API read it as required.
    let may_have_token = granted.contains(Scope::Sessions);
    let token = may_have_token.then(|| service.token_of(&history.session));
    let token = token.as_ref().map_or("", SessionToken::as_str);
    Ok(session_response(&history, token, contract, service.clock.unix()))
}
