//! What the compiler cannot hold: the direction of dependencies, the size of files, the pins, the licences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The direction of dependencies, as ARCHITECTURE.md draws it: a crate may use those beside it and whatever they use.
/// A crate that is not here, or an edge that is not implied, fails the test.
const MAY_USE: &[(&str, &[&str])] = &[
    ("verilume-frame", &[]),
    ("verilume-still", &["verilume-frame"]),
    ("verilume-vision", &["verilume-frame"]),
    ("verilume-infer", &["verilume-vision"]),
    ("verilume-protocol", &["verilume-frame"]),
    ("verilume-store", &["verilume-protocol"]),
    ("verilume-capture", &["verilume-vision", "verilume-protocol"]),
    ("verilume-liveness", &["verilume-vision", "verilume-protocol"]),
    ("verilume-recognition", &["verilume-infer"]),
    ("verilume-sim", &["verilume-frame", "verilume-protocol"]),
    (
        "verilume-server",
        &[
            "verilume-liveness",
            "verilume-recognition",
            "verilume-infer",
            "verilume-store",
            "verilume-still",
            "verilume-protocol",
        ],
    ),
    (
        "verilume-eval",
        &[
            "verilume-liveness",
            "verilume-recognition",
            "verilume-infer",
            "verilume-capture",
            "verilume-sim",
            "verilume-still",
        ],
    ),
    ("verilume", &["verilume-eval", "verilume-server"]),
    ("verilume-wasm", &["verilume-capture", "verilume-infer"]),
    ("verilume-sim-wasm", &["verilume-sim"]),
    ("xtask", &[]),
    ("xtask-bindgen", &[]),
];

/// Lines a source file may have, tests not counted.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut allowed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    // The table lists a crate after all that it may use, except where it does not matter for the closure.
    for _ in 0..MAY_USE.len() {
        for (name, direct) in MAY_USE {
            let mut all: BTreeSet<_> = direct.iter().copied().collect();
            for used in *direct {
                all.extend(allowed.get(*used).into_iter().flatten().copied());
            }
            allowed.insert(*name, all);
        }
    }
    allowed
}

#[test]
fn dependencies_point_only_downwards() {
    let allowed = allowed();
    let metadata = metadata();
    let members: Vec<&Value> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| package["source"].is_null())
        .collect();
    let names: BTreeSet<&str> = members.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in &members {
        let name = package["name"].as_str().expect("a package has a name");
        let Some(may_use) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table of ARCHITECTURE.md and of this test"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().expect("a dependency has a name");
            let counts = names.contains(used) && dependency["kind"].as_str() != Some("dev");
            if counts && !may_use.contains(used) {
                wrong.push(format!("{name} -> {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies that point up or sideways: {wrong:?}");
}

#[test]
fn only_infer_names_an_engine() {
    let metadata = metadata();
    let engines = ["rten", "ort", "tract-onnx"];
    for package in metadata["packages"].as_array().expect("packages").iter().filter(|p| p["source"].is_null())
    {
        let uses = package["dependencies"].as_array().into_iter().flatten();
        let named: Vec<&str> =
            uses.filter_map(|used| used["name"].as_str()).filter(|used| engines.contains(used)).collect();
        assert!(
            named.is_empty() || package["name"] == "verilume-infer",
            "{} names {named:?}",
            package["name"]
        );
    }
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    let deny: toml::Table = deny.parse().expect("deny.toml is TOML");
    let allow: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .expect("an allow list")
        .iter()
        .filter_map(|l| l.as_str())
        .collect();
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or("none"));
        // Old manifests write `MIT/Apache-2.0`, which lax parsing reads as OR.
        let allowed = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|required| required.license.id().is_some_and(|id| allow.contains(&id.name)))
        });
        if !allowed {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    assert!(wrong.is_empty(), "licences outside deny.toml: {wrong:#?}");
}

#[test]
fn files_fit_a_readers_memory() {
    let mut long = Vec::new();
    for file in source_files() {
        let text = std::fs::read_to_string(&file).expect("sources are UTF-8");
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().count();
        if lines > MAX_LINES {
            long.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(long.is_empty(), "files over {MAX_LINES} lines: {long:#?}");
}

#[test]
fn the_pins_of_the_models_are_those_of_the_lock() {
    let lock = std::fs::read_to_string(root().join("assets.lock.toml")).expect("assets.lock.toml");
    let weights = std::fs::read_to_string(root().join("crates/infer/src/weights.rs")).expect("weights.rs");
    let lock: toml::Table = lock.parse().expect("assets.lock.toml is TOML");
    let models: Vec<&toml::Value> = lock["asset"]
        .as_array()
        .expect("assets")
        .iter()
        .filter(|asset| asset["output"].as_str().is_some_and(|output| output.starts_with("models/")))
        .collect();
    assert!(!models.is_empty(), "the lock names no model");
    for asset in models {
        // A network that is not converted is pinned as it was published.
        let pin = asset.get("output_sha256").unwrap_or(&asset["sha256"]);
        let sha256 = pin.as_str().expect("every model's output is pinned");
        assert!(weights.contains(sha256), "{} is pinned to {sha256} in the lock only", asset["name"]);
    }
}

#[test]
fn nothing_unfinished_is_committed() {
    let marks = ["todo!(", "unimplemented!(", "dbg!("];
    for file in source_files().into_iter().filter(|file| !file.ends_with("xtask/tests/tidy.rs")) {
        let text = std::fs::read_to_string(&file).expect("sources are UTF-8");
        for mark in marks {
            assert!(!text.contains(mark), "{} contains {mark}", file.display());
        }
    }
}

/// Every Rust file of the workspace.
fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("crates"), root().join("bindings"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
