//! Programs of others against `verilume serve`: Azure's own clients, unmodified, and a tester of interfaces.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::capture::{service, service_for};
use crate::support::{Ran, verilume};

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

/// A session that the app server creates and a simulated person answers; what the app server reads in the end.
#[track_caller]
fn check(mut app_server: Command) {
    let data = tempfile::tempdir().unwrap();
    let (_service, url, key) = service(data.path());
    let mut process = app_server
        .args([&url, &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let token = lines.next().expect("a token; what went wrong stands above").unwrap();
    let device = device(&url, &token);
    writeln!(process.stdin.take().unwrap(), "done").unwrap();
    let told = lines.next().expect("a result; what went wrong stands above").unwrap();
    assert!(process.wait().unwrap().success());
    let told: Value = serde_json::from_str(&told).unwrap();
    // A machine that is busy with other tests shows its light late: the person may not be recognised.
    assert!(matches!(told["decision"].as_str(), Some("realface" | "uncertain")), "{told}");
    assert_eq!(told["digest"], device["digest"], "the app server and the device have the same digest");
    assert!(told["width"].as_u64().unwrap() > 50, "{told}");
}

fn device(url: &str, token: &str) -> Value {
    let args = ["capture", "--server", url, "--token", token, "--camera", "sim:700007,lux=200", "--json"];
    let ran: Ran = verilume(&args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
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
    let mut app_server = python("python", "requirements.txt");
    app_server.arg(source("app_server.py"));
    check(app_server);
}

#[test]
fn the_interface_does_as_it_says() {
    let data = tempfile::tempdir().unwrap();
    let (_service, url, key) = service_for(data.path(), "sessions,read,admin");
    let mut tester = python("schemathesis", "schemathesis.txt");
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
    ]);
    let output = tester.current_dir(data.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_javascript_client_works_unmodified() {
    // Modules are looked for beside the program.
    let packages = folder("node");
    for name in ["package.json", "app_server.mjs"] {
        std::fs::copy(source(name), packages.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&packages);
    install(&source("package.json"), &packages, &mut npm);
    let mut app_server = Command::new("node");
    app_server.arg(packages.join("app_server.mjs"));
    check(app_server);
}
