//! Programs of others against `verilume serve`: Azure's own clients, unmodified, and a tester of interfaces.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::service::{Process, key, serve, service, service_for};
use crate::support::{computing, verilume};

/// Where the clients are installed, once.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients").join(name)
}

/// Runs a package client, unless it has installed this list into this folder before.
#[track_caller]
fn install(list: &Path, folder: &Path, command: &mut Command) {
    let (wanted, installed) = (std::fs::read(list).unwrap(), folder.join("installed"));
    if std::fs::read(&installed).is_ok_and(|list| list == wanted) {
        return;
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(installed, wanted).unwrap();
}

/// A device in real time may miss its light on a machine that is busy with other tests: then nothing is decided.
const TRIES: usize = 4;

/// A session that the app server creates and a simulated person answers; what the app server reads in the end.
#[track_caller]
fn check(app_server: impl Fn() -> Command) {
    let data = tempfile::tempdir().unwrap();
    let (_service, url, key) = service(data.path());
    let told = (0..TRIES).find_map(|_| converse(app_server().args([&url, &key]), &url));
    let (told, device) = told.expect("a check that is decided");
    assert!(matches!(told["decision"].as_str(), Some("realface" | "uncertain")), "{told}");
    assert_eq!(told["digest"], device["digest"], "the app server and the device have the same digest");
    assert!(told["width"].as_u64().unwrap() > 50, "{told}");
}

/// What the app server and the device told; `None` if nothing was decided.
#[track_caller]
fn converse(app_server: &mut Command, url: &str) -> Option<(Value, Value)> {
    let piped = app_server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut process = Process(piped.spawn().unwrap());
    let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
    let token = lines.next().expect("a token; what went wrong stands above").unwrap();
    let device = device(url, &token)?;
    writeln!(process.0.stdin.take().unwrap(), "done").unwrap();
    let told = lines.next().expect("a result; what went wrong stands above").unwrap();
    assert!(process.0.wait().unwrap().success());
    Some((serde_json::from_str(&told).unwrap(), device))
}

fn device(url: &str, token: &str) -> Option<Value> {
    let args = ["capture", "--server", url, "--token", token, "--camera", "sim:700007,lux=200", "--json"];
    let ran = verilume(&args);
    (ran.code == Some(0)).then(|| ran.json())
}

/// Python with the packages of a list.
fn python(name: &str, requirements: &str) -> Command {
    let packages = folder(name);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
    let list = source(requirements);
    install(&list, &packages, pip.arg(&packages).arg("-r").arg(&list));
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", &packages);
    python
}

#[test]
fn the_python_client_works_unmodified() {
    check(|| {
        let mut app_server = python("python", "requirements.txt");
        app_server.arg(source("app_server.py"));
        app_server
    });
}

#[test]
fn people_are_enrolled_and_identified_by_the_python_client() {
    let data = tempfile::tempdir().unwrap();
    let store = ["--data", data.path().to_str().unwrap()];
    let file = data.path().join("identify.toml");
    std::fs::write(&file, "[identification]\nenabled = true\n").unwrap();
    let config = ["--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let (_process, url) = serve(&[&store[..], &config].concat());
    let key = key("faces,identify", &store);
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media");
    let _computing = computing();
    // A folder of its own: tests run side by side.
    let mut app_server = python("python-people", "requirements.txt");
    app_server.arg(source("people.py")).args([&url, &key]);
    app_server.args(["obama.jpg", "obama2.jpg", "biden.jpg"].map(|name| media.join(name)));
    let output = app_server.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_python_clients_of_pictures_work_unmodified() {
    let data = tempfile::tempdir().unwrap();
    let (_service, url, key) = service_for(data.path(), "sessions,faces");
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media");
    let mut app_server = python("pictures", "pictures.txt");
    app_server.arg(source("faces.py")).args([&url, &key]).arg(media);
    let output = app_server.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_interface_does_as_it_says() {
    let data = tempfile::tempdir().unwrap();
    let (_service, url, key) = service_for(data.path(), "sessions,read,admin,faces,identify");
    let mut tester = python("schemathesis", "schemathesis.txt");
    let _computing = computing();
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    tester.args(["-m", "schemathesis.cli", "run", &format!("{url}/openapi.json"), "--checks", checks]);
    // The same cases every time.
    tester.args([
        "--header",
        &format!("Ocp-Apim-Subscription-Key: {key}"),
        "--seed",
        "1",
        "--max-examples",
        "10",
        // Good data and bad.
        "--mode",
        "all",
    ]);
    let output = tester.current_dir(data.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_javascript_client_works_unmodified() {
    let program = node("node", "app_server.mjs");
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media/obama.jpg");
    check(|| {
        let mut app_server = Command::new("node");
        app_server.arg(&program).env("REFERENCE_PICTURE", &picture);
        app_server
    });
}

#[test]
fn the_javascript_client_works_over_tls() {
    // A folder of its own: tests run side by side.
    let program = node("node-tls", "over_tls.mjs");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = ["--data", data.to_str().unwrap()];
    let key = key("sessions", &store);
    let tls = ["--listen", "127.0.0.1:0", "--tls-self-signed"];
    let (_process, url) = serve(&[&store[..], &tls].concat());
    let mut app_server = Command::new("node");
    app_server.arg(program).args([&url, &key]);
    let output = app_server.env("NODE_EXTRA_CA_CERTS", data.join("tls-certificate.pem")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A program for Node beside its packages, where its modules are looked for.
fn node(name: &str, program: &str) -> PathBuf {
    let packages = folder(name);
    for name in ["package.json", program] {
        std::fs::copy(source(name), packages.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&packages);
    install(&source("package.json"), &packages, &mut npm);
    packages.join(program)
}
