//! The service as a whole: put together, started, stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use verilume_infer::Weights;
use verilume_protocol::token::TokenSigner;
use verilume_store::{Purged, SecretBytes, SecretPurpose, Store, StoreError, UnixMillis};

use crate::analysis::{AnalysisPool, PoolConfig};
use crate::api;
use crate::clock::{Clock, fill_random};
use crate::config::{ConnectionLimits, ServerConfig};
use crate::engine::EngineConfig;
use crate::error::{ServerError, ServerErrorKind};
use crate::faces::{StillPool, StillPoolConfig};
use crate::listen;
use crate::metrics;
use crate::service::{Keys, Service};
use crate::stream::HttpStreams;
use crate::tls::TlsIdentity;
use crate::vault::{VaultError, check_master_key};

/// The name that tokens call the signing key by. There is one key for each store.
const SIGNING_KEY_ID: &str = "1";
/// Keys that may be drawn until one is a key of the curve. A draw misses with probability 2^-32.
const MAX_KEY_DRAWS: usize = 8;
/// Connections at once of those who read the metrics. Initial: one or two monitors.
const METRICS_READERS: usize = 8;
/// However long streams took to end, what was asked before then is answered within this time.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How often sessions past their retention are erased.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Sessions that one transaction of the purge erases at most: others write in between. Origin: some milliseconds.
const PURGE_SESSIONS: u32 = 200;

/// A service that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    metrics: Option<TcpListener>,
    service: Arc<Service>,
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Loads the models, takes the signing key from the store (or puts one there) and listens.
    pub async fn start(
        mut config: ServerConfig,
        store: Arc<dyn Store>,
        weights: &Weights,
    ) -> Result<Self, ServerError> {
        check_exposure(&config)?;
        check_master(&config, &store).await?;
        let keys = Keys {
            signer: signer(store.as_ref()).await?,
            abuse: own_secret(store.as_ref(), SecretPurpose::AbuseSubjects).await?,
            links: own_secret(store.as_ref(), SecretPurpose::QuickLinks).await?,
        };
        let listener = bind(config.listen).await?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let address = listener.local_addr().map_err(|error| {
            ServerError::new(ServerErrorKind::ListenFailed, "the address is not known").caused_by(error)
        })?;
        let endpoint = endpoint(&config, address)?;
        config.networks.check_texture()?;
        let embedder = Arc::new(config.networks.load_calibrated(weights)?);
        let (networks, fusion) = (&config.networks, &config.fusion);
        let pool = AnalysisPool::start(pool_config(&config), weights, networks, fusion.clone(), &embedder)
            .map_err(unloadable)?;
        let stills =
            StillPool::start(still_pool_config(&config), weights, networks, fusion).map_err(unloadable)?;
        config.networks.forget_files();
        if config.web.sdk.is_none() {
            tracing::info!("there is no hosted page: the SDK for the web was not built (`cargo xtask web`)");
        }
        let (stop, stopping) = watch::channel(false);
        let service = Arc::new(Service::new(config, store, pool, stills, keys, endpoint, stopping));
        Ok(Self { listener, address, metrics, service, stop })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address listened on, with its scheme.
    pub fn url(&self) -> String {
        own_url(&self.service.config, self.address)
    }

    /// Where the metrics are, if they are anywhere.
    pub fn metrics_url(&self) -> Option<String> {
        let address = self.metrics.as_ref()?.local_addr().ok()?;
        Some(format!("http://{address}/metrics"))
    }

    /// The address of the developer's playground, if there is one: whoever knows it plays the app server.
    pub fn playground_url(&self) -> Option<String> {
        let playground = self.service.config.web.playground.as_ref()?;
        Some(format!("{}{}", self.service.endpoint, playground.path()))
    }

    /// The address that clients are told.
    pub fn endpoint(&self) -> &str {
        &self.service.endpoint
    }

    /// Serves until `shutdown` is ready, then lets running attempts end. Until they have, it still listens: devices whose
    /// stream comes as single requests go on, and whoever asks `/readyz` is told.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, metrics, service, stop, .. } = self;
        let streams = Arc::new(HttpStreams::default());
        let observe = middleware::from_fn_with_state(Arc::clone(&service), metrics::observe);
        let router = api::router(&service, &streams).layer(observe);
        let limits = service.config.limits;
        let tls = service.config.tls.as_ref().map(TlsIdentity::acceptor);
        let sweeping = tokio::spawn({
            let (streams, service) = (Arc::clone(&streams), Arc::clone(&service));
            async move { streams.sweep(service).await }
        });
        let purging = tokio::spawn(purge(Arc::clone(&service)));
        let (close, closing) = watch::channel(false);
        let serving = tokio::spawn(listen::serve(listener, tls, router, limits, closing.clone()));
        if let Some(listener) = metrics {
            let router = metrics::router(&service);
            tokio::spawn(listen::serve(listener, None, router, metrics_limits(limits), closing));
        }
        shutdown.await;
        tracing::info!("stopping");
        let ends_at = Instant::now() + limits.drain_within;
        stop.send_replace(true);
        // Streams are no requests any more: they end by themselves, each giving its permit back.
        let all = u32::try_from(limits.max_streams).unwrap_or(u32::MAX);
        let streams_end = service.streams.acquire_many(all);
        if tokio::time::timeout_at(ends_at, streams_end).await.is_err() {
            tracing::warn!("streams were still open when the service stopped");
        }
        close.send_replace(true);
        let answered_by = ends_at.max(Instant::now() + LAST_ANSWERS);
        if tokio::time::timeout_at(answered_by, serving).await.is_err() {
            tracing::warn!("connections were still open when the service stopped");
        }
        purging.abort();
        sweeping.abort();
    }
}

fn unloadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServerError {
    ServerError::new(ServerErrorKind::ModelsUnusable, "the models cannot be loaded").caused_by(error)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|error| {
        let context = format!("the address {address} cannot be listened on");
        ServerError::new(ServerErrorKind::ListenFailed, context).caused_by(error)
    })
}

/// What those who read the metrics may cost.
fn metrics_limits(limits: ConnectionLimits) -> ConnectionLimits {
    ConnectionLimits { max_connections: METRICS_READERS, ..limits }
}

/// Without TLS a service that others can reach would send tokens and faces in the clear; the metrics never have TLS.
fn check_exposure(config: &ServerConfig) -> Result<(), ServerError> {
    if config.is_behind_proxy {
        return Ok(());
    }
    if !config.listen.ip().is_loopback() && config.tls.is_none() {
        let context =
            format!("{} can be reached from other machines, and the service has no TLS", config.listen);
        return Err(ServerError::new(ServerErrorKind::PublicWithoutTls, context));
    }
    match config.metrics_listen.filter(|address| !address.ip().is_loopback()) {
        Some(address) => {
            let context = format!("the metrics at {address} could be read from other machines, without TLS");
            Err(ServerError::new(ServerErrorKind::PublicMetrics, context))
        }
        None => Ok(()),
    }
}

/// With a wrong master key the service would seal what nobody opens later, and open nothing that it sealed before.
async fn check_master(config: &ServerConfig, store: &Arc<dyn Store>) -> Result<(), ServerError> {
    let Some(master) = &config.master_key else { return Ok(()) };
    check_master_key(store, master).await.map_err(|error| match error {
        VaultError::Store(error) => {
            let context = "the keys that the master key seals cannot be read from the store";
            ServerError::new(ServerErrorKind::StoreUnusable, context).caused_by(error)
        }
        wrong => ServerError::new(ServerErrorKind::MasterKeyWrong, wrong.to_string()),
    })
}

/// The address listened on, with its scheme.
fn own_url(config: &ServerConfig, address: SocketAddr) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

fn endpoint(config: &ServerConfig, address: SocketAddr) -> Result<String, ServerError> {
    let Some(url) = &config.public_url else { return Ok(own_url(config, address)) };
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(url.to_owned()),
        _ => Err(ServerError::new(
            ServerErrorKind::PublicUrlInvalid,
            "the public address must begin with https:// or http:// and name a host",
        )),
    }
}

fn pool_config(config: &ServerConfig) -> PoolConfig {
    let engine = EngineConfig::default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    PoolConfig {
        workers: if config.workers == 0 { cores } else { config.workers },
        attempts_per_worker: config.attempts_per_worker,
        max_frames: engine.max_frames as usize,
        max_frame_pixels: engine.max_frame_pixels,
    }
}

fn still_pool_config(config: &ServerConfig) -> StillPoolConfig {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    StillPoolConfig {
        workers: if config.still_workers == 0 { cores.div_ceil(2) } else { config.still_workers },
        max_pictures: config.limits.max_pictures,
    }
}

async fn signer(store: &dyn Store) -> Result<TokenSigner, ServerError> {
    let unusable = |context: &str| ServerError::new(ServerErrorKind::StoreUnusable, context.to_owned());
    let candidate = fresh_key().ok_or_else(|| unusable("no signing key could be made"))?;
    let candidate = SecretBytes::new(candidate.to_vec())
        .map_err(|error| unusable("the signing key cannot be kept").caused_by(error))?;
    let now = Clock::start().unix();
    let kept = store
        .secret_or_insert(SecretPurpose::SessionTokenSigning, &candidate, now)
        .await
        .map_err(|error| unusable("the signing key cannot be read from the store").caused_by(error))?;
    let key: &[u8; 32] =
        kept.expose().try_into().map_err(|_size| unusable("the signing key in the store is none"))?;
    TokenSigner::new(key, SIGNING_KEY_ID)
        .map_err(|error| unusable("the signing key in the store is none").caused_by(error))
}

/// A key of the service's own, the same on every node.
async fn own_secret(store: &dyn Store, purpose: SecretPurpose) -> Result<SecretBytes, ServerError> {
    let unusable = |error| {
        let context = "a key of the service cannot be read from the store";
        ServerError::new(ServerErrorKind::StoreUnusable, context).caused_by(error)
    };
    let mut candidate = zeroize::Zeroizing::new([0; 32]);
    fill_random(candidate.as_mut());
    let candidate = SecretBytes::new(candidate.to_vec()).map_err(unusable)?;
    let now = Clock::start().unix();
    store.secret_or_insert(purpose, &candidate, now).await.map_err(unusable)
}

/// 32 bytes that are a key of the curve.
fn fresh_key() -> Option<zeroize::Zeroizing<[u8; 32]>> {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    for _ in 0..MAX_KEY_DRAWS {
        fill_random(key.as_mut());
        if TokenSigner::new(&key, SIGNING_KEY_ID).is_ok() {
            return Some(key);
        }
    }
    None
}

/// Erases what is past its retention, for as long as the service runs.
async fn purge(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        match purge_overdue(service.store.as_ref(), service.clock.unix()).await {
            Ok(purged) if purged != Purged::default() => {
                tracing::info!(
                    purge.sessions = purged.sessions_erased,
                    purge.attempts = purged.attempts_cancelled,
                    purge.faces = purged.faces_erased,
                    "purged"
                )
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the purge failed"),
        }
        if let Err(error) = service.forget_what_was_erased().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "memory may hold templates that were erased"
            );
        }
    }
}

/// Erases all that is past its retention: as long as there is a backlog, the next transaction follows at once.
async fn purge_overdue(store: &dyn Store, now: UnixMillis) -> Result<Purged, StoreError> {
    let mut all = Purged::default();
    // Where another node is at it, it does the rest.
    while let Some(purged) = store.purge(now, PURGE_SESSIONS).await? {
        all.sessions_erased += purged.sessions_erased;
        all.attempts_cancelled += purged.attempts_cancelled;
        all.faces_erased += purged.faces_erased;
        if purged.sessions_erased < PURGE_SESSIONS {
            break;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use verilume_store::{NewSession, Retention, SessionId, SessionStore as _, SqlStore};

    use super::*;
    use crate::testing::new_session;

    #[tokio::test]
    async fn a_backlog_of_many_transactions_is_purged_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open_folder(folder.path()).await.unwrap();
        let created_at = UnixMillis::from_millis(1);
        let session = |number: u32| {
            let mut random = [0; 16];
            random[..4].copy_from_slice(&number.to_be_bytes());
            NewSession { id: SessionId::from_random(random), ..new_session(0, created_at) }
        };
        let overdue = 2 * PURGE_SESSIONS + 1;
        let sessions: Vec<NewSession> = (0..overdue).map(session).collect();
        store.create_sessions(&sessions).await.unwrap();
        let late = created_at.plus(Retention::MAX.get());
        assert_eq!(purge_overdue(&store, late).await.unwrap().sessions_erased, overdue);
        assert_eq!(purge_overdue(&store, late).await.unwrap(), Purged::default());
        store.close().await;
    }

    #[track_caller]
    fn check_exposed(listen: &str, metrics: &str, is_behind_proxy: bool, expected: Option<ServerErrorKind>) {
        let mut config = ServerConfig::new(listen.parse().unwrap());
        config.metrics_listen = Some(metrics.parse().unwrap());
        config.is_behind_proxy = is_behind_proxy;
        let refused = check_exposure(&config).err().map(|error| error.kind());
        assert_eq!(refused, expected, "{listen} {metrics}");
    }

    #[test]
    fn what_others_reach_needs_tls_or_a_proxy() {
        check_exposed("127.0.0.1:0", "[::1]:0", false, None);
        check_exposed("0.0.0.0:0", "127.0.0.1:0", false, Some(ServerErrorKind::PublicWithoutTls));
        check_exposed("127.0.0.1:0", "0.0.0.0:0", false, Some(ServerErrorKind::PublicMetrics));
        check_exposed("0.0.0.0:0", "[::]:0", true, None);
    }
}
