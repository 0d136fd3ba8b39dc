//! The HTTP interface: the session API as app servers of Azure AI Face know it, and the service's own routes.

mod auth;
mod error;
mod payload;
mod request;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use verilume_protocol::errors::ErrorCode;

pub(crate) use error::ApiError;
pub(crate) use request::normalise;

use crate::service::Service;
use crate::stream::{self, HttpStreams};

/// All routes. Paths are in lower case here: [`normalise`] makes them so before they are looked up.
pub(crate) fn router(service: &Arc<Service>, streams: &Arc<HttpStreams>) -> Router {
    let limits = &service.config.limits;
    let sessions = Router::new()
        .route("/face/v1.2/detectliveness-sessions", post(sessions::create))
        .route("/face/v1.2/detectliveness-sessions/{id}", get(sessions::read).delete(sessions::erase))
        .route("/verilume/v1/sessions/{id}/evidence", get(sessions::evidence))
        .layer(DefaultBodyLimit::max(limits.max_body_bytes))
        .with_state(Arc::clone(service));
    let verify = Router::new()
        .route("/face/v1.2/detectlivenesswithverify-sessions", any(unsupported))
        .route("/face/v1.2/detectlivenesswithverify-sessions/{id}", any(unsupported));
    let single = Router::new()
        .route("/face/{version}/session/start", post(stream::exchange))
        .route("/face/{version}/session/attempt/end", post(stream::exchange))
        .route("/face/{version}/detectliveness/singlemodal", post(stream::exchange))
        .route("/face/{version}/detectlivenesswithverify/singlemodal", post(stream::exchange))
        .with_state((Arc::clone(service), Arc::clone(streams)));
    let rest = Router::new()
        .route("/face/{version}/session/stream", any(stream::upgrade))
        .route("/readyz", get(ready))
        .with_state(Arc::clone(service))
        .route("/healthz", get(|| async { "ok\n" }));
    Router::new()
        .merge(sessions)
        .merge(verify)
        .merge(single)
        .merge(rest)
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(limits.answer_within, request::watch))
}

async fn unsupported() -> ApiError {
    ApiError::of(ErrorCode::UnsupportedFeature)
        .saying("Comparing with a reference image is not part of this release.")
}

async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", "There is nothing at this address.")
}

async fn not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}

/// Whether requests can be served: the store takes writes.
async fn ready(State(service): State<Arc<Service>>) -> Response {
    match service.store.check_ready().await {
        Ok(()) if !*service.stopping.borrow() => "ready\n".into_response(),
        Ok(()) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the store is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is not ready\n").into_response()
        }
    }
}
