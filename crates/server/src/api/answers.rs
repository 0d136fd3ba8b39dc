//! From what the store holds to what a caller reads.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use verilume_store::{
    AttemptRecord, AttemptStatus, JsonDocument, SessionHistory, SessionKind, SessionRecord, SessionStatus,
    Setting, UnixMillis,
};

use super::ApiError;
use super::create_request::model_version_of;
use super::version::{Contract, Form};
use super::wire::{
    Attempt, AuditBody, AuditEntry, AuditRequest, AuditResponse, AuditTarget, ClientInformation,
    LivenessSession, PreviewSession, Results, SessionItem,
};
use crate::service::Service;

/// What an answer depends on besides the session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) contract: Contract,
    /// The session's token, or nothing for those who may not have it.
    pub(super) token: &'r str,
    now: UnixMillis,
    /// Whether attempts are watched for abuse; known where the version tells it.
    watches_abuse: Option<bool>,
}

impl Service {
    /// How a session is answered now.
    pub(super) async fn reading<'r>(
        &self,
        contract: Contract,
        token: &'r str,
    ) -> Result<Reading<'r>, ApiError> {
        let watches_abuse = match contract.version.tells_abuse() {
            true => Some(self.store.is_on(Setting::AbuseMonitoring).await?),
            false => None,
        };
        Ok(Reading { contract, token, now: self.clock.unix(), watches_abuse })
    }
}

/// The session as versions from v1.2 on have it, the same when it is created and when it is read.
fn session(history: &SessionHistory, reading: Reading<'_>) -> LivenessSession {
    let session = &history.session;
    let tells_abuse = reading.contract.version.tells_abuse();
    let parameters = session.parameters.to_value();
    LivenessSession {
        session_id: session.id.as_str().to_owned(),
        auth_token: reading.token.to_owned(),
        status: session.status.as_str(),
        model_version: model_version_of(session),
        is_abuse_monitoring_enabled: reading.watches_abuse,
        expected_client_ip_address: parameters["expectedClientIpAddress"]
            .as_str()
            .filter(|_| tells_abuse)
            .map(str::to_owned),
        results: Results {
            attempts: history.attempts.iter().map(|record| attempt(record, tells_abuse)).collect(),
            verify_references: (session.kind == SessionKind::DetectWithVerify)
                .then(|| verify_references(session)),
        },
    }
}

/// The faces of the reference image.
fn verify_references(session: &SessionRecord) -> Vec<Value> {
    let parameters = session.parameters.to_value();
    parameters["verifyReferences"].as_array().cloned().unwrap_or_default()
}

/// The face of the reference image as the previews tell it: rectangle and quality.
pub(super) fn verify_image(session: &SessionRecord) -> Option<Value> {
    let mut told = verify_references(session).into_iter().next()?;
    told.as_object_mut()?.remove("referenceType");
    Some(told)
}

fn attempt(record: &AttemptRecord, tells_abuse: bool) -> Attempt {
    let document = record.document.as_ref().map(JsonDocument::to_value);
    let part = |name: &str| document.as_ref().and_then(|document| document.get(name)).cloned();
    let has_result = record.status == AttemptStatus::Succeeded;
    Attempt {
        attempt_id: record.number.get(),
        attempt_status: record.status.as_str(),
        result: part("result").filter(|_| has_result),
        error: part("error").filter(|_| !has_result),
        client_information: tells_abuse.then(|| client_information(record)),
        abuse_monitoring_result: part("abuse")
            .filter(|_| tells_abuse)
            .and_then(|told| serde_json::from_value(told).ok()),
    }
}

fn client_information(record: &AttemptRecord) -> Vec<ClientInformation> {
    client_text(record, "ip").map(|ip| ClientInformation { ip }).into_iter().collect()
}

/// The session as the previews read it.
fn preview_session(history: &SessionHistory, reading: Reading<'_>) -> PreviewSession {
    let session = &history.session;
    let decided = history.attempts.iter().find(|record| record.status == AttemptStatus::Succeeded);
    PreviewSession {
        item: item(session, reading.now),
        status: match (session.status, decided) {
            (_, Some(_)) => "ResultAvailable",
            (SessionStatus::NotStarted, None) => "NotStarted",
            _ => "Started",
        },
        result: decided.map(|record| audit_entry(session, record, reading.contract)),
    }
}

/// The session as it stands in a list.
pub(super) fn item(session: &SessionRecord, now: UnixMillis) -> SessionItem {
    SessionItem {
        id: session.id.as_str().to_owned(),
        created_date_time: rfc3339(session.created_at),
        session_start_date_time: session.started_at.map(rfc3339),
        session_expired: now >= session.token_expires_at,
        device_correlation_id: session.device_correlation_id.as_ref().map(|id| id.as_str().to_owned()),
        auth_token_time_to_live_in_seconds: session.token_time_to_live.as_secs(),
    }
}

/// The attempts that ended, newest first.
pub(super) fn audit(history: &SessionHistory, contract: Contract) -> Vec<AuditEntry> {
    let ended = history.attempts.iter().filter(|record| record.ended_at.is_some());
    ended.map(|record| audit_entry(&history.session, record, contract)).collect()
}

fn audit_entry(session: &SessionRecord, record: &AttemptRecord, contract: Contract) -> AuditEntry {
    let document = record.document.as_ref().map_or(Value::Null, JsonDocument::to_value);
    let ended_at = record.ended_at.unwrap_or(record.begun_at);
    let name = match session.kind {
        SessionKind::DetectWithVerify => "detectLivenessWithVerify",
        _ => "detectLiveness",
    };
    AuditEntry {
        id: record.number.get(),
        session_id: session.id.as_str().to_owned(),
        request_id: client_text(record, "requestId").unwrap_or_default(),
        client_request_id: client_text(record, "clientRequestId").unwrap_or_default(),
        received_date_time: rfc3339(record.begun_at),
        request: AuditRequest {
            url: format!("/face/{}/{name}/singleModal", contract.version.as_str()),
            method: "POST",
            content_type: "application/x-protobuf",
            user_agent: client_text(record, "userAgent"),
        },
        response: AuditResponse {
            body: audit_body(session, record, &document),
            status_code: if record.decision.is_some() { 200 } else { 400 },
            latency_in_milliseconds: ended_at.as_millis() - record.begun_at.as_millis(),
        },
        digest: record.digest.map(|digest| digest.to_string()).unwrap_or_default(),
        session_image_id: document["result"]["sessionImageId"].as_str().map(str::to_owned),
        verify_image_hash: document["result"]["verifyImageHash"].as_str().map(str::to_owned),
    }
}

fn audit_body(session: &SessionRecord, record: &AttemptRecord, document: &Value) -> AuditBody {
    let Some(decision) = record.decision else { return AuditBody::default() };
    let rectangle = document["result"]["targets"]["color"]["faceRectangle"].clone();
    AuditBody {
        liveness_decision: Some(decision.as_str()),
        // No file was sent: the contract asks for a name.
        target: (!rectangle.is_null()).then_some(AuditTarget {
            face_rectangle: rectangle,
            file_name: "stream",
            time_offset_within_file: 0,
            image_type: "Color",
        }),
        model_version_used: Some(model_version_of(session)),
        verify_result: verify_result(session, &document["result"]["verifyResult"]),
    }
}

/// What came of the comparison, as the previews tell it.
fn verify_result(session: &SessionRecord, result: &Value) -> Option<Value> {
    let mut told = result.clone();
    told.as_object_mut()?.insert("verifyImage".to_owned(), json!(verify_image(session)));
    Some(told)
}

/// What is known of the client.
fn client_text(record: &AttemptRecord, name: &str) -> Option<String> {
    record.client.as_ref()?.to_value().get(name)?.as_str().map(str::to_owned)
}

/// What the attempts of a session rest on.
pub(super) fn evidence(history: &SessionHistory) -> Value {
    let attempts = history.attempts.iter().map(|record| {
        let document = record.document.as_ref().map(JsonDocument::to_value);
        json!({
            "attemptId": record.number.get(),
            "attemptStatus": record.status.as_str(),
            "livenessDecision": record.decision.map(|decision| decision.as_str()),
            "digest": record.digest.map(|digest| digest.to_string()),
            "error": document.as_ref().map(|document| document["error"]["code"].clone()),
            "client": record.client.as_ref().map(JsonDocument::to_value),
            "evidence": document.as_ref().map(|document| document["evidence"].clone()),
            // Every rule that was asked, in numbers and in words.
            "abuseMonitoring": document.as_ref().map(|document| document["abuse"].clone()),
        })
    });
    json!({ "sessionId": history.session.id.as_str(), "attempts": attempts.collect::<Vec<_>>() })
}

/// A time as answers have it: RFC 3339 in UTC, to the millisecond.
pub(crate) fn rfc3339(time: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.as_millis()) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The session in the form that the caller asked by.
pub(super) fn session_response(history: &SessionHistory, reading: Reading<'_>) -> Response {
    let mut response = match reading.contract.form {
        Form::Current => json_response(&session(history, reading)),
        Form::Preview => json_response(&preview_session(history, reading)),
    };
    name_model(&mut response, &history.session);
    response
}

/// The header that names the version of the models.
pub(super) fn name_model(response: &mut Response, session: &SessionRecord) {
    if let Ok(version) = HeaderValue::from_str(&model_version_of(session)) {
        response.headers_mut().insert("model-version", version);
    }
}

pub(crate) fn json_response(value: &impl Serialize) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    // Texts and numbers alone: they can always be written.
    (kind, serde_json::to_string(value).unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(rfc3339(UnixMillis::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
        assert_eq!(rfc3339(UnixMillis::from_millis(0)), "1970-01-01T00:00:00Z");
    }
}
