//! The HTTP interface: the session API as app servers of Azure AI Face know it, and the service's own routes.

mod answers;
mod audit_session;
mod auth;
mod create_body;
mod create_request;
mod create_session;
mod enrolment;
mod erase_session;
mod error;
mod events;
mod evidence;
#[cfg(test)]
mod examples;
mod face;
mod gain_map;
mod list_sessions;
mod openapi;
mod openapi_enrolment;
mod openapi_faces;
mod read_session;
mod reference;
mod reference_image;
mod request;
mod session_id;
mod session_image;
mod settings;
mod version;
mod vision;
mod wire;
mod wire_enrolment;
mod wire_faces;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use verilume_store::SessionKind;

pub(crate) use answers::{json_response, rfc3339};
pub(crate) use auth::{KEY_HEADER, require};
pub(crate) use create_body::small_json;
pub(crate) use error::ApiError;
pub use openapi::openapi_json;
pub(crate) use request::normalise;
pub(crate) use session_id::{PathId, history_of};
pub(crate) use wire::{LinkState, OpenedLink, QuickLink, TokenLink};

use crate::service::Service;
use crate::stream::{self, HttpStreams};
use crate::web;
use version::{ApiVersion, Contract, Form};

/// All routes. Paths are in lower case here: [`normalise`] makes them so before they are looked up.
pub(crate) fn router(service: &Arc<Service>, streams: &Arc<HttpStreams>) -> Router {
    let limits = &service.config.limits;
    let sessions =
        Contract::all().fold(Router::new(), |router, part| router.merge(session_routes(service, part)));
    let images = ApiVersion::ALL.into_iter().flat_map(ApiVersion::image_paths);
    let images = images.fold(Router::new(), |router, path| {
        router.route(&path.to_ascii_lowercase().replace("{sessionimageid}", "{id}"), get(session_image::read))
    });
    let own = Router::new()
        .route("/v1/sessions/{id}/evidence", get(evidence::evidence))
        .route("/v1/sessions/{id}/events", get(events::events))
        .route("/v1/sessions/{id}/attempts/{attempt}/gain-map", get(gain_map::gain_map))
        .route("/face/v1.3-preview.1/settings", get(settings::read).patch(settings::change))
        .route("/vision/v3.2/analyze", post(vision::analyze))
        .merge(face::routes())
        .merge(enrolment::routes())
        .with_state(Arc::clone(service));
    // Browsers ask before they send a token from a page of another origin.
    let single = || post(stream::exchange).options(not_allowed);
    let single = Router::new()
        .route("/face/{version}/session/start", single())
        .route("/face/{version}/session/attempt/end", single())
        .route("/face/{version}/detectliveness/singlemodal", single())
        .route("/face/{version}/detectlivenesswithverify/singlemodal", single())
        .layer(middleware::from_fn_with_state(Arc::clone(service), web::allow_origins))
        .with_state((Arc::clone(service), Arc::clone(streams)));
    let rest = Router::new()
        .route("/face/{version}/session/stream", any(stream::upgrade))
        .route("/readyz", get(ready))
        .with_state(Arc::clone(service))
        .route("/healthz", get(|| async { "ok\n" }));
    let for_apps = Router::new().merge(sessions).merge(own).merge(web::routes(service));
    let playground = web::playground_routes(service, &for_apps);
    Router::new()
        .merge(for_apps)
        .merge(playground)
        .merge(images.with_state(Arc::clone(service)))
        .merge(reference::routes())
        .merge(single)
        .merge(rest)
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(limits.answer_within, request::watch))
}

/// The session API of one version, form and kind.
fn session_routes(service: &Arc<Service>, part: Contract) -> Router {
    let limits = &service.config.limits;
    let sessions = part.sessions_path().to_ascii_lowercase();
    let one = get(read_session::read).delete(erase_session::erase);
    let routes = match part.form {
        Form::Current => Router::new().route(&sessions, post(create_session::create)),
        Form::Preview => Router::new()
            .route(&sessions, post(create_session::create).get(list_sessions::list))
            .route(&format!("{sessions}/{{id}}/audit"), get(audit_session::audit)),
    };
    let most = match part.kind {
        SessionKind::DetectWithVerify => limits.max_form_bytes,
        _ => limits.max_body_bytes,
    };
    routes
        .route(&format!("{sessions}/{{id}}"), one)
        .layer(DefaultBodyLimit::max(most))
        .layer(Extension(part))
        .with_state(Arc::clone(service))
}

async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", "There is nothing at this address.")
}

async fn not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}

/// Whether requests can be served: the store takes writes.
async fn ready(State(service): State<Arc<Service>>) -> Response {
    match service.check_store().await {
        Ok(()) if !*service.stopping.borrow() => "ready\n".into_response(),
        Ok(()) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the store is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is not ready\n").into_response()
        }
    }
}
