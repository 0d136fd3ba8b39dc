//! `verilume backup`, `restore` and `erase` beside a running service.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::endurance::{Acknowledged, attempt, check, picture};
use crate::service::service;
use crate::support::{alone, command, verilume};

/// Creates a session of a device; its id and token.
fn create(url: &str, key: &str, device: &str) -> (String, String) {
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": device });
    let request = ureq::post(format!("{url}/face/v1.2/detectLiveness-sessions"));
    let mut answer = request.header("Ocp-Apim-Subscription-Key", key).send_json(body).unwrap();
    let created: Value = answer.body_mut().read_json().unwrap();
    (created["sessionId"].as_str().unwrap().to_owned(), created["authToken"].as_str().unwrap().to_owned())
}

fn token_of(url: &str, key: &str, id: &str) -> Option<String> {
    let request = ureq::get(format!("{url}/face/v1.2/detectLiveness-sessions/{id}"));
    let mut answer = request.header("Ocp-Apim-Subscription-Key", key).call().ok()?;
    let read: Value = answer.body_mut().read_json().unwrap();
    Some(read["authToken"].as_str().unwrap().to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_under_load_is_restored_elsewhere_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy, file) =
        (folder.path().join("data"), folder.path().join("copy"), folder.path().join("b"));
    let (service_process, url, key) = service(&data);
    let (id, token) = create(&url, &key, "device");
    let (result, seen) =
        (740_000..740_006).find_map(|seed| kept(&url, &key, seed)).expect("a session that is decided");
    // As a service with a certificate of its own has it.
    std::fs::write(data.join("tls-self-signed.pem"), "a certificate and its key").unwrap();
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            while !enough.load(Ordering::Relaxed) {
                create(&url, &key, "load");
            }
        });
        let backup = verilume(&["backup", "--data", text(&data), "--to", text(&file)]);
        enough.store(true, Ordering::Relaxed);
        assert_eq!(backup.code, Some(0), "{backup:?}");
        load.join().unwrap();
    });
    let again = verilume(&["backup", "--data", text(&data), "--to", text(&file)]);
    assert!(again.code == Some(2) && again.stderr.contains("cannot be written"), "{again:?}");
    drop(service_process);

    let restored = verilume(&["restore", "--from", text(&file), "--data", text(&copy)]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let second = verilume(&["restore", "--from", text(&file), "--data", text(&copy)]);
    assert!(second.code == Some(2) && second.stderr.contains("empty folder"), "{second:?}");
    let verified = verilume(&["audit", "verify", "--data", text(&copy)]);
    assert!(verified.stdout.contains("unbroken"), "{verified:?}");
    for name in ["master.key", "tls-self-signed.pem"] {
        assert_eq!(
            std::fs::read(data.join(name)).unwrap(),
            std::fs::read(copy.join(name)).unwrap(),
            "{name}"
        );
    }
    let (_service, url, _) = service(&copy);
    // The address in it differs; what the signing key makes of the rest does not.
    let again = token_of(&url, &key, &id).expect("the session and the key are there");
    assert_eq!(again.split('.').next(), token.split('.').next());
    let attempt = attempt(&url, &key, &result).expect("the result is there");
    assert_eq!(picture(&url, &key, &attempt), Some(seen), "and its picture can be opened");
}

/// A decided session and its picture.
fn kept(url: &str, key: &str, seed: usize) -> Option<(Acknowledged, Vec<u8>)> {
    let result = check(url, key, seed)?;
    let attempt = attempt(url, key, &result)?;
    Some((result, picture(url, key, &attempt)?))
}

#[test]
fn a_damaged_backup_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy, file) =
        (folder.path().join("data"), folder.path().join("copy"), folder.path().join("b"));
    verilume(&["keys", "create", "--scope", "read", "--data", text(&data)]);
    verilume(&["backup", "--data", text(&data), "--to", text(&file)]);
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut parts = whole.splitn(3, |byte| *byte == b'\n');
    let (head, seal, rest) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let head = String::from_utf8(head.to_vec()).unwrap();
    let older = head.replacen("\"made_at\":\"2", "\"made_at\":\"1", 1);
    let older = [older.as_bytes(), seal, rest].join(&b'\n');
    // By somebody who knows how the line is sealed.
    let escaping = head.replacen("verilume.db", "../outside", 1);
    let seal: String = Sha256::digest(&escaping).iter().map(|byte| format!("{byte:02x}")).collect();
    let escaping = [escaping.as_bytes(), seal.as_bytes(), rest].join(&b'\n');
    for bad in [&whole[..whole.len() - 1], &flipped, &older, &escaping, b"{}\n", b""] {
        std::fs::write(&file, bad).unwrap();
        let refused = verilume(&["restore", "--from", text(&file), "--data", text(&copy)]);
        assert!(refused.code == Some(3) && refused.stderr.contains("cannot be restored"), "{refused:?}");
        assert!(std::fs::read_dir(&copy).map_or(0, Iterator::count) == 0, "nothing is left behind");
    }
}

#[cfg(unix)]
#[test]
fn a_service_that_is_told_to_stop_lets_a_running_check_end() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, url, key) = service(folder.path());
    let (id, token) = create(&url, &key, "device");
    let _alone = alone();
    let args = ["capture", "--server", &url, "--token", &token, "--camera", "sim:700007,lux=200", "--json"];
    let device = command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while status(&url, &key, &id) != "Running" {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let pid = process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let told: Value = serde_json::from_slice(&device.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(told["terminal"], "finished", "{told}");
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    // What the device was told is what is kept.
    let (_service, url, _) = service(folder.path());
    let result = Acknowledged { session: id, digest: told["digest"].as_str().unwrap().to_owned() };
    assert!(attempt(&url, &key, &result).is_some());
}

fn status(url: &str, key: &str, id: &str) -> String {
    let request = ureq::get(format!("{url}/face/v1.2/detectLiveness-sessions/{id}"));
    let mut answer = request.header("Ocp-Apim-Subscription-Key", key).call().unwrap();
    let read: Value = answer.body_mut().read_json().unwrap();
    read["status"].as_str().unwrap().to_owned()
}

#[test]
fn somebodys_sessions_are_erased() {
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path()).to_owned();
    let (_service, url, key) = service(folder.path());
    let ids = ["kiosk", "kiosk", "phone"].map(|device| create(&url, &key, device).0);
    let erase = |whose: [&str; 2]| {
        let erased = verilume(&["erase", whose[0], whose[1], "--data", &data]);
        assert_eq!(erased.code, Some(0), "{erased:?}");
        erased.stdout
    };
    assert_eq!(erase(["--device", "kiosk"]), "2 sessions erased\n");
    assert_eq!(erase(["--user", "nobody"]), "0 sessions erased\n");
    assert!(token_of(&url, &key, &ids[0]).is_none() && token_of(&url, &key, &ids[2]).is_some());
    assert_eq!(erase(["--session", &ids[2]]), "1 sessions erased\n");
    assert_eq!(erase(["--person", &ids[2]]), "0 people erased\n");
    let shown = verilume(&["audit", "show", "--data", &data]).stdout;
    assert_eq!(shown.matches("operator\tsession-erased").count(), 3, "{shown}");
}

#[test]
fn the_doctor_says_what_is_missing_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let doctor = |more: &[&str]| verilume(&[&["doctor", "--json", "--data", text(&data)], more].concat());
    let state = |ran: &crate::support::Ran, check: &str| {
        let findings = ran.json();
        let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == check).cloned();
        let found = found.unwrap_or_else(|| panic!("{check} is not in {findings}"));
        assert!(found["state"] == "ok" || found["nextStep"].is_string(), "{found}");
        found["state"].as_str().unwrap().to_owned()
    };
    let before = doctor(&[]);
    assert_eq!((before.code, state(&before, "models")), (Some(0), "ok".to_owned()));
    assert_eq!((state(&before, "store"), data.exists()), ("warning".to_owned(), false), "it only looks");
    let (_service, url, key) = service(&data);
    let (id, _) = create(&url, &key, "device");
    token_of(&url, &key, &id).unwrap();
    let well = doctor(&[]);
    for check in ["configuration", "models", "certificate", "master key", "store", "keys", "audit log"] {
        assert_eq!(state(&well, check), "ok", "{check}");
    }
    let none = doctor(&["--assets", text(folder.path())]);
    assert_eq!((none.code, state(&none, "models")), (Some(1), "failed".to_owned()), "{none:?}");
}

#[test]
fn a_wrong_name_is_told_and_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("wrong"), folder.path().join("b"));
    let commands: [&[&str]; 7] = [
        &["audit", "verify"],
        &["audit", "show"],
        &["keys", "list"],
        &["keys", "revoke", "0000000000000000"],
        &["keys", "rotate"],
        &["backup", "--to", text(&file)],
        &["erase", "--device", "kiosk"],
    ];
    for command in commands {
        let ran = verilume(&[command, &["--data", text(&data)]].concat());
        assert_eq!(ran.code, Some(5), "{ran:?}");
        assert!(ran.stderr.contains("no database") && ran.stderr.contains("--data DIR"), "{ran:?}");
        assert!(!data.exists() && !file.exists(), "{command:?} made something");
    }
}

#[test]
fn a_lost_master_key_is_told_and_neither_replaced_nor_left_out_of_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("b"));
    let (kept, copy) = (folder.path().join("kept.key"), folder.path().join("copy"));
    let (process, _url, _key) = service(&data);
    drop(process);
    let store = ["--data", text(&data)];
    let run = |command: &[&str]| verilume(&[command, &store].concat());
    assert_eq!(run(&["keys", "rotate"]).code, Some(0));
    let in_folder = data.join("master.key");
    std::fs::rename(&in_folder, &kept).unwrap();
    let commands: [&[&str]; 4] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["keys", "rotate"],
        &["backup", "--to", text(&file)],
        &["doctor"],
    ];
    let refused_by_all = |why: &str| {
        for command in commands {
            let ran = run(command);
            assert!(ran.code != Some(0) && format!("{ran:?}").contains(why), "{ran:?}");
            assert!(!file.exists(), "no backup that cannot be opened");
        }
    };
    refused_by_all("it is missing");
    assert!(!in_folder.exists(), "nobody made another one");
    std::fs::write(&in_folder, "5a".repeat(32)).unwrap();
    refused_by_all("the master key is not the one");
    // Kept elsewhere, it is in the backup all the same.
    let named = ["--master-key", text(&kept)];
    let backup = run(&[&["backup", "--to", text(&file)][..], &named].concat());
    assert_eq!(backup.code, Some(0), "{backup:?}");
    let restored = verilume(&["restore", "--from", text(&file), "--data", text(&copy)]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(std::fs::read(copy.join("master.key")).unwrap(), std::fs::read(&kept).unwrap());
    assert_eq!(verilume(&["keys", "rotate", "--data", text(&copy)]).code, Some(0));
}
