//! What every request and stream shares.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::sync::watch;
use verilume_protocol::stream::SessionToken;
use verilume_protocol::token::{TokenAction, TokenClaims, TokenSigner, TokenVerifier};
use verilume_store::{
    ApiKeyRecord, AuditAction, AuditSubject, SecretBytes, SessionId, SessionRecord, Store, StoreError,
};

use crate::abuse::AbuseWatch;
use crate::analysis::AnalysisPool;
use crate::audit_trail::{AuditTrail, Unwritten};
use crate::clock::{Clock, unix_secs};
use crate::config::{ServerConfig, WithoutFlashes};
use crate::creations::Creations;
use crate::engine::{EngineConfig, Micros};
use crate::faces::{Faces, StillPool};
use crate::identification::Identification;
use crate::metrics::Metrics;
use crate::vault::ImageVault;
use crate::web::LinkKey;

/// When a caller of a service that has no room is told to come back. Origin: an attempt takes ten seconds.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long an answer that the store takes writes is believed. Initial: monitors ask every few seconds.
const READY_FOR: Duration = Duration::from_secs(2);

/// The service's own keys, the same on every node of a store.
pub(crate) struct Keys {
    /// Signs the session tokens.
    pub(crate) signer: TokenSigner,
    /// Hashes whom the abuse counters count.
    pub(crate) abuse: SecretBytes,
    /// Makes the codes of quick links.
    pub(crate) links: SecretBytes,
}

/// What every request and stream shares.
pub(crate) struct Service {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) pool: AnalysisPool,
    /// Faces of still pictures.
    pub(crate) faces: Faces,
    /// Those who are enrolled, as far as they are in memory.
    pub(crate) identification: Identification,
    pub(crate) clock: Clock,
    pub(crate) config: ServerConfig,
    pub(crate) engine: EngineConfig,
    pub(crate) verifier: TokenVerifier,
    signer: TokenSigner,
    pub(crate) abuse: AbuseWatch,
    audit: AuditTrail,
    pub(crate) creations: Creations,
    /// Where pictures go; none are taken without a master key.
    pub(crate) vault: Option<ImageVault>,
    pub(crate) links: LinkKey,
    /// The address in tokens.
    pub(crate) endpoint: String,
    pub(crate) metrics: Metrics,
    /// When the store last took a write for [`Self::check_store`].
    store_ready_at: tokio::sync::Mutex<Option<Micros>>,
    /// One for each capture stream that may be open.
    pub(crate) streams: Arc<Semaphore>,
    /// One for each stream of events that may be open.
    pub(crate) event_streams: Arc<Semaphore>,
    /// Sessions with an open stream on this node.
    live: Mutex<HashSet<SessionId>>,
    next_stream: AtomicU64,
    /// Turns true when the service stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Service {
    pub(crate) fn new(
        config: ServerConfig,
        store: Arc<dyn Store>,
        pool: AnalysisPool,
        stills: StillPool,
        keys: Keys,
        endpoint: String,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            audit: AuditTrail::start(Arc::clone(&store)),
            creations: Creations::start(Arc::clone(&store)),
            vault: config.master_key.clone().map(|key| ImageVault::new(Arc::clone(&store), key)),
            abuse: AbuseWatch::new(Arc::clone(&store), keys.abuse, config.abuse),
            links: LinkKey::new(keys.links),
            faces: Faces::new(Arc::clone(&store), stills, &config),
            identification: Identification::default(),
            store,
            pool,
            clock: Clock::start(),
            engine: EngineConfig {
                does_without_flashes: config.without_flashes != WithoutFlashes::Refuse,
                ..EngineConfig::default()
            },
            verifier: keys.signer.verifier(),
            signer: keys.signer,
            endpoint,
            metrics: Metrics::new(),
            store_ready_at: tokio::sync::Mutex::default(),
            streams: Arc::new(Semaphore::new(config.limits.max_streams)),
            event_streams: Arc::new(Semaphore::new(config.limits.max_event_streams)),
            live: Mutex::default(),
            next_stream: AtomicU64::new(0),
            stopping,
            config,
        }
    }

    /// The token of a session. The same session has the same token whenever it is asked for: nothing about it is stored.
    pub(crate) fn token_of(&self, session: &SessionRecord) -> SessionToken {
        self.signer.mint(&TokenClaims {
            session_id: session.id.as_str().to_owned(),
            endpoint: self.endpoint.clone(),
            action: TokenAction::DetectLiveness,
            token_id: token_id(&session.id),
            issued_at_unix_secs: unix_secs(session.created_at),
            expires_at_unix_secs: unix_secs(session.token_expires_at),
        })
    }

    /// Puts on record what a key's holder did.
    pub(crate) async fn record(
        &self,
        caller: &ApiKeyRecord,
        action: AuditAction,
        session: Option<&SessionId>,
    ) -> Result<(), Unwritten> {
        self.audit.record(caller.id.as_str(), action, session, None, self.clock.unix()).await?;
        self.metrics.recorded(action);
        Ok(())
    }

    /// The same about a collection or a person.
    pub(crate) async fn record_about(
        &self,
        caller: &ApiKeyRecord,
        action: AuditAction,
        subject: AuditSubject,
    ) -> Result<(), Unwritten> {
        self.audit.record(caller.id.as_str(), action, None, Some(subject), self.clock.unix()).await?;
        self.metrics.recorded(action);
        Ok(())
    }

    /// Whether the store takes writes. What it said a moment ago still holds: a caller without a key cannot make it write
    /// as often as it likes.
    pub(crate) async fn check_store(&self) -> Result<(), StoreError> {
        let mut ready_at = self.store_ready_at.lock().await;
        let is_fresh = |at: Micros| self.clock.micros().since(at) < READY_FOR;
        if ready_at.is_some_and(is_fresh) {
            return Ok(());
        }
        *ready_at = None;
        self.store.check_ready().await?;
        *ready_at = Some(self.clock.micros());
        Ok(())
    }

    /// Marks a session as having a stream; `None` if it has one already.
    pub(crate) fn occupy(self: &Arc<Self>, session: &SessionId) -> Option<LiveSession> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.insert(session.clone())
            .then(|| LiveSession { service: Arc::clone(self), session: session.clone() })
    }

    /// A number for a stream, unique within this process.
    pub(crate) fn number_stream(&self) -> u64 {
        self.next_stream.fetch_add(1, Ordering::Relaxed)
    }
}

/// The id inside a session's token: one token belongs to a session, and its id tells nothing else.
pub(crate) fn token_id(session: &SessionId) -> String {
    let mut hash = Sha256::new();
    hash.update(b"verilume token id v1\0");
    hash.update(session.as_str());
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A session's place among those with an open stream.
pub(crate) struct LiveSession {
    service: Arc<Service>,
    session: SessionId,
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.service.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.session);
    }
}

/// Waits until the service stops, or is gone.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}
