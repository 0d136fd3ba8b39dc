//! The streams that come as single requests, between their requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::MessageBytes;
use verilume_store::SessionId;

use super::session::{Incoming, StreamSession};
use crate::engine::Micros;
use crate::service::{RETRY_AFTER, Service};

/// How often streams are looked through for those that have waited too long.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// A stream that ended while nobody asked says why for this long. Initial: a client that was away asks again soon or never.
const TELLS_ITS_END_FOR: Duration = Duration::from_secs(60);

/// A stream, one request at a time: messages have an order.
pub(super) type Shared = Arc<tokio::sync::Mutex<HttpStream>>;

/// A stream, and when its client was last heard.
pub(super) struct HttpStream {
    pub(super) stream: StreamSession,
    pub(super) heard_at: Micros,
}

/// What a request is answered with.
#[derive(Debug, Clone)]
pub(super) struct Told {
    body: Vec<u8>,
    refused: Option<ErrorCode>,
}

impl Told {
    /// Messages, each with its length before it, and why the stream has ended, if it has.
    pub(super) fn new(answers: &[MessageBytes], refused: Option<ErrorCode>) -> Self {
        let mut body = Vec::new();
        for answer in answers {
            push_varint(&mut body, answer.len());
            body.extend_from_slice(answer.as_bytes());
        }
        Self { body, refused }
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let status = self.refused.and_then(|code| StatusCode::from_u16(code.entry().http_status?).ok());
        let status = status.unwrap_or(StatusCode::OK);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if let Some(code) = self.refused {
            headers.insert("x-ms-error-code", HeaderValue::from_static(code.as_str()));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        response
    }
}

/// What is known of a session's stream.
pub(super) enum Known {
    /// It goes on.
    Open(Shared),
    /// It ended while nobody asked.
    Ended { told: Told, until: Micros },
}

/// Open streams that come as single requests, and the last words of those that ended by themselves.
#[derive(Default)]
pub(crate) struct HttpStreams {
    known: Mutex<HashMap<SessionId, Known>>,
}

impl HttpStreams {
    fn known(&self) -> MutexGuard<'_, HashMap<SessionId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream of a session, or what it ended with.
    pub(super) fn find(&self, session: &SessionId) -> Option<Known> {
        match self.known().get(session)? {
            Known::Open(stream) => Some(Known::Open(Arc::clone(stream))),
            Known::Ended { told, until } => Some(Known::Ended { told: told.clone(), until: *until }),
        }
    }

    /// Keeps a new stream; false if the session has one that is open.
    pub(super) fn open(&self, session: &SessionId, stream: &Shared) -> bool {
        let mut known = self.known();
        let is_free = !matches!(known.get(session), Some(Known::Open(_)));
        if is_free {
            known.insert(session.clone(), Known::Open(Arc::clone(stream)));
        }
        is_free
    }

    /// The stream has ended, and its client knows.
    pub(super) fn forget(&self, session: &SessionId, stream: &Shared) {
        let mut known = self.known();
        if matches!(known.get(session), Some(Known::Open(kept)) if Arc::ptr_eq(kept, stream)) {
            known.remove(session);
        }
    }

    /// The stream has ended, and its client does not know yet.
    pub(super) fn remember_end(&self, session: &SessionId, stream: &Shared, told: Told, now: Micros) {
        let mut known = self.known();
        if matches!(known.get(session), Some(Known::Open(kept)) if Arc::ptr_eq(kept, stream)) {
            known.insert(session.clone(), Known::Ended { told, until: now.plus(TELLS_ITS_END_FOR) });
        }
    }

    /// The open ones. Last words that nobody asked for in time go.
    fn open_ones(&self, now: Micros) -> Vec<(SessionId, Shared)> {
        let mut known = self.known();
        known.retain(|_, known| !matches!(known, Known::Ended { until, .. } if now >= *until));
        let open = known.iter().filter_map(|(session, known)| match known {
            Known::Open(stream) => Some((session.clone(), Arc::clone(stream))),
            Known::Ended { .. } => None,
        });
        open.collect()
    }

    /// Lets time pass for every stream; all end when the service stops. Runs until then.
    pub(crate) async fn sweep(&self, service: Arc<Service>) {
        let mut stopping = service.stopping.clone();
        loop {
            let stop = tokio::time::timeout(SWEEP_EVERY, stopping.wait_for(|stop| *stop)).await.is_ok();
            let open = self.open_ones(service.clock.micros());
            for (session, shared) in &open {
                self.let_time_pass(&service, session, shared, stop).await;
            }
            if stop && open.is_empty() {
                return;
            }
            if stop {
                tokio::time::sleep(SWEEP_EVERY).await;
            }
        }
    }

    async fn let_time_pass(&self, service: &Service, session: &SessionId, shared: &Shared, stop: bool) {
        // One that is being served is not idle.
        let Ok(mut http) = shared.try_lock() else { return };
        let now = service.clock.micros();
        let silent_at = http.heard_at.plus(service.config.limits.http_silence);
        let incoming = match () {
            () if stop && !http.stream.has_attempt() => Incoming::Stopping,
            () if now >= silent_at => Incoming::Silence,
            () if now >= http.stream.wakes_at() => Incoming::Nothing,
            () => return,
        };
        let answers = http.stream.take(incoming).await;
        if !http.stream.is_closed() {
            return;
        }
        match http.stream.refused() {
            None => self.forget(session, shared),
            refused => self.remember_end(session, shared, Told::new(&answers, refused), now),
        }
    }
}

pub(super) fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}
