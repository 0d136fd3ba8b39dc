//! The service as a whole: put together, started, stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use verilume_infer::Weights;
use verilume_protocol::token::TokenSigner;
use verilume_store::{SecretBytes, SecretPurpose, Store};

use crate::analysis::{AnalysisPool, PoolConfig};
use crate::api;
use crate::clock::{Clock, fill_random};
use crate::config::ServerConfig;
use crate::engine::EngineConfig;
use crate::error::{ServerError, ServerErrorKind};
use crate::listen;
use crate::service::{Keys, Service};
use crate::stream::HttpStreams;

/// The name that tokens call the signing key by. There is one key for each store.
const SIGNING_KEY_ID: &str = "1";
/// Keys that may be drawn until one is a key of the curve. A draw misses with probability 2^-32.
const MAX_KEY_DRAWS: usize = 8;
/// How often sessions past their retention are erased.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Sessions that one purge erases at most. Origin: a transaction of some milliseconds.
const PURGE_SESSIONS: u32 = 200;

/// A service that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
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
        config: ServerConfig,
        store: Arc<dyn Store>,
        weights: &Weights,
    ) -> Result<Self, ServerError> {
        check_exposure(&config)?;
        let keys = Keys { signer: signer(store.as_ref()).await?, abuse: abuse_key(store.as_ref()).await? };
        let listener = TcpListener::bind(config.listen).await.map_err(|error| {
            let context = format!("the address {} cannot be listened on", config.listen);
            ServerError::new(ServerErrorKind::ListenFailed, context).caused_by(error)
        })?;
        let address = listener.local_addr().map_err(|error| {
            ServerError::new(ServerErrorKind::ListenFailed, "the address is not known").caused_by(error)
        })?;
        let endpoint = endpoint(&config, address)?;
        let pool =
            AnalysisPool::start(pool_config(&config), weights, config.fusion.clone()).map_err(|error| {
                ServerError::new(ServerErrorKind::ModelsUnusable, "the models cannot be loaded")
                    .caused_by(error)
            })?;
        let (stop, stopping) = watch::channel(false);
        let service = Arc::new(Service::new(config, store, pool, keys, endpoint, stopping));
        Ok(Self { listener, address, service, stop })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address that clients are told.
    pub fn endpoint(&self) -> &str {
        &self.service.endpoint
    }

    /// Serves until `shutdown` is ready, then lets running attempts end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, service, stop, .. } = self;
        let streams = Arc::new(HttpStreams::default());
        let router = api::router(&service, &streams);
        let limits = service.config.limits;
        let sweeping = tokio::spawn({
            let (streams, service) = (Arc::clone(&streams), Arc::clone(&service));
            async move { streams.sweep(service).await }
        });
        let purging = tokio::spawn(purge(Arc::clone(&service)));
        let serving = tokio::spawn(listen::serve(listener, router, limits, service.stopping.clone()));
        shutdown.await;
        tracing::info!("stopping");
        stop.send_replace(true);
        // Streams are no requests any more: they end by themselves, each giving its permit back.
        let all = u32::try_from(limits.max_streams).unwrap_or(u32::MAX);
        let streams_end = service.streams.acquire_many(all);
        if tokio::time::timeout(limits.drain_within, streams_end).await.is_err() {
            tracing::warn!("streams were still open when the service stopped");
        }
        drop(serving.await);
        purging.abort();
        sweeping.abort();
    }
}

/// Without TLS a service that others can reach would send tokens and faces in the clear.
fn check_exposure(config: &ServerConfig) -> Result<(), ServerError> {
    if config.listen.ip().is_loopback() || config.is_behind_proxy {
        return Ok(());
    }
    let context = format!("{} can be reached from other machines, and the service has no TLS", config.listen);
    Err(ServerError::new(ServerErrorKind::PublicWithoutProxy, context))
}

fn endpoint(config: &ServerConfig, address: SocketAddr) -> Result<String, ServerError> {
    let Some(url) = &config.public_url else { return Ok(format!("http://{address}")) };
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

/// The key under which the counters of abuse know whom they count.
async fn abuse_key(store: &dyn Store) -> Result<SecretBytes, ServerError> {
    let unusable = |error| {
        let context = "the key of the abuse counters cannot be read from the store";
        ServerError::new(ServerErrorKind::StoreUnusable, context).caused_by(error)
    };
    let mut candidate = zeroize::Zeroizing::new([0; 32]);
    fill_random(candidate.as_mut());
    let candidate = SecretBytes::new(candidate.to_vec()).map_err(unusable)?;
    let now = Clock::start().unix();
    store.secret_or_insert(SecretPurpose::AbuseSubjects, &candidate, now).await.map_err(unusable)
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
        match service.store.purge(service.clock.unix(), PURGE_SESSIONS).await {
            Ok(Some(purged)) if purged.sessions_erased > 0 || purged.attempts_cancelled > 0 => {
                tracing::info!(
                    purge.sessions = purged.sessions_erased,
                    purge.attempts = purged.attempts_cancelled,
                    "purged"
                )
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the purge failed"),
        }
    }
}
