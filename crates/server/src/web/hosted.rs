//! The hosted page: a whole check at an address of the service, for apps that build no page of their own.
//!
//! The token stands in the fragment of the address, which browsers keep to themselves, or the page gets it for a quick
//! link. The page learns that it is finished, and never what came out.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use verilume_store::SessionId;

use super::page::{PageFile, filled, html};
use super::{HOW_TO_BUILD, SDK_BASE, WebConfig, not_built};
use crate::api::ApiError;
use crate::service::Service;

const PAGE: &str = include_str!("hosted/page.html");
const ERROR_PAGE: &str = include_str!("hosted/error.html");

/// What the page is made of.
pub(crate) const FILES: &[PageFile] = &[
    PageFile {
        path: "/hosted/style.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("hosted/style.css"),
    },
    PageFile {
        path: "/hosted/script.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("hosted/script.js"),
    },
    PageFile { path: "/hosted/icon.svg", kind: "image/svg+xml", text: include_str!("hosted/icon.svg") },
    PageFile {
        path: "/hosted/strings.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("hosted/strings.js"),
    },
];

/// The longest address to return to, bytes. Initial: what browsers and proxies take.
const MAX_RETURN_BYTES: usize = 2048;

/// The page of a session whose token is in the fragment. Whether there is such a session, the page will learn: the address
/// alone tells nobody.
pub(crate) async fn page_of_session(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match id.ok().and_then(|Path(id)| SessionId::parse(&id).ok()) {
        Some(_) => page(&service, "..", query.as_deref(), &headers),
        None => ApiError::of(verilume_protocol::errors::ErrorCode::SessionNotFound).into_response(),
    }
}

/// The page of a quick link. Without one there is nothing at this address.
pub(crate) async fn entry(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match query.as_deref().and_then(|query| parameter(query, "s")) {
        Some(_) => page(&service, ".", query.as_deref(), &headers),
        None => ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", "There is nothing at this address.")
            .into_response(),
    }
}

/// `root` is where the service begins, as the page sees it: it may stand below a path of a proxy's.
fn page(service: &Service, root: &str, query: Option<&str>, headers: &HeaderMap) -> Response {
    let config = &service.config.web;
    let Some(sdk) = &config.sdk else {
        return match wants_page(headers) {
            true => told(service, root, StatusCode::SERVICE_UNAVAILABLE, HOW_TO_BUILD),
            false => not_built().into_response(),
        };
    };
    let back = match query.and_then(|query| parameter(query, "callbackUrl")) {
        None => String::new(),
        Some(back) if may_return(config, &back) => back,
        Some(_) => {
            let problem = "The address to return to (callbackUrl) is not allowed. The operator lists its origin in \
                           web.return_origins.";
            return told(service, root, StatusCode::BAD_REQUEST, problem);
        }
    };
    let origins: Vec<&str> = config.allowed_origins.iter().map(|origin| origin.as_str()).collect();
    let text = filled(
        PAGE,
        &[
            ("root", root),
            ("sdk", &format!("{root}{SDK_BASE}{}", sdk.prefix())),
            ("back", &back),
            ("origins", &origins.join(" ")),
        ],
    );
    html(StatusCode::OK, text, &service.endpoint, config)
}

/// A page with one sentence.
fn told(service: &Service, root: &str, status: StatusCode, problem: &str) -> Response {
    html(
        status,
        filled(ERROR_PAGE, &[("root", root), ("problem", problem)]),
        &service.endpoint,
        &service.config.web,
    )
}

fn may_return(config: &WebConfig, back: &str) -> bool {
    back.len() <= MAX_RETURN_BYTES && config.return_origins.iter().any(|origin| origin.holds(back))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"))
}

/// The first value of a parameter, decoded; `None` also if it is not text.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| match pair.split_once('=') {
        Some((found, value)) if found == name => Some(value),
        _ => None,
    })?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_decoded_as_browsers_encode_it() {
        let query =
            "s=ab-_&callbackUrl=https%3A%2F%2Fshop.example%2Fdone%3Fx%3D1&empty=&bad=%zz&cut=%4&s=second";
        assert_eq!(parameter(query, "s").as_deref(), Some("ab-_"));
        assert_eq!(parameter(query, "callbackUrl").as_deref(), Some("https://shop.example/done?x=1"));
        for name in ["empty", "bad", "cut", "none", ""] {
            assert_eq!(parameter(query, name), None, "{name}");
        }
    }
}
