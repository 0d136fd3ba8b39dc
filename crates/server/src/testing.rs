//! What tests of several modules begin with.

use verilume_store::{
    AttemptLimit, JsonDocument, NewSession, OperationMode, Retention, SessionId, SessionKind,
    TokenTimeToLive, UnixMillis,
};

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
