//! The interface's description, for programs and for people.

use std::sync::OnceLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::openapi::openapi_json;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

/// `/openapi.json`, and the page that shows it.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/openapi.json", get(description))
        .route("/reference", get(|| async { file(HTML, include_str!("reference/page.html")) }))
        .route(
            "/reference/style.css",
            get(|| async { file("text/css", include_str!("reference/style.css")) }),
        )
        .route(
            "/reference/script.js",
            get(|| async { file("text/javascript", include_str!("reference/script.js")) }),
        )
}

async fn description() -> impl IntoResponse {
    static DESCRIPTION: OnceLock<String> = OnceLock::new();
    file("application/json; charset=utf-8", DESCRIPTION.get_or_init(openapi_json))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}
