//! Pages of other origins: those on the list may read answers (Fetch, CORS protocol), all others may not.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::service::Service;

/// What the capture stream sends as single requests.
const METHODS: &str = "GET, HEAD, POST";
const REQUEST_HEADERS: &str = "authorization, content-type, x-ms-client-request-id";
/// What its client reads.
const ANSWER_HEADERS: &str = "apim-request-id, retry-after, x-ms-error-code";
/// How long browsers remember the answer to a preflight, seconds. Initial: longer than a capture.
const PREFLIGHT_SECS: &str = "600";

/// Lets pages of the listed origins read what follows, and answers their preflights.
pub(crate) async fn allow(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.filter(|origin| {
        let origins = &service.config.web.allowed_origins;
        origins.iter().any(|allowed| allowed.as_str().as_bytes() == origin.as_bytes())
    });
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&allowed, is_preflight) {
        (Some(_), true) => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let Some(origin) = allowed else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANSWER_HEADERS));
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECS));
    }
    response
}
