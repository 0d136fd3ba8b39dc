//! Operations of the person directory, which the contract lets go on for a while.
//!
//! Here each is over before it is answered, so nothing about one is kept: its id says when it ended, and by a keyed hash
//! that this service gave it out.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;
use verilume_protocol::errors::ErrorCode;
use verilume_store::UnixMillis;

use super::permit;
use crate::api::ApiError;
use crate::api::answers::{json_response, rfc3339};
use crate::service::Service;

/// Hexadecimal digits of the time, and of the hash after them.
const TIME_DIGITS: usize = 16;
const ID_DIGITS: usize = 2 * TIME_DIGITS;

/// Turns an answer into that of an operation that was taken on.
pub(super) fn accepted(service: &Service, version: &str, mut told: Response) -> Response {
    *told.status_mut() = StatusCode::ACCEPTED;
    let id = id_of(service, service.clock.unix());
    let status = format!("{}/face/{version}/operations/{id}", service.endpoint);
    if let Ok(status) = HeaderValue::from_str(&status) {
        told.headers_mut().insert(HeaderName::from_static("operation-location"), status);
    }
    told
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    permit(&service, &headers).await?;
    let not_found = || ApiError::of(ErrorCode::OperationNotFound);
    let Ok(Path(id)) = id else { return Err(not_found()) };
    let ended = time_of(&id).filter(|ended| id_of(&service, *ended) == id).ok_or_else(not_found)?;
    let ended = rfc3339(ended);
    Ok(json_response(&json!({
        "operationId": id,
        "status": "succeeded",
        "createdTime": ended,
        "lastActionTime": ended,
        "finishedTime": ended,
    })))
}

fn id_of(service: &Service, ended: UnixMillis) -> String {
    let time = format!("{:0TIME_DIGITS$x}", ended.as_millis());
    let hash = service.abuse.keyed_hash("verilume operation v1", &time);
    format!("{time}{}", &hash[..ID_DIGITS - TIME_DIGITS])
}

fn time_of(id: &str) -> Option<UnixMillis> {
    let is_hex = id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let time = id.get(..TIME_DIGITS).filter(|_| is_hex)?;
    i64::from_str_radix(time, 16).ok().map(UnixMillis::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_an_id_has_a_time() {
        let millis = |id: &str| time_of(id).map(UnixMillis::as_millis);
        assert_eq!(
            millis(&format!("{:016x}{}", 1_700_000_000_000_i64, "0".repeat(16))),
            Some(1_700_000_000_000)
        );
        for id in ["", "0", &"f".repeat(32), &"g".repeat(32), &"0".repeat(33), &"ä".repeat(16)] {
            assert_eq!(millis(id), None, "{id}");
        }
    }
}
