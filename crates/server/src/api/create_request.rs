//! What creating a session asks for: lenient in spelling, strict in meaning.

use serde_json::{Map, Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{AttemptLimit, CorrelationId, OperationMode, SessionRecord, TokenTimeToLive};

use super::ApiError;
use super::create_body::invalid_body;
use super::version::ApiVersion;
use crate::network::Network;

/// Life of a token if none is asked for, seconds. Origin: the Azure API.
const DEFAULT_TOKEN_SECS: u32 = 600;
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
    pub(super) enable_session_image: bool,
    pub(super) return_verify_image_hash: bool,
    /// The known parameters, to keep.
    pub(super) parameters: Value,
}

impl CreateSessionRequest {
    /// From the fields of a body. Those that are not known are passed over.
    pub(super) fn parse(fields: &Map<String, Value>, version: ApiVersion) -> Result<Self, ApiError> {
        let operation_mode = operation_mode(fields)?;
        let set_in_client = flag(fields, "deviceCorrelationIdSetInClient")?;
        let device_correlation_id = device(fields, set_in_client)?;
        let token_time_to_live = token_time_to_live(fields)?;
        let model_version = model_version(fields)?;
        let attempts = number(fields, "numberOfClientAttemptsAllowed")?;
        let attempts = attempts.unwrap_or(version.default_attempts().into());
        let attempts = u32::try_from(attempts).ok().and_then(|attempts| AttemptLimit::new(attempts).ok());
        let enable_session_image = flag(fields, "enableSessionImage")?;
        let parameters = json!({
            "livenessOperationMode": operation_mode.as_str(),
            "deviceCorrelationIdSetInClient": set_in_client,
            "enableSessionImage": enable_session_image,
            "authTokenTimeToLiveInSeconds": token_time_to_live.as_secs(),
            "livenessModelVersion": model_version,
            "expectedClientIpAddress": expected_address(fields)?,
            "verifyConfidenceThreshold": share(fields, "verifyConfidenceThreshold")?,
        });
        Ok(Self {
            operation_mode,
            device_correlation_id,
            user_correlation_id: text(fields, "userCorrelationId")?
                .filter(|id| !id.is_empty())
                .map(|id| CorrelationId::new(id).map_err(|_unusable| invalid_body()))
                .transpose()?,
            attempts: attempts.ok_or_else(invalid_body)?,
            token_time_to_live,
            enable_session_image,
            return_verify_image_hash: flag(fields, "returnVerifyImageHash")?,
            parameters,
        })
    }
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

/// An address or a network (`203.0.113.0/24`) from which the client is expected.
fn expected_address(fields: &Map<String, Value>) -> Result<Option<&str>, ApiError> {
    let address = text(fields, "expectedClientIpAddress")?.filter(|address| !address.is_empty());
    match address.map(Network::parse) {
        Some(None) => {
            Err(invalid_body().saying("expectedClientIpAddress is no IP address and no CIDR block."))
        }
        _ => Ok(address),
    }
}

/// The version of the models that a session names.
pub(super) fn model_version_of(session: &SessionRecord) -> String {
    let parameters = session.parameters.to_value();
    parameters["livenessModelVersion"].as_str().unwrap_or(CONTRACT_MODEL_VERSION).to_owned()
}

/// A field, in whatever case its name is spelled: forms differ in it.
pub(super) fn field<'f>(fields: &'f Map<String, Value>, name: &str) -> Option<&'f Value> {
    let spelled =
        || fields.iter().find(|(spelled, _)| spelled.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    fields.get(name).or_else(spelled)
}

fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> Result<Option<&'f str>, ApiError> {
    match field(fields, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid_body()),
    }
}

fn flag(fields: &Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    truth(field(fields, name)).map(Option::unwrap_or_default)
}

/// A truth value, or a word for one: forms and shells send words, and empty parts for what they leave open.
pub(super) fn truth(value: Option<&Value>) -> Result<Option<bool>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::String(word)) if word.trim().is_empty() => Ok(None),
        Some(Value::String(word)) if word.trim().eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(word)) if word.trim().eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(invalid_body()),
    }
}

/// A whole number, also one written with a fraction of nothing, or digits.
fn number(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, ApiError> {
    let number = match field(fields, name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64()?.to_string().parse().ok()),
        Some(Value::String(digits)) if digits.trim().is_empty() => return Ok(None),
        Some(Value::String(digits)) => digits.trim().parse().ok(),
        Some(_) => None,
    };
    number.map(Some).ok_or_else(invalid_body)
}

/// A number from 0 to 1, or its digits.
fn share(fields: &Map<String, Value>, name: &str) -> Result<Option<f64>, ApiError> {
    let share = match field(fields, name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(digits)) if digits.trim().is_empty() => return Ok(None),
        Some(Value::String(digits)) => digits.trim().parse().ok(),
        Some(_) => None,
    };
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.map(Some).ok_or_else(|| invalid_body().saying(format!("{name} is no number from 0 to 1.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    fn parse(body: &str) -> Result<CreateSessionRequest, ApiError> {
        CreateSessionRequest::parse(serde_json::from_str(body).as_ref().unwrap(), ApiVersion::V1_2)
    }

    #[track_caller]
    fn check(body: &str, expected_code: &str) {
        let response = parse(body).unwrap_err().into_response();
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
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":600.0,"enableSessionImage":"","numberOfClientAttemptsAllowed":" ","verifyConfidenceThreshold":" "}"#,
            r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","enableSessionImage":"False","livenessModelVersion":"2025-05-20","numberOfClientAttemptsAllowed":1}"#,
        ];
        for body in bodies {
            assert!(parse(body).is_ok(), "{body}");
        }
    }

    #[test]
    fn each_wrong_field_has_its_code() {
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
        for secs in ["59", "86401", "-1", "99999999999", "59.0"] {
            let body = format!(
                r#"{{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":{secs}}}"#
            );
            check(&body, "InvalidTokenLifetime");
        }
        let attempts = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","numberOfClientAttemptsAllowed":4}"#;
        check(attempts, "InvalidRequestBody");
        for secs in ["60.5", "1e300", "[]"] {
            let body = format!(
                r#"{{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":{secs}}}"#
            );
            check(&body, "InvalidRequestBody");
        }
        for share in ["-0.1", "1.1", r#""much""#, "[]"] {
            let body = format!(
                r#"{{"livenessOperationMode":"Passive","deviceCorrelationId":"d","verifyConfidenceThreshold":{share}}}"#
            );
            check(&body, "InvalidRequestBody");
        }
        let address = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","expectedClientIpAddress":"10.0.0.0/33"}"#;
        check(address, "InvalidRequestBody");
    }

    #[test]
    fn how_often_it_may_be_tried_depends_on_the_version() {
        let body = serde_json::json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "d" });
        let attempts =
            |version| CreateSessionRequest::parse(body.as_object().unwrap(), version).unwrap().attempts.get();
        assert_eq!((attempts(ApiVersion::V1_2), attempts(ApiVersion::V1_3Preview1)), (3, 1));
    }
}
