//! Quick links: a short address of the hosted page that opens one session, for the person who is to be checked.
//!
//! A link holds the session's id and a code under a key of the service; nothing about it is stored. It opens until the
//! session's first attempt has begun, its token has ended, or the session is over. To follow it (as programs do that
//! show previews of links) uses nothing up.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{
    AuditAction, SESSION_ID_RANDOM_BYTES, Scope, SecretBytes, SessionHistory, SessionId, SessionRecord,
};

use super::qr;
use crate::api::{
    ApiError, LinkState, OpenedLink, PathId, QuickLink, TokenLink, history_of, json_response, require,
    rfc3339, small_json,
};
use crate::service::Service;
use crate::stream::bearer_session;

/// Bytes of a link's code. Origin: 128 bits cannot be guessed.
const CODE_BYTES: usize = 16;
/// The longest text that is looked at. Origin: links have 43 characters.
const MAX_TEXT: usize = 64;
const SVG: &str = "image/svg+xml";

/// The key under which links are made.
pub(crate) struct LinkKey(SecretBytes);

impl LinkKey {
    pub(crate) fn new(key: SecretBytes) -> Self {
        Self(key)
    }

    /// What stands in a link for a session.
    fn text_of(&self, session: &SessionId) -> Option<String> {
        let id = bytes_of(session)?;
        let code = self.code(id).finalize().into_bytes();
        Some(Base64UrlUnpadded::encode_string(&[&id[..], &code[..CODE_BYTES]].concat()))
    }

    /// The session that a link's text is about, if this service made it.
    fn session_of(&self, text: &str) -> Option<SessionId> {
        let bytes = (text.len() <= MAX_TEXT).then(|| Base64UrlUnpadded::decode_vec(text).ok())??;
        let (id, code) = bytes.split_first_chunk::<SESSION_ID_RANDOM_BYTES>()?;
        if code.len() != CODE_BYTES {
            return None;
        }
        self.code(*id).verify_truncated_left(code).ok()?;
        // The bytes are a session's own: the bits that give way have given way before.
        Some(SessionId::from_random(*id))
    }

    fn code(&self, id: [u8; SESSION_ID_RANDOM_BYTES]) -> Hmac<Sha256> {
        let mut code = <Hmac<Sha256>>::new_from_slice(self.0.expose()).expect("a key of any length is taken");
        code.update(b"verilume quick link v1\0");
        code.update(&id);
        code
    }
}

fn bytes_of(session: &SessionId) -> Option<[u8; SESSION_ID_RANDOM_BYTES]> {
    let digits: Vec<u8> = session.as_str().bytes().filter(|digit| *digit != b'-').collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes?.try_into().ok()
}

/// Makes a link for whoever holds the session's token, as the quick links of Azure are made.
pub(crate) async fn create_by_token(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = bearer_session(&service, &headers)?;
    let history = service.store.session(&id, service.clock.unix()).await?;
    check_open(&service, &history.session)?;
    let text = text_of(&service, &history.session)?;
    if wants_picture(&headers) {
        return picture(&service, &text);
    }
    Ok(json_response(&TokenLink { url: format!("/?s={text}") }))
}

/// Makes a link for an app server.
pub(crate) async fn create_by_key(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &[Scope::Sessions]).await?;
    let SessionHistory { session, .. } = history_of(&service, id, None).await?;
    check_open(&service, &session)?;
    service.record(&caller, AuditAction::SessionRead, Some(&session.id)).await?;
    let text = text_of(&service, &session)?;
    if wants_picture(&headers) {
        return picture(&service, &text);
    }
    Ok(json_response(&QuickLink {
        url: format!("{}/?s={text}", service.endpoint),
        expires_date_time: rfc3339(session.token_expires_at),
    }))
}

/// Opens a link: the session and its token, for the hosted page.
pub(crate) async fn open(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = small_json(request, &service.config.limits).await?;
    let id = body["s"].as_str().and_then(|text| service.links.session_of(text));
    let id = id.ok_or_else(|| ApiError::of(ErrorCode::SessionNotFound))?;
    let history = service.store.session(&id, service.clock.unix()).await?;
    check_open(&service, &history.session)?;
    let token = service.token_of(&history.session);
    Ok(json_response(&OpenedLink {
        session_id: id.as_str().to_owned(),
        auth_token: token.as_str().to_owned(),
    }))
}

/// Where the session of a token stands, and not what came of it: for a page that waits for another device.
pub(crate) async fn state(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = bearer_session(&service, &headers)?;
    let now = service.clock.unix();
    let session = service.store.session(&id, now).await?.session;
    let state = match (session.running.is_some(), session.is_open && now < session.token_expires_at) {
        (true, _) => "running",
        (false, true) => "open",
        (false, false) => "over",
    };
    Ok(json_response(&LinkState { state }))
}

fn text_of(service: &Service, session: &SessionRecord) -> Result<String, ApiError> {
    service.links.text_of(&session.id).ok_or_else(|| ApiError::of(ErrorCode::SessionNotFound))
}

/// A link is good for a session that nobody has begun.
fn check_open(service: &Service, session: &SessionRecord) -> Result<(), ApiError> {
    if service.clock.unix() >= session.token_expires_at {
        return Err(ApiError::of(ErrorCode::SessionExpired));
    }
    if !session.is_open || session.attempts_begun > 0 {
        return Err(ApiError::of(ErrorCode::TokenUsed));
    }
    Ok(())
}

fn wants_picture(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accepted| accepted.as_bytes() == SVG.as_bytes())
}

fn picture(service: &Service, text: &str) -> Result<Response, ApiError> {
    let svg = qr::svg(&format!("{}/?s={text}", service.endpoint));
    let svg = svg.ok_or_else(|| ApiError::of(ErrorCode::Unspecified))?;
    let mut response = (StatusCode::OK, svg).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SVG));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> LinkKey {
        LinkKey::new(SecretBytes::new(vec![fill; 32]).unwrap())
    }

    #[test]
    fn a_link_names_its_session_to_the_service_that_made_it() {
        let session = SessionId::from_random([9; 16]);
        let text = key(1).text_of(&session).unwrap();
        assert_eq!(text.len(), 43);
        assert_eq!(key(1).session_of(&text), Some(session));
        assert_eq!(key(2).session_of(&text), None);
    }

    #[test]
    fn no_other_text_opens_anything() {
        let text = key(1).text_of(&SessionId::from_random([9; 16])).unwrap();
        let other = if text.starts_with('A') { "B" } else { "A" };
        let forged = format!("{other}{}", &text[1..]);
        for wrong in [
            "",
            "x",
            &text[1..],
            &text[..42],
            &forged,
            &format!("{text}AA"),
            &"A".repeat(43),
            &"A".repeat(5000),
        ] {
            assert_eq!(key(1).session_of(wrong), None, "{wrong}");
        }
    }
}
