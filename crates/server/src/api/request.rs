//! What every request goes through: its path made regular, an id, a line in the log.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::ApiError;
use crate::caller::random_uuid;

/// The longest id of a caller that is given back, bytes.
const MAX_CLIENT_ID_BYTES: usize = 128;

/// Where callers put an id of their own: the clients of the Azure API, and its documentation.
const CLIENT_IDS: [&str; 2] = ["x-ms-client-request-id", "client-request-id"];

/// Makes a request's path lower-case, single-slashed and without a slash at its end: callers spell it in many ways.
pub(crate) fn normalise(mut request: Request<Body>) -> Request<Body> {
    let uri = request.uri();
    let mut path = String::with_capacity(uri.path().len());
    for part in uri.path().split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        path.push_str(&part.to_ascii_lowercase());
    }
    if path.is_empty() {
        path.push('/');
    }
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    if let Ok(path) = path.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(path);
    }
    request
}

/// Gives each request an id and a line in the log, without anything that its body, its query or its caller is about.
pub(super) async fn watch(State(within): State<Duration>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = random_uuid();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let client_id = CLIENT_IDS.iter().find_map(|name| request.headers().get(*name)).cloned();
    // What is logged on the way to the answer has the id too.
    let span = tracing::info_span!("request", http.request_id = %id);
    let answered = tokio::time::timeout(within, next.run(request).instrument(span)).await;
    let mut response = answered.unwrap_or_else(|_elapsed| {
        let message = "The request took too long to arrive or to be answered.";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message).into_response()
    });
    tracing::info!(
        http.request_id = %id,
        http.method = %method,
        http.route = route,
        http.status = response.status().as_u16(),
        duration_ms = began.elapsed().as_millis(),
        "request"
    );
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("apim-request-id", id);
    }
    if let Some(id) = client_id.filter(|id| id.len() <= MAX_CLIENT_ID_BYTES) {
        headers.insert("x-ms-client-request-id", id);
    }
    // What may be kept says so by itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        assert_eq!(normalise(request).uri().to_string(), expected);
    }

    #[test]
    fn paths_are_made_regular() {
        check("/face/v1.2/detectLiveness-sessions", "/face/v1.2/detectliveness-sessions");
        check("//face//v1.2/detectLiveness-sessions/AB/", "/face/v1.2/detectliveness-sessions/ab");
        check("/", "/");
        check("/A?b=C", "/a?b=C");
    }
}
