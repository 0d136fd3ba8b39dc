//! `--texture-model`: networks of the operator's own choice.

use serde_json::{Value, json};

use crate::support::{Ran, file, media, verilume};

/// One of the pinned networks, declared as if it were an operator's own.
fn declaration() -> Value {
    json!({
        "name": "own",
        "file": "own.onnx",
        "side": 80,
        "crop_scale": 2.7,
        "channels": "bgr",
        "classes": 3,
        "live_class": 1
    })
}

/// `None` where the optional weights are not installed.
fn check_with(network: &Value) -> Option<Ran> {
    let folder = tempfile::tempdir().unwrap();
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/models/minifasnet_v2.onnx");
    std::fs::copy(weights, folder.path().join("own.onnx")).ok()?;
    let declared = json!({ "networks": [network] }).to_string();
    let declared = file(&folder, "own.json", declared.as_bytes());
    Some(verilume(&["check", &media("obama.jpg"), "--json", "--texture-model", &declared]))
}

#[test]
fn a_declared_network_takes_the_place_of_the_pinned_ones() {
    let Some(ran) = check_with(&declaration()) else {
        return println!("left out: the optional MiniFASNet weights are not installed");
    };
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["models"]["own"]["available"], true);
    assert!(report["models"].get("minifasnet_v2").is_none(), "{report}");
    let texture = report["signals"].as_array().unwrap().iter().find(|signal| signal["name"] == "texture");
    assert!(texture.unwrap()["value"].as_f64().unwrap() > 0.9, "{texture:?}");
}

#[test]
fn a_declaration_that_does_not_fit_is_refused_with_what_is_wrong() {
    let wrong = [
        ("live_class", json!(3), "live_class must be below classes"),
        ("classes", json!(5), "no output of 5 values"),
        ("sha256", json!("00"), "not to the declared 00"),
        ("file", json!("other.onnx"), "other.onnx"),
        ("colour", json!("red"), "unknown field `colour`"),
    ];
    for (field, value, complaint) in wrong {
        let mut network = declaration();
        network[field] = value;
        let Some(ran) = check_with(&network) else {
            return println!("left out: the optional MiniFASNet weights are not installed");
        };
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert_eq!(ran.json()["error"]["code"], "texture_model_unusable");
        assert!(ran.stderr.contains(complaint), "{complaint} is not in {}", ran.stderr);
    }
}
