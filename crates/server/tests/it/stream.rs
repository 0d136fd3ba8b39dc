//! The capture stream over a WebSocket.

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use verilume_frame::Timestamp;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{Abort, AbortReason, ClientMessage, Phase, ServerMessage, SlotEnd};

use crate::support::{Running, SESSIONS, Stream, frame, grey_jpeg, hello};

async fn attempts(service: &Running, session: &str) -> serde_json::Value {
    let read = service.with_key("GET", &format!("{SESSIONS}/{session}"), b"").await;
    read.json()["results"]["attempts"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_brings_a_plan_and_a_start_two_reveals() {
    let service = Running::start().await;
    let created = service.create().await;
    let session = created["sessionId"].as_str().unwrap();
    let (mut stream, plan) = service.planned(created["authToken"].as_str().unwrap()).await;
    assert_eq!((plan.session_id.as_str(), plan.attempt, plan.attempts_left), (session, 1, 3));
    stream.say(&Stream::start(&plan)).await;
    for slot in 0..2 {
        let Some(ServerMessage::Reveal(reveal)) = stream.hear().await else { panic!("a reveal") };
        assert_eq!(reveal.slot.slot(), slot);
        assert!(plan.commitments[slot as usize].verifies(&reveal.slot));
    }
    let running = attempts(&service, session).await;
    assert_eq!(running, json!([{ "attemptId": 1, "attemptStatus": "Running" }]));

    drop(stream);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_ends_its_attempt() {
    let service = Running::start().await;
    let created = service.create().await;
    let session = created["sessionId"].as_str().unwrap();
    let (mut stream, plan) = service.planned(created["authToken"].as_str().unwrap()).await;
    stream.say(&Stream::start(&plan)).await;
    stream.hear().await;
    drop(stream);
    for _ in 0..100 {
        let attempts = attempts(&service, session).await;
        if attempts[0]["attemptStatus"] == "Failed" {
            assert_eq!(attempts[0]["error"]["code"], "interrupted");
            return service.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the attempt still runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_serves_one_stream() {
    let service = Running::start().await;
    let token = service.token().await;
    let (mut first, plan) = service.planned(&token).await;
    let mut second = service.stream().await;
    second.say(&hello(&token)).await;
    assert_eq!(second.problem().await.code, ErrorCode::TokenUsed.as_str(), "beside the first");
    first.say(&Stream::start(&plan)).await;
    first.hear().await;
    let abort = Abort { attempt: 1, reason: AbortReason::UserCanceled, ends_session: true };
    first.say(&ClientMessage::Abort(abort)).await;
    while first.hear().await.is_some() {}
    let mut third = service.stream().await;
    third.say(&hello(&token)).await;
    assert_eq!(third.problem().await.code, ErrorCode::TokenUsed.as_str(), "after the first");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_broke_before_it_began_may_be_opened_again() {
    let service = Running::start().await;
    let token = service.token().await;
    drop(service.planned(&token).await);
    for _ in 0..100 {
        let mut again = service.stream().await;
        again.say(&hello(&token)).await;
        if matches!(again.hear().await, Some(ServerMessage::Plan(_))) {
            return service.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the token is still taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_or_of_an_erased_session_is_refused() {
    let service = Running::start().await;
    let mut stream = service.stream().await;
    stream.say(&hello("no.token.atall")).await;
    assert_eq!(stream.problem().await.code, "InvalidToken");
    let created = service.create().await;
    let path = format!("{SESSIONS}/{}", created["sessionId"].as_str().unwrap());
    assert_eq!(service.with_key("DELETE", &path, b"").await.status, 204);
    let mut stream = service.stream().await;
    stream.say(&hello(created["authToken"].as_str().unwrap())).await;
    assert_eq!(stream.problem().await.code, "SessionNotFound");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_other_frames_ends_the_attempt_and_is_told_to_the_app_server() {
    let service = Running::start().await;
    let created = service.create().await;
    let (mut stream, plan) = service.planned(created["authToken"].as_str().unwrap()).await;
    stream.say(&Stream::start(&plan)).await;
    stream.say(&frame(0, Phase::Hold, grey_jpeg(1))).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let (shown_at, ended_at) = (Timestamp::from_millis(1000), Timestamp::from_millis(1330));
    stream.say(&ClientMessage::SlotEnd(SlotEnd { slot: 0, shown_at, ended_at, chain_head: [7; 32] })).await;
    assert_eq!(stream.problem().await.code, "chain_mismatch");
    let attempts = attempts(&service, created["sessionId"].as_str().unwrap()).await;
    assert_eq!(attempts[0]["attemptStatus"], "Failed");
    assert_eq!(attempts[0]["error"]["code"], "chain_mismatch");
    assert!(attempts[0]["error"]["targets"]["color"]["faceRectangle"]["width"].is_i64());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_a_slot_that_is_not_shown_yet_is_refused() {
    let service = Running::start().await;
    let (mut stream, plan) = service.planned(&service.token().await).await;
    stream.say(&Stream::start(&plan)).await;
    stream.say(&frame(0, Phase::Slot(1), grey_jpeg(1))).await;
    assert_eq!(stream.problem().await.code, "slot_not_revealed");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_no_picture_is_refused() {
    let service = Running::start().await;
    let (mut stream, plan) = service.planned(&service.token().await).await;
    stream.say(&Stream::start(&plan)).await;
    stream.say(&frame(0, Phase::Hold, vec![1, 2, 3])).await;
    // The analysis hears of it at its own time; the stream at the next frame.
    for sequence in 1..200 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        stream.say(&frame(sequence, Phase::Hold, grey_jpeg(sequence.to_le_bytes()[0]))).await;
        if tokio::time::timeout(std::time::Duration::from_millis(1), async {
            loop {
                if let Some(ServerMessage::Problem(problem)) = stream.hear().await {
                    return problem;
                }
            }
        })
        .await
        .is_ok_and(|problem| problem.code == "frame_undecodable")
        {
            return service.stop().await;
        }
    }
    panic!("it was taken for a picture");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_cancels_the_session() {
    let service = Running::start().await;
    let created = service.create().await;
    let (mut stream, _) = service.planned(created["authToken"].as_str().unwrap()).await;
    let abort = Abort { attempt: 1, reason: AbortReason::UserCanceled, ends_session: true };
    stream.say(&ClientMessage::Abort(abort)).await;
    assert!(stream.hear().await.is_none());
    let path = format!("{SESSIONS}/{}", created["sessionId"].as_str().unwrap());
    assert_eq!(service.with_key("GET", &path, b"").await.json()["status"], "Canceled");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_before_an_attempt_begins() {
    let service = Running::start_with(|config| config.attempts_per_worker = 1).await;
    let (mut first, plan) = service.planned(&service.token().await).await;
    let token = service.token().await;
    let (mut second, second_plan) = service.planned(&token).await;
    first.say(&Stream::start(&plan)).await;
    first.hear().await;
    second.say(&Stream::start(&second_plan)).await;
    let problem = second.problem().await;
    assert_eq!((problem.code.as_str(), problem.is_retryable), ("overloaded", true));
    assert!(problem.retry_after_ms.is_some_and(|millis| millis >= 1000));
    let mut third = service.stream().await;
    third.say(&hello(&service.token().await)).await;
    assert_eq!(third.problem().await.code, "overloaded");
    // The refused token is still good.
    drop(first);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut again = service.stream().await;
        again.say(&hello(&token)).await;
        if matches!(again.hear().await, Some(ServerMessage::Plan(_))) {
            return service.stop().await;
        }
    }
    panic!("no room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_stored() {
    let service = Running::start().await;
    let created = service.create().await;
    let (mut stream, plan) = service.planned(created["authToken"].as_str().unwrap()).await;
    stream.say(&Stream::start(&plan)).await;
    stream.say_bytes(b"\xff\xff\xff").await;
    let problem = stream.problem().await;
    assert_eq!(problem.code, "message_invalid");
    assert_eq!((problem.counts_as_attempt, problem.is_retryable), (true, false), "whatever the table says");
    let session = created["sessionId"].as_str().unwrap();
    let attempts = attempts(&service, session).await;
    assert_eq!(attempts[0]["attemptStatus"], "Failed");
    assert_eq!(attempts[0]["error"]["code"], "message_invalid");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_back_with_a_token_that_is_used() {
    let service = Running::start_with(|config| config.attempts_per_worker = 1).await;
    let token = service.token().await;
    let (mut stream, plan) = service.planned(&token).await;
    let (mut other, others_plan) = service.planned(&service.token().await).await;
    stream.say(&Stream::start(&plan)).await;
    for _ in 0..2 {
        assert!(matches!(stream.hear().await, Some(ServerMessage::Reveal(_))));
    }
    // It costs an attempt, and leaves two.
    let abort = Abort { attempt: 1, reason: AbortReason::SeveralFaces, ends_session: false };
    stream.say(&ClientMessage::Abort(abort)).await;
    let Some(ServerMessage::Plan(second)) = stream.hear().await else { panic!("a plan") };
    assert_eq!(second.attempts_left, 2);
    // The analysis forgets the first attempt at its own time.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    other.say(&Stream::start(&others_plan)).await;
    assert!(matches!(other.hear().await, Some(ServerMessage::Reveal(_))));
    stream.say(&Stream::start(&second)).await;
    let problem = stream.problem().await;
    assert_eq!((problem.code.as_str(), problem.is_retryable), ("overloaded", false));
    assert_eq!((problem.retry_after_ms, problem.counts_as_attempt), (None, false));
    let mut again = service.stream().await;
    again.say(&hello(&token)).await;
    assert_eq!(again.problem().await.code, "token_used");
    drop(other);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_camera_is_not_kept() {
    let service = Running::start().await;
    let created = service.create().await;
    let ClientMessage::Hello(mut hello) = hello(created["authToken"].as_str().unwrap()) else { panic!() };
    hello.camera.label = "Ada's webcam".into();
    hello.device.platform = "test".into();
    let mut stream = service.stream().await;
    stream.say(&ClientMessage::Hello(hello)).await;
    let Some(ServerMessage::Plan(plan)) = stream.hear().await else { panic!("a plan") };
    stream.say(&Stream::start(&plan)).await;
    stream.hear().await;
    let path = format!("/v1/sessions/{}/evidence", created["sessionId"].as_str().unwrap());
    let evidence = service.with_key("GET", &path, b"").await.body;
    assert!(evidence.contains("\"platform\":\"test\"") && !evidence.contains("Ada"), "{evidence}");
    drop(stream);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_tells_its_streams() {
    let service = Running::start().await;
    let (mut stream, _) = service.planned(&service.token().await).await;
    let stopping = tokio::spawn(service.stop());
    let problem = stream.problem().await;
    assert_eq!((problem.code.as_str(), problem.is_retryable), ("overloaded", true));
    drop(stream.socket.send(Message::Close(None)).await);
    stopping.await.unwrap();
}
