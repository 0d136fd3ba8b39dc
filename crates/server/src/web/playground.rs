//! A playground for a developer: a page that plays an app's own server, too.
//!
//! The page may use a key, so it must not be found: all of it stands below a random secret, also on this machine, where
//! other pages of the browser and other users could call it. The key itself stays in the service: the page's requests
//! for the app server's few operations get it here.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{any, get};
use subtle::ConstantTimeEq as _;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::page::{PageFile, filled, html};
use super::{HOW_TO_BUILD, SDK_BASE, WebAssets};
use crate::api::{ApiError, KEY_HEADER};
use crate::clock::fill_random;
use crate::service::Service;

const PAGE: &str = include_str!("playground/page.html");
const SCRIPT: &str = "text/javascript; charset=utf-8";
const FILES: &[PageFile] = &[
    PageFile {
        path: "style.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("playground/style.css"),
    },
    PageFile { path: "script.js", kind: SCRIPT, text: include_str!("playground/script.js") },
    PageFile { path: "report.js", kind: SCRIPT, text: include_str!("playground/report.js") },
    PageFile {
        path: "simulated-camera.js",
        kind: SCRIPT,
        text: include_str!("playground/simulated-camera.js"),
    },
    PageFile {
        path: "simulated-camera-worker.js",
        kind: SCRIPT,
        text: include_str!("playground/simulated-camera-worker.js"),
    },
];
/// Random bytes of the secret. Origin: 128 bits cannot be guessed.
const SECRET_BYTES: usize = 16;
const SESSIONS: &str = "/face/v1.2/detectliveness-sessions";

/// The playground of one start of the service.
#[derive(Clone)]
pub struct Playground {
    secret: String,
    key: Zeroizing<String>,
    simulator: Option<Arc<WebAssets>>,
}

impl Playground {
    /// A playground whose app server holds this key, which needs the scope `sessions`. Its address is drawn anew.
    ///
    /// `simulator` are the files of the simulated camera; without them only real cameras are offered.
    pub fn new(key: &str, simulator: Option<Arc<WebAssets>>) -> Self {
        let mut secret = [0; SECRET_BYTES];
        fill_random(&mut secret);
        let secret = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { secret, key: Zeroizing::new(key.to_owned()), simulator }
    }

    /// Where the page is, below the service's address. Whoever knows it plays the app server.
    pub fn path(&self) -> String {
        format!("/playground/{}/", self.secret)
    }

    fn is_at(&self, secret: &str) -> bool {
        self.secret.as_bytes().ct_eq(secret.as_bytes()).into()
    }
}

impl fmt::Debug for Playground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Playground([redacted])")
    }
}

/// What the playground's routes share.
#[derive(Clone)]
struct Shared {
    service: Arc<Service>,
    /// The routes that the page may use with the key.
    app: Router,
}

/// The playground's routes; none where there is no playground. `app` are the service's own.
pub(crate) fn routes(service: &Arc<Service>, app: &Router) -> Router {
    if service.config.web.playground.is_none() {
        return Router::new();
    }
    Router::new()
        .route("/playground/{secret}", get(page))
        .route("/playground/{secret}/app/{*path}", any(as_app_server))
        .route("/playground/{secret}/simulator/{*path}", get(simulator_file))
        .route("/playground/{secret}/{file}", get(file))
        .with_state(Shared { service: Arc::clone(service), app: app.clone() })
}

fn not_here() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", "There is nothing at this address.")
}

impl Shared {
    /// The playground, for whoever knows where it is.
    fn playground(&self, secret: &str) -> Result<&Playground, ApiError> {
        self.service.config.web.playground.as_ref().filter(|own| own.is_at(secret)).ok_or_else(not_here)
    }
}

async fn page(State(shared): State<Shared>, Path(secret): Path<String>) -> Result<Response, ApiError> {
    let playground = shared.playground(&secret)?;
    let config = &shared.service.config.web;
    let (sdk, problem) = match &config.sdk {
        Some(sdk) => (format!("{SDK_BASE}{}", sdk.prefix()), ""),
        None => (String::new(), HOW_TO_BUILD),
    };
    let simulator = match &playground.simulator {
        Some(simulator) => format!("{}simulator/{}", playground.path(), simulator.prefix()),
        None => String::new(),
    };
    let marks = [
        ("base", playground.path()),
        ("sdk", sdk),
        ("simulator", simulator),
        ("problem", problem.to_owned()),
        ("endpoint", shared.service.endpoint.clone()),
    ];
    let marks = marks.each_ref().map(|(mark, text)| (*mark, text.as_str()));
    Ok(html(StatusCode::OK, filled(PAGE, &marks), &shared.service.endpoint, config))
}

async fn file(
    State(shared): State<Shared>,
    Path((secret, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    shared.playground(&secret)?;
    FILES.iter().find(|file| file.path == name).map(PageFile::answer).ok_or_else(not_here)
}

async fn simulator_file(
    State(shared): State<Shared>,
    Path((secret, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let simulator = shared.playground(&secret)?.simulator.as_ref().ok_or_else(not_here)?;
    simulator.answer(&path, request.uri().query(), request.headers()).await.ok_or_else(not_here)
}

/// What the page asks as an app server, with the key.
async fn as_app_server(
    State(shared): State<Shared>,
    Path((secret, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let playground = shared.playground(&secret)?;
    let path = format!("/{path}");
    if !is_for_app_servers(request.method(), &path) {
        return Err(not_here());
    }
    let target = path.parse::<PathAndQuery>().map_err(|_no_path| not_here())?;
    let key = HeaderValue::from_str(&playground.key).map_err(|_unprintable| not_here())?;
    // A request of its own: what the way here has left in this one belongs to other routes.
    let (asked, body) = request.into_parts();
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) =
        (asked.method, Uri::from(target), asked.headers);
    request.headers_mut().insert(KEY_HEADER, key);
    let answered = shared.app.clone().oneshot(request).await;
    Ok(answered.unwrap_or_else(|never| match never {}))
}

/// The few operations that the page needs.
fn is_for_app_servers(method: &Method, path: &str) -> bool {
    let one = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    match *method {
        Method::POST if path == SESSIONS => true,
        Method::GET | Method::DELETE if one(SESSIONS).is_some_and(|id| !id.contains('/')) => true,
        Method::GET => one("/v1/sessions").is_some_and(|rest| {
            rest.ends_with("/evidence") || rest.ends_with("/events") || rest.ends_with("/gain-map")
        }),
        Method::POST => one("/v1/sessions").is_some_and(|rest| rest.ends_with("/quicklink")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_plays_an_app_server_and_nothing_else() {
        let id = "b12e033e-bda7-4b83-a211-e721c661f30e";
        for (method, path) in [
            (Method::POST, SESSIONS.to_owned()),
            (Method::GET, format!("{SESSIONS}/{id}")),
            (Method::DELETE, format!("{SESSIONS}/{id}")),
            (Method::GET, format!("/v1/sessions/{id}/evidence")),
            (Method::GET, format!("/v1/sessions/{id}/attempts/1/gain-map")),
            (Method::GET, format!("/v1/sessions/{id}/events")),
            (Method::POST, format!("/v1/sessions/{id}/quicklink")),
        ] {
            assert!(is_for_app_servers(&method, &path), "{method} {path}");
        }
        for (method, path) in [
            (Method::GET, SESSIONS),
            (Method::PATCH, "/face/v1.3-preview.1/settings"),
            (Method::GET, "/face/v1.3-preview.1/settings"),
            (Method::GET, "/playground/x/app/readyz"),
            (Method::DELETE, "/v1/sessions/x/evidence"),
        ] {
            assert!(!is_for_app_servers(&method, path), "{method} {path}");
        }
    }

    #[test]
    fn its_address_is_another_one_each_time_and_its_key_is_never_shown() {
        let (one, other) = (Playground::new("vlk_x", None), Playground::new("vlk_x", None));
        assert_ne!(one.path(), other.path());
        assert!(!format!("{one:?}").contains("vlk_"));
    }
}
