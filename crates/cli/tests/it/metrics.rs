//! What the service tells its operator: what it counts, as Prometheus reads it, and its log.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::configuration::ask;
use crate::endurance::picture;
use crate::service::{Process, key, serve_as, serve_saying};
use crate::support::{command, verilume};

const SESSIONS: &str = "/face/v1.2/detectLiveness-sessions";

#[test]
fn counts_have_routes_and_codes_and_nobody_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = ["--data", data.to_str().unwrap()];
    let key = key("sessions", &store);
    let listen = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let (_process, [url, metrics]) =
        serve_saying(&[&store[..], &listen].concat(), ["listening at ", "metrics at "]);
    let ran =
        verilume(&["capture", "--server", &url, "--key", &key, "--camera", "sim:700007,lux=200", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let missing = "00000000-0000-4000-8000-00000000abcd";
    assert!(ask(&url, "GET", &format!("{SESSIONS}/{missing}"), &key, "").starts_with("HTTP/1.1 404"));
    assert!(ask(&url, "INVENTED", "/nowhere", &key, "").starts_with("HTTP/1.1 4"));
    // The page is on its own listener, and only there.
    assert!(ask(&url, "GET", "/metrics", &key, "").starts_with("HTTP/1.1 404"));
    let page = ask(metrics.strip_suffix("/metrics").unwrap(), "GET", "/metrics", "", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for line in [
        r#"verilume_requests_total{method="POST",route="/face/v1.2/detectliveness-sessions",status="200"} 1"#,
        r#"verilume_refusals_total{at="request",code="SessionNotFound"} 1"#,
        r#"verilume_sessions_total{event="session-created"} 1"#,
        "verilume_streams_open ",
        "verilume_frames_waiting ",
        "verilume_store_write_seconds_count 1",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(
        page.contains("verilume_attempts_total{outcome=")
            && page.contains("verilume_decision_seconds_count ")
    );
    assert!(page.contains(r#"method="other",route="none""#), "{page}");
    let session = ran.json()["session"]["sessionId"].as_str().map(str::to_owned);
    for private in [Some(missing.to_owned()), Some(key), Some("reference-device".to_owned()), session]
        .into_iter()
        .flatten()
    {
        assert!(!page.contains(&private), "{private}: {page}");
    }
}

#[test]
fn the_fullest_log_of_a_whole_check_shows_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let key = key("sessions", &["--data", data]);
    let log = folder.path().join("log");
    let mut serve = command(&["serve", "--data", data, "--listen", "127.0.0.1:0", "--behind-proxy"]);
    serve.env("VERILUME_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
    let (process, [url]) = serve_as(serve, ["listening at "]);
    let body = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"till-of-ann","userCorrelationId":"ann-herself","enableSessionImage":true}"#;
    let created = ureq::post(format!("{url}{SESSIONS}"))
        .header("Ocp-Apim-Subscription-Key", &key)
        .header("X-Forwarded-For", "203.0.113.77")
        .send(body);
    let created: Value = created.unwrap().body_mut().read_json().unwrap();
    let (token, id) = (created["authToken"].as_str().unwrap(), created["sessionId"].as_str().unwrap());
    verilume(&["capture", "--server", &url, "--token", token, "--camera", "sim:700007,lux=200", "--json"]);
    let read = ask(&url, "GET", &format!("{SESSIONS}/{id}"), &key, "");
    let read: Value = serde_json::from_str(read.split_once("\r\n\r\n").unwrap().1).unwrap();
    let attempts = read["results"]["attempts"].as_array().unwrap();
    assert!(!attempts.is_empty(), "frames were sent: {read}");
    let seen = attempts.iter().find_map(|attempt| picture(&url, &key, attempt));
    ask(&url, "GET", &format!("/v1/sessions/{id}/evidence"), &key, "");
    drop(process);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("DEBUG") && log.contains("stream opened"), "it is the fullest log");
    let signature = token.rsplit('.').next().unwrap();
    for private in [&key, token, signature, "till-of-ann", "ann-herself", "203.0.113.77"] {
        assert!(!log.contains(private), "{private}: {}", around(&log, private));
    }
    let seen = seen.unwrap_or_default();
    let middle = seen.get(seen.len() / 2..seen.len() / 2 + 8).unwrap_or_default();
    let bytes: Vec<String> = middle.iter().map(u8::to_string).collect();
    let hex: Vec<String> = middle.iter().map(|byte| format!("{byte:02x}")).collect();
    // Bytes as a debug print, a hexadecimal one or base64 shows them.
    for picture in
        ["255, 216, 255", "ffd8ffe0", "\\xff\\xd8\\xff", "/9j/4AAQ", &bytes.join(", "), &hex.concat()]
    {
        let is_there = !picture.is_empty() && log.to_lowercase().contains(&picture.to_lowercase());
        assert!(!is_there, "{picture}: {}", around(&log.to_lowercase(), &picture.to_lowercase()));
    }
}

/// The line of a log in which something stands.
fn around<'l>(log: &'l str, what: &str) -> &'l str {
    log.lines().find(|line| line.contains(what)).unwrap_or_default()
}

#[test]
fn every_line_about_a_request_has_its_id_and_nothing_that_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let key = key("sessions", &["--data", data]);
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut serve = command(&["serve", "--data", data, "--listen", "127.0.0.1:0", "--log", "json"]);
    let mut process = Process(serve.stdout(Stdio::piped()).stderr(log).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening at ").unwrap();
    let body = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"till-of-ann"}"#;
    let answer = ask(url, "POST", &format!("{SESSIONS}?secret=sesame"), &key, body);
    let id = answer.lines().find_map(|line| line.strip_prefix("apim-request-id: ")).unwrap().trim();
    let token = answer.split("\"authToken\":\"").nth(1).unwrap().split('"').next().unwrap();
    drop(process);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |message: &str| lines.iter().find(|line| line["fields"]["message"] == message).unwrap();
    assert_eq!(said("session created")["span"]["http.request_id"], *id);
    let request = &said("request")["fields"];
    assert_eq!(request["http.request_id"], *id);
    assert_eq!(request["http.route"], "/face/v1.2/detectliveness-sessions");
    for private in [key.as_str(), token, "till-of-ann", "sesame"] {
        assert!(!log.contains(private), "{private}: {log}");
    }
}
