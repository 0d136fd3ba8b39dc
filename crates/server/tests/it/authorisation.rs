//! Who may do what: every route, every kind of credential.

use std::collections::BTreeSet;

use verilume_protocol::token::{TokenAction, TokenClaims, TokenSigner};
use verilume_store::{
    ApiKey, ApiKeyStore as _, KeyLabel, NewApiKey, Scope, Scopes, SecretPurpose, SecretStore as _, UnixMillis,
};

use crate::http_form::body;
use crate::support::{Running, SESSIONS, hello};

/// Every operation whose path has this part.
const ANY: &str = "any";

/// Each operation of the description, by the end of its path, and what opens it: keys with one of these scopes, or, for
/// operations with none, what [`OF_TOKENS`] and [`OF_LINKS`] say.
const OPERATIONS: [(&str, &str, &[Scope]); 31] = [
    ("post", "-sessions", &[Scope::Sessions]),
    ("get", "-sessions/{sessionId}", &[Scope::Sessions, Scope::Read]),
    ("delete", "-sessions/{sessionId}", &[Scope::Sessions]),
    ("post", "/singleModal/sessions", &[Scope::Sessions]),
    ("get", "/singleModal/sessions", &[Scope::Sessions, Scope::Read]),
    ("get", "/singleModal/sessions/{sessionId}", &[Scope::Sessions, Scope::Read]),
    ("delete", "/singleModal/sessions/{sessionId}", &[Scope::Sessions]),
    ("get", "/singleModal/sessions/{sessionId}/audit", &[Scope::Sessions, Scope::Read]),
    ("get", "/settings", &[Scope::Sessions, Scope::Read, Scope::Admin, Scope::Faces, Scope::Identify]),
    ("patch", "/settings", &[Scope::Admin]),
    ("get", "/{sessionImageId}", &[Scope::Sessions, Scope::Read]),
    ("get", "/evidence", &[Scope::Sessions, Scope::Read]),
    ("get", "/gain-map", &[Scope::Sessions, Scope::Read]),
    ("get", "/events", &[Scope::Sessions, Scope::Read]),
    ("post", "{sessionId}/quicklink", &[Scope::Sessions]),
    ("post", "/api/quicklink", &[]),
    ("get", "/api/quicklink", &[]),
    ("post", "/api/quicklink/session", &[]),
    ("post", "/detect", &[Scope::Faces]),
    ("post", "/verify", &[Scope::Faces]),
    ("post", "/vision/v3.2/analyze", &[Scope::Faces]),
    (ANY, "/facelists/", &[Scope::Identify]),
    (ANY, "/largefacelists/", &[Scope::Identify]),
    (ANY, "/persongroups/", &[Scope::Identify]),
    (ANY, "/largepersongroups/", &[Scope::Identify]),
    (ANY, "/persons/", &[Scope::Identify]),
    (ANY, "/dynamicpersongroups/", &[Scope::Identify]),
    (ANY, "/operations/", &[Scope::Identify]),
    (ANY, "/identify/", &[Scope::Identify]),
    (ANY, "/findsimilars/", &[Scope::Identify]),
    (ANY, "/group/", &[Scope::Identify]),
];
/// The path whose operations a session's token opens, and nothing else.
const OF_TOKENS: &str = "/api/quicklink";
/// The path that a link opens, whoever brings it.
const OF_LINKS: &str = "/api/quicklink/session";

/// Its place in the table.
fn operation(method: &str, path: &str) -> usize {
    let found = OPERATIONS.iter().position(|(known, part, _)| match *known {
        ANY => path.contains(part) || format!("{path}/").ends_with(part),
        known => known == method && path.ends_with(part),
    });
    found.unwrap_or_else(|| panic!("{method} {path} is not in the table"))
}

/// The path in every version that serves it: enrolment and identification are described under one, which stands for all
/// that have them.
fn everywhere(place: usize, path: &str) -> Vec<String> {
    let within = path.strip_prefix("/face/").and_then(|path| path.split_once('/'));
    let Some((version, rest)) = within.filter(|_| OPERATIONS[place].0 == ANY) else {
        return vec![path.to_owned()];
    };
    let has_directory = |version: &&str| version.contains("preview");
    let versions: Vec<&str> = match version {
        "v1.2" => VERSIONS.into_iter().chain(["v1.0"]).collect(),
        _ => VERSIONS.into_iter().filter(has_directory).collect(),
    };
    versions.into_iter().map(|version| format!("/face/{version}/{rest}")).collect()
}

/// A key that was live once.
async fn ended_key(service: &Running, expires_at: Option<UnixMillis>) -> String {
    let seed = if expires_at.is_some() { 3 } else { 4 };
    let key = ApiKey::mint(&[seed; verilume_store::API_KEY_RANDOM_BYTES]);
    let label = KeyLabel::new("ended").unwrap();
    let scopes = Scopes::new(&Scope::ALL).unwrap();
    let created_at = UnixMillis::from_millis(1);
    let new = NewApiKey { key: &key, label: &label, scopes: &scopes, created_at, expires_at };
    service.store.create_api_key(new).await.unwrap();
    if expires_at.is_none() {
        service.store.revoke_api_key(key.id(), UnixMillis::from_millis(2)).await.unwrap();
    }
    key.expose().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_opens_to_its_own_keys_alone() {
    let service = Running::start().await;
    let (expired, revoked) =
        (ended_key(&service, Some(UnixMillis::from_millis(2))).await, ended_key(&service, None).await);
    let token = service.token().await;
    let (bearer, key_as_bearer) = (format!("Bearer {token}"), format!("Bearer {}", service.key));
    let (whole, last) = service.key.split_at(service.key.len() - 1);
    let damaged = format!("{whole}{}", if last == "0" { "1" } else { "0" });
    let long = "x".repeat(4000);
    const KEY: &str = "ocp-apim-subscription-key";
    let never: [(&str, &[(&str, &str)]); 9] = [
        ("nothing", &[]),
        ("an empty key", &[(KEY, "")]),
        ("a wrong key", &[(KEY, &damaged)]),
        ("a long key", &[(KEY, &long)]),
        ("an expired key", &[(KEY, &expired)]),
        ("a revoked key", &[(KEY, &revoked)]),
        ("a session's token", &[("authorization", &bearer)]),
        ("a session's token as key", &[(KEY, &token)]),
        ("a key in the token's place", &[("authorization", &key_as_bearer)]),
    ];
    let keys = [
        (Scope::Sessions, &service.key),
        (Scope::Read, &service.read_key),
        (Scope::Admin, &service.admin_key),
        (Scope::Faces, &service.faces_key),
        (Scope::Identify, &service.identify_key),
    ];
    let described = service.request("GET", "/openapi.json", &[], b"").await.json();
    let mut seen = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let place = operation(method, path);
            seen.insert(place);
            let scopes = OPERATIONS[place].2;
            let method = method.to_uppercase();
            for path in everywhere(place, path) {
                let path = path.replace("{sessionId}", "b12e033e-bda7-4b83-a211-e721c661f30e");
                for (name, headers) in never {
                    let answer = service.request(&method, &path, headers, b"{}").await;
                    let expected = match (path.as_str(), name) {
                        // Without a link there is nothing to open.
                        (OF_LINKS, _) => 404,
                        (OF_TOKENS, "a session's token") => 200,
                        _ => 401,
                    };
                    assert_eq!(answer.status, expected, "{method} {path} with {name}");
                    assert!(!answer.body.contains("vlk_"), "no key in an answer");
                }
                for (scope, key) in keys.into_iter().filter(|_| path != OF_LINKS) {
                    let answer = service.request(&method, &path, &[(KEY, key)], b"{}").await;
                    assert_eq!(
                        answer.status != 401,
                        scopes.contains(&scope),
                        "{method} {path} with a key for {scope:?}"
                    );
                }
            }
        }
    }
    assert_eq!(seen.len(), OPERATIONS.len(), "each line of the table is about something");
    service.stop().await;
}

/// Tokens that open nothing, and why they are refused.
async fn dead_tokens(service: &Running) -> [(&'static str, String, (u16, &'static str)); 5] {
    let erased = service.create().await;
    let path = format!("{SESSIONS}/{}", erased["sessionId"].as_str().unwrap());
    assert_eq!(service.with_key("DELETE", &path, b"").await.status, 204);
    let erased = erased["authToken"].as_str().unwrap().to_owned();
    let token = service.token().await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other_end = if signature.ends_with('A') { "B" } else { "A" };
    let forged = format!("{head}.{}{other_end}", &signature[..signature.len() - 1]);
    let invalid = (401, "invalidtoken");
    [
        ("no token", String::new(), invalid),
        ("a key", service.key.clone(), invalid),
        ("a forged token", forged, invalid),
        ("an expired token", expired_token(service).await, invalid),
        ("an erased session's token", erased, (404, "sessionnotfound")),
    ]
}

/// The token of a session that is there, from an hour ago.
async fn expired_token(service: &Running) -> String {
    let created = service.create().await;
    let versions = service.store.secret_versions(SecretPurpose::SessionTokenSigning).await.unwrap();
    let key: &[u8; 32] = versions[0].1.expose().try_into().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let claims = TokenClaims {
        session_id: created["sessionId"].as_str().unwrap().to_owned(),
        endpoint: "http://localhost".to_owned(),
        action: TokenAction::DetectLiveness,
        token_id: "0123456789abcdef0123456789abcdef".to_owned(),
        issued_at_unix_secs: now - 3600,
        expires_at_unix_secs: now - 3000,
    };
    TokenSigner::new(key, "1").unwrap().mint(&claims).as_str().to_owned()
}

const VERSIONS: [&str; 4] = ["v1.1-preview.1", "v1.2-preview.1", "v1.2", "v1.3-preview.1"];
/// Where a device goes on with its stream.
const GO_ON: [&str; 3] =
    ["session/attempt/end", "detectLiveness/singleModal", "detectLivenessWithVerify/singleModal"];

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_opens_to_its_own_token_alone() {
    let service = Running::start().await;
    let dead = dead_tokens(&service).await;
    for version in VERSIONS {
        for (name, token, refusal) in &dead {
            let bearer = format!("Bearer {token}");
            // The key beside it changes nothing.
            let headers = [("authorization", bearer.as_str()), ("ocp-apim-subscription-key", &service.key)];
            let said = body(&[hello(token)]);
            for (end, said) in
                GO_ON.map(|end| (end, &b""[..])).into_iter().chain([("session/start", &said[..])])
            {
                let path = format!("/face/{version}/{end}");
                let answer = service.request("POST", &path, &headers, said).await;
                let told = (answer.status, answer.header("x-ms-error-code").unwrap_or_default());
                assert_eq!(told, *refusal, "{path} with {name}");
                let without = service.request("POST", &path, &headers[1..], said).await;
                assert_eq!(without.status, 401, "{path} with a key alone");
            }
        }
    }
    for (name, token, refusal) in &dead {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("ocp-apim-subscription-key", &service.key)];
        for method in ["GET", "POST"] {
            let answer = service.request(method, OF_TOKENS, &headers, b"").await;
            let told = (answer.status, answer.header("x-ms-error-code").unwrap_or_default());
            assert_eq!(told, *refusal, "{method} {OF_TOKENS} with {name}");
        }
    }
    for (name, token, (_, code)) in &dead {
        let mut stream = service.stream().await;
        stream.say(&hello(token)).await;
        let told = stream.problem().await;
        // A hello without a token is no hello.
        let code = if token.is_empty() { "message_invalid" } else { code };
        assert_eq!((told.code.to_lowercase().as_str(), told.is_retryable), (code, false), "{name}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sessions_token_is_nothing_to_another_sessions_stream() {
    let service = Running::start().await;
    let (mine, other) = (service.token().await, service.token().await);
    let (bearer, stranger) = (format!("Bearer {mine}"), format!("Bearer {other}"));
    let start = "/face/v1.2/session/start";
    let mixed = service.request("POST", start, &[("authorization", &bearer)], &body(&[hello(&other)])).await;
    assert_eq!((mixed.status, mixed.header("x-ms-error-code")), (401, Some("tokenmismatch")));
    let opened = service.request("POST", start, &[("authorization", &bearer)], &body(&[hello(&mine)])).await;
    assert_eq!(opened.status, 200);
    for version in VERSIONS {
        for end in GO_ON {
            let path = format!("/face/{version}/{end}");
            let answer = service.request("POST", &path, &[("authorization", &stranger)], b"").await;
            assert_eq!(answer.status, 404, "{path} with another session's token");
            let answer = service.request("POST", &path, &[("authorization", &bearer)], b"").await;
            assert_eq!(answer.status, 200, "{path} with its own");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_session_is_at_no_address() {
    let service = Running::start().await;
    let described = service.request("GET", "/openapi.json", &[], b"").await.json();
    let mut asked = 0;
    for (path, item) in described["paths"].as_object().unwrap() {
        let Some((before, _)) = path.split_once("{sessionId}") else { continue };
        // By its own address, where it has one of this kind.
        let created = if before.ends_with("sessions/")
            && before.starts_with("/face/")
            && !before.contains("WithVerify")
        {
            service.with_key("POST", before.trim_end_matches('/'), BODY.as_bytes()).await.json()
        } else {
            service.create().await
        };
        let id = created["sessionId"].as_str().unwrap();
        assert_eq!(service.with_key("DELETE", &format!("{SESSIONS}/{id}"), b"").await.status, 204);
        for method in item.as_object().unwrap().keys() {
            let path = path.replace("{sessionId}", id).replace("{attemptId}", "1");
            let answer = service.with_key(&method.to_uppercase(), &path, b"").await;
            let told = (answer.status, answer.header("x-ms-error-code"));
            assert_eq!(told, (404, Some("sessionnotfound")), "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    service.stop().await;
}

const BODY: &str = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"device"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_without_a_key_tells_nothing_of_anybody() {
    let service = Running::start().await;
    let created = service.create().await;
    for path in ["/healthz", "/readyz", "/reference", "/openapi.json"] {
        let answer = service.request("GET", path, &[], b"").await;
        assert_eq!(answer.status, 200, "{path}");
        for private in
            [created["sessionId"].as_str().unwrap(), created["authToken"].as_str().unwrap(), "vlk_"]
        {
            assert!(!answer.body.contains(private), "{path}");
        }
    }
    service.stop().await;
}
