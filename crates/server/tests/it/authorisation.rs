//! Who may do what: every route, every kind of credential.

use std::collections::BTreeSet;

use verilume_store::{ApiKey, ApiKeyStore as _, KeyLabel, NewApiKey, Scope, Scopes, UnixMillis};

use crate::support::{Running, SESSIONS};

/// Each operation of the description, by the end of its path, and whose keys open it.
const OPERATIONS: [(&str, &str, &[Scope]); 14] = [
    ("post", "-sessions", &[Scope::Sessions]),
    ("get", "-sessions/{sessionId}", &[Scope::Sessions, Scope::Read]),
    ("delete", "-sessions/{sessionId}", &[Scope::Sessions]),
    ("post", "/singleModal/sessions", &[Scope::Sessions]),
    ("get", "/singleModal/sessions", &[Scope::Sessions, Scope::Read]),
    ("get", "/singleModal/sessions/{sessionId}", &[Scope::Sessions, Scope::Read]),
    ("delete", "/singleModal/sessions/{sessionId}", &[Scope::Sessions]),
    ("get", "/singleModal/sessions/{sessionId}/audit", &[Scope::Sessions, Scope::Read]),
    ("get", "/settings", &[Scope::Sessions, Scope::Read, Scope::Admin]),
    ("patch", "/settings", &[Scope::Admin]),
    ("get", "/{sessionImageId}", &[Scope::Sessions, Scope::Read]),
    ("get", "/evidence", &[Scope::Sessions, Scope::Read]),
    ("get", "/gain-map", &[Scope::Sessions, Scope::Read]),
    ("get", "/events", &[Scope::Sessions, Scope::Read]),
];

/// Its place in the table.
fn operation(method: &str, path: &str) -> usize {
    let found = OPERATIONS.iter().position(|(known, end, _)| *known == method && path.ends_with(end));
    found.unwrap_or_else(|| panic!("{method} {path} is not in the table"))
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
    let damaged = format!("{}0", &service.key[..service.key.len() - 1]);
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
    ];
    let described = service.request("GET", "/openapi.json", &[], b"").await.json();
    let mut seen = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let place = operation(method, path);
            seen.insert(place);
            let scopes = OPERATIONS[place].2;
            let path = path.replace("{sessionId}", "b12e033e-bda7-4b83-a211-e721c661f30e");
            let method = method.to_uppercase();
            for (name, headers) in never {
                let answer = service.request(&method, &path, headers, b"{}").await;
                assert_eq!(answer.status, 401, "{method} {path} with {name}");
                assert!(!answer.body.contains("vlk_"), "no key in an answer");
            }
            for (scope, key) in keys {
                let answer = service.request(&method, &path, &[(KEY, key)], b"{}").await;
                assert_eq!(
                    answer.status != 401,
                    scopes.contains(&scope),
                    "{method} {path} with a key for {scope:?}"
                );
            }
        }
    }
    assert_eq!(seen.len(), OPERATIONS.len(), "each line of the table is about something");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_opens_to_its_own_token_alone() {
    let service = Running::start().await;
    let erased = service.create().await;
    let path = format!("{SESSIONS}/{}", erased["sessionId"].as_str().unwrap());
    assert_eq!(service.with_key("DELETE", &path, b"").await.status, 204);
    let erased = format!("Bearer {}", erased["authToken"].as_str().unwrap());
    let token = service.token().await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other_end = if signature.ends_with('A') { "B" } else { "A" };
    let forged = format!("Bearer {head}.{}{other_end}", &signature[..signature.len() - 1]);
    let key = format!("Bearer {}", service.key);
    let never: [(&str, &[(&str, &str)]); 5] = [
        ("nothing", &[]),
        ("a key", &[("ocp-apim-subscription-key", &service.key)]),
        ("a key as token", &[("authorization", &key)]),
        ("a forged token", &[("authorization", &forged)]),
        ("an erased session's token", &[("authorization", &erased)]),
    ];
    for version in ["v1.1-preview.1", "v1.2-preview.1", "v1.2", "v1.3-preview.1"] {
        for end in [
            "session/start",
            "session/attempt/end",
            "detectLiveness/singleModal",
            "detectLivenessWithVerify/singleModal",
        ] {
            let path = format!("/face/{version}/{end}");
            for (name, headers) in never {
                let answer = service.request("POST", &path, headers, b"").await;
                assert!((400..500).contains(&answer.status), "{path} with {name}: {}", answer.status);
            }
        }
    }
    service.stop().await;
}
