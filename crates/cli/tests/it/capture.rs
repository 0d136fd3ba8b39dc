//! `verilume serve`, `keys` and `capture`: a service and a device in processes of their own.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};
use verilume_protocol::challenge::{FlashChallenge, FlashProfile};
use verilume_protocol::stream::{
    ClientMessage, DecodeLimits, GuidanceBounds, Plan, PlanLimits, ServerMessage,
};

use crate::support::{Ran, command, media, verilume};

/// A process that ends with the test.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn spawn(args: &[&str]) -> Process {
    Process(command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
}

/// A running service, its address and a key.
pub(crate) fn service(data: &Path) -> (Process, String, String) {
    service_for(data, "sessions")
}

/// The same with a key of these scopes.
pub(crate) fn service_for(data: &Path, scopes: &str) -> (Process, String, String) {
    let data = data.to_str().unwrap();
    let key = verilume(&["keys", "create", "--scope", scopes, "--data", data]);
    let key = key.stdout.lines().last().unwrap().to_owned();
    let mut process = spawn(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening at ").unwrap().to_owned();
    (process, url, key)
}

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
