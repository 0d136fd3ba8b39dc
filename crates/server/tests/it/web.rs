//! What browsers load: the SDK, the hosted page, quick links, the playground; and which pages may.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::json;
use verilume_server::{Playground, ServerConfig, WebAssets, WebOrigin};

use crate::support::{Answer, Running, SESSIONS};

const PAGE: [(&str, &str); 1] = [("accept", "text/html")];

fn with_sdk(config: &mut ServerConfig) {
    let files = [("index.js", "export {};"), ("chunks/Core-Ab1.js", "export {};")];
    let files = files.map(|(path, text)| (path.to_owned(), Cow::Borrowed(text.as_bytes())));
    config.web.sdk = Some(Arc::new(WebAssets::in_memory(files)));
}

async fn get(service: &Running, path: &str) -> Answer {
    service.request("GET", path, &PAGE, b"").await
}

/// The value of a `data-` attribute of a page.
#[track_caller]
fn data<'a>(page: &'a Answer, name: &str) -> &'a str {
    let (_, rest) = page.body.split_once(&format!("data-{name}=\"")).expect("the attribute");
    rest.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_sdk_every_way_to_it_says_how_to_build_it() {
    let service = Running::start().await;
    let id = "b12e033e-bda7-4b83-a211-e721c661f30e";
    let page = get(&service, &format!("/c/{id}")).await;
    assert_eq!(page.status, 503);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let program = service.request("GET", &format!("/c/{id}"), &[], b"").await;
    let file = get(&service, "/sdk/web/index.js").await;
    for answer in [page, program, file] {
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains("cargo xtask web"), "{}", answer.body);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosted_page_is_held_to_itself_and_loads_what_may_be_kept() {
    let service = Running::start_with(with_sdk).await;
    let page = get(&service, "/c/b12e033e-bda7-4b83-a211-e721c661f30e").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        &format!("connect-src 'self' http://{0} ws://{0}", service.address),
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert!(page.header("permissions-policy").unwrap().starts_with("camera=(self)"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(!page.body.contains("style=") && !page.body.contains("onclick"), "nothing is inline");
    // What it names is there.
    assert_eq!(data(&page, "root"), "..");
    for file in ["style.css", "script.js", "strings.js"] {
        assert_eq!(get(&service, &format!("/hosted/{file}")).await.status, 200, "{file}");
    }
    let script = get(&service, &format!("{}index.js", data(&page, "sdk").strip_prefix("..").unwrap())).await;
    assert_eq!(script.status, 200);
    assert!(script.header("cache-control").unwrap().contains("immutable"));
    // In whatever case a builder wrote the name.
    let chunk = get(&service, "/sdk/web/chunks/Core-Ab1.js").await;
    assert_eq!((chunk.status, chunk.header("cache-control")), (200, Some("no-cache")));
    assert_eq!(get(&service, "/sdk/web/missing.js").await.status, 404);
    assert_eq!(get(&service, "/c/x").await.status, 404);
    assert_eq!(get(&service, "/").await.status, 404);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_sent_back_to_listed_origins_alone() {
    let service = Running::start_with(|config| {
        with_sdk(config);
        config.web.return_origins = vec![WebOrigin::parse("https://shop.example").unwrap()];
    })
    .await;
    let path = "/c/b12e033e-bda7-4b83-a211-e721c661f30e?callbackUrl=";
    let page = get(&service, &format!("{path}https%3A%2F%2Fshop.example%2Fdone%3Fa%3D1%26b%3D2")).await;
    assert_eq!((page.status, data(&page, "back")), (200, "https://shop.example/done?a=1&amp;b=2"));
    for elsewhere in [
        "https%3A%2F%2Fevil.example%2F",
        "https%3A%2F%2Fshop.example.evil.example%2F",
        "https%3A%2F%2Fshop.example%40evil.example%2F",
        "https%3A%2F%2Fshop.example%5C%40evil.example%2F",
        "%2F%2Fevil.example",
        "javascript%3Aalert(1)",
    ] {
        let page = get(&service, &format!("{path}{elsewhere}")).await;
        assert_eq!(page.status, 400, "{elsewhere}");
        assert!(!page.body.contains("evil"), "{}", page.body);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_link_opens_its_session_until_an_attempt_begins() {
    let service = Running::start_with(with_sdk).await;
    let session = service.create().await;
    let (id, token) = (session["sessionId"].as_str().unwrap(), session["authToken"].as_str().unwrap());
    let made = service.with_key("POST", &format!("/v1/sessions/{id}/quicklink"), b"").await.json();
    let url = made["url"].as_str().unwrap();
    assert!(made["expiresDateTime"].is_string());
    let bearer = format!("Bearer {token}");
    let by_token = service.request("POST", "/api/quicklink", &[("authorization", &bearer)], b"").await.json();
    let short = by_token["url"].as_str().unwrap();
    assert_eq!(url, format!("http://{}{short}", service.address));
    let svg = [("authorization", bearer.as_str()), ("accept", "image/svg+xml")];
    let code = service.request("POST", "/api/quicklink", &svg, b"").await;
    assert_eq!(code.header("content-type"), Some("image/svg+xml"));
    // To look at it uses nothing up, and shows no token.
    for _ in 0..3 {
        let page = get(&service, short).await;
        assert_eq!((page.status, data(&page, "root")), (200, "."));
        assert!(!page.body.contains("eyJ"));
    }
    let body = json!({ "s": short.split_once("s=").unwrap().1 }).to_string();
    let open = async || service.request("POST", "/api/quicklink/session", &[], body.as_bytes()).await;
    let opened = open().await.json();
    assert_eq!((opened["sessionId"].as_str(), opened["authToken"].as_str()), (Some(id), Some(token)));
    let state =
        async || service.request("GET", "/api/quicklink", &[("authorization", &bearer)], b"").await.json();
    assert_eq!(state().await["state"], "open");

    let (mut stream, plan) = service.planned(token).await;
    stream.say(&crate::support::Stream::start(&plan)).await;
    assert!(stream.hear().await.is_some(), "the attempt has begun");
    assert_eq!(state().await["state"], "running");
    assert_eq!(open().await.header("x-ms-error-code"), Some("token_used"));
    drop(stream);
    let erased = service.with_key("DELETE", &format!("{SESSIONS}/{id}"), b"").await;
    assert_eq!(erased.status, 204);
    assert_eq!(open().await.status, 404);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_pages_read_what_the_stream_answers() {
    let service = Running::start_with(|config| {
        with_sdk(config);
        config.web.allowed_origins = vec![WebOrigin::parse("https://shop.example").unwrap()];
    })
    .await;
    let stream = "/face/v1.2/session/start";
    let preflight = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization"),
        ]
    };
    let allowed = service.request("OPTIONS", stream, &preflight("https://shop.example"), b"").await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://shop.example"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("authorization"));
    let refused = service.request("OPTIONS", stream, &preflight("https://evil.example"), b"").await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (405, None));
    for (path, origin, expected) in [
        ("/sdk/web/index.js", "https://shop.example", Some("https://shop.example")),
        ("/sdk/web/index.js", "https://evil.example", None),
        // App servers are no pages.
        (SESSIONS, "https://shop.example", None),
        ("/api/quicklink", "https://shop.example", None),
    ] {
        let answer = service.request("GET", path, &[("origin", origin)], b"").await;
        assert_eq!(answer.header("access-control-allow-origin"), expected, "{path} {origin}");
    }
    let page = get(&service, "/c/b12e033e-bda7-4b83-a211-e721c661f30e").await;
    assert!(
        page.header("content-security-policy").unwrap().ends_with("frame-ancestors https://shop.example")
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_is_there_for_whoever_knows_where_and_keeps_the_key() {
    let plain = Running::start_with(with_sdk).await;
    assert_eq!(get(&plain, "/playground/x").await.status, 404);
    let key = plain.key.clone();
    plain.stop().await;

    // A playground needs a key of its own store: take the one that a first start made there.
    let service = Running::start_with_key(|config, key| {
        with_sdk(config);
        config.web.playground = Some(Playground::new(key, None));
    })
    .await;
    let path = service.playground.clone();
    let page = get(&service, &path).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("vlk_"), "the key stays in the service");
    for file in ["style.css", "script.js", "report.js"] {
        let answer = get(&service, &format!("{path}{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(!answer.body.contains(&key) && !answer.body.contains("vlk_"));
    }
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "device" }).to_string();
    let created = service.request("POST", &format!("{path}app{SESSIONS}"), &[], body.as_bytes()).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let id = created.json()["sessionId"].as_str().unwrap().to_owned();
    let read = get(&service, &format!("{path}app/v1/sessions/{id}/evidence")).await;
    assert_eq!(read.json()["sessionId"], id.as_str());
    assert_eq!(get(&service, &format!("{path}app/face/v1.3-preview.1/settings")).await.status, 404);
    // Beside its place there is nothing.
    let wrong = format!("{}0/", &path[..path.len() - 2]);
    let wrong = if wrong == path { format!("{}1/", &path[..path.len() - 2]) } else { wrong };
    for below in ["", "script.js", "app/v1/sessions/x/evidence"] {
        assert_eq!(get(&service, &format!("{wrong}{below}")).await.status, 404, "{below}");
    }
    service.stop().await;
}
