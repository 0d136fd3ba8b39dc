//! `verilume serve`, `keys` and `capture`: a service and a device in processes of their own.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};
use verilume_protocol::challenge::{FlashChallenge, FlashProfile};
use verilume_protocol::stream::{
    ClientMessage, DecodeLimits, GuidanceBounds, Plan, PlanLimits, ServerMessage,
};

use crate::configuration::ask;
use crate::service::{service, spawn};
use crate::support::{Ran, media, verilume};

fn capture(url: &str, key: &str, camera: &str) -> Ran {
    verilume(&["capture", "--server", url, "--key", key, "--camera", camera, "--json"])
}

fn decisions(outcome: &Value) -> Vec<&str> {
    let attempts = outcome["session"]["attempts"].as_array().unwrap();
    attempts.iter().filter_map(|attempt| attempt["evidence"]["decision"].as_str()).collect()
}

#[test]
fn a_person_is_real_and_an_attack_is_not() {
    let data = tempfile::tempdir().unwrap();
    let (_process, url, key) = service(data.path());
    // The device runs in real time: on a machine that is busy with other tests, light comes late.
    let is_real = (700_007..700_010).any(|seed| {
        let ran = capture(&url, &key, &format!("sim:{seed},lux=200"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let outcome = ran.json();
        assert_eq!(outcome["terminal"], "finished");
        let attempts = outcome["session"]["attempts"].as_array().unwrap();
        assert!(attempts.iter().any(|attempt| attempt["digest"] == outcome["digest"]), "{outcome}");
        assert!(outcome["bytes_sent_before_gate"].as_u64().unwrap() < 2000, "{outcome}");
        decisions(&outcome).contains(&"realface")
    });
    assert!(is_real);
    let attack = capture(&url, &key, "sim:700008,species=injected-session,lux=200");
    assert!(matches!(attack.code, Some(0 | 6)), "{attack:?}");
    assert!(!decisions(&attack.json()).contains(&"realface"), "{attack:?}");
    // The more of it has been sent, the more frames of it are known.
    let again = || capture(&url, &key, "sim:700008,species=injected-session,lux=200");
    let session = (0..3).find_map(|_| known_again(&again())).expect("frames that were sent before");
    let map = ask(&url, "GET", &format!("/v1/sessions/{session}/attempts/1/gain-map"), &key, "");
    assert!(
        map.starts_with("HTTP/1.1 200") && map.contains("image/svg+xml") && map.ends_with("</svg>"),
        "{map}"
    );
}

#[test]
fn another_person_than_the_reference_is_real_and_not_identical() {
    let data = tempfile::tempdir().unwrap();
    let (_process, url, key) = service(data.path());
    let portrait = media("obama.jpg");
    // The device runs in real time: on a machine that is busy with other tests, light comes late.
    let is_real = (700_007..700_010).any(|seed| {
        let camera = format!("sim:{seed},lux=200");
        let pass = ["capture", "--server", &url, "--key", &key, "--camera", &camera, "--json"];
        let ran = verilume(&[&pass[..], &["--reference", &portrait]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let outcome = ran.json();
        let id = outcome["session"]["sessionId"].as_str().unwrap();
        let session =
            ask(&url, "GET", &format!("/face/v1.2/detectLivenessWithVerify-sessions/{id}"), &key, "");
        let (_, body) = session.split_once("\r\n\r\n").unwrap();
        let session: Value = serde_json::from_str(body).unwrap();
        assert_eq!(session["status"], "Succeeded", "{session}");
        let attempts = session["results"]["attempts"].as_array().unwrap();
        attempts.iter().any(|attempt| {
            let verify = &attempt["result"]["verifyResult"];
            assert_eq!(verify["isIdentical"], false, "{attempt}");
            assert!(verify["matchConfidence"].as_f64().unwrap() < 0.5, "{attempt}");
            attempt["result"]["livenessDecision"] == "realface"
        })
    });
    assert!(is_real);
}

/// The session, if frames that another one sent were known in it.
#[track_caller]
fn known_again(ran: &Ran) -> Option<String> {
    let outcome = ran.json();
    let attempts = outcome["session"]["attempts"].as_array()?;
    let known = attempts.iter().find(|attempt| attempt["livenessDecision"] == "spoofface")?;
    assert_eq!(known["evidence"]["reasons"][0]["code"], "frames_of_another_session");
    let rules = known["abuseMonitoring"]["rules"].as_array().unwrap();
    assert!(
        rules.iter().any(|rule| rule["rule"] == "replayed_capture" && rule["fired"] == true),
        "{rules:?}"
    );
    outcome["session"]["sessionId"].as_str().map(str::to_owned)
}

#[test]
fn a_video_that_shows_no_colours_is_not_real() {
    let data = tempfile::tempdir().unwrap();
    let (_process, url, key) = service(data.path());
    let ran = capture(&url, &key, &format!("video:{}", media("carphone.mp4")));
    let outcome = ran.json();
    assert!(!decisions(&outcome).contains(&"realface"), "{outcome}");
    // The face is too small for the gate: nothing of the film has left the device.
    assert_eq!((ran.code, &outcome["attempts"]), (Some(6), &Value::from(0)), "{outcome}");
    assert_eq!(outcome["bytes_sent"], outcome["bytes_sent_before_gate"]);
}

#[test]
fn without_a_service_there_is_a_clear_answer() {
    let ran = capture("http://127.0.0.1:1", "key", "sim:1");
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert_eq!(ran.json()["error"]["code"], "service_unusable");
    let ran = verilume(&["capture", "--server", "http://127.0.0.1:1", "--token", "t", "--camera", "sim:1"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("verilume serve"), "{}", ran.stderr);
}

#[test]
fn who_never_looks_sends_nothing_but_a_hello() {
    let kinds = |messages: &[ClientMessage]| -> Vec<String> {
        messages
            .iter()
            .map(|message| format!("{message:?}").chars().take_while(|c| c.is_alphabetic()).collect())
            .collect()
    };
    // A person who looks is noticed within this time, whatever else the machine does.
    let looking = listen_to("sim:700007,lux=200", Duration::from_secs(60));
    assert_eq!(kinds(&looking), ["Hello", "AttemptStart"]);
    let turned_away = listen_to("sim:700007,lux=200,turned=45", Duration::from_secs(8));
    assert_eq!(kinds(&turned_away), ["Hello"]);
}

/// What a device says to a service that answers with a plan, until its attempt starts or time is over.
fn listen_to(camera: &str, within: Duration) -> Vec<ClientMessage> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let _device = spawn(&["capture", "--server", &url, "--token", "t", "--camera", camera]);
    let (tcp, _) = listener.accept().unwrap();
    let mut socket = tungstenite::accept(tcp).unwrap();
    let mut heard = vec![next(&mut socket).unwrap()];
    socket.send(Message::binary(plan())).unwrap();
    socket.get_ref().set_read_timeout(Some(within)).unwrap();
    while let Some(message) = next(&mut socket) {
        let is_start = matches!(message, ClientMessage::AttemptStart(_));
        heard.push(message);
        if is_start {
            break;
        }
    }
    heard
}

/// The next message; `None` once nothing comes any more.
fn next(socket: &mut WebSocket<TcpStream>) -> Option<ClientMessage> {
    loop {
        match socket.read().ok()? {
            Message::Binary(bytes) => {
                return Some(ClientMessage::decode(&bytes, &DecodeLimits::default()).unwrap());
            }
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

fn plan() -> Vec<u8> {
    let challenge = verilume_sim::random_challenge(FlashProfile::standard(), 1);
    let commitments = FlashChallenge::commitments(&challenge);
    let plan = Plan {
        session_id: "session".to_owned(),
        attempt: 1,
        attempts_left: 1,
        profile: FlashProfile::standard(),
        commitments,
        limits: PlanLimits::default(),
        guidance: GuidanceBounds::default(),
    };
    ServerMessage::Plan(Box::new(plan)).encode().into_vec()
}
