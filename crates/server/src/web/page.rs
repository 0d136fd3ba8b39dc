//! Pages, their small files, and the policies that hold a browser to them.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::WebConfig;

/// The camera belongs to the page itself and to nothing in it.
const PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=()";
const HTML: &str = "text/html; charset=utf-8";

/// A small file of a page, part of the program.
pub(crate) struct PageFile {
    /// Where it is served.
    pub(crate) path: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

impl PageFile {
    pub(crate) fn answer(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, "no-cache"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.text).into_response()
    }
}

/// A page with what its marks stand for. What is put in is escaped.
pub(crate) fn filled(page: &str, marks: &[(&str, &str)]) -> String {
    marks
        .iter()
        .fold(page.to_owned(), |page, (mark, text)| page.replace(&format!("{{{{{mark}}}}}"), &escaped(text)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page that uses the camera. Nothing from elsewhere, nothing inline; WebAssembly may be compiled. `endpoint` is where
/// tokens say the service is: it may have another name than the page.
pub(crate) fn html(status: StatusCode, text: String, endpoint: &str, config: &WebConfig) -> Response {
    let frames = match config.allowed_origins.is_empty() {
        true => "'none'".to_owned(),
        false => config.allowed_origins.iter().map(|origin| origin.as_str()).collect::<Vec<_>>().join(" "),
    };
    let socket = endpoint.replacen("http", "ws", 1);
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self' {endpoint} {socket}; img-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
    );
    let mut response = (status, [(header::CONTENT_TYPE, HTML)], text).into_response();
    let headers = response.headers_mut();
    let fixed = [
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    // The endpoint is a checked address: a header can hold it. Without its policy no page leaves.
    match HeaderValue::from_str(&policy) {
        Ok(policy) => {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(_unprintable) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_stays_text() {
        let filled = filled(r#"<a href="{{url}}">{{url}}</a>"#, &[("url", r#"x"><script>&"#)]);
        assert_eq!(filled, r#"<a href="x&quot;&gt;&lt;script&gt;&amp;">x&quot;&gt;&lt;script&gt;&amp;</a>"#);
    }
}
