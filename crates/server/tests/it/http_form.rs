//! The stream as single requests.

use std::time::Duration;

use verilume_protocol::stream::{
    Abort, AbortReason, ClientMessage, DecodeLimits, Plan, ProblemMessage, ServerMessage,
};

use crate::support::{Answer, PATIENCE, Running, SESSIONS, Stream, hello};

const GO_ON: &str = "/detectLiveness/singleModal";

pub(crate) fn body(messages: &[ClientMessage]) -> Vec<u8> {
    let mut body = Vec::new();
    for message in messages {
        let bytes = message.encode();
        let mut len = bytes.len();
        while len >= 0x80 {
            body.push(len.to_le_bytes()[0] | 0x80);
            len >>= 7;
        }
        body.push(len.to_le_bytes()[0]);
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
    let going = post(&service, GO_ON, &token, &[Stream::start(plan)]).await;
    let reveals = messages(&going);
    assert!(matches!(reveals[..], [ServerMessage::Reveal(_), ServerMessage::Reveal(_)]), "{reveals:?}");
    let ended = post(&service, "/session/attempt/end", &token, &[Stream::start(plan)]).await;
    assert_eq!((ended.status, ended.header("x-ms-error-code")), (409, Some("message_unexpected")));
    assert!(matches!(messages(&ended)[..], [ServerMessage::Problem(_)]));
    let gone = post(&service, GO_ON, &token, &[ClientMessage::Resume]).await;
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

async fn open(service: &Running, token: &str) -> Box<Plan> {
    let started = post(service, "/session/start", token, &[hello(token)]).await;
    match messages(&started).pop() {
        Some(ServerMessage::Plan(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn problem(answer: &Answer) -> ProblemMessage {
    match messages(answer).pop() {
        Some(ServerMessage::Problem(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_request_and_of_its_hello_are_of_one_session() {
    let service = Running::start().await;
    let (mine, other) = (service.token().await, service.token().await);
    let refused = post(&service, "/session/start", &mine, &[hello(&other)]).await;
    assert_eq!((refused.status, refused.header("x-ms-error-code")), (401, Some("tokenmismatch")));
    assert_eq!(refused.json()["error"]["code"], "TokenMismatch");
    for token in [&mine, &other] {
        assert_eq!(post(&service, GO_ON, token, &[ClientMessage::Resume]).await.status, 404);
        open(&service, token).await;
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_is_told_so() {
    let service = Running::start().await;
    let bearer = format!("Bearer {}", service.token().await);
    let body = vec![0; 2 * DecodeLimits::default().max_message_bytes() + 1];
    let path = "/face/v1.2/session/start";
    let answer = service.request("POST", path, &[("authorization", &bearer)], &body).await;
    assert_eq!((answer.status, answer.header("x-ms-error-code")), (413, Some("message_too_large")));
    assert_eq!(answer.json()["error"]["code"], "message_too_large");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_gives_its_stream_back_and_may_hear_of_it() {
    let service = Running::start_with(|config| {
        config.limits.http_silence = Duration::from_millis(300);
        config.limits.max_streams = 1;
    })
    .await;
    let token = service.token().await;
    open(&service, &token).await;
    let second = service.token().await;
    let full = post(&service, "/session/start", &second, &[hello(&second)]).await;
    assert_eq!((full.status, full.header("retry-after")), (503, Some("5")));
    tokio::time::sleep(Duration::from_secs(3)).await;
    for _ in 0..2 {
        let ended = post(&service, GO_ON, &token, &[ClientMessage::Resume]).await;
        assert_eq!((ended.status, ended.header("x-ms-error-code")), (408, Some("stream_idle")));
        assert!(problem(&ended).is_retryable, "nothing has begun with the token");
    }
    open(&service, &token).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_message_is_a_sign_of_life() {
    let service =
        Running::start_with(|config| config.limits.http_silence = Duration::from_millis(1500)).await;
    let token = service.token().await;
    let plan = open(&service, &token).await;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let alive = post(&service, GO_ON, &token, &[]).await;
        assert_eq!((alive.status, alive.bytes.len()), (200, 0));
    }
    let going = post(&service, GO_ON, &token, &[Stream::start(&plan)]).await;
    assert!(matches!(messages(&going)[..], [ServerMessage::Reveal(_), ServerMessage::Reveal(_)]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_analysis_says_when_to_come_back() {
    let service = Running::start_with(|config| config.attempts_per_worker = 1).await;
    let (mut first, plan) = service.planned(&service.token().await).await;
    first.say(&Stream::start(&plan)).await;
    first.hear().await;
    let token = service.token().await;
    let full = post(&service, "/session/start", &token, &[hello(&token)]).await;
    assert_eq!((full.status, full.header("retry-after")), (503, Some("5")));
    assert_eq!((problem(&full).is_retryable, problem(&full).retry_after_ms), (true, Some(5000)));
    drop(first);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_client_vanished_ends() {
    let service = Running::start().await;
    let created = service.create().await;
    let token = created["authToken"].as_str().unwrap();
    let plan = open(&service, token).await;
    post(&service, GO_ON, token, &[Stream::start(&plan)]).await;
    let path = format!("{SESSIONS}/{}", created["sessionId"].as_str().unwrap());
    let ended = async {
        loop {
            let read = service.with_key("GET", &path, b"").await.json();
            if read["results"]["attempts"][0]["attemptStatus"] == "Failed" {
                return read["results"]["attempts"][0]["error"]["code"].clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, ended).await.expect("it ends"), "stream_idle");
    let told = problem(&post(&service, GO_ON, token, &[]).await);
    assert_eq!((told.counts_as_attempt, told.is_retryable), (true, false));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_lets_an_attempt_in_single_requests_end() {
    let mut service = Running::start().await;
    let created = service.create().await;
    let token = created["authToken"].as_str().unwrap();
    let plan = open(&service, token).await;
    post(&service, GO_ON, token, &[Stream::start(&plan)]).await;
    let another = service.token().await;
    service.tell_to_stop();
    while service.request("GET", "/readyz", &[], b"").await.status == 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ready = service.request("GET", "/readyz", &[], b"").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "stopping\n"));
    assert_eq!(service.request("GET", "/healthz", &[], b"").await.status, 200);
    let late = post(&service, "/session/start", &another, &[hello(&another)]).await;
    assert_eq!((late.status, late.header("retry-after")), (503, Some("5")));
    let alive = post(&service, GO_ON, token, &[]).await;
    assert_eq!((alive.status, alive.bytes.len()), (200, 0));
    let path = format!("{SESSIONS}/{}", created["sessionId"].as_str().unwrap());
    let read = service.with_key("GET", &path, b"").await.json();
    assert_eq!(read["status"], "Running");
    let give_up = Abort { attempt: plan.attempt, reason: AbortReason::UserCanceled, ends_session: true };
    assert_eq!(post(&service, GO_ON, token, &[ClientMessage::Abort(give_up)]).await.status, 200);
    service.stop().await;
}
