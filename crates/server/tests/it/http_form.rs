//! The stream as single requests.

use verilume_protocol::stream::{ClientMessage, DecodeLimits, ServerMessage};

use crate::support::{Answer, Running, Stream, hello};

fn body(messages: &[ClientMessage]) -> Vec<u8> {
    let mut body = Vec::new();
    for message in messages {
        let bytes = message.encode();
        let mut len = bytes.len();
        while len >= 0x80 {
            body.push((len & 0x7f) as u8 | 0x80);
            len >>= 7;
        }
        body.push(len as u8);
        body.extend_from_slice(bytes.as_bytes());
    }
    body
}

fn messages(answer: &Answer) -> Vec<ServerMessage> {
    let (mut rest, mut messages) = (answer.bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (mut len, mut shift) = (0, 0);
        loop {
            let byte = rest[0];
            rest = &rest[1..];
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        messages.push(ServerMessage::decode(&rest[..len], &DecodeLimits::default()).unwrap());
        rest = &rest[len..];
    }
    messages
}

async fn post(service: &Running, path: &str, token: &str, said: &[ClientMessage]) -> Answer {
    let bearer = format!("Bearer {token}");
    service.request("POST", &format!("/face/v1.2{path}"), &[("authorization", &bearer)], &body(said)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_messages_go_as_requests() {
    let service = Running::start().await;
    let token = service.token().await;
    let started = post(&service, "/session/start", &token, &[hello(&token)]).await;
    assert_eq!(started.status, 200);
    let [ServerMessage::Plan(plan)] = &messages(&started)[..] else { panic!("{started:?}") };
    let again = post(&service, "/session/start", &token, &[hello(&token)]).await;
    assert_eq!((again.status, again.header("x-ms-error-code")), (409, Some("token_used")));
    let going = post(&service, "/detectLiveness/singleModal", &token, &[Stream::start(plan)]).await;
    let reveals = messages(&going);
    assert!(matches!(reveals[..], [ServerMessage::Reveal(_), ServerMessage::Reveal(_)]), "{reveals:?}");
    let ended = post(&service, "/session/attempt/end", &token, &[Stream::start(plan)]).await;
    assert_eq!((ended.status, ended.header("x-ms-error-code")), (409, Some("message_unexpected")));
    assert!(matches!(messages(&ended)[..], [ServerMessage::Problem(_)]));
    let gone = post(&service, "/detectLiveness/singleModal", &token, &[ClientMessage::Resume]).await;
    assert_eq!(gone.status, 404);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_or_a_message_nothing_begins() {
    let service = Running::start().await;
    let token = service.token().await;
    let path = "/face/v1.2/session/start";
    let said = body(&[hello(&token)]);
    assert_eq!(service.request("POST", path, &[], &said).await.status, 401);
    assert_eq!(service.with_key("POST", path, &said).await.status, 401, "a key is no token");
    let bearer = format!("Bearer {token}");
    for bytes in [&b"{}"[..], b"", &[5, 1]] {
        let answer = service.request("POST", path, &[("authorization", &bearer)], bytes).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    service.stop().await;
}
