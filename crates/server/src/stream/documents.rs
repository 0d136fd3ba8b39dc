//! What is stored of an attempt: the result or the error as the API tells it, and the evidence behind it.

use serde_json::{Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::Hello;
use verilume_store::{AttemptEnd, Decision, JsonDocument, TranscriptDigest};

use crate::analysis::FaceRectangle;
use crate::caller::Caller;
use crate::engine::Refusal;

fn targets(face: Option<FaceRectangle>) -> Value {
    json!({ "color": { "faceRectangle": face.unwrap_or_default() } })
}

/// Of an attempt that was decided.
pub(crate) fn result(
    decision: Decision,
    digest: &str,
    face: Option<FaceRectangle>,
    evidence: &Value,
) -> Value {
    json!({
        "result": {
            "livenessDecision": decision.as_str(),
            "targets": targets(face),
            "digest": digest,
        },
        "evidence": evidence,
    })
}

/// The same, and how the attempt ended.
pub(super) fn succeeded(
    decision: Decision,
    digest: &str,
    face: Option<FaceRectangle>,
    evidence: &Value,
) -> Result<(AttemptEnd, Value), Refusal> {
    let unusable = || Refusal::new(ErrorCode::Unspecified, "the digest is none");
    let end = AttemptEnd::Succeeded { decision, digest: digest_from_hex(digest).ok_or_else(unusable)? };
    Ok((end, result(decision, digest, face, evidence)))
}

/// Adds fields to the result, if the attempt has one.
pub(super) fn add_to_result(document: &mut Value, more: Option<Value>) {
    if let (Some(Value::Object(result)), Some(Value::Object(more))) = (document.get_mut("result"), more) {
        result.extend(more);
    }
}

/// Of an attempt that ended with an error; `evidence` is null where nothing was analysed.
pub(crate) fn error(code: ErrorCode, face: Option<FaceRectangle>, evidence: &Value) -> Value {
    json!({
        "error": { "code": code.as_str(), "message": code.entry().message, "targets": targets(face) },
        "evidence": evidence,
    })
}

/// What the client says of itself and where it connects from, for the record. No token, and nothing that tells one person
/// from another: a camera's name often is its owner's.
pub(crate) fn client(hello: &Hello, caller: &Caller) -> Option<JsonDocument> {
    let device = &hello.device;
    let hints: Vec<String> = hello.risk_hints.iter().map(|hint| format!("{hint:?}")).collect();
    let mut document = caller.to_json();
    document["platform"] = json!(device.platform);
    document["system"] = json!(device.system);
    document["model"] = json!(device.model);
    document["sdk"] = json!(device.sdk);
    document["sdkVersion"] = json!(device.sdk_version);
    document["riskHints"] = json!(hints);
    JsonDocument::from_value(&document).ok()
}

pub(crate) fn digest_from_hex(text: &str) -> Option<TranscriptDigest> {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    (text.len() == 64).then(|| TranscriptDigest::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_back() {
        let text = "00FF".repeat(16);
        assert_eq!(digest_from_hex(&text).unwrap().to_string(), text);
        assert_eq!(digest_from_hex("00"), None);
        assert_eq!(digest_from_hex(&"0".repeat(66)), None);
        assert_eq!(digest_from_hex(&"g".repeat(64)), None);
    }
}
