//! The stream over plain HTTP, for networks that let no WebSocket through: a body holds messages of the stream one after
//! the other, each with its length before it as a protobuf varint, and so does the answer.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{OwnedMutexGuard, oneshot};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{ClientMessage, DecodeLimits, MessageBytes, SessionToken};
use verilume_store::SessionId;
use zeroize::Zeroizing;

use super::http_streams::{HttpStream, HttpStreams, Known, Told};
use super::received::read_body;
use super::session::{Incoming, StreamSession};
use crate::api::ApiError;
use crate::caller::{Caller, PeerAddress};
use crate::clock::unix_secs;
use crate::service::Service;

/// How much later than this node's clock a token may have been issued, seconds.
const CLOCK_SKEW_SECS: u64 = 30;
/// Messages of one body, at most. Origin: an attempt has at most 320 frames and some ends.
const MAX_MESSAGES: usize = 400;

/// The longest body, bytes: two messages of the longest kind.
fn max_body_bytes() -> usize {
    2 * DecodeLimits::default().max_message_bytes()
}

/// Takes one body.
pub(crate) async fn exchange(
    State((service, streams)): State<(Arc<Service>, Arc<HttpStreams>)>,
    OriginalUri(uri): OriginalUri,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let session = bearer_session(&service, &headers)?;
    let body = read_body(body, max_body_bytes()).await?;
    let peer = peer.map(|Extension(peer)| peer);
    let caller = Caller::of(&headers, peer, service.config.trusted_proxies());
    let request = Request { service, caller, streams, session, body };
    let told = match uri.path().ends_with("/session/start") {
        true => request.open().await?,
        false => request.go_on().await?,
    };
    Ok(told.into_response())
}

/// A request whose token is good.
struct Request {
    service: Arc<Service>,
    streams: Arc<HttpStreams>,
    caller: Caller,
    session: SessionId,
    body: Zeroizing<Vec<u8>>,
}

impl Request {
    /// Opens a stream.
    async fn open(self) -> Result<Told, ApiError> {
        let messages = split(&self.body)?;
        let first = messages.first().ok_or_else(|| ApiError::of(ErrorCode::MessageInvalid))?;
        check_hello(&self.service, &self.session, first)?;
        let permit =
            Arc::clone(&self.service.streams).try_acquire_owned().map_err(|_full| ApiError::overloaded())?;
        let stream = StreamSession::new(Arc::clone(&self.service), permit, self.caller.clone());
        let heard_at = self.service.clock.micros();
        let shared = Arc::new(tokio::sync::Mutex::new(HttpStream { stream, heard_at }));
        let http = Arc::clone(&shared).lock_owned().await;
        if !self.streams.open(&self.session, &shared) {
            return Err(ApiError::of(ErrorCode::TokenUsed));
        }
        self.serve(http).await
    }

    /// Goes on with the stream of an earlier request. A body without a message is a sign of life.
    async fn go_on(self) -> Result<Told, ApiError> {
        split(&self.body)?;
        match self.streams.find(&self.session) {
            Some(Known::Open(shared)) => {
                let conflict = |_served| ApiError::of(ErrorCode::ConcurrentOperationConflict);
                let http = shared.try_lock_owned().map_err(conflict)?;
                self.serve(http).await
            }
            Some(Known::Ended { told, .. }) => Ok(told),
            None => Err(ApiError::of(ErrorCode::SessionNotFound)),
        }
    }

    /// Gives the messages to the stream. A request may be cut off at any time, and its future with it; what it began must
    /// end all the same, in the store too, so it has a task of its own.
    async fn serve(self, http: OwnedMutexGuard<HttpStream>) -> Result<Told, ApiError> {
        let (answer, answered) = oneshot::channel();
        tokio::spawn(self.serve_to_the_end(http, answer));
        answered.await.map_err(|_panicked| ApiError::of(ErrorCode::Unspecified))
    }

    async fn serve_to_the_end(self, mut http: OwnedMutexGuard<HttpStream>, answer: oneshot::Sender<Told>) {
        let answers = take_all(&mut http.stream, &self.body).await;
        http.heard_at = self.service.clock.micros();
        let mut untold = answer.send(Told::new(&answers, http.stream.refused())).err();
        if untold.is_some() && !http.stream.is_closed() {
            // Who did not get this answer cannot go on.
            let answers = http.stream.take(Incoming::Gone).await;
            untold = Some(Told::new(&answers, http.stream.refused()));
        }
        let shared = OwnedMutexGuard::mutex(&http);
        match untold {
            Some(told) => {
                self.streams.remember_end(&self.session, shared, told, self.service.clock.micros());
            }
            None if http.stream.is_closed() => self.streams.forget(&self.session, shared),
            None => {}
        }
    }
}

async fn take_all(stream: &mut StreamSession, body: &[u8]) -> Vec<MessageBytes> {
    let mut answers = Vec::new();
    for message in split(body).unwrap_or_default() {
        if stream.is_closed() {
            break;
        }
        answers.extend(stream.take(Incoming::Message(message)).await);
    }
    answers
}

/// The session whose token a request presents.
pub(crate) fn bearer_session(service: &Service, headers: &HeaderMap) -> Result<SessionId, ApiError> {
    let invalid = || ApiError::of(ErrorCode::InvalidToken);
    let text =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(invalid)?;
    let (scheme, token) = text.split_once(' ').ok_or_else(invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    session_of(service, &SessionToken::new(token.trim())).ok_or_else(invalid)
}

fn session_of(service: &Service, token: &SessionToken) -> Option<SessionId> {
    let now = unix_secs(service.clock.unix());
    let claims = service.verifier.verify(token, now, CLOCK_SKEW_SECS).ok()?;
    SessionId::parse(&claims.session_id).ok()
}

/// The hello must be of the session that the request's own token is of: else one session's stream would be found under
/// another's name. What else may be wrong with a hello is for the stream to say.
fn check_hello(service: &Service, session: &SessionId, message: &[u8]) -> Result<(), ApiError> {
    let Ok(ClientMessage::Hello(hello)) = ClientMessage::decode(message, &DecodeLimits::default()) else {
        return Ok(());
    };
    match session_of(service, &hello.token) {
        Some(of_hello) if of_hello != *session => {
            let message = "The hello's token is of another session than the request's.";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "TokenMismatch", message))
        }
        _ => Ok(()),
    }
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
        if messages.len() == MAX_MESSAGES {
            return Err(ApiError::of(ErrorCode::MessageTooLarge));
        }
        messages.push(message);
        body = after;
    }
    Ok(messages)
}

/// The same, for the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn split_body(body: &[u8]) -> Option<Vec<&[u8]>> {
    split(body).ok()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::abuse::Suspect;
    use crate::stream::http_streams::push_varint;
    use crate::testing::{new_session, service};
    use proptest::prelude::*;
    use verilume_frame::Timestamp;
    use verilume_protocol::stream::{AttemptStart, CameraClaims, DeviceClaims, Hello};
    use verilume_store::{
        AttemptStatus, CorrelationId, FailedAttempt, NewSession, SessionStore as _, SqlStore,
    };

    async fn created(service: &Service) -> (SessionId, SessionToken) {
        let device = CorrelationId::new("device").unwrap();
        let session =
            NewSession { device_correlation_id: Some(device), ..new_session(7, service.clock.unix()) };
        let created = service.store.create_session(&session).await.unwrap();
        let token = service.token_of(&created);
        (created.id, token)
    }

    fn hello(token: SessionToken) -> ClientMessage {
        ClientMessage::Hello(Box::new(Hello {
            token,
            protocol_version: 1,
            device: DeviceClaims::default(),
            camera: CameraClaims::default(),
            wanted_profile: String::new(),
            low_bandwidth: false,
            risk_hints: Vec::new(),
            device_correlation_id: String::new(),
            user_correlation_id: String::new(),
        }))
    }

    #[tokio::test]
    async fn a_request_that_is_cut_off_ends_its_attempt_in_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let service = service(Arc::clone(&store) as _).await;
        let streams = Arc::new(HttpStreams::default());
        let (session, token) = created(&service).await;
        let request = |message: &ClientMessage| {
            let (bytes, mut body) = (message.encode(), Vec::new());
            push_varint(&mut body, bytes.len());
            body.extend_from_slice(bytes.as_bytes());
            let (service, streams) = (Arc::clone(&service), Arc::clone(&streams));
            Request {
                service,
                streams,
                caller: Caller::default(),
                session: session.clone(),
                body: Zeroizing::new(body),
            }
        };
        request(&hello(token)).open().await.unwrap();
        let gate_opened_at = Timestamp::default();
        let start = AttemptStart { attempt: 1, gate_opened_at, looked_for_us: 500_000 };
        let start = request(&ClientMessage::AttemptStart(start));
        // It has begun when its caller goes away.
        assert!(tokio::time::timeout(Duration::ZERO, start.go_on()).await.is_err());
        let status = loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let history = store.session(&session, service.clock.unix()).await.unwrap();
            match history.attempts.first().map(|attempt| attempt.status) {
                None | Some(AttemptStatus::Running) => {}
                Some(ended) => break ended,
            }
        };
        assert_eq!(status, AttemptStatus::Failed);
        let told = request(&ClientMessage::Resume).go_on().await.unwrap().into_response();
        assert_eq!(told.headers()["x-ms-error-code"], "interrupted");
    }

    #[tokio::test]
    async fn a_device_that_failed_too_often_waits() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let service = service(Arc::clone(&store) as _).await;
        let (session, token) = created(&service).await;
        let suspect = Suspect { device: Some("device"), user: None, address: None };
        let watched = service.abuse.watched(suspect).await.unwrap();
        for attempt in 1..=5 {
            let failure = FailedAttempt { session: None, attempt, at: service.clock.unix() };
            service.abuse.failed(&watched, &failure).await.unwrap();
        }
        let (bytes, mut body) = (hello(token).encode(), Vec::new());
        push_varint(&mut body, bytes.len());
        body.extend_from_slice(bytes.as_bytes());
        let request = Request {
            service,
            streams: Arc::default(),
            caller: Caller::default(),
            session,
            body: Zeroizing::new(body),
        };
        let refused = request.open().await.unwrap().into_response();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["x-ms-error-code"]),
            (429, &"429".parse().unwrap())
        );
    }

    #[test]
    fn half_a_message_and_too_many_are_refused() {
        for body in [&[3, 1, 2][..], &[0x80], &[0xff, 0xff, 0xff, 0xff, 1], &[0; MAX_MESSAGES + 1]] {
            assert!(split(body).is_err(), "{body:?}");
        }
        assert_eq!(split(&[]).unwrap().len(), 0);
        assert_eq!(split(&[0; MAX_MESSAGES]).unwrap().len(), MAX_MESSAGES);
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
