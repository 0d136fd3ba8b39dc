//! The stream over plain HTTP, for networks that let no WebSocket through: a body holds messages of the stream one after
//! the other, each with its length before it as a protobuf varint, and so does the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{DecodeLimits, MessageBytes, SessionToken};
use verilume_store::SessionId;

use super::session::{Incoming, StreamSession};
use crate::api::ApiError;
use crate::clock::unix_secs;
use crate::service::Service;

/// How often streams are looked through for those that have waited too long.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How much later than this node's clock a token may have been issued, seconds.
const CLOCK_SKEW_SECS: u64 = 30;

type Shared = Arc<tokio::sync::Mutex<StreamSession>>;

/// Open streams that come as single requests.
#[derive(Default)]
pub(crate) struct HttpStreams {
    open: Mutex<HashMap<SessionId, Shared>>,
}

impl HttpStreams {
    fn find(&self, session: &SessionId) -> Option<Shared> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned()
    }

    fn keep(&self, session: SessionId, stream: StreamSession) {
        let stream = Arc::new(tokio::sync::Mutex::new(stream));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(session, stream);
    }

    fn forget(&self, session: &SessionId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }

    fn all(&self) -> Vec<(SessionId, Shared)> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(session, stream)| (session.clone(), Arc::clone(stream))).collect()
    }

    /// Lets time pass for every stream; all end when the service stops. Runs until then.
    pub(crate) async fn sweep(&self, service: Arc<Service>) {
        let mut stopping = service.stopping.clone();
        loop {
            let stop = tokio::time::timeout(SWEEP_EVERY, stopping.wait_for(|stop| *stop)).await.is_ok();
            for (session, stream) in self.all() {
                // One that is being served is not idle.
                let Ok(mut stream) = stream.try_lock() else { continue };
                if stop && !stream.has_attempt() {
                    drop(stream.take(Incoming::Stopping).await);
                } else if service.clock.micros() >= stream.wakes_at() {
                    drop(stream.take(Incoming::Nothing).await);
                }
                if stream.is_closed() {
                    self.forget(&session);
                }
            }
            if stop && self.all().is_empty() {
                return;
            }
            if stop {
                tokio::time::sleep(SWEEP_EVERY).await;
            }
        }
    }
}

/// Takes one body.
pub(crate) async fn exchange(
    State((service, streams)): State<(Arc<Service>, Arc<HttpStreams>)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let messages = split(&body)?;
    let session = bearer_session(&service, &headers)?;
    if !uri.path().ends_with("/session/start") {
        let stream = streams.find(&session).ok_or_else(|| ApiError::of(ErrorCode::SessionNotFound))?;
        // One request after the other: messages have an order.
        let Ok(mut stream) = stream.try_lock() else {
            return Err(ApiError::of(ErrorCode::ConcurrentOperationConflict));
        };
        let answers = take_all(&mut stream, &messages).await;
        if stream.is_closed() {
            streams.forget(&session);
        }
        return Ok(answered(&answers, stream.refused()));
    }
    if streams.find(&session).is_some() {
        return Err(ApiError::of(ErrorCode::TokenUsed));
    }
    let permit = Arc::clone(&service.streams).try_acquire_owned().map_err(|_full| ApiError::overloaded())?;
    let mut stream = StreamSession::new(Arc::clone(&service), permit);
    let answers = take_all(&mut stream, &messages).await;
    let refused = stream.refused();
    if !stream.is_closed() {
        streams.keep(session, stream);
    }
    Ok(answered(&answers, refused))
}

async fn take_all(stream: &mut StreamSession, messages: &[&[u8]]) -> Vec<MessageBytes> {
    let mut answers = Vec::new();
    for message in messages {
        answers.extend(stream.take(Incoming::Message(message)).await);
    }
    answers
}

fn bearer_session(service: &Service, headers: &HeaderMap) -> Result<SessionId, ApiError> {
    let invalid = || ApiError::of(ErrorCode::InvalidToken);
    let text =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(invalid)?;
    let (scheme, token) = text.split_once(' ').ok_or_else(invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    let now = unix_secs(service.clock.unix());
    let claims = service.verifier.verify(&SessionToken::new(token.trim()), now, CLOCK_SKEW_SECS);
    let claims = claims.map_err(|_told| invalid())?;
    SessionId::parse(&claims.session_id).map_err(|_malformed| invalid())
}

fn answered(answers: &[MessageBytes], refused: Option<ErrorCode>) -> Response {
    let mut body = Vec::new();
    for answer in answers {
        push_varint(&mut body, answer.len());
        body.extend_from_slice(answer.as_bytes());
    }
    let status = refused.and_then(|code| StatusCode::from_u16(code.entry().http_status?).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), body).into_response();
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some(code) = refused {
        response.headers_mut().insert("x-ms-error-code", HeaderValue::from_static(code.as_str()));
    }
    response
}

/// Splits a body into its messages.
fn split(mut body: &[u8]) -> Result<Vec<&[u8]>, ApiError> {
    let mut messages = Vec::new();
    while !body.is_empty() {
        let (len, rest) = varint(body).ok_or_else(|| ApiError::of(ErrorCode::MessageInvalid))?;
        if len > DecodeLimits::default().max_message_bytes() {
            return Err(ApiError::of(ErrorCode::MessageTooLarge));
        }
        let (message, after) =
            rest.split_at_checked(len).ok_or_else(|| ApiError::of(ErrorCode::MessageInvalid))?;
        messages.push(message);
        body = after;
    }
    if messages.is_empty() {
        return Err(ApiError::of(ErrorCode::MessageInvalid));
    }
    Ok(messages)
}

/// A length and what follows it. Lengths have at most 28 bits.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_message_and_half_a_message_are_refused() {
        for body in [&[][..], &[3, 1, 2], &[0x80], &[0xff, 0xff, 0xff, 0xff, 1]] {
            assert!(split(body).is_err(), "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn bodies_split_into_what_they_were_made_of(messages in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..300), 1..5,
        )) {
            let mut body = Vec::new();
            for message in &messages {
                push_varint(&mut body, message.len());
                body.extend_from_slice(message);
            }
            prop_assert_eq!(split(&body).unwrap(), messages);
        }

        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(split(&body));
        }
    }
}
