//! Those who do not speak the protocol, or want to do harm: each costs a bounded amount and panics nothing.

use std::time::Duration;

use futures_util::SinkExt as _;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use verilume_protocol::stream::ClientMessage;

use crate::support::{PATIENCE, Running, hello};

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_the_place_of_a_hello_is_refused() {
    let service = Running::start().await;
    let cases: [&[u8]; 4] = [b"", b"\xff\xff\xff\xff", b"GET / HTTP/1.1", &[0x0a; 300]];
    for bytes in cases {
        let mut stream = service.stream().await;
        stream.say_bytes(bytes).await;
        let code = stream.problem().await.code;
        assert!(["message_invalid", "message_unexpected"].contains(&code.as_str()), "{code}");
        assert!(stream.hear().await.is_none(), "nothing follows");
    }
    let mut stream = service.stream().await;
    drop(stream.socket.send(Message::Text("hello".into())).await);
    assert_eq!(stream.problem().await.code, "message_invalid");
    let mut stream = service.stream().await;
    stream.say(&ClientMessage::Resume).await;
    assert_eq!(stream.problem().await.code, "message_unexpected");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_over_the_bound_are_refused() {
    let service = Running::start().await;
    let mut stream = service.stream().await;
    stream.say_bytes(&vec![0; 2 << 20]).await;
    // The rest of it may still be on its way when the service lets go.
    if let Some(verilume_protocol::stream::ServerMessage::Problem(problem)) = stream.hear().await {
        assert_eq!(problem.code, "message_too_large");
    }
    assert_eq!(service.request("GET", "/readyz", &[], b"").await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_let_go() {
    let service = Running::start_with(|config| {
        config.limits.header_within = Duration::from_millis(300);
        config.limits.hello_within = Duration::from_millis(300);
    })
    .await;
    // Half a request.
    let mut slow = TcpStream::connect(service.address).await.unwrap();
    slow.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    drop(tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await.expect("it is let go"));
    // A stream without a hello.
    let mut silent = service.stream().await;
    assert_eq!(silent.problem().await.code, "stream_idle");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_awaited() {
    let service =
        Running::start_with(|config| config.limits.answer_within = Duration::from_millis(300)).await;
    let mut slow = TcpStream::connect(service.address).await.unwrap();
    let head = format!(
        "POST /face/v1.2/detectLiveness-sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         ocp-apim-subscription-key: {}\r\ncontent-length: 100\r\n\r\n{{",
        service.key
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    drop(tokio::time::timeout(PATIENCE, slow.read_to_end(&mut answer)).await.expect("it is let go"));
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_streams() {
    let service = Running::start_with(|config| config.limits.max_streams = 1).await;
    let held = service.stream().await;
    let headers = [
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut request =
        String::from("GET /face/v1.2/session/stream HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut second = TcpStream::connect(service.address).await.unwrap();
    second.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 512];
    let read = tokio::time::timeout(PATIENCE, second.read(&mut head)).await.unwrap().unwrap();
    let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
    assert!(head.starts_with("http/1.1 503") && head.contains("retry-after: "), "{head}");
    drop((held, second));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_client_is_noticed() {
    let service = Running::start_with(|config| config.limits.ping_every = Duration::from_millis(100)).await;
    let token = service.token().await;
    // It greets, and then reads nothing: no pong goes back.
    let (stream, _) = service.planned(&token).await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut again = service.stream().await;
        again.say(&hello(&token)).await;
        if matches!(again.hear().await, Some(verilume_protocol::stream::ServerMessage::Plan(_))) {
            drop(stream);
            return service.stop().await;
        }
    }
    panic!("it still holds its session");
}

#[test]
fn no_bytes_on_the_socket_stop_the_service() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let service = runtime.block_on(Running::start());
    proptest!(ProptestConfig::with_cases(48), |(
        first in prop::collection::vec(any::<u8>(), 0..200), greets: bool,
        more in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
    )| {
        runtime.block_on(async {
            let mut stream = service.stream().await;
            if greets {
                stream.say(&hello(&service.token().await)).await;
            }
            stream.say_bytes(&first).await;
            for bytes in &more {
                stream.say_bytes(bytes).await;
            }
        });
    });
    runtime.block_on(async {
        assert_eq!(service.request("GET", "/readyz", &[], b"").await.status, 200);
        service.stop().await;
    });
}
