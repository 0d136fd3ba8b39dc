//! What a browser loads from the service: the SDK for the web, the hosted page around it, quick links to that page, and,
//! for a developer who asked for it, a playground.
//!
//! Nothing here decides or knows a result: a page has one session's token and no more.

mod assets;
mod cors;
mod hosted;
mod link;
mod origin;
mod page;
mod playground;
mod qr;

pub use assets::WebAssets;
pub use origin::{InvalidOriginError, WebOrigin};
pub use playground::Playground;

use hosted::{FILES as HOSTED_FILES, entry, page_of_session};
pub(crate) use link::LinkKey;
use link::{create_by_key, create_by_token, open, state};

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};

use crate::api::ApiError;
use crate::service::Service;

pub(crate) use cors::allow as allow_origins;
pub(crate) use playground::routes as playground_routes;

/// What browsers may load, and from where.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WebConfig {
    /// The built SDK for the web; without it the hosted page says how to build it.
    pub sdk: Option<Arc<WebAssets>>,
    /// Pages of these origins may load the SDK from the service, put the hosted page into a frame and use the capture
    /// stream as single requests.
    pub allowed_origins: Vec<WebOrigin>,
    /// The hosted page may send a person back to addresses of these origins and to no other.
    pub return_origins: Vec<WebOrigin>,
    /// A developer's playground; `None` is none.
    pub playground: Option<Playground>,
}

/// Where the SDK is served. What stands behind `@` names a build: such an address never changes its content.
const SDK_BASE: &str = "/sdk/web/";

/// What the code of an answer says while there is no SDK.
const NOT_BUILT: &str = "WebSdkMissing";
/// What is to be done about that.
const HOW_TO_BUILD: &str = "The SDK for the web is not there. Build it with `cargo xtask web`, or name its folder: \
                                       `verilume serve --web DIR`.";

/// The routes of this module, but for the playground's.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let allow = middleware::from_fn_with_state(Arc::clone(service), allow_origins);
    let sdk = Router::new().route("/sdk/web/{*path}", get(sdk_file)).layer(allow);
    let mut pages = Router::new()
        .route("/", get(entry))
        .route("/c/{id}", get(page_of_session))
        .route("/api/quicklink", post(create_by_token).get(state))
        .route("/api/quicklink/session", post(open))
        .route("/v1/sessions/{id}/quicklink", post(create_by_key));
    for file in HOSTED_FILES {
        pages = pages.route(file.path, get(async || file.answer()));
    }
    sdk.merge(pages).with_state(Arc::clone(service))
}

/// One file of the SDK.
async fn sdk_file(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let sdk = service.config.web.sdk.as_ref().ok_or_else(not_built)?;
    sdk.answer(&path, query.as_deref(), &headers).await.ok_or_else(|| {
        let message = "The SDK for the web has no such file.";
        ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    })
}

fn not_built() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT, HOW_TO_BUILD)
}
