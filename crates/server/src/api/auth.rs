//! Who may use the session API: the holder of a key.

use axum::http::HeaderMap;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{ApiKeyRecord, Scope};

use super::ApiError;
use crate::service::Service;

pub(crate) const KEY_HEADER: &str = "ocp-apim-subscription-key";
/// The longest key that is looked at, bytes. Origin: keys have 86.
const MAX_KEY_BYTES: usize = 256;
/// What clients of the Azure API show when a key is wrong.
const DENIED: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a \
                      valid key for an active subscription and use a correct regional API endpoint for your resource.";

/// What a caller is told whose key may not do this, whatever the reason.
pub(super) fn denied() -> ApiError {
    ApiError::of(ErrorCode::Unauthorized).saying(DENIED)
}

/// Lets a request pass whose key is live and has one of these scopes. What was wrong is not said.
pub(crate) async fn require(
    service: &Service,
    headers: &HeaderMap,
    scopes: &[Scope],
) -> Result<ApiKeyRecord, ApiError> {
    let presented = headers.get(KEY_HEADER).and_then(|value| value.to_str().ok()).ok_or_else(denied)?;
    if presented.len() > MAX_KEY_BYTES {
        return Err(denied());
    }
    let key = service.store.authenticate(presented.trim(), service.clock.unix()).await?;
    key.filter(|key| scopes.iter().any(|scope| key.scopes.contains(*scope))).ok_or_else(denied)
}
