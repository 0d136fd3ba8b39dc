//! What happens in a session, told as it happens (server-sent events, WHATWG HTML 9.2).
//!
//! The store is asked a few times a second, so that it does not matter which node runs the attempt. A stream begins with how
//! things stand: whoever lost it opens it again and has missed nothing that still holds.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use verilume_store::{
    AttemptRecord, AuditAction, JsonDocument, Scope, SessionHistory, SessionId, StoreErrorKind,
};

use super::ApiError;
use super::auth::require;
use super::session_id::{PathId, history_of};
use crate::service::{Service, stopped};

/// Whose keys open a stream.
const READERS: [Scope; 2] = [Scope::Sessions, Scope::Read];
/// How often the store is asked. Initial: a person does not notice.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A stream lasts this long at most. Origin: longer than a token lives by default, and the longest capture.
const LASTS: Duration = Duration::from_secs(30 * 60);

pub(super) async fn events(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    id: PathId,
) -> Result<Response, ApiError> {
    let caller = require(&service, &headers, &READERS).await?;
    let history = history_of(&service, id, None).await?;
    let place = Arc::clone(&service.event_streams).try_acquire_owned();
    let place = place.map_err(|_none_left| ApiError::overloaded())?;
    service.record(&caller, AuditAction::SessionRead, Some(&history.session.id)).await?;
    let mut teller = Teller {
        session: history.session.id.clone(),
        headers,
        service,
        ends_at: Instant::now() + LASTS,
        told: Vec::new(),
        waiting: VecDeque::new(),
        is_over: false,
        _place: place,
    };
    teller.tell(&history);
    let events = stream::unfold(teller, Teller::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// A kind of event and what it says.
#[derive(Debug, Clone, PartialEq)]
struct Told(&'static str, Value);

/// One stream of events.
struct Teller {
    service: Arc<Service>,
    session: SessionId,
    /// Of the request: its key is asked for again and again, because it may be revoked.
    headers: HeaderMap,
    ends_at: Instant,
    /// What was told last of the session and of each attempt.
    told: Vec<Told>,
    waiting: VecDeque<Told>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

impl Teller {
    /// The next event; `None` when there will be none.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.waiting.is_empty() && !self.is_over {
            let mut stopping = self.service.stopping.clone();
            tokio::select! {
                () = tokio::time::sleep(ASK_EVERY) => self.ask().await,
                () = stopped(&mut stopping) => self.end("the service stops"),
            }
        }
        let Told(kind, said) = self.waiting.pop_front()?;
        Some((Ok(Event::default().event(kind).data(said.to_string())), self))
    }

    async fn ask(&mut self) {
        if Instant::now() >= self.ends_at {
            return self.end("the stream has lasted long enough");
        }
        if require(&self.service, &self.headers, &READERS).await.is_err() {
            return self.end("the key opens this no longer");
        }
        match self.service.store.session(&self.session, self.service.clock.unix()).await {
            Ok(history) => self.tell(&history),
            Err(error) if error.kind() == StoreErrorKind::NotFound => self.end("the session has been erased"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a session cannot be read for its events"
                );
                self.end("the service cannot read the session");
            }
        }
    }

    /// Tells what is new.
    fn tell(&mut self, history: &SessionHistory) {
        let now = happened(history);
        self.waiting.extend(now.iter().filter(|event| !self.told.contains(event)).cloned());
        self.told = now;
        let session = &history.session;
        let is_expired = self.service.clock.unix() >= session.token_expires_at;
        if session.running.is_none() && (!session.is_open || is_expired) {
            self.end("the session is over");
        }
    }

    fn end(&mut self, reason: &str) {
        self.waiting.push_back(Told("end", json!({ "reason": reason })));
        self.is_over = true;
    }
}

/// How things stand: the session, then its attempts from the first.
fn happened(history: &SessionHistory) -> Vec<Told> {
    let session = &history.session;
    let head =
        Told("session", json!({ "sessionId": session.id.as_str(), "status": session.status.as_str() }));
    let attempts = history.attempts.iter().rev().map(attempt);
    std::iter::once(head).chain(attempts).collect()
}

fn attempt(record: &AttemptRecord) -> Told {
    let mut said = json!({
        "attemptId": record.number.get(),
        "attemptStatus": record.status.as_str(),
    });
    if let Some(decision) = record.decision {
        said["livenessDecision"] = json!(decision.as_str());
    }
    let document = record.document.as_ref().map(JsonDocument::to_value).unwrap_or_default();
    if let Some(code) = document["error"]["code"].as_str() {
        said["error"] = json!(code);
    }
    Told("attempt", said)
}
