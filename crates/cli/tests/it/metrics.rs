//! What the service counts, as Prometheus reads it.

use crate::configuration::ask;
use crate::service::{key, serve_saying};
use crate::support::verilume;

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
        "verilume_streams_open 0",
        "verilume_frames_waiting 0",
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
