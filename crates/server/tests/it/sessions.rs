//! The session API as an app server uses it.

use serde_json::json;
use verilume_protocol::stream::{Plan, PlanLimits};
use verilume_server::MasterKey;
use verilume_store::{OperationMode, SessionId, SessionStore as _, UnixMillis};

use crate::support::{Answer, Running, SESSIONS, hello};

#[track_caller]
fn check_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.header("x-ms-error-code")),
        (status, Some(code.to_lowercase().as_str()))
    );
    let body = answer.json();
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(answer.header("apim-request-id").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_created_read_and_erased() {
    let service = Running::start().await;
    let created = service.create().await;
    let id = created["sessionId"].as_str().unwrap();
    assert!(created["authToken"].as_str().unwrap().starts_with("eyJhbGciOiJFUzI1NiIs"));
    assert_eq!(created["status"], "NotStarted");
    assert_eq!(created["modelVersion"], "2024-11-15");
    assert_eq!(created["results"], json!({ "attempts": [] }));
    assert_eq!(created.as_object().unwrap().len(), 5, "no field beside those of the contract");

    let path = format!("{SESSIONS}/{id}");
    let read = service.with_key("GET", &path, b"").await;
    assert_eq!((read.status, read.json()), (200, created.clone()), "the same object, token and all");
    assert_eq!(read.header("model-version"), Some("2024-11-15"));
    assert_eq!(read.header("cache-control"), Some("no-store"));

    let erased = service.with_key("DELETE", &path, b"").await;
    assert_eq!((erased.status, erased.body.as_str()), (204, ""));
    for method in ["GET", "DELETE"] {
        check_error(&service.with_key(method, &path, b"").await, 404, "SessionNotFound");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_read_is_given_no_token() {
    let service = Running::start().await;
    let created = service.create().await;
    let path = format!("{SESSIONS}/{}", created["sessionId"].as_str().unwrap());
    let headers = [("ocp-apim-subscription-key", service.read_key.as_str())];
    let read = service.request("GET", &path, &headers, b"").await;
    assert_eq!((read.status, &read.json()["authToken"]), (200, &json!("")));
    assert_eq!(read.json()["sessionId"], created["sessionId"]);
    check_error(&service.request("DELETE", &path, &headers, b"").await, 401, "401");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_are_taken_in_any_spelling() {
    let service = Running::start().await;
    let body = br#"{"livenessOperationMode":"PASSIVE","deviceCorrelationIdSetInClient":"true"}"#;
    for path in ["//face/v1.2/detectLiveness-sessions/", "/Face/V1.2/DETECTLIVENESS-SESSIONS"] {
        assert_eq!(service.with_key("POST", path, body).await.status, 200, "{path}");
    }
    let id = "x-ms-client-request-id";
    for spelled in [id, "client-request-id"] {
        let headers = [("ocp-apim-subscription-key", service.key.as_str()), (spelled, "caller-7")];
        let answer = service.request("POST", SESSIONS, &headers, body).await;
        assert_eq!(answer.header(id), Some("caller-7"));
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_key_nothing_is_told() {
    let service = Running::start().await;
    let token = service.token().await;
    let bearer = format!("Bearer {token}");
    let wrong: [&[(&str, &str)]; 4] = [
        &[],
        &[("ocp-apim-subscription-key", "wrong")],
        &[("ocp-apim-subscription-key", &"x".repeat(4000))],
        &[("authorization", &bearer)],
    ];
    for headers in wrong {
        let path = format!("{SESSIONS}/b12e033e-bda7-4b83-a211-e721c661f30e");
        for (method, path) in [("POST", SESSIONS), ("GET", path.as_str()), ("DELETE", path.as_str())] {
            check_error(&service.request(method, path, headers, b"{}").await, 401, "401");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_have_their_codes() {
    let service = Running::start().await;
    let cases: [(&[u8], u16, &str); 6] = [
        (b"", 400, "InvalidRequestBody"),
        (b"\xff\x00", 400, "InvalidRequestBody"),
        (br#"{"deviceCorrelationId":"d"}"#, 400, "InvalidLivenessOperationMode"),
        (br#"{"livenessOperationMode":"Passive"}"#, 400, "InvalidDeviceCorrelationId"),
        (
            br#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","authTokenTimeToLiveInSeconds":1}"#,
            400,
            "InvalidTokenLifetime",
        ),
        (&[b' '; 80 << 10], 413, "BadArgument"),
    ];
    for (body, status, code) in cases {
        check_error(&service.with_key("POST", SESSIONS, body).await, status, code);
    }
    let headers = [
        ("ocp-apim-subscription-key", service.key.as_str()),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    check_error(&service.request("POST", SESSIONS, &headers, b"--x--").await, 415, "UnsupportedMediaType");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_to_be() {
    let service = Running::start().await;
    check_error(&service.with_key("GET", "/nothing", b"").await, 404, "ResourceNotFound");
    check_error(&service.with_key("PUT", SESSIONS, b"").await, 405, "MethodNotAllowed");
    for id in ["no-uuid", "%ff"] {
        check_error(&service.with_key("GET", &format!("{SESSIONS}/{id}"), b"").await, 404, "SessionNotFound");
    }
    let stream = "/face/v1.2/session/stream";
    check_error(&service.request("GET", stream, &[], b"").await, 400, "BadArgument");
    check_error(&service.request("POST", stream, &[], b"").await, 405, "MethodNotAllowed");
    assert_eq!(service.request("GET", "/readyz", &[], b"").await.status, 200);
    assert_eq!(service.request("GET", "/healthz", &[], b"").await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_read_as_every_client_sends_them_and_wrong_ones_refused() {
    let service = Running::start_with(|config| config.master_key = Some(MasterKey::generate())).await;
    let part = |name: &str, more: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let image = part("VerifyImage", "; filename=\"a.jpg\"", "no picture");
    let flat =
        part("livenessOperationMode", "", "Passive") + &part("DeviceCorrelationIdSetInClient", "", "true");
    let json = r#"{"livenessOperationMode":"Passive","deviceCorrelationIdSetInClient":true}"#;
    let current = "/face/v1.2/detectLivenessWithVerify-sessions";
    let preview = "/face/v1.1-preview.1/detectLivenessWithVerify/singleModal/sessions";
    let cases = [
        (current, format!("{image}{flat}--b--\r\n"), 400, "InvalidImageSize"),
        (current, format!("{flat}--b--\r\n"), 400, "InvalidRequestBody"),
        (current, format!("{image}--b--\r\n"), 400, "InvalidLivenessOperationMode"),
        (current, "--b\r\nnothing".to_owned(), 400, "InvalidRequestBody"),
        (preview, format!("{}{image}--b--\r\n", part("Parameters", "", json)), 400, "InvalidImageSize"),
        (preview, format!("{}{image}--b--\r\n", part("Parameters", "", "{")), 400, "InvalidRequestBody"),
        (preview, part("x", "", "y").repeat(40) + "--b--\r\n", 400, "InvalidRequestBody"),
        (preview, part("x", "", &"y".repeat(20_000)) + "--b--\r\n", 400, "InvalidRequestBody"),
        (current, part("verifyImage", "", &"y".repeat(7 << 20)) + "--b--\r\n", 400, "InvalidImageSize"),
    ];
    for (path, body, status, code) in cases {
        let headers = [
            ("ocp-apim-subscription-key", service.key.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        check_error(&service.request("POST", path, &headers, body.as_bytes()).await, status, code);
    }
    let without_image = service.with_key("POST", preview, json.as_bytes()).await;
    assert_eq!(without_image.status, 200, "a device may bring the image later");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previews_have_their_own_form() {
    let service = Running::start().await;
    let sessions = "/face/v1.2-preview.1/detectLiveness/singleModal/sessions";
    let body = br#"{"livenessOperationMode":"Passive","deviceCorrelationId":"device"}"#;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let created = service.with_key("POST", sessions, body).await.json();
        assert_eq!(created.as_object().unwrap().len(), 2, "{created}");
        ids.push(created["sessionId"].as_str().unwrap().to_owned());
    }
    ids.sort();
    let read = service.with_key("GET", &format!("{sessions}/{}", ids[0]), b"").await.json();
    assert_eq!(
        (&read["id"], &read["status"], &read["sessionExpired"]),
        (&json!(ids[0]), &json!("NotStarted"), &json!(false))
    );
    assert!(read.get("authToken").is_none() && read["createdDateTime"].as_str().unwrap().ends_with('Z'));

    let listed = async |query: &str| {
        let answer = service.with_key("GET", &format!("{sessions}{query}"), b"").await;
        let entries: Vec<String> =
            answer.json().as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect();
        entries
    };
    assert_eq!(listed("").await, ids);
    assert_eq!(listed("?top=2").await, ids[..2]);
    assert_eq!(listed(&format!("?start={}&top=5", ids[0])).await, ids[1..]);
    for query in ["?top=0", "?top=1001", "?top=x", "?start=nothing", "?top=1&top=2"] {
        check_error(&service.with_key("GET", &format!("{sessions}{query}"), b"").await, 400, "BadArgument");
    }
    let audit = service.with_key("GET", &format!("{sessions}/{}/audit", ids[0]), b"").await;
    assert_eq!((audit.status, audit.json()), (200, json!([])));

    let verify = format!("/face/v1.2-preview.1/detectLivenessWithVerify/singleModal/sessions/{}", ids[0]);
    check_error(&service.with_key("GET", &verify, b"").await, 404, "SessionNotFound");
    let erased = service.with_key("DELETE", &format!("{sessions}/{}", ids[0]), b"").await;
    assert_eq!((erased.status, erased.body.as_str()), (200, ""));
    assert_eq!(listed("").await, ids[1..]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_3_tells_what_is_watched_and_switches_it() {
    let service = Running::start().await;
    let settings = "/face/v1.3-preview.1/settings";
    let change = async |key: &str, body: &str| {
        let headers = [("ocp-apim-subscription-key", key)];
        service.request("PATCH", settings, &headers, body.as_bytes()).await
    };
    let told = async || service.with_key("GET", settings, b"").await.json();
    assert_eq!(told().await, json!({ "livenessAbuseMonitoring": { "enabled": true } }));
    let nested = r#"{"livenessAbuseMonitoring":{"enabled":false}}"#;
    check_error(&change(&service.key, nested).await, 401, "401");
    assert_eq!(change(&service.admin_key, nested).await.json().to_string(), nested);
    assert_eq!(told().await, json!({ "livenessAbuseMonitoring": { "enabled": false } }));
    let flat = change(&service.admin_key, r#"{"enabled":true}"#).await;
    assert_eq!(flat.json(), json!({ "name": "liveness-abuse-monitoring", "enabled": true }));
    let spelled = change(&service.admin_key, r#"{"LivenessAbuseMonitoring":{"Enabled":"True"}}"#).await;
    assert_eq!(spelled.json(), json!({ "livenessAbuseMonitoring": { "enabled": true } }));
    for bad in ["", "{}", r#"{"enabled":"maybe"}"#, r#"{"livenessAbuseMonitoring":{}}"#] {
        check_error(&change(&service.admin_key, bad).await, 400, "InvalidRequestBody");
    }

    let sessions = "/face/v1.3-preview.1/detectLiveness-sessions";
    let body = br#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","expectedClientIpAddress":"127.0.0.0/8"}"#;
    let created = service.with_key("POST", sessions, body).await.json();
    assert_eq!(created["isAbuseMonitoringEnabled"], true);
    assert_eq!(created["expectedClientIpAddress"], "127.0.0.0/8");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_both_modes_is_recorded_as_such_and_planned_like_a_passive_one() {
    let service = Running::start().await;
    let passive = service.create().await;
    let active = service.create_with(json!({ "livenessOperationMode": "PassiveActive" })).await;
    let id = SessionId::parse(active["sessionId"].as_str().unwrap()).unwrap();
    let kept = service.store.session(&id, UnixMillis::from_millis(0)).await.unwrap().session;
    assert_eq!(kept.operation_mode, OperationMode::PassiveActive);
    assert_eq!(kept.parameters.to_value()["livenessOperationMode"], "PassiveActive");
    let (_passive, expected) = service.planned(passive["authToken"].as_str().unwrap()).await;
    let (_active, plan) = service.planned(active["authToken"].as_str().unwrap()).await;
    // Nothing that only an active check asks for: the same light, bounds and guidance.
    let asked = |plan: &Plan| {
        // What is left of the session is a matter of milliseconds.
        let limits = PlanLimits { session_ms: None, ..plan.limits };
        (plan.profile, plan.commitments.len(), limits, plan.guidance)
    };
    assert_eq!(asked(&plan), asked(&expected));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_refused_that_connects_from_elsewhere() {
    let service = Running::start().await;
    let token = async |network: &str| {
        let created = service.create_with(json!({ "expectedClientIpAddress": network })).await;
        created["authToken"].as_str().unwrap().to_owned()
    };
    let mut elsewhere = service.stream().await;
    elsewhere.say(&hello(&token("203.0.113.0/24").await)).await;
    assert_eq!(elsewhere.problem().await.code, "client_address_unexpected");
    service.planned(&token("127.0.0.1").await).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_describes_itself() {
    let written = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let written = std::fs::read_to_string(written).unwrap();
    assert_eq!(
        written.trim_end(),
        verilume_server::openapi_json(),
        "run: cargo run -p verilume-server --example openapi > docs/reference/openapi.json"
    );
    let service = Running::start().await;
    let told = service.request("GET", "/openapi.json", &[], b"").await;
    assert_eq!(told.body, written.trim_end());
    for (path, item) in told.json()["paths"].as_object().unwrap() {
        // What needs neither key nor token says so by naming none.
        let protected =
            item.as_object().unwrap().iter().filter(|(_, operation)| operation["security"].is_array());
        for (method, _) in protected {
            let path = path.replace("{sessionId}", "b12e033e-bda7-4b83-a211-e721c661f30e");
            let answer = service.request(&method.to_uppercase(), &path, &[], b"").await;
            assert_eq!(answer.status, 401, "{method} {path}: a route that wants a key or a token");
        }
    }
    let page = service.request("GET", "/reference", &[], b"").await;
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    for part in ["/reference/style.css", "/reference/script.js"] {
        assert!(page.body.contains(part));
        assert_eq!(service.request("GET", part, &[], b"").await.status, 200);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_master_key_no_session_promises_a_picture() {
    let body = br#"{"livenessOperationMode":"Passive","deviceCorrelationId":"d","enableSessionImage":true}"#;
    let service = Running::start().await;
    check_error(&service.with_key("POST", SESSIONS, body).await, 403, "UnsupportedFeature");
    let image = format!("/face/v1.2/sessionImages/{}", "0".repeat(64));
    check_error(&service.with_key("GET", &image, b"").await, 404, "SessionNotFound");
    service.stop().await;
    let service = Running::start_with(|config| config.master_key = Some(MasterKey::generate())).await;
    assert_eq!(service.with_key("POST", SESSIONS, body).await.status, 200);
    for id in ["0".repeat(64), "no-id".to_owned()] {
        let image = format!("/face/v1.2-preview.1/session/sessionImages/{id}");
        check_error(&service.with_key("GET", &image, b"").await, 404, "SessionNotFound");
    }
    service.stop().await;
}
