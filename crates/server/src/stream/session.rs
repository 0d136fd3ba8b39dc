//! One capture stream, whatever carries it: takes bytes, does what the engine asks for, gives bytes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{
    ClientMessage, DecodeLimits, Hello, JpegBytes, MessageBytes, ServerMessage, SessionToken,
};
use verilume_store::{
    AfterAttempt, AttemptEnd, AttemptNumber, AttemptOutcome, AttemptStart, CorrelationId, Decision,
    FailedAttempt, ImageId, JsonDocument, SessionId, SessionRecord, StoreError, StoreErrorKind, TokenId,
};

use super::documents::{self, succeeded};
use super::refusals::{check_session, locked_out, silence, store_refusal, unusable};
use super::verify::Reference;
use crate::abuse::{Likeness, Suspect, Watched};
use crate::analysis::{AttemptAnalysis, Device, FaceRectangle, Setup, Verdict};
use crate::caller::Caller;
use crate::clock::{fill_random, unix_secs};
use crate::engine::{
    Abandonment, Finding, Judgement, Leaves, Micros, Origin, Refusal, SessionEngine, ShownFlash, Step,
};
use crate::network::Network;
use crate::service::{LiveSession, RETRY_AFTER, Service};

/// Another node's clock may be ahead by this much when it mints a token.
const CLOCK_SKEW_SECS: u64 = 30;
/// A stream lasts this long at most. Origin: the client's own cap.
const STREAM_LASTS: Duration = Duration::from_secs(20 * 60);
/// After a stream has ended, its node has this long to say how; then the attempt is taken for lost.
const STORE_GRACE: Duration = Duration::from_secs(30);

/// What came over a transport.
#[derive(Debug)]
pub(crate) enum Incoming<'a> {
    /// One message.
    Message(&'a [u8]),
    /// Something that is no message of the stream.
    Unusable(ErrorCode),
    /// Nothing, for as long as [`StreamSession::wakes_at`] says.
    Nothing,
    /// Nothing, for longer than the transport waits for a sign of life.
    Silence,
    /// The other side is gone.
    Gone,
    /// The service stops.
    Stopping,
}

/// One capture stream.
pub(crate) struct StreamSession {
    service: Arc<Service>,
    number: u64,
    opened_at: Micros,
    stage: Stage,
    answers: Vec<MessageBytes>,
    refused: Option<ErrorCode>,
    caller: Caller,
    /// Held while the stream is open.
    _permit: OwnedSemaphorePermit,
}

enum Stage {
    AwaitHello,
    Open(Box<Opened>),
    Closed,
}

/// A stream whose token is good.
struct Opened {
    engine: SessionEngine,
    session: SessionRecord,
    hello: Hello,
    device: Device,
    /// What the capture is compared with, if the session verifies.
    reference: Option<Reference>,
    ends_at: Micros,
    analysis: Option<AttemptAnalysis>,
    /// Whether the store has taken the token: no other stream may use it.
    token_used: bool,
    /// The attempt that runs in the store.
    stored: Option<AttemptNumber>,
    /// What the last attempt ended with that did not count.
    last_fault: Option<Pending>,
    verdict: Option<Verdict>,
    /// What is told of the comparison.
    compared: Option<Value>,
    digest: Option<String>,
    /// The capture of another session that is most like the last one.
    most_like: Option<Likeness>,
    /// Whom a failure is counted against.
    watched: Watched,
    _live: LiveSession,
}

/// What will be stored if nothing better comes.
struct Pending {
    code: ErrorCode,
    face: Option<FaceRectangle>,
    evidence: Value,
}

impl From<ErrorCode> for Pending {
    fn from(code: ErrorCode) -> Self {
        Self { code, face: None, evidence: Value::Null }
    }
}

impl Opened {
    /// Whether the app server asked for a picture.
    fn keeps_picture(&self) -> bool {
        self.session.parameters.to_value()["enableSessionImage"] == true
    }

    /// What a refusal that comes now leaves behind.
    fn leaves(&self) -> Leaves {
        match self.stored {
            Some(_) => Leaves::AttemptFailed,
            None if self.token_used => Leaves::TokenUsed,
            None => Leaves::TokenUnused,
        }
    }
}

impl StreamSession {
    /// A stream that awaits its hello.
    pub(crate) fn new(service: Arc<Service>, permit: OwnedSemaphorePermit, caller: Caller) -> Self {
        Self {
            number: service.number_stream(),
            opened_at: service.clock.micros(),
            service,
            stage: Stage::AwaitHello,
            answers: Vec::new(),
            refused: None,
            caller,
            _permit: permit,
        }
    }

    /// Whether the stream is over: what [`Self::take`] gave last is the last.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Why it ended before its time.
    pub(crate) fn refused(&self) -> Option<ErrorCode> {
        self.refused
    }

    /// Whether an attempt is running: a service that stops lets it end.
    pub(crate) fn has_attempt(&self) -> bool {
        matches!(&self.stage, Stage::Open(open) if open.analysis.is_some())
    }

    /// When to say [`Incoming::Nothing`].
    pub(crate) fn wakes_at(&self) -> Micros {
        match &self.stage {
            Stage::Open(open) => open.engine.wakes_at(),
            _ => self.opened_at.plus(self.service.config.limits.hello_within),
        }
    }

    /// Takes what came; gives what is to be sent.
    pub(crate) async fn take(&mut self, incoming: Incoming<'_>) -> Vec<MessageBytes> {
        let now = self.service.clock.micros();
        match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::AwaitHello => match incoming {
                Incoming::Message(bytes) => match self.greet(bytes, now).await {
                    Ok(opened) => self.stage = Stage::Open(opened),
                    Err(refusal) => self.refuse_stream(&refusal),
                },
                Incoming::Nothing if now >= self.wakes_at() => {
                    self.refuse_stream(&Refusal::new(ErrorCode::StreamIdle, "no hello came"));
                }
                Incoming::Nothing => self.stage = Stage::AwaitHello,
                Incoming::Silence => self.refuse_stream(&silence()),
                Incoming::Unusable(code) => self.refuse_stream(&unusable(code)),
                Incoming::Gone | Incoming::Stopping => {}
            },
            Stage::Open(mut open) => {
                if self.go_on(&mut open, incoming, now).await {
                    self.stage = Stage::Open(open);
                }
            }
            Stage::Closed => {}
        }
        std::mem::take(&mut self.answers)
    }

    fn refuse_stream(&mut self, refusal: &Refusal) {
        tracing::info!(stream.number = self.number, code = %refusal.code, "stream refused: {}", refusal.context);
        self.refuse(refusal, Leaves::TokenUnused);
    }

    fn refuse(&mut self, refusal: &Refusal, leaves: Leaves) {
        self.service.metrics.stream_refused(refusal.code.as_str());
        self.refused = Some(refusal.code);
        self.answers.push(ServerMessage::Problem(refusal.problem(leaves)).encode());
    }

    /// Takes the first message.
    async fn greet(&mut self, bytes: &[u8], now: Micros) -> Result<Box<Opened>, Refusal> {
        let message = decode(bytes)?;
        let ClientMessage::Hello(hello) = message else {
            return Err(Refusal::new(ErrorCode::MessageUnexpected, "the first message is no hello"));
        };
        let session_id = self.session_of(&hello.token)?;
        let unix = self.service.clock.unix();
        let history = self.service.store.session(&session_id, unix).await.map_err(|e| store_refusal(&e))?;
        let session = history.session;
        check_session(&session, &hello)?;
        self.check_address(&session)?;
        let watched = self.watched(&session, &hello).await?;
        self.check_lock(&watched).await?;
        let reference = Reference::of(&self.service, &session).await?;
        let attempts_left = session.attempts_allowed.get().saturating_sub(session.attempts_begun);
        let Some(live) = self.service.occupy(&session_id).filter(|_| session.attempts_begun == 0) else {
            return Err(Refusal::new(ErrorCode::TokenUsed, "another stream uses this token, or has used it"));
        };
        if !self.service.pool.has_room() {
            let refusal = Refusal::new(ErrorCode::Overloaded, "every analysis is busy");
            return Err(refusal.after(RETRY_AFTER));
        }
        let token_left = session.token_expires_at.as_millis().saturating_sub(unix.as_millis());
        let token_left = Duration::from_millis(u64::try_from(token_left).unwrap_or_default());
        let ends_at = now.plus(token_left.min(STREAM_LASTS));
        let origin = Origin {
            session_id: session_id.as_str().to_owned(),
            hello_sha256: MessageBytes::hash_of(bytes),
            wanted_profile: hello.wanted_profile.clone(),
            attempts_left,
            session_ends_at: ends_at,
        };
        let (engine, steps) = SessionEngine::open(self.service.engine, origin, now, &mut fill_random);
        tracing::info!(stream.number = self.number, session.id = %session_id, "stream opened");
        let mut opened = Box::new(Opened {
            engine,
            device: Device::of(&hello),
            reference,
            hello: Hello { token: SessionToken::new(""), ..*hello },
            session,
            ends_at,
            analysis: None,
            token_used: false,
            stored: None,
            last_fault: None,
            verdict: None,
            compared: None,
            digest: None,
            most_like: None,
            watched,
            _live: live,
        });
        self.follow(&mut opened, steps).await;
        Ok(opened)
    }

    fn check_address(&self, session: &SessionRecord) -> Result<(), Refusal> {
        let parameters = session.parameters.to_value();
        let expected = parameters["expectedClientIpAddress"].as_str().and_then(Network::parse);
        match (expected, self.caller.address) {
            (Some(network), address) if !address.is_some_and(|address| network.contains(address)) => {
                let context = "the client does not connect from the address that the session expects";
                Err(Refusal::new(ErrorCode::ClientAddressUnexpected, context))
            }
            _ => Ok(()),
        }
    }

    async fn watched(&self, session: &SessionRecord, hello: &Hello) -> Result<Watched, Refusal> {
        let name = |kept: &Option<CorrelationId>, said: &str| {
            let said = || CorrelationId::new(said).ok();
            kept.clone().or_else(said).map(|id| id.as_str().to_owned())
        };
        let device = name(&session.device_correlation_id, &hello.device_correlation_id);
        let user = name(&session.user_correlation_id, &hello.user_correlation_id);
        let suspect =
            Suspect { device: device.as_deref(), user: user.as_deref(), address: self.caller.address };
        self.service.abuse.watched(suspect).await.map_err(|e| store_refusal(&e))
    }

    async fn check_lock(&self, watched: &Watched) -> Result<(), Refusal> {
        let now = self.service.clock.unix();
        let lock = self.service.abuse.lock_of(watched, now).await.map_err(|e| store_refusal(&e))?;
        lock.map_or(Ok(()), |lock| Err(locked_out(self.number, lock)))
    }

    fn session_of(&self, token: &SessionToken) -> Result<SessionId, Refusal> {
        let invalid = || Refusal::new(ErrorCode::InvalidToken, "the token is not valid, or has ended");
        let now = unix_secs(self.service.clock.unix());
        let claims = self.service.verifier.verify(token, now, CLOCK_SKEW_SECS).map_err(|_told| invalid())?;
        SessionId::parse(&claims.session_id).map_err(|_malformed| invalid())
    }

    /// Gives an event to the engine and does what it asks for. Whether the stream is still open.
    async fn go_on(&mut self, open: &mut Opened, incoming: Incoming<'_>, now: Micros) -> bool {
        let steps = match incoming {
            Incoming::Message(bytes) => match decode(bytes) {
                Ok(message) => open.engine.message(message, bytes.len(), now, &mut fill_random),
                Err(refusal) => open.engine.fail(refusal),
            },
            Incoming::Unusable(code) => open.engine.fail(unusable(code)),
            Incoming::Nothing => open.engine.tick(now),
            Incoming::Silence => open.engine.fail(silence()),
            Incoming::Gone => open.engine.fail(Refusal::new(ErrorCode::Interrupted, "the client is gone")),
            Incoming::Stopping => {
                let refusal = Refusal::new(ErrorCode::Overloaded, "the service stops");
                open.engine.fail(refusal.after(RETRY_AFTER))
            }
        };
        self.follow(open, steps).await;
        !open.engine.is_closed()
    }

    /// Does one step after the other; some bring more.
    async fn follow(&mut self, open: &mut Opened, steps: Vec<Step>) {
        let mut waiting: std::collections::VecDeque<Step> = steps.into();
        while let Some(step) = waiting.pop_front() {
            match self.step(open, step).await {
                Ok(more) => {
                    for step in more.into_iter().rev() {
                        waiting.push_front(step);
                    }
                }
                Err(refusal) => {
                    // What was still to be done rested on this step.
                    waiting = open.engine.fail(refusal.clone()).into();
                    if waiting.is_empty() {
                        waiting.extend([Step::Refused(refusal), Step::Close]);
                    }
                }
            }
        }
    }

    async fn step(&mut self, open: &mut Opened, step: Step) -> Result<Vec<Step>, Refusal> {
        match step {
            Step::Send(message) => self.answers.push(message),
            Step::Begin => {
                self.begin(open).await?;
                return Ok(open.engine.begun(self.service.clock.micros()));
            }
            Step::Analyse(frame) => {
                if let Some(analysis) = &open.analysis {
                    analysis.frame(frame)?;
                }
            }
            Step::Decide { digest, shown } => return self.decide(open, digest, shown).await,
            Step::Record { finding, judgement } => self.record(open, finding, judgement).await?,
            Step::Abandon(abandonment) => self.abandon(open, abandonment).await,
            Step::CancelSession => self.cancel(open).await,
            Step::Refused(refusal) => {
                self.refuse(&refusal, open.leaves());
                if open.stored.is_some() {
                    open.last_fault.get_or_insert_with(|| refusal.code.into());
                }
                tracing::info!(
                    stream.number = self.number,
                    session.id = %open.session.id,
                    code = %refusal.code,
                    "stream ends: {}",
                    refusal.context
                );
            }
            Step::Close => self.close(open).await,
        }
        Ok(Vec::new())
    }

    /// Finds room for an attempt, then takes the token and begins the attempt in the store.
    async fn begin(&mut self, open: &mut Opened) -> Result<(), Refusal> {
        let setup = Setup {
            device: open.device,
            session: self.number,
            keeps_picture: open.keeps_picture(),
            compares: open.reference.is_some(),
            is_steady: open.engine.profile().is_steady(),
        };
        let analysis = self.service.pool.begin(setup).ok_or_else(|| {
            Refusal::new(ErrorCode::Overloaded, "every analysis is busy").after(RETRY_AFTER)
        })?;
        if open.stored.is_none() {
            let now = self.service.clock.unix();
            if !open.token_used {
                let token = TokenId::new(crate::service::token_id(&open.session.id));
                let token = token.map_err(|e| store_refusal(&e))?;
                // From here on nobody can say that it was not used.
                open.token_used = true;
                let claimed = self.service.store.claim_token(&open.session.id, &token, now).await;
                claimed.map_err(|e| store_refusal(&e))?;
            }
            let lasts = open.ends_at.since(self.service.clock.micros()) + STORE_GRACE;
            let start = AttemptStart {
                begun_at: now,
                must_end_by: now.plus(lasts),
                client: documents::client(&open.hello, &self.caller),
                device_correlation_id: CorrelationId::new(open.hello.device_correlation_id.as_str()).ok(),
                user_correlation_id: CorrelationId::new(open.hello.user_correlation_id.as_str()).ok(),
            };
            let begun = self.service.store.begin_attempt(&open.session.id, &start).await;
            open.stored = Some(begun.map_err(|e| store_refusal(&e))?);
        }
        open.analysis = Some(analysis);
        Ok(())
    }

    async fn decide(
        &mut self,
        open: &mut Opened,
        digest: String,
        shown: Box<ShownFlash>,
    ) -> Result<Vec<Step>, Refusal> {
        let asked_at = self.service.clock.micros();
        let Some(analysis) = open.analysis.take() else {
            return Err(Refusal::new(ErrorCode::Unspecified, "no analysis is running"));
        };
        let mut verdict = analysis.finish(shown).await?;
        verdict.keep_to(self.service.config.without_flashes, open.engine.profile().is_steady());
        self.look_for_replay(open, &mut verdict).await?;
        let calibration = self.service.faces.calibration();
        open.compared =
            open.reference.as_ref().and_then(|reference| reference.compare(calibration, &mut verdict));
        let finding = verdict.finding;
        open.verdict = Some(verdict);
        open.digest = Some(digest);
        let now = self.service.clock.micros();
        self.service.metrics.decided(now.since(asked_at));
        tracing::debug!(
            stream.number = self.number,
            session.id = %open.session.id,
            duration_ms = now.since(asked_at).as_millis(),
            "attempt judged"
        );
        let result_id = format!("{}/{}", open.session.id, open.stored.map_or(0, AttemptNumber::get));
        Ok(open.engine.decided(finding, result_id, now, &mut fill_random))
    }

    /// Whether another session sent this capture, on whichever node.
    async fn look_for_replay(&self, open: &mut Opened, verdict: &mut Verdict) -> Result<(), Refusal> {
        let (id, now) = (&open.session.id, self.service.clock.unix());
        let attempt = open.stored.map_or(0, AttemptNumber::get);
        let most_like = self.service.abuse.most_like(&open.watched, id, attempt, &verdict.trail, now).await;
        open.most_like = most_like.map_err(|e| store_refusal(&e))?;
        if open.most_like.as_ref().is_some_and(|like| like.is_exact) {
            verdict.is_of_another_session();
        }
        Ok(())
    }

    async fn record(
        &mut self,
        open: &mut Opened,
        finding: Finding,
        judgement: Judgement,
    ) -> Result<(), Refusal> {
        if finding.is_suspicious() {
            self.count_failure(open).await?;
        }
        let verdict = open.verdict.take();
        let (face, evidence, picture) = verdict
            .map_or((None, Value::Null, None), |verdict| (verdict.face, verdict.evidence, verdict.picture));
        let digest = open.digest.take().unwrap_or_default();
        let (end, mut document) = match finding {
            Finding::CouldNotTell(Some(code)) if judgement == Judgement::Free => {
                open.last_fault = Some(Pending { code, face, evidence });
                return Ok(());
            }
            Finding::CouldNotTell(Some(code)) => {
                (AttemptEnd::Failed, documents::error(code, face, &evidence))
            }
            Finding::Decided(decision) => succeeded(decision, &digest, face, &evidence)?,
            Finding::CouldNotTell(None) => succeeded(Decision::Uncertain, &digest, face, &evidence)?,
        };
        let after = match judgement {
            Judgement::Final => AfterAttempt::Close,
            _ => AfterAttempt::AllowRetry,
        };
        documents::add_to_result(&mut document, open.compared.take());
        if matches!(end, AttemptEnd::Succeeded { .. })
            && let Some(id) = self.keep_picture(open, picture).await
        {
            document["result"]["sessionImageId"] = json!(id.as_str());
        }
        self.store_end(open, end, document, after).await.map_err(|e| store_refusal(&e))?;
        tracing::info!(stream.number = self.number, session.id = %open.session.id, "attempt stored");
        Ok(())
    }

    /// A picture that cannot be kept costs nobody the result.
    async fn keep_picture(&self, open: &Opened, picture: Option<JpegBytes>) -> Option<ImageId> {
        let (vault, picture) = (self.service.vault.as_ref()?, picture?);
        let now = self.service.clock.unix();
        let kept = vault.keep(&open.session.id, picture.as_bytes(), now).await;
        kept.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "a session's picture could not be kept");
        })
        .ok()
    }

    /// An attempt that may have been an attack.
    async fn count_failure(&self, open: &Opened) -> Result<(), Refusal> {
        let Some(number) = open.stored else { return Ok(()) };
        let failure = self.ended_now(open, number);
        self.service.abuse.failed(&open.watched, &failure).await.map_err(|e| store_refusal(&e))
    }

    fn ended_now(&self, open: &Opened, number: AttemptNumber) -> FailedAttempt {
        let session = Some(open.session.id.clone());
        FailedAttempt { session, attempt: number.get(), at: self.service.clock.unix() }
    }

    async fn store_end(
        &self,
        open: &mut Opened,
        end: AttemptEnd,
        mut document: Value,
        after: AfterAttempt,
    ) -> Result<(), StoreError> {
        let Some(number) = open.stored else { return Ok(()) };
        let ended = self.ended_now(open, number);
        document["abuse"] =
            json!(self.service.abuse.report(&open.watched, &ended, open.most_like.as_ref()).await?);
        let document = JsonDocument::from_value(&document)?;
        let outcome = AttemptOutcome { ended_at: ended.at, end, document, after };
        self.service.store.finish_attempt(&open.session.id, number, &outcome).await?;
        self.service.metrics.attempt_ended(end);
        open.stored = None;
        open.last_fault = None;
        open.most_like = None;
        Ok(())
    }

    /// The frames go; the attempt in the store goes on if it did not count.
    async fn abandon(&mut self, open: &mut Opened, abandonment: Abandonment) {
        open.analysis = None;
        if !abandonment.counts {
            open.last_fault = Some(abandonment.code.into());
            return;
        }
        let after = if abandonment.may_repeat { AfterAttempt::AllowRetry } else { AfterAttempt::Close };
        self.end_with(open, abandonment.code.into(), after).await;
    }

    async fn end_with(&mut self, open: &mut Opened, pending: Pending, after: AfterAttempt) {
        let document = documents::error(pending.code, pending.face, &pending.evidence);
        let end = match pending.code {
            ErrorCode::UserCanceledSession => AttemptEnd::Canceled,
            _ => AttemptEnd::Failed,
        };
        if let Err(error) = self.store_end(open, end, document, after).await {
            open.stored = None;
            // Deleted meanwhile, or the store is away: the purge will cancel it.
            tracing::warn!(
                session.id = %open.session.id,
                error = &error as &dyn std::error::Error,
                "the end of an attempt could not be stored"
            );
        }
    }

    async fn cancel(&mut self, open: &mut Opened) {
        let now = self.service.clock.unix();
        open.analysis = None;
        open.stored = None;
        if let Err(error) = self.service.store.cancel_session(&open.session.id, now).await
            && error.kind() != StoreErrorKind::SessionClosed
        {
            tracing::warn!(
                session.id = %open.session.id,
                error = &error as &dyn std::error::Error,
                "a session could not be cancelled"
            );
        }
    }

    /// An attempt that still runs in the store ends with the last thing that was wrong.
    async fn close(&mut self, open: &mut Opened) {
        open.analysis = None;
        if open.stored.is_some() {
            let pending = open.last_fault.take().unwrap_or_else(|| ErrorCode::Interrupted.into());
            self.end_with(open, pending, AfterAttempt::Close).await;
        }
        tracing::info!(stream.number = self.number, session.id = %open.session.id, "stream closed");
    }
}

fn decode(bytes: &[u8]) -> Result<ClientMessage, Refusal> {
    // The context names fields and sizes, never what is in them.
    ClientMessage::decode(bytes, &DecodeLimits::default())
        .map_err(|error| Refusal::new(error.code(), error.to_string()))
}
