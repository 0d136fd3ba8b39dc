//! The liveness calls of a session (previews).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use verilume_store::{AuditAction, Scope};

use super::ApiError;
use super::answers;
use super::auth::require;
use super::list_sessions::{Page, PageQuery};
use super::session_id::{PathId, history_of};
use super::version::Contract;
use crate::service::Service;

pub(super) async fn audit(
    State(service): State<Arc<Service>>,
    Extension(contract): Extension<Contract>,
    headers: HeaderMap,
    id: PathId,
    page: PageQuery,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let page = Page::of(page)?;
    let size = usize::try_from(page.size()?.get()).unwrap_or(usize::MAX);
    let start = page.start(|id| id.parse::<u32>().ok())?;
    let history = history_of(&service, id, Some(contract.kind)).await?;
    service.record(&caller, AuditAction::SessionAudited, Some(&history.session.id)).await?;
    let mut entries = answers::audit(&history, contract);
    // Newest first: what comes after an entry is older.
    entries.retain(|entry| start.is_none_or(|start| entry.id < start));
    entries.truncate(size);
    Ok(answers::json_response(&entries))
}
