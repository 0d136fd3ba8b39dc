//! Requests and answers of the session API: lenient in what is taken, strict in what is given.

use serde_json::{Map, Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{
    AttemptLimit, AttemptRecord, AttemptStatus, CorrelationId, OperationMode, SessionHistory, SessionRecord,
    TokenTimeToLive,
};

use super::ApiError;

/// Life of a token if none is asked for, seconds. Origin: the Azure API.
const DEFAULT_TOKEN_SECS: u32 = 600;
/// Attempts of a session if no number is asked for. Origin: the Azure API up to v1.2 lets a token be tried three times.
const DEFAULT_ATTEMPTS: u32 = 3;
/// The version of the models that is named if none is asked for: that of the contract, not of this release.
const CONTRACT_MODEL_VERSION: &str = "2024-11-15";
/// The longest name of a model version, characters.
const MAX_MODEL_VERSION_CHARS: usize = 32;

/// A session to create, as asked for.
#[derive(Debug)]
pub(super) struct CreateSessionRequest {
    pub(super) operation_mode: OperationMode,
    pub(super) device_correlation_id: Option<CorrelationId>,
    pub(super) user_correlation_id: Option<CorrelationId>,
    pub(super) attempts: AttemptLimit,
    pub(super) token_time_to_live: TokenTimeToLive,
    /// The known parameters, to keep.
    pub(super) parameters: Value,
}

impl CreateSessionRequest {
    /// Reads a body. Fields that are not known are passed over.
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let body: Value = serde_json::from_slice(body).map_err(|_no_json| invalid_body())?;
        let Value::Object(fields) = body else { return Err(invalid_body()) };
        let operation_mode = operation_mode(&fields)?;
        let set_in_client = flag(&fields, "deviceCorrelationIdSetInClient")?;
        let device_correlation_id = device(&fields, set_in_client)?;
        let token_time_to_live = token_time_to_live(&fields)?;
        let model_version = model_version(&fields)?;
        let attempts = number(&fields, "numberOfClientAttemptsAllowed")?.unwrap_or(DEFAULT_ATTEMPTS.into());
        let attempts = u32::try_from(attempts).ok().and_then(|attempts| AttemptLimit::new(attempts).ok());
        let parameters = json!({
            "livenessOperationMode": operation_mode.as_str(),
            "deviceCorrelationIdSetInClient": set_in_client,
            "enableSessionImage": flag(&fields, "enableSessionImage")?,
            "authTokenTimeToLiveInSeconds": token_time_to_live.as_secs(),
            "livenessModelVersion": model_version,
        });
        Ok(Self {
            operation_mode,
            device_correlation_id,
            user_correlation_id: text(&fields, "userCorrelationId")?
                .filter(|id| !id.is_empty())
                .map(|id| CorrelationId::new(id).map_err(|_unusable| invalid_body()))
                .transpose()?,
            attempts: attempts.ok_or_else(invalid_body)?,
            token_time_to_live,
            parameters,
        })
    }
}

fn invalid_body() -> ApiError {
    ApiError::of(ErrorCode::InvalidRequestBody)
}

fn operation_mode(fields: &Map<String, Value>) -> Result<OperationMode, ApiError> {
    let mode = text(fields, "livenessOperationMode")?.unwrap_or_default();
    [OperationMode::Passive, OperationMode::PassiveActive]
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(mode))
        .ok_or_else(|| ApiError::of(ErrorCode::InvalidLivenessOperationMode))
}

/// The name of the device: required, unless the client will give it.
fn device(fields: &Map<String, Value>, set_in_client: bool) -> Result<Option<CorrelationId>, ApiError> {
    let invalid = || ApiError::of(ErrorCode::InvalidDeviceCorrelationId);
    match text(fields, "deviceCorrelationId")? {
        None | Some("") if set_in_client => Ok(None),
        None => Err(invalid()),
        Some(id) => CorrelationId::new(id).map(Some).map_err(|_unusable| invalid()),
    }
}

fn token_time_to_live(fields: &Map<String, Value>) -> Result<TokenTimeToLive, ApiError> {
    let secs = number(fields, "authTokenTimeToLiveInSeconds")?.unwrap_or(DEFAULT_TOKEN_SECS.into());
    u32::try_from(secs)
        .ok()
        .and_then(|secs| TokenTimeToLive::from_secs(secs).ok())
        .ok_or_else(|| ApiError::of(ErrorCode::InvalidTokenLifetime))
}

fn model_version(fields: &Map<String, Value>) -> Result<&str, ApiError> {
    let version = text(fields, "livenessModelVersion")?.filter(|version| !version.is_empty());
    let version = version.unwrap_or(CONTRACT_MODEL_VERSION);
    let is_name = version.chars().count() <= MAX_MODEL_VERSION_CHARS
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if is_name { Ok(version) } else { Err(invalid_body()) }
}

fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> Result<Option<&'f str>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid_body()),
    }
}

/// A truth value, or a word for one: forms and shells send words.
fn flag(fields: &Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(invalid_body()),
    }
}

/// A whole number, or digits.
fn number(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, ApiError> {
    let number = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(digits)) => digits.trim().parse().ok(),
        Some(_) => None,
    };
    number.map(Some).ok_or_else(invalid_body)
}

/// The session object, the same when it is created and when it is read.
pub(super) fn session(history: &SessionHistory, token: &str) -> Value {
    json!({
        "sessionId": history.session.id.as_str(),
        "authToken": token,
        "status": history.session.status.as_str(),
        "modelVersion": model_version_of(&history.session),
        "results": { "attempts": history.attempts.iter().map(attempt).collect::<Vec<_>>() },
    })
}

/// The version of the models that a session names.
pub(super) fn model_version_of(session: &SessionRecord) -> String {
    let parameters = session.parameters.to_value();
    parameters["livenessModelVersion"].as_str().unwrap_or(CONTRACT_MODEL_VERSION).to_owned()
}

fn attempt(record: &AttemptRecord) -> Value {
    let mut attempt = Map::new();
    attempt.insert("attemptId".into(), record.number.get().into());
    attempt.insert("attemptStatus".into(), record.status.as_str().into());
    let document = record.document.as_ref().map(|document| document.to_value());
    let part = match record.status {
        AttemptStatus::Succeeded => "result",
        _ => "error",
    };
    if let Some(value) = document.as_ref().and_then(|document| document.get(part)) {
        attempt.insert(part.into(), value.clone());
    }
    Value::Object(attempt)
}

/// What the attempts of a session rest on.
pub(super) fn evidence(history: &SessionHistory) -> Value {
    let attempts = history.attempts.iter().map(|record| {
        let document = record.document.as_ref().map(|document| document.to_value());
        json!({
            "attemptId": record.number.get(),
            "attemptStatus": record.status.as_str(),
            "livenessDecision": record.decision.map(|decision| decision.as_str()),
            "digest": record.digest.map(|digest| digest.to_string()),
            "error": document.as_ref().map(|document| document["error"]["code"].clone()),
            "client": record.client.as_ref().map(|client| client.to_value()),
            "evidence": document.as_ref().map(|document| document["evidence"].clone()),
        })
    });
    json!({ "sessionId": history.session.id.as_str(), "attempts": attempts.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    #[track_caller]
    fn check(body: &str, expected_code: &str) {
        let response = CreateSessionRequest::parse(body.as_bytes()).unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(response.headers()["x-ms-error-code"], expected_code, "{body}");
    }

    #[test]
    fn what_callers_really_send_is_taken() {
        let bodies = [
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d"}"#,
            r#"{"livenessOperationMode":"passive","deviceCorrelationIdSetInClient":"true"}"#,
            r#"{"livenessOperationMode":"PASSIVEACTIVE","deviceCorrelationIdSetInClient":true,"deviceCorrelationId":"d"}"#,
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":"60","sendResultsToClient":false,"unknown":[1]}"#,
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","enableSessionImage":"False","livenessModelVersion":"2025-05-20","numberOfClientAttemptsAllowed":1}"#,
        ];
        for body in bodies {
            assert!(CreateSessionRequest::parse(body.as_bytes()).is_ok(), "{body}");
        }
    }

    #[test]
    fn each_wrong_field_has_its_code() {
        check("", "InvalidRequestBody");
        check("[]", "InvalidRequestBody");
        check(r#"{"livenessOperationMode":3,"deviceCorrelationId":"d"}"#, "InvalidRequestBody");
        check(r#"{"deviceCorrelationId":"d"}"#, "InvalidLivenessOperationMode");
        check(
            r#"{"livenessOperationMode":"Active","deviceCorrelationId":"d"}"#,
            "InvalidLivenessOperationMode",
        );
        check(r#"{"livenessOperationMode":"Passive"}"#, "InvalidDeviceCorrelationId");
        check(
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":""}"#,
            "InvalidDeviceCorrelationId",
        );
        let long =
            format!(r#"{{"livenessOperationMode":"Passive","deviceCorrelationId":"{}"}}"#, "x".repeat(65));
        check(&long, "InvalidDeviceCorrelationId");
        for secs in ["59", "86401", "-1", "99999999999"] {
            let body = format!(
                r#"{{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":{secs}}}"#
            );
            check(&body, "InvalidTokenLifetime");
        }
        let attempts = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","numberOfClientAttemptsAllowed":4}"#;
        check(attempts, "InvalidRequestBody");
    }
}
