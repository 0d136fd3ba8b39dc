//! The examples of the reference: requests to the real routes, and what they answered.
//!
//! `VERILUME_WRITE_EXAMPLES=1 cargo test -p verilume-server examples` writes `docs/reference/api-examples.md` anew.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use verilume_frame::Rect;
use verilume_liveness::flash::GainMap;
use verilume_liveness::{Signal, Threshold};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::Calibration;
use verilume_store::{
    AfterAttempt, AttemptEnd, AttemptOutcome, AttemptStart, Decision, EnrolledOwner, FaceId, FaceLimits,
    FaceTimeToLive, FailedAttempt, GroupId, GroupKey, GroupKind, JsonDocument, KeyLabel, PersistedFaceId,
    PersonId, RecognitionModel, Scope, Scopes, SessionId, SqlStore, UnixMillis,
};

use super::{normalise, router};
use crate::abuse::Suspect;
use crate::analysis::FaceRectangle;
use crate::config::ServerConfig;
use crate::faces::NewFace;
use crate::keys::create_api_key;
use crate::service::Service;
use crate::stream::documents;
use crate::template_vault::TemplateContext;
use crate::testing;
use crate::vault::MasterKey;

const WRITTEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/api-examples.md");
const HEAD: &str = "# Examples of the interface\n\n\
    Each request below was sent to the service's own routes by a test, which compares this page with what they answer.\n\
    Ids, tokens, links and times are replaced; nothing else is.\n\
    [The description](openapi.json) has every operation and every field, [the error codes](error-codes.md) every error.\n";
const SESSIONS: &str = "/face/v1.2/detectLiveness-sessions";
const VERIFY: &str = "/face/v1.2/detectLivenessWithVerify-sessions";
const FACES: &str = "/face/v1.2";
const PREVIEW: &str = "/face/v1.1-preview.1/detectLiveness/singleModal/sessions";
const NEWEST: &str = "/face/v1.3-preview.1/detectLiveness-sessions";
const IDENTIFY: &str = "/face/v1.2/identify";
const TOKEN: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjEifQ\u{2026}";
/// What stands in a quick link.
const LINK: &str = "sS4DPr2nS4OiEQAAAAAAB1\u{2026}";
const LINK_CHARS: usize = 43;
const TIME: &str = "2026-01-31T10:00:00.000Z";

/// A service, its callers, and the page that grows.
struct Page {
    service: Arc<Service>,
    router: Router,
    key: String,
    text: String,
    ids: HashMap<String, String>,
    _folder: tempfile::TempDir,
}

impl Page {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let (label, scopes) = (KeyLabel::new("examples").unwrap(), Scopes::new(&Scope::ALL).unwrap());
        let key = create_api_key(store.as_ref(), &label, &scopes).await.unwrap().expose().to_owned();
        let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
        config.master_key = Some(MasterKey::generate());
        config.identification.is_enabled = true;
        let service = testing::service_with(store, config).await;
        let router = router(&service, &Arc::default());
        Self { service, router, key, text: HEAD.to_owned(), ids: HashMap::new(), _folder: folder }
    }

    fn title(&mut self, title: &str) {
        let _ = write!(self.text, "\n## {title}\n");
    }

    /// Sends a request and shows it with its answer; the answer as it was.
    async fn show(&mut self, title: &str, request: &str, body: Option<Value>) -> Value {
        self.show_with(title, request, body, &self.key.clone()).await
    }

    async fn show_with(&mut self, title: &str, request: &str, body: Option<Value>, key: &str) -> Value {
        let kind = body.as_ref().map(|_| "application/json");
        let bytes = body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.answer(request, kind, bytes, key).await;
        let sent = body.map(|body| serde_json::to_string_pretty(&self.sent(&body)).unwrap());
        self.write(title, request, &key_line(key), sent.as_deref(), answer).await
    }

    /// The same with a form: a picture and fields.
    async fn show_form(
        &mut self,
        title: &str,
        request: &str,
        picture: (&str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Value {
        let mut form =
            format!("--b\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"a\"\r\n\r\n", picture.0)
                .into_bytes();
        form.extend_from_slice(picture.1);
        let mut sent = format!("{}: (a file)", picture.0);
        for (name, value) in fields {
            let part = format!("\r\n--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}");
            form.extend_from_slice(part.as_bytes());
            let _ = write!(sent, "\n{name}: {value}");
        }
        form.extend_from_slice(b"\r\n--b--\r\n");
        let key = self.key.clone();
        let answer = self.answer(request, Some("multipart/form-data; boundary=b"), form, &key).await;
        let head = key_line(&key) + "Content-Type: multipart/form-data\n";
        self.write(title, request, &head, Some(&sent), answer).await
    }

    async fn answer(&self, request: &str, kind: Option<&str>, body: Vec<u8>, key: &str) -> Response {
        let (method, path) = request.split_once(' ').unwrap();
        let sent = Request::builder().method(method).uri(path);
        let key = Some(key).filter(|key| !key.is_empty());
        let sent = key.into_iter().fold(sent, |sent, key| sent.header("Ocp-Apim-Subscription-Key", key));
        let sent = kind.into_iter().fold(sent, |sent, kind| sent.header("content-type", kind));
        self.router.clone().oneshot(normalise(sent.body(Body::from(body)).unwrap())).await.unwrap()
    }

    /// Adds a request and its answer to the page; the answer as it was.
    async fn write(
        &mut self,
        title: &str,
        request: &str,
        head: &str,
        sent: Option<&str>,
        answer: Response,
    ) -> Value {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let answered: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let request = self.replaced(request);
        let _ = write!(self.text, "\n### {title}\n\n```http\n{request}\n{head}");
        self.body(sent);
        let _ = write!(self.text, "```\n\n```http\n{status}\n");
        for name in ["model-version", "operation-location", "x-ms-error-code", "retry-after"] {
            if let Some(value) = headers.get(name) {
                let _ = writeln!(self.text, "{name}: {}", value.to_str().unwrap());
            }
        }
        let shown = match headers.get("content-type").map(|kind| kind.to_str().unwrap()) {
            Some("image/svg+xml") => Some("(a picture in SVG)".to_owned()),
            Some("text/event-stream") => {
                Some(self.replaced(std::str::from_utf8(&bytes).unwrap()).trim_end().to_owned())
            }
            _ if answered.is_null() => None,
            _ => Some(serde_json::to_string_pretty(&self.shown(&answered)).unwrap()),
        };
        self.body(shown.as_deref());
        self.text.push_str("```\n");
        answered
    }

    /// A text with the ids that were seen so far replaced.
    fn replaced(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (id, shown)| text.replace(id, shown))
    }

    fn body(&mut self, body: Option<&str>) {
        if let Some(body) = body {
            let _ = write!(self.text, "\n{body}\n");
        }
    }

    /// What was sent, with the ids of faces and what a link holds replaced.
    fn sent(&mut self, body: &Value) -> Value {
        let mut body = body.clone();
        if let Some(link) = body.get_mut("s") {
            *link = json!(LINK);
        }
        if let Some(ids) = body.get_mut("faceIds").and_then(Value::as_array_mut) {
            ids.iter_mut().for_each(|id| *id = json!(self.id(id.as_str().unwrap_or_default())));
        }
        body
    }

    /// What differs from run to run, replaced.
    fn shown(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(all) => all.iter().map(|one| self.shown(one)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.field(name, value))).collect()
            }
            other => other.clone(),
        }
    }

    fn field(&mut self, name: &str, value: &Value) -> Value {
        match (name, value.as_str()) {
            ("authToken", Some(_)) => json!(TOKEN),
            ("sessionId" | "id" | "requestId" | "personId" | "faceId", Some(id)) => json!(self.id(id)),
            ("url", Some(url)) if url.contains("/?s=") => {
                json!(format!("{}{LINK}", &url[..url.len() - LINK_CHARS]))
            }
            ("latencyInMilliseconds", None) => json!(8200),
            (name, Some(_)) if name.ends_with("DateTime") => json!(TIME),
            _ => self.shown(value),
        }
    }

    fn id(&mut self, id: &str) -> String {
        let number = self.ids.len() + 1;
        self.ids
            .entry(id.to_owned())
            .or_insert_with(|| format!("b12e033e-bda7-4b83-a211-{number:012}"))
            .clone()
    }

    /// An attempt as the capture stream stores it.
    async fn attempt(&self, id: &SessionId, decision: Option<Decision>, after: AfterAttempt) {
        self.attempt_with(id, decision, after, &Value::Null, &Value::Null).await;
    }

    /// The same with what it rests on, and with more in its result.
    async fn attempt_with(
        &self,
        id: &SessionId,
        decision: Option<Decision>,
        after: AfterAttempt,
        evidence: &Value,
        more: &Value,
    ) {
        let now = self.service.clock.unix();
        let face = Some(FaceRectangle::around(Rect::new(140.0, 96.0, 201.0, 232.0)));
        let digest = "9A3C".repeat(16);
        let (end, mut document) = match decision {
            Some(decision) => {
                let digest_bytes = documents::digest_from_hex(&digest).unwrap();
                let mut document = documents::result(decision, &digest, face, evidence);
                for (name, value) in more.as_object().into_iter().flatten() {
                    document["result"][name] = value.clone();
                }
                (AttemptEnd::Succeeded { decision, digest: digest_bytes }, document)
            }
            None => {
                (AttemptEnd::Failed, documents::error(ErrorCode::EnvironmentNotSupported, face, evidence))
            }
        };
        let start = AttemptStart {
            begun_at: now,
            must_end_by: now.plus(Duration::from_secs(60)),
            client: JsonDocument::parse(r#"{"ip":"203.0.113.7","requestId":"b12e033e-bda7-4b83-a211-000000000000","userAgent":"my-app/2.1"}"#)
                .ok(),
            device_correlation_id: None,
            user_correlation_id: None,
        };
        let number = self.service.store.begin_attempt(id, &start).await.unwrap();
        document["abuse"] = self.abuse(id, number.get(), now).await;
        let document = JsonDocument::from_value(&document).unwrap();
        let outcome = AttemptOutcome { ended_at: now, end, document, after };
        self.service.store.finish_attempt(id, number, &outcome).await.unwrap();
    }

    async fn abuse(&self, id: &SessionId, attempt: u32, at: UnixMillis) -> Value {
        let suspect = Suspect { device: Some("till-7"), user: None, address: None };
        let watched = self.service.abuse.watched(suspect).await.unwrap();
        let ended = FailedAttempt { session: Some(id.clone()), attempt, at };
        json!(self.service.abuse.report(&watched, &ended, None).await.unwrap())
    }
}

/// How a request shows its key, if it has one.
fn key_line(key: &str) -> String {
    if key.is_empty() { String::new() } else { "Ocp-Apim-Subscription-Key: {key}\n".to_owned() }
}

fn session_id(answer: &Value) -> SessionId {
    SessionId::parse(answer["sessionId"].as_str().unwrap()).unwrap()
}

async fn a_check(page: &mut Page) {
    page.title("A check, from its creation to its erasure");
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "till-7" });
    let created = page.show("Create a session", &format!("POST {SESSIONS}"), Some(body)).await;
    let (id, path) = (session_id(&created), format!("{SESSIONS}/{}", session_id(&created)));
    page.attempt(&id, None, AfterAttempt::AllowRetry).await;
    let failed = "Read it after an attempt that could not be decided";
    page.show(failed, &format!("GET {path}"), None).await;
    page.attempt(&id, Some(Decision::RealFace), AfterAttempt::Close).await;
    page.show("Read it after a second one: newest first", &format!("GET {path}"), None).await;
    page.show("Erase it", &format!("DELETE {path}"), None).await;
    page.show("From then on it is not there", &format!("GET {path}"), None).await;
}

async fn newest_version(page: &mut Page) {
    page.title("v1.3-preview.1");
    let body = json!({
        "livenessOperationMode": "Passive",
        "deviceCorrelationId": "till-7",
        "numberOfClientAttemptsAllowed": 2,
        "expectedClientIpAddress": "203.0.113.0/24",
        "enableSessionImage": false,
    });
    let created = page.show("Create a session", &format!("POST {NEWEST}"), Some(body)).await;
    page.attempt(&session_id(&created), Some(Decision::SpoofFace), AfterAttempt::Close).await;
    page.show("Read it", &format!("GET {NEWEST}/{}", session_id(&created)), None).await;
    page.show("Read the settings", "GET /face/v1.3-preview.1/settings", None).await;
    let off = json!({ "livenessAbuseMonitoring": { "enabled": false } });
    page.show("Switch the abuse monitoring off", "PATCH /face/v1.3-preview.1/settings", Some(off)).await;
    let on = json!({ "livenessAbuseMonitoring": { "enabled": true } });
    page.show("And on again", "PATCH /face/v1.3-preview.1/settings", Some(on)).await;
    // A list is in the order of the ids, which are random: the list that follows must have one entry only.
    page.show("Erase the session", &format!("DELETE {NEWEST}/{}", session_id(&created)), None).await;
}

async fn previews(page: &mut Page) {
    page.title("v1.1-preview.1 and v1.2-preview.1");
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationIdSetInClient": true });
    let created = page.show("Create a session", &format!("POST {PREVIEW}"), Some(body)).await;
    let path = format!("{PREVIEW}/{}", session_id(&created));
    page.attempt(&session_id(&created), Some(Decision::RealFace), AfterAttempt::Close).await;
    page.show("Read it", &format!("GET {path}"), None).await;
    page.show("List sessions", &format!("GET {PREVIEW}?top=1"), None).await;
    page.show("List its liveness calls", &format!("GET {path}/audit"), None).await;
}

async fn with_a_reference(page: &mut Page) {
    page.title("A check that verifies: is it the person of a reference image?");
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media");
    let picture = std::fs::read(media.join("obama.jpg")).expect("`cargo xtask assets` has run");
    let fields = [
        ("livenessOperationMode", "Passive"),
        ("deviceCorrelationId", "till-7"),
        ("verifyConfidenceThreshold", "0.7"),
        ("returnVerifyImageHash", "true"),
    ];
    let create = format!("POST {VERIFY}");
    let created = page.show_form("Create a session", &create, ("verifyImage", &picture), &fields).await;
    let id = session_id(&created);
    let kept = page.service.store.session(&id, page.service.clock.unix()).await.unwrap().session;
    // As the capture stream adds it.
    let supported = Calibration::shipped().supported_confidence();
    let compared = json!({
        "verifyResult": { "matchConfidence": 0.93, "isIdentical": true, "supportedConfidence": supported },
        "verifyImageHash": kept.parameters.to_value()["verifyImageHash"],
    });
    page.attempt_with(&id, Some(Decision::RealFace), AfterAttempt::Close, &Value::Null, &compared).await;
    page.show("Read what came of it", &format!("GET {VERIFY}/{id}"), None).await;
}

/// What an attempt rests on, of each kind one: an attempt has some thirty signals.
fn some_evidence() -> Value {
    let signal = Signal::measured(
        "flash_shading_fit",
        0.91,
        "1",
        Threshold { supports_at_least: Some(0.8), denies_at_most: Some(0.5) },
        |_verdict| "the light was answered as by a head".to_owned(),
    );
    let rows = || ["..aba..", ".bcdcb.", ".cdedc.", ".bcdcb.", "..aba.."].map(str::to_owned).to_vec();
    json!({
        "decision": "realface",
        "score": 0.97,
        "llr": 3.5,
        "operatingMode": "balanced",
        "assurance": "flash",
        "reasons": [],
        "signals": [signal],
        "flash": { "outcome": "supports_live", "gainMap": GainMap { measured: rows(), predicted: rows() } },
        "capture": { "frames": 140, "holdFrames": 14, "flashFramesUsed": 126 },
    })
}

async fn own_additions(page: &mut Page) {
    page.title("Verilume's own additions");
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "till-7" });
    let created = page.show("Create a session", &format!("POST {SESSIONS}"), Some(body)).await;
    let id = session_id(&created);
    let link = page.show("Make a quick link to it", &format!("POST /v1/sessions/{id}/quicklink"), None).await;
    let text = link["url"].as_str().unwrap().split_once("?s=").unwrap().1.to_owned();
    assert_eq!(text.len(), LINK_CHARS);
    let open = "Open the link, as the hosted page does: it needs no key";
    page.show_with(open, "POST /api/quicklink/session", Some(json!({ "s": text })), "").await;
    let evidence = some_evidence();
    page.attempt_with(&id, Some(Decision::RealFace), AfterAttempt::Close, &evidence, &Value::Null).await;
    let read = "Read what the decision rests on, with scores (shortened to one signal)";
    page.show(read, &format!("GET /v1/sessions/{id}/evidence"), None).await;
    let map = "Read where on the face the light was answered how strongly";
    page.show(map, &format!("GET /v1/sessions/{id}/attempts/1/gain-map"), None).await;
    let follow = "Follow a session; of one that is over, how it stands";
    page.show(follow, &format!("GET /v1/sessions/{id}/events"), None).await;
}

/// A face that was detected, and the same one enrolled for a person.
async fn two_faces(service: &Service, group: &GroupKey, person: &PersonId) -> FaceId {
    let now = service.clock.unix();
    let model = RecognitionModel::new("recognition_04").unwrap();
    let detected = NewFace {
        template: &testing::template(1),
        recognition_model: &model,
        time_to_live: FaceTimeToLive::MAX,
    };
    let ids = service.faces.keep(&[detected], now).await.unwrap().unwrap();
    let owner = EnrolledOwner {
        face: PersistedFaceId::from_random([1; 16]),
        group: service.store.group(group).await.unwrap().uid,
        person: Some(person.clone()),
    };
    let sealer = service.faces.vault().unwrap().sealer(now).await.unwrap();
    let template = sealer.seal(&TemplateContext::from(&owner), &testing::template(1)).unwrap();
    let group = owner.group;
    let new = verilume_store::NewFace {
        id: owner.face,
        person: owner.person,
        user_data: None,
        template,
        created_at: now,
    };
    let limits = FaceLimits { in_group: 1, of_person: 1 };
    service.store.enrol_faces(&group, &[new], limits).await.unwrap();
    ids[0].clone()
}

async fn identification(page: &mut Page) {
    const GROUP: &str = "/face/v1.2/largepersongroups/staff";
    page.title("Identification");
    let made = json!({ "name": "Staff", "recognitionModel": "recognition_04" });
    page.show("Make a large person group", &format!("PUT {GROUP}"), Some(made)).await;
    let ada = json!({ "name": "Ada", "userData": "badge 7" });
    let person = page.show("Enrol a person", &format!("POST {GROUP}/persons"), Some(ada)).await;
    let person = PersonId::parse(person["personId"].as_str().unwrap()).unwrap();
    let key = GroupKey { kind: GroupKind::LargePersonGroup, id: GroupId::new("staff").unwrap() };
    let face = two_faces(&page.service, &key, &person).await;
    let asked = json!({ "faceIds": [face.as_str()], "largePersonGroupId": "staff" });
    let (sent, shown) = (asked.clone(), format!("POST {IDENTIFY}"));
    page.show("Identify too early", &shown, Some(sent)).await;
    page.show("Train, after faces were enrolled", &format!("POST {GROUP}/train"), None).await;
    let ended = async |page: &Page| page.service.store.group(&key).await.unwrap().searched.is_some();
    while !ended(page).await {
        tokio::task::yield_now().await;
    }
    page.show("Read where the training stands", &format!("GET {GROUP}/training"), None).await;
    page.show("Identify a face that was detected", &shown, Some(asked)).await;
    let erase = format!("DELETE {GROUP}/persons/{person}");
    page.show("Erase the person", &erase, None).await;
}

async fn errors(page: &mut Page) {
    page.title("Errors");
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "till-7" });
    let create = format!("POST {SESSIONS}");
    page.show_with("Without a key that may do this", &create, Some(body), "none").await;
    let odd = json!({ "livenessOperationMode": "Active", "deviceCorrelationId": "till-7" });
    page.show("A value that is none of those allowed", &create, Some(odd)).await;
    let nameless = json!({ "livenessOperationMode": "Passive" });
    page.show("Nobody names the device", &create, Some(nameless)).await;
    let faces = format!("POST {FACES}/detect?returnFaceAttributes=age");
    page.show("What is never inferred", &faces, None).await;
    let url = json!({ "url": "https://pictures.example/a.jpg" });
    page.show(
        "A picture by URL, where the operator allows none",
        &format!("POST {FACES}/detect?returnFaceId=false"),
        Some(url),
    )
    .await;
    page.show("An address where nothing is", "GET /face/v1.2/nothing", None).await;
}

#[tokio::test]
async fn the_page_of_examples_is_what_the_routes_answer() {
    let mut page = Page::new().await;
    a_check(&mut page).await;
    newest_version(&mut page).await;
    previews(&mut page).await;
    identification(&mut page).await;
    with_a_reference(&mut page).await;
    own_additions(&mut page).await;
    errors(&mut page).await;
    assert!(!page.text.contains(&StatusCode::INTERNAL_SERVER_ERROR.to_string()));
    if std::env::var_os("VERILUME_WRITE_EXAMPLES").is_some() {
        std::fs::write(WRITTEN, &page.text).unwrap();
    }
    let written = std::fs::read_to_string(WRITTEN).unwrap_or_default();
    assert_eq!(written, page.text, "run: VERILUME_WRITE_EXAMPLES=1 cargo test -p verilume-server examples");
}
