//! Answers of the session API, field by field as clients of the Azure API read them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A session: what creating and reading one answers, from v1.2 on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LivenessSession {
    /// The session's id, a UUID.
    pub(super) session_id: String,
    /// What the device needs, and nobody else: it lets a camera answer this session. Empty for keys that may only read.
    pub(super) auth_token: String,
    /// `NotStarted`, `Running`, `Succeeded`, `Failed` or `Canceled`.
    pub(super) status: &'static str,
    /// The version of the contract's models that was asked for.
    pub(super) model_version: String,
    /// Whether the abuse rules watch this session (v1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_abuse_monitoring_enabled: Option<bool>,
    /// Where the client was expected to connect from (v1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected_client_ip_address: Option<String>,
    pub(super) results: Results,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Results {
    /// The attempts, newest first.
    pub(super) attempts: Vec<Attempt>,
    /// The reference image's faces; only of sessions that verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<VerifyReference>>)]
    pub(super) verify_references: Option<Vec<Value>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attempt {
    /// From 1 on.
    pub(super) attempt_id: u32,
    /// `Running`, `Succeeded`, `Failed` or `Canceled`.
    pub(super) attempt_status: &'static str,
    /// What was decided; of an attempt that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AttemptResult>)]
    pub(super) result: Option<Value>,
    /// Why nothing was decided; of an attempt that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AttemptError>)]
    pub(super) error: Option<Value>,
    /// Where the client connected from (v1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_information: Option<Vec<ClientInformation>>,
    /// What the abuse rules found (v1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) abuse_monitoring_result: Option<AbuseMonitoringResult>,
}

/// What was decided. Kept as it was written when the attempt ended.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct AttemptResult {
    /// `realface`, `spoofface` or `uncertain`.
    liveness_decision: String,
    targets: Targets,
    /// SHA-256 of the transcript, 64 upper-case digits: the device has the same.
    digest: String,
    /// Where the session's picture is, if one was asked for.
    session_image_id: Option<String>,
    /// What came of the comparison; only of sessions that verify.
    verify_result: Option<VerifyResult>,
    /// SHA-256 of the reference image, 64 upper-case digits, if it was asked for.
    verify_image_hash: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct VerifyResult {
    /// -log10 of the rate of false matches, over 10: 0.5 is one in 100 000.
    match_confidence: f64,
    /// Whether it reaches the threshold, and the capture shows one person throughout.
    is_identical: bool,
    /// The highest confidence that the calibration's data support: more is the continuation of a fitted curve.
    supported_confidence: f64,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct VerifyReference {
    /// `image`.
    reference_type: String,
    face_rectangle: FaceRectangle,
    /// `medium` or `high`.
    quality_for_recognition: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the store holds")]
pub(super) struct VerifyImage {
    face_rectangle: FaceRectangle,
    /// `medium` or `high`.
    quality_for_recognition: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct AttemptError {
    /// A code of the table of error codes.
    code: String,
    message: String,
    targets: Targets,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct Targets {
    color: Target,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct Target {
    face_rectangle: FaceRectangle,
}

/// Pixels of the camera's picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of a document that the store holds")]
pub(super) struct FaceRectangle {
    top: i32,
    left: i32,
    width: i32,
    height: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClientInformation {
    /// An IP address.
    pub(super) ip: String,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AbuseMonitoringResult {
    /// Whether a rule found something.
    pub(super) is_abuse_detected: bool,
    /// Other attempts by the same device, user or network that a rule flagged.
    pub(super) other_flagged_sessions: Vec<FlaggedSession>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlaggedSession {
    pub(super) attempt_id: u32,
    pub(super) session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_image_id: Option<String>,
}

/// What creating a session answers in the previews.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedSession {
    pub(super) session_id: String,
    pub(super) auth_token: String,
    /// The face of the reference image; only of sessions that verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<VerifyImage>)]
    pub(super) verify_image: Option<Value>,
}

/// An entry of a list of sessions (previews).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionItem {
    pub(super) id: String,
    /// RFC 3339, UTC.
    pub(super) created_date_time: String,
    /// When the first attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_start_date_time: Option<String>,
    /// Whether no attempt can begin any more.
    pub(super) session_expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_correlation_id: Option<String>,
    pub(super) auth_token_time_to_live_in_seconds: u32,
}

/// A session as the previews read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewSession {
    #[serde(flatten)]
    pub(super) item: SessionItem,
    /// `NotStarted`, `Started` or `ResultAvailable`.
    pub(super) status: &'static str,
    /// The newest attempt that was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<AuditEntry>,
}

/// One liveness call of a device (previews).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEntry {
    /// The attempt's number.
    pub(super) id: u32,
    pub(super) session_id: String,
    pub(super) request_id: String,
    pub(super) client_request_id: String,
    /// RFC 3339, UTC.
    pub(super) received_date_time: String,
    pub(super) request: AuditRequest,
    pub(super) response: AuditResponse,
    /// 64 upper-case digits; empty if nothing was decided.
    pub(super) digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_image_id: Option<String>,
    /// SHA-256 of the reference image, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verify_image_hash: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditRequest {
    pub(super) url: String,
    pub(super) method: &'static str,
    pub(super) content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditResponse {
    pub(super) body: AuditBody,
    pub(super) status_code: u16,
    /// From the attempt's beginning to its end.
    pub(super) latency_in_milliseconds: i64,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) liveness_decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<AuditTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_version_used: Option<String>,
    /// `verifyImage`, `matchConfidence`, `isIdentical` and `supportedConfidence`; only of sessions that verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) verify_result: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditTarget {
    #[schema(value_type = FaceRectangle)]
    pub(super) face_rectangle: Value,
    pub(super) file_name: &'static str,
    pub(super) time_offset_within_file: u32,
    pub(super) image_type: &'static str,
}

/// Every error of the interface.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what `ApiError` writes")]
pub(super) struct ErrorAnswer {
    error: ErrorDetail,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what `ApiError` writes")]
pub(super) struct ErrorDetail {
    /// A code of the table of error codes.
    code: String,
    /// What is wrong and what to do.
    message: String,
}

/// What creating a session asks for. Enumerations are taken in any case, truth values and numbers also as text; fields
/// that are not known are passed over.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what `CreateSessionRequest` reads")]
pub(super) struct CreateSession {
    /// `Passive` or `PassiveActive`. Both run passively in this release.
    liveness_operation_mode: String,
    /// Names the device, 1 to 64 characters; needed unless the device names itself.
    #[schema(min_length = 1, max_length = 64)]
    device_correlation_id: Option<String>,
    /// Whether the device names itself.
    device_correlation_id_set_in_client: Option<bool>,
    /// Names the user, 1 to 64 characters.
    #[schema(max_length = 64)]
    user_correlation_id: Option<String>,
    /// How long the token is good, seconds.
    #[schema(minimum = 60, maximum = 86400, default = 600)]
    auth_token_time_to_live_in_seconds: Option<u32>,
    /// How often it may be tried. Default: 3, in v1.3 1.
    #[schema(minimum = 1, maximum = 3)]
    number_of_client_attempts_allowed: Option<u32>,
    /// Whether to keep one picture, sealed and for 48 hours at most, until the session is erased. Default: no.
    enable_session_image: Option<bool>,
    /// The address or CIDR block from which the device will connect; from elsewhere it is refused.
    expected_client_ip_address: Option<String>,
    /// A version of the contract's models. It is told back and changes nothing.
    liveness_model_version: Option<String>,
    /// Whether to tell the SHA-256 of the reference image with each result. Default: no.
    return_verify_image_hash: Option<bool>,
    /// From this confidence on it is the same person, 0 to 1.
    #[schema(minimum = 0, maximum = 1, default = 0.5)]
    verify_confidence_threshold: Option<f64>,
}

/// The settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) liveness_abuse_monitoring: Switch,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Switch {
    pub(super) enabled: bool,
}

/// The switch in either of the contract's forms. Each is answered in its own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum ChangeSettings {
    Nested(Settings),
    Flat(FlatSetting),
}

/// The switch without its name around it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FlatSetting {
    /// `liveness-abuse-monitoring`; passed over where it is sent.
    #[schema(required = false)]
    pub(super) name: &'static str,
    pub(super) enabled: bool,
}

/// What the decisions of a session rest on.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the store holds")]
pub(super) struct Evidence {
    session_id: String,
    /// Each attempt, newest first, with every signal, its threshold, verdict and reason.
    #[schema(value_type = Vec<Object>)]
    attempts: Vec<Value>,
}

/// A link to the hosted page, for an app server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuickLink {
    /// The whole address. Whoever has it can be the device: treat it as the token.
    pub(crate) url: String,
    /// Until when it opens, at most.
    pub(crate) expires_date_time: String,
}

/// A link to the hosted page, for whoever holds a token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenLink {
    /// Below the service's address.
    pub(crate) url: String,
}

/// What opens a link.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what opening a link reads")]
pub(super) struct OpenLink {
    /// The link's parameter of this name.
    s: String,
}

/// What a link opens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedLink {
    pub(crate) session_id: String,
    pub(crate) auth_token: String,
}

/// Where a session stands; nothing of what came of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkState {
    /// `open`, `running` or `over`.
    pub(crate) state: &'static str,
}
