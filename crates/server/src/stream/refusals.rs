//! Why a stream is refused, in the words of the engine.

use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::Hello;
use verilume_store::{CorrelationId, SessionRecord, StoreError, StoreErrorKind};

use crate::abuse::Lock;
use crate::engine::Refusal;

pub(super) fn unusable(code: ErrorCode) -> Refusal {
    Refusal::new(code, code.entry().message)
}

pub(super) fn silence() -> Refusal {
    Refusal::new(ErrorCode::StreamIdle, "no sign of life came")
}

pub(super) fn check_session(session: &SessionRecord, hello: &Hello) -> Result<(), Refusal> {
    if !session.is_open {
        return Err(Refusal::new(ErrorCode::TokenUsed, "the session is over"));
    }
    let names_device = session.device_correlation_id.is_some()
        || CorrelationId::new(hello.device_correlation_id.as_str()).is_ok();
    if !names_device {
        let context = "neither the session nor the hello names the device";
        return Err(Refusal::new(ErrorCode::InvalidDeviceCorrelationId, context));
    }
    Ok(())
}

/// The rule is for the log alone: whoever is refused could make use of it.
pub(super) fn locked_out(stream: u64, lock: Lock) -> Refusal {
    tracing::info!(stream.number = stream, rule = lock.rule, "somebody is locked out");
    let context = "too many attempts of this device, user or network failed";
    Refusal::new(ErrorCode::TooManyRequests, context).after(lock.left)
}

pub(super) fn store_refusal(error: &StoreError) -> Refusal {
    let code = match error.kind() {
        StoreErrorKind::NotFound => ErrorCode::SessionNotFound,
        StoreErrorKind::AlreadyRunning => ErrorCode::ConcurrentOperationConflict,
        StoreErrorKind::SessionClosed | StoreErrorKind::AttemptsUsedUp => ErrorCode::AttemptsExhausted,
        StoreErrorKind::TokenUsed => ErrorCode::TokenUsed,
        StoreErrorKind::Expired => ErrorCode::SessionExpired,
        StoreErrorKind::AttemptNotRunning => ErrorCode::SessionNotFound,
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "the store failed");
            return Refusal::new(ErrorCode::Unspecified, "the store failed");
        }
    };
    Refusal::new(code, "the session's state does not allow this")
}
