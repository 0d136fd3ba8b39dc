//! What is stored of an attempt: the result or the error as the API tells it, and the evidence behind it.

use serde_json::{Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{Decision, JsonDocument, StoreError};

use crate::analysis::FaceRectangle;

fn targets(face: Option<FaceRectangle>) -> Value {
    json!({ "color": { "faceRectangle": face.unwrap_or_default() } })
}

/// Of an attempt that was decided.
pub(super) fn result(
    decision: Decision,
    digest: &str,
    face: Option<FaceRectangle>,
    evidence: &Value,
) -> Result<JsonDocument, StoreError> {
    JsonDocument::from_value(&json!({
        "result": {
            "livenessDecision": decision.as_str(),
            "targets": targets(face),
            "digest": digest,
        },
        "evidence": evidence,
    }))
}

/// Of an attempt that ended with an error; `evidence` is null where nothing was analysed.
pub(super) fn error(
    code: ErrorCode,
    face: Option<FaceRectangle>,
    evidence: &Value,
) -> Result<JsonDocument, StoreError> {
    JsonDocument::from_value(&json!({
        "error": { "code": code.as_str(), "message": code.entry().message, "targets": targets(face) },
        "evidence": evidence,
    }))
}
