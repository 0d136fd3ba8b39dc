//! The Face API on still pictures: detect and verify.

pub(in crate::api) mod answer;
mod detect;
pub(super) mod fault;
pub(super) mod picture_body;
pub(super) mod query;
pub(super) mod verify;

use std::sync::Arc;

use axum::Router;
use axum::routing::post;

use super::version::ApiVersion;
use crate::service::Service;

/// The versions that have it. The first is older than the sessions.
pub(super) fn versions() -> impl Iterator<Item = &'static str> {
    std::iter::once("v1.0").chain(ApiVersion::ALL.into_iter().map(ApiVersion::as_str))
}

/// Its routes, in every version.
pub(super) fn routes() -> Router<Arc<Service>> {
    versions().fold(Router::new(), |router, version| {
        router
            .route(&format!("/face/{version}/detect"), post(detect::detect))
            .route(&format!("/face/{version}/verify"), post(verify::verify))
    })
}
