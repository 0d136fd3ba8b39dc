//! `verilume config`, and `serve` and `keys` with what it says.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::cluster::Server;
use crate::service::{key, serve};
use crate::support::{command, file, verilume};

const PASSWORD: &str = "hunter2";

#[test]
fn values_come_from_the_highest_layer_and_secrets_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        file(&folder, "verilume.toml", b"[server]\nlisten = \"127.0.0.1:1\"\n[analysis]\njobs = 2\n");
    let output = command(&["config", "show", "--json", "--config", &config])
        .env("VERILUME__ANALYSIS__JOBS", "3")
        .env("VERILUME_DATABASE_URL", format!("postgres://a:{PASSWORD}@localhost/b"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(PASSWORD), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    let check = |key: &str, value: Value, from: &str| {
        assert_eq!((&shown[key]["value"], shown[key]["from"].as_str()), (&value, Some(from)), "{key}");
    };
    check("server.listen", "127.0.0.1:1".into(), &config);
    check("analysis.jobs", 3.into(), "VERILUME__ANALYSIS__JOBS");
    check("analysis.operating_point", "balanced".into(), "default");
    check("store.database_url", "set".into(), "VERILUME_DATABASE_URL");
}

#[test]
fn what_is_wrong_is_all_told_at_once_with_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = b"[server]\nlisten = \"here\"\n[analysis]\njobs = 900\noperating_point = \"lax\"\n[log]\nlevel = \"inof\"\n";
    let wrong = file(&folder, "wrong.toml", wrong);
    let ran = verilume(&["config", "check", &wrong]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    for key in ["server.listen", "analysis.jobs", "analysis.operating_point", "log.level"] {
        assert!(ran.stderr.contains(&format!("{wrong}: {key} must be ")), "{key}: {}", ran.stderr);
    }
    let unknown = file(&folder, "unknown.toml", b"[server]\nlisten_on = \"127.0.0.1:1\"\n");
    let ran = verilume(&["serve", "--config", &unknown]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("no key server.listen_on; server.listen is one"), "{}", ran.stderr);
    let ran = verilume(&["config", "check", folder.path().join("missing.toml").to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    // What `config default` prints is a right file.
    let defaults = file(&folder, "default.toml", verilume(&["config", "default"]).stdout.as_bytes());
    assert_eq!(verilume(&["config", "check", &defaults]).code, Some(0));
}

/// The networks that are built in, declared as if they were an operator's own.
fn own_networks(folder: &tempfile::TempDir, metric: &str) -> (String, String) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models").canonicalize().unwrap();
    let texture = json!({ "networks": [{
        "name": "own", "file": models.join("minifasnet_v2.onnx"), "side": 80, "crop_scale": 2.7, "channels": "bgr",
        "classes": 3, "live_class": 1
    }] });
    let embedder = json!({
        "name": "own", "file": models.join("dlib_resnet.onnx"), "side": 150, "template": "dlib", "dimensions": 128,
        "metric": metric
    });
    let written = |name: &str, declared: &Value| file(folder, name, declared.to_string().as_bytes());
    (written("texture.json", &texture), written("embedder.json", &embedder))
}

#[test]
fn the_networks_are_those_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let (texture, embedder) = own_networks(&folder, "euclidean");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../recognition/src/calibration/dlib_resnet.json");
    let with = |texture: &str, embedder: &str, calibration: &str| {
        let text = format!(
            "[analysis]\njobs = 1\nstill_jobs = 1\ntexture_model = {texture:?}\n\
             [recognition]\nembedder = {embedder:?}\ncalibration = {calibration:?}\n"
        );
        file(&folder, "verilume.toml", text.as_bytes())
    };
    let key = key("sessions", &["--data", data]);
    let config = with(&texture, &embedder, shipped);
    let store = ["--data", data, "--config", config.as_str(), "--listen", "127.0.0.1:0"];
    let (_service, url) = serve(&store);
    assert!(ask(&url, "GET", "/readyz", &key, "").starts_with("HTTP/1.1 200"));
    for (texture, embedder, calibration, named) in [
        ("no-texture.json", embedder.as_str(), shipped, "no-texture.json"),
        (texture.as_str(), "no-embedder.json", shipped, "no-embedder.json"),
        (texture.as_str(), embedder.as_str(), "no-calibration.json", "no-calibration.json"),
    ] {
        with(texture, embedder, calibration);
        for ran in [verilume(&[&["serve"], &store[..]].concat()), verilume(&["doctor", "--config", &config])]
        {
            assert!(matches!(ran.code, Some(1 | 3)), "{ran:?}");
            assert!(format!("{}{}", ran.stdout, ran.stderr).contains(named), "{ran:?}");
        }
    }
}

#[test]
fn a_network_that_faces_are_compared_by_needs_its_calibration() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_texture, embedder) = own_networks(&folder, "cosine");
    let text = format!("[recognition]\nembedder = {embedder:?}\n");
    let config = file(&folder, "verilume.toml", text.as_bytes());
    let ran = verilume(&["serve", "--data", data.to_str().unwrap(), "--config", &config]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("no calibration of faces that was fitted with own"), "{}", ran.stderr);
    assert!(ran.stderr.contains("recognition.calibration"), "{}", ran.stderr);
}

#[test]
fn a_database_that_cannot_be_had_is_told_without_its_password() {
    let url = format!("postgres://a:{PASSWORD}@127.0.0.1:1/b");
    for url in [url.as_str(), "mysql://a:hunter2@127.0.0.1/b"] {
        let ran = verilume(&["keys", "create", "--scope", "read", "--database-url", url]);
        assert!(matches!(ran.code, Some(2 | 5)), "{ran:?}");
        assert!(!ran.stderr.contains(PASSWORD) && !ran.stdout.contains(PASSWORD), "{ran:?}");
        assert!(ran.stderr.to_lowercase().contains("postgres"), "{}", ran.stderr);
    }
    let ran = verilume(&["serve"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--data DIR") && ran.stderr.contains("--database-url"), "{}", ran.stderr);
}

#[test]
fn two_services_on_one_postgres_serve_the_same_sessions() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(server.create("verilume_cli"));
    let store = ["--database-url", url.as_str()];
    let key = key("sessions", &store);
    let (_one, one) = serve(&[&store[..], &["--listen", "127.0.0.1:0"]].concat());
    let (_two, two) = serve(&[&store[..], &["--listen", "127.0.0.1:0"]].concat());
    let sessions = "/face/v1.2/detectLiveness-sessions";
    let body = r#"{"livenessOperationMode":"Passive","deviceCorrelationId":"till"}"#;
    let created = ask(&one, "POST", sessions, &key, body);
    assert!(created.starts_with("HTTP/1.1 200"), "{created}");
    let answer: Value = serde_json::from_str(created.split_once("\r\n\r\n").unwrap().1).unwrap();
    let session = format!("{sessions}/{}", answer["sessionId"].as_str().unwrap());
    let read = ask(&two, "GET", &session, &key, "");
    assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    assert!(ask(&two, "DELETE", &session, &key, "").starts_with("HTTP/1.1 204"));
    assert!(ask(&one, "GET", &session, &key, "").starts_with("HTTP/1.1 404"));
}

/// One request on a connection of its own; the whole answer.
pub(crate) fn ask(url: &str, method: &str, path: &str, key: &str, body: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nOcp-Apim-Subscription-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
