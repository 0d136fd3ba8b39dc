//! The demo: a page for whoever is told where it is, and a database that goes with it.

use crate::service::serve_saying_as;
use crate::support::verilume;

#[test]
fn the_demo_says_where_its_page_is_and_the_page_creates_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web");
    std::fs::create_dir(&web).unwrap();
    std::fs::write(web.join("index.js"), "export {};").unwrap();
    let args = ["demo", "--no-open", "--port", "0", "--web", web.to_str().unwrap()];
    let (_process, [url, page]) = serve_saying_as(&args, ["listening at ", "playground at "]);
    assert!(page.starts_with(&format!("{url}/playground/")), "{page}");
    let get = |address: &str| {
        ureq::get(address).call().map(|mut answer| answer.body_mut().read_to_string().unwrap())
    };
    assert!(get(&page).unwrap().contains("/sdk/web/@"), "the page names the SDK");
    let body = serde_json::json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "d" });
    let created = ureq::post(format!("{page}app/face/v1.2/detectLiveness-sessions")).send_json(&body);
    let created: serde_json::Value = created.unwrap().body_mut().read_json().unwrap();
    assert!(created["authToken"].is_string(), "{created}");
    assert!(get(&format!("{url}/playground/")).is_err(), "nobody finds it who was not told");
    assert!(get(&format!("{url}/face/v1.2/detectLiveness-sessions/{}", created["sessionId"])).is_err());
}

#[test]
fn phones_need_to_be_told_a_port() {
    let ran = verilume(&["demo", "--lan", "--port", "0"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--port"), "{}", ran.stderr);
}
