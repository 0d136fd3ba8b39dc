//! `verilume keys` and `verilume audit` beside a running service.

use serde_json::json;

use crate::service::service;
use crate::support::verilume;

#[test]
fn keys_are_changed_while_the_service_runs_and_every_reader_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (_service, url, first) = service(folder.path());
    let created = verilume(&["keys", "create", "--scope", "sessions", "--label", "second", "--data", data]);
    let second = created.stdout.lines().last().unwrap().to_owned();
    let create = |key: &str| {
        let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "device" });
        let answer = ureq::post(format!("{url}/face/v1.2/detectLiveness-sessions"))
            .config()
            .http_status_as_error(false)
            .build()
            .header("Ocp-Apim-Subscription-Key", key)
            .send_json(body);
        answer.unwrap().status().as_u16()
    };
    assert_eq!((create(&first), create(&second)), (200, 200), "both are live");

    let listed = verilume(&["keys", "list", "--data", data]).stdout;
    assert_eq!(listed.lines().filter(|line| line.contains("live")).count(), 2, "{listed}");
    assert!(!listed.contains(&second) && !listed.contains(&first), "a list shows no key");
    let id = listed.lines().find(|line| !line.contains("second")).unwrap().split('\t').next().unwrap();
    assert_eq!(verilume(&["keys", "revoke", id, "--data", data]).code, Some(0));
    assert_eq!((create(&first), create(&second)), (401, 200));
    let unknown = verilume(&["keys", "revoke", "0000000000000000", "--data", data]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("keys list"), "{unknown:?}");

    let shown = verilume(&["audit", "show", "--data", data]).stdout;
    assert_eq!(shown.matches("session-created").count(), 3, "{shown}");
    let verified = verilume(&["audit", "verify", "--data", data]);
    assert!(verified.code == Some(0) && verified.stdout.starts_with("3 entries, unbroken"), "{verified:?}");
    // What was noted before later entries still holds after them.
    let hash = shown.lines().nth(1).and_then(|line| line.rsplit('\t').next()).unwrap();
    let noted = verilume(&["audit", "verify", "--expect", &format!("2:{hash}"), "--data", data]);
    assert_eq!(noted.code, Some(0), "{noted:?}");
    let other = verilume(&["audit", "verify", "--expect", &format!("1:{hash}"), "--data", data]);
    assert!(other.code == Some(5) && other.stderr.contains("replaced"), "{other:?}");
    let rotated = verilume(&["keys", "rotate", "--data", data]);
    assert!(rotated.code == Some(0) && rotated.stdout.contains("0 pictures"), "{rotated:?}");
}
