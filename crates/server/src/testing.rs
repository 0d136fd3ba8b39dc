//! What tests of several modules begin with.

use std::path::Path;
use std::sync::Arc;

use verilume_infer::{Engine, Weights};
use verilume_protocol::token::TokenSigner;
use verilume_recognition::{Calibration, Embedder, Embedding};
use verilume_store::{
    AttemptLimit, JsonDocument, NewSession, OperationMode, Retention, SecretBytes, SessionId, SessionKind,
    Store, TokenTimeToLive, UnixMillis,
};

use crate::analysis::{AnalysisPool, PoolConfig};
use crate::config::ServerConfig;
use crate::faces::{StillPool, StillPoolConfig};
use crate::service::{Keys, Service};

/// A session with three attempts.
pub(crate) fn new_session(number: u8, created_at: UnixMillis) -> NewSession {
    NewSession {
        id: SessionId::from_random([number; 16]),
        kind: SessionKind::Detect,
        operation_mode: OperationMode::Passive,
        parameters: JsonDocument::parse("{}").unwrap(),
        device_correlation_id: None,
        user_correlation_id: None,
        attempts_allowed: AttemptLimit::new(3).unwrap(),
        token_time_to_live: TokenTimeToLive::from_secs(600).unwrap(),
        retention: Retention::MAX,
        created_at,
    }
}

/// A template at a place of its own for each number.
pub(crate) fn template(number: u8) -> Embedding {
    let mut bytes = vec![1];
    let digits = Calibration::shipped().model_sha256;
    bytes.extend((0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()));
    for place in 0..128 {
        let value: f32 = if place == usize::from(number) { 1.0 } else { 0.01 };
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    Embedding::from_bytes(&bytes).unwrap()
}

/// A service on a store, without a listener.
pub(crate) async fn service(store: Arc<dyn Store>) -> Arc<Service> {
    service_with(store, ServerConfig::new("127.0.0.1:0".parse().unwrap())).await
}

/// The same, configured otherwise.
pub(crate) async fn service_with(store: Arc<dyn Store>, config: ServerConfig) -> Arc<Service> {
    let weights = Weights::in_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models"));
    let pool = PoolConfig { workers: 1, attempts_per_worker: 1, max_frames: 9, max_frame_pixels: 9 };
    let embedder = Arc::new(Embedder::load(&Engine::rten(), &weights).unwrap());
    let pool =
        AnalysisPool::start(pool, &weights, &config.networks, config.fusion.clone(), &embedder).unwrap();
    let stills = StillPoolConfig { workers: 1, max_pictures: 4 };
    let stills = StillPool::start(stills, &weights, &config.networks, &config.fusion).unwrap();
    let keys = Keys {
        signer: TokenSigner::new(&[7; 32], "1").unwrap(),
        abuse: SecretBytes::new(vec![7; 32]).unwrap(),
        links: SecretBytes::new(vec![7; 32]).unwrap(),
    };
    let (_, stopping) = tokio::sync::watch::channel(false);
    Arc::new(Service::new(config, store, pool, stills, keys, "http://localhost".into(), stopping))
}
