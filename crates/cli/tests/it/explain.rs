//! `verilume simulate --record --video` and `verilume explain`, as a user runs them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{file, verilume};

/// Simulates one check of seed 31 into a folder and returns its session.
fn recorded(species: &str, folder: &Path, more: &[&str]) -> String {
    let folder_name = folder.to_str().unwrap();
    let args = ["simulate", "--species", species, "--sessions", "1", "--seed", "31", "--lux", "100"];
    let ran = verilume(&[&args, ["--record", folder_name].as_slice(), more].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let session = folder.join(format!("{species}-31"));
    assert!(ran.stdout.contains(&format!("verilume explain {}", session.display())), "{}", ran.stdout);
    session.to_str().unwrap().to_owned()
}

/// The names of a page's elements. Panics unless every tag is closed in order, every attribute quoted and every `&`
/// part of an entity, so that the page is well-formed XML after its first line.
#[track_caller]
fn elements(page: &str) -> Vec<String> {
    let (first, mut rest) = page.split_once('\n').unwrap();
    assert_eq!(first, "<!DOCTYPE html>");
    let (mut open, mut all) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') || open.last().is_some_and(|tag| tag == "style"), "{text}");
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|name| entity.starts_with(name)), "&{entity}");
        }
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        let unquoted: String = tag[name.len()..].split('"').step_by(2).collect();
        let attributes = unquoted.trim_end_matches('/').split_whitespace();
        assert!(attributes.clone().all(|attribute| attribute.ends_with('=')), "{tag}");
        let mut names: Vec<_> = attributes.collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "an attribute twice: {tag}");
        if !tag.ends_with('/') {
            open.push(name.clone());
        }
        all.push(name);
    }
    assert_eq!((open, rest.trim()), (Vec::new(), ""));
    all
}

#[test]
fn a_recorded_person_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let session = recorded("bona-fide", folder.path(), &[]);
    let ran = verilume(&["explain", &session]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let path = format!("{session}/explanation.html");
    assert!(ran.stdout.starts_with("simulated session: Real: ") && ran.stdout.contains(&path), "{ran:?}");
    let page = fs::read_to_string(&path).unwrap();
    let elements = elements(&page);
    for text in
        ["Simulated session", "bona-fide, seed 31", "Real: every test supports", "the check is passed"]
    {
        assert!(page.contains(text), "{text}");
    }
    for drawing in ["challenge", "course", "lag", "gain-map"] {
        assert!(page.contains(&format!("id=\"{drawing}-desc\"")), "{drawing}");
    }
    let pictures = elements.iter().filter(|name| *name == "svg").count();
    for part in ["title", "desc"] {
        let described = elements.iter().filter(|name| *name == part).count();
        assert_eq!(described, pictures + usize::from(part == "title"), "{part} of each picture");
    }
    // No pixel, no script, nothing to load.
    for element in ["img", "image", "script", "link", "iframe", "object", "use"] {
        assert!(!elements.iter().any(|name| name == element), "{element}");
    }
    for text in ["http", "data:", "base64", "url(", "@import", "NaN"] {
        assert!(!page.contains(text), "{text}");
    }

    let elsewhere = folder.path().join("page.html");
    let ran = verilume(&["explain", &session, "--json", "--out", elsewhere.to_str().unwrap()]);
    let report = ran.json();
    assert_eq!(report["outcome"]["outcome"], "real", "{report}");
    let signals = report["signals"].as_array().unwrap();
    assert!(signals.len() >= 8, "{report}");
    for signal in signals {
        let (name, reason) = (signal["name"].as_str().unwrap(), signal["reason"].as_str().unwrap());
        assert!(page.contains(&format!("<tr id=\"{name}\">")) && page.contains(reason), "{name}");
    }
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), page, "the same session gives the same page");
}

#[test]
fn a_recorded_print_is_explained_by_what_denies_it() {
    let folder = tempfile::tempdir().unwrap();
    let session = recorded("flat-print", folder.path(), &[]);
    let ran = verilume(&["explain", &session, "--json"]);
    let report: Value = ran.json();
    let page = fs::read_to_string(format!("{session}/explanation.html")).unwrap();
    elements(&page);
    assert_eq!(report["outcome"]["outcome"], "spoof", "{report}");
    assert!(page.contains("Spoof: ") && page.contains("class=\"bad\""));

    // Recording again would mix two sessions.
    let args = ["simulate", "--species", "flat-print", "--sessions", "1", "--seed", "31", "--record"];
    let again = verilume(&[args.as_slice(), &[folder.path().to_str().unwrap()]].concat());
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("not empty") && again.stderr.contains("another folder"), "{again:?}");

    let path = Path::new(&session).join("session.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"frames\": ", "\"frames\": 1")).unwrap();
    let ran = verilume(&["explain", &session, "--json"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(ran.json()["error"]["code"], "session_frames_unusable");
}

#[test]
fn a_film_is_written_and_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let films = folder.path().join("films");
    recorded("bona-fide", folder.path(), &["--video", films.to_str().unwrap()]);
    let written: Vec<_> = fs::read_dir(&films).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(written.len(), 1);
    // MP4 where this machine has an ffmpeg, else a sheet: `check` finds the face in either.
    let ran = verilume(&["check", written[0].to_str().unwrap(), "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let frames = &ran.json()["frames"];
    if written[0].extension().is_some_and(|extension| extension == "mp4") {
        assert!((130..=150).contains(&frames["read"].as_u64().unwrap()), "{frames}");
        assert_eq!(frames["with_face"], frames["read"]);
    }
}

#[test]
fn what_is_no_session_is_told_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(&folder, "a.txt", b"hello");
    for input in [folder.path().to_str().unwrap(), &text, "/no/such/folder"] {
        let ran = verilume(&["explain", input]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains("no recorded session") && ran.stderr.contains("--record"), "{ran:?}");
    }
}
