//! What tests of several modules begin with.

use std::path::Path;
use std::sync::Arc;

use verilume_infer::Weights;
use verilume_protocol::token::TokenSigner;
use verilume_store::{
    AttemptLimit, JsonDocument, NewSession, OperationMode, Retention, SecretBytes, SessionId, SessionKind,
    Store, TokenTimeToLive, UnixMillis,
};

use crate::analysis::{AnalysisPool, PoolConfig};
use crate::config::ServerConfig;
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

/// A service on a store, without a listener.
pub(crate) async fn service(store: Arc<dyn Store>) -> Arc<Service> {
    let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    let weights = Weights::in_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models"));
    let pool = PoolConfig { workers: 1, attempts_per_worker: 1, max_frames: 9, max_frame_pixels: 9 };
    let pool = AnalysisPool::start(pool, &weights, config.fusion.clone()).unwrap();
    let keys = Keys {
        signer: TokenSigner::new(&[7; 32], "1").unwrap(),
        abuse: SecretBytes::new(vec![7; 32]).unwrap(),
    };
    let (_, stopping) = tokio::sync::watch::channel(false);
    Arc::new(Service::new(config, store, pool, keys, "http://localhost".into(), stopping))
}
