//! Azure's own clients, unmodified, against `verilume serve`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::capture::service;
use crate::support::{Ran, verilume};

/// Where the clients are installed, once.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("azure-clients").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/azure").join(name)
}

#[track_caller]
fn install(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
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

#[test]
fn the_python_client_works_unmodified() {
    let packages = folder("python");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
    install(pip.arg(&packages).arg("-r").arg(source("requirements.txt")));
    let mut app_server = Command::new("python3");
    app_server.arg(source("app_server.py")).env("PYTHONPATH", &packages);
    check(app_server);
}

#[test]
fn the_javascript_client_works_unmodified() {
    // Modules are looked for beside the program.
    let packages = folder("node");
    for name in ["package.json", "app_server.mjs"] {
        std::fs::copy(source(name), packages.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    install(npm.args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&packages));
    let mut app_server = Command::new("node");
    app_server.arg(packages.join("app_server.mjs"));
    check(app_server);
}
