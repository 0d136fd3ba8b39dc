//! What happens in a session, told as it happens.

use std::sync::Arc;

use verilume_protocol::stream::{Abort, AbortReason, ClientMessage};
use verilume_store::{ApiKeyStore as _, Scope, UnixMillis};

use crate::support::{Answer, Running, SESSIONS, Stream};

/// The events of a stream, without what carries them.
fn events(answer: &Answer) -> Vec<&str> {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    answer.body.lines().filter(|line| line.starts_with("event: ") || line.starts_with("data: ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_followed_from_its_creation_to_its_end() {
    let service = Arc::new(Running::start().await);
    let created = service.create().await;
    let id = created["sessionId"].as_str().unwrap().to_owned();
    let path = format!("/v1/sessions/{id}/events");
    let follower = tokio::spawn({
        let (service, path) = (Arc::clone(&service), path.clone());
        async move { service.with_key("GET", &path, b"").await }
    });
    // The first look must have been taken.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (mut stream, plan) = service.planned(created["authToken"].as_str().unwrap()).await;
    stream.say(&Stream::start(&plan)).await;
    stream.hear().await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let abort = Abort { attempt: 1, reason: AbortReason::UserCanceled, ends_session: true };
    stream.say(&ClientMessage::Abort(abort)).await;
    while stream.hear().await.is_some() {}
    let session = |status: &str| format!("data: {{\"sessionId\":\"{id}\",\"status\":\"{status}\"}}");
    let attempt = |status: &str| format!("data: {{\"attemptId\":1,\"attemptStatus\":\"{status}\"");
    let followed = follower.await.unwrap();
    let told = events(&followed);
    let expected = [
        ("event: session", session("NotStarted")),
        ("event: session", session("Running")),
        ("event: attempt", attempt("Running")),
        ("event: session", session("Canceled")),
        ("event: attempt", attempt("Canceled")),
        ("event: end", "data: {\"reason\":\"the session is over\"}".to_owned()),
    ];
    assert_eq!(told.len(), 2 * expected.len(), "{told:?}");
    for (told, (event, data)) in told.chunks(2).zip(&expected) {
        assert!(told[0] == *event && told[1].starts_with(data.as_str()), "{told:?} is not {data}");
    }
    let late = service.with_key("GET", &path, b"").await;
    assert_eq!(events(&late)[0..2], ["event: session", session("Canceled").as_str()], "how things stand");
    Arc::into_inner(service).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_end_with_the_session_and_their_number_is_bounded() {
    let service = Arc::new(Running::start_with(|config| config.limits.max_event_streams = 1).await);
    let created = service.create().await;
    let id = created["sessionId"].as_str().unwrap().to_owned();
    let path = format!("/v1/sessions/{id}/events");
    let follower = tokio::spawn({
        let (service, path) = (Arc::clone(&service), path.clone());
        async move { service.with_key("GET", &path, b"").await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let second = service.with_key("GET", &path, b"").await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("5")));
    assert_eq!(service.with_key("DELETE", &format!("{SESSIONS}/{id}"), b"").await.status, 204);
    let followed = follower.await.unwrap();
    assert_eq!(events(&followed).last(), Some(&"data: {\"reason\":\"the session has been erased\"}"));
    assert_eq!(service.with_key("GET", &path, b"").await.status, 404);
    Arc::into_inner(service).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_hears_no_more() {
    let service = Arc::new(Running::start().await);
    let created = service.create().await;
    let path = format!("/v1/sessions/{}/events", created["sessionId"].as_str().unwrap());
    let key = service.read_key.clone();
    let follower = tokio::spawn({
        let (service, path) = (Arc::clone(&service), path.clone());
        async move { service.request("GET", &path, &[("ocp-apim-subscription-key", &key)], b"").await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let keys = service.store.api_keys().await.unwrap();
    let reader = keys.iter().find(|key| key.scopes.contains(Scope::Read)).unwrap();
    service.store.revoke_api_key(&reader.id, UnixMillis::from_millis(1)).await.unwrap();
    let followed = follower.await.unwrap();
    assert_eq!(events(&followed).last(), Some(&"data: {\"reason\":\"the key opens this no longer\"}"));
    Arc::into_inner(service).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_does_not_wait_for_those_who_listen() {
    let service = Running::start().await;
    let created = service.create().await;
    let path = format!("/v1/sessions/{}/events", created["sessionId"].as_str().unwrap());
    let (address, key) = (service.address, service.key.clone());
    let follower = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nocp-apim-subscription-key: {key}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut told = String::new();
        socket.read_to_string(&mut told).await.unwrap();
        told
    });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(10), service.stop()).await;
    assert!(stopped.is_ok(), "a service that drains waits for 25 s");
    assert!(follower.await.unwrap().contains("the service stops"));
}
