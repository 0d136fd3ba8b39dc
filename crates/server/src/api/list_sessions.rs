//! List sessions, a page at a time (previews).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{AuditAction, PageSize, Scope, SessionId, SessionOrder, SessionQuery};

use super::ApiError;
use super::answers::{item, json_response};
use super::auth::require;
use super::version::Contract;
use crate::service::Service;

const START_INVALID: &str = "Start parameter is invalid. Please specify the 'Id' field of the last entry to continue \
                             the listing process.";
const TOP_INVALID: &str = "Top parameter is invalid. Valid range is between 1 and 1000 inclusive.";

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    start: Option<String>,
    top: Option<String>,
}

/// The query as sent; it may be none.
pub(super) type PageQuery = Result<Query<Page>, QueryRejection>;

impl Page {
    pub(super) fn of(query: PageQuery) -> Result<Self, ApiError> {
        query.map(|Query(page)| page).map_err(|_unreadable| Self::start_invalid())
    }

    pub(super) fn size(&self) -> Result<PageSize, ApiError> {
        let Some(top) = self.top.as_deref().filter(|top| !top.is_empty()) else { return Ok(PageSize::MAX) };
        let size = top.parse().ok().and_then(|top| PageSize::new(top).ok());
        size.ok_or_else(|| ApiError::of(ErrorCode::BadArgument).saying(TOP_INVALID))
    }

    /// The last entry of the page before.
    pub(super) fn start<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(start) = self.start.as_deref().filter(|start| !start.is_empty()) else { return Ok(None) };
        parse(start).map(Some).ok_or_else(Self::start_invalid)
    }

    fn start_invalid() -> ApiError {
        ApiError::of(ErrorCode::BadArgument).saying(START_INVALID)
    }
}

pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Extension(contract): Extension<Contract>,
    headers: HeaderMap,
    page: PageQuery,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions, Scope::Read]).await?;
    let page = Page::of(page)?;
    let after = page.start(|id| SessionId::parse(id).ok())?;
    let query = SessionQuery {
        kind: Some(contract.kind),
        order: SessionOrder::IdAscending,
        after,
        page_size: page.size()?,
    };
    service.record(&caller, AuditAction::SessionsListed, None).await?;
    let now = service.clock.unix();
    let sessions = service.store.sessions(&query, now).await?;
    Ok(json_response(&sessions.iter().map(|session| item(session, now)).collect::<Vec<_>>()))
}
