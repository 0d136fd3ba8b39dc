//! `verilume backup`, `restore` and `erase` beside a running service.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::service::service;
use crate::support::verilume;

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
    let escaping = String::from_utf8_lossy(&whole).replacen("verilume.db", "../outside", 1).into_bytes();
    for bad in [&whole[..whole.len() - 1], &flipped, &escaping, b"{}\n", b""] {
        std::fs::write(&file, bad).unwrap();
        let refused = verilume(&["restore", "--from", text(&file), "--data", text(&copy)]);
        assert!(refused.code == Some(3) && refused.stderr.contains("cannot be restored"), "{refused:?}");
        assert!(std::fs::read_dir(&copy).map_or(0, Iterator::count) == 0, "nothing is left behind");
    }
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
