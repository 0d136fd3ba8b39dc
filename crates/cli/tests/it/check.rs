//! `verilume check` on what it is made for.

use image::RgbImage;
use serde_json::Value;

use crate::support::{file, media, png, verilume, verilume_with_stdin};

#[test]
fn a_live_persons_video_is_followed_and_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, timeline) = (folder.path().join("frames"), folder.path().join("timeline.svg"));
    let (frames_arg, timeline_arg) = (frames.to_str().unwrap(), timeline.to_str().unwrap());
    let carphone = media("carphone.mp4");
    let ran = verilume(&["check", &carphone, "--json", "--annotate", frames_arg, "--timeline", timeline_arg]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["frames"]["read"], 120);
    assert_eq!(report["frames"]["with_face"], 120);
    assert_eq!(report["assurance"], "static");
    assert!(reason_codes(&report).contains(&"static_evidence_only"), "{report}");
    let blinks: Vec<i64> = report["faces"][0]["blinks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|blink| blink["frame"].as_i64())
        .collect();
    let close = |expected: i64| blinks.iter().any(|frame| (frame - expected).abs() <= 2);
    assert!(blinks.len() == 3 && [42, 92, 112].into_iter().all(close), "blinks at {blinks:?}");
    assert_eq!(std::fs::read_dir(&frames).unwrap().count(), 120);
    let svg = std::fs::read_to_string(&timeline).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("blink, frame 42"), "the timeline marks the blinks");
}

#[test]
fn a_texture_score_decides_where_the_models_are_and_says_so_where_not() {
    let ran = verilume(&["check", &media("carphone.mp4"), "--json"]);
    let report = ran.json();
    let texture = &report["signals"][0];
    assert_eq!(texture["name"], "texture");
    let any =
        ["minifasnet_v2", "fr_liveness"].iter().any(|model| report["models"][model]["available"] == true);
    if any {
        assert!(texture["value"].as_f64().unwrap() > 0.9, "{texture}");
        assert_eq!(report["decision"], "realface");
    } else {
        println!("left out: texture scores, because no weights of a texture network are installed");
        assert_eq!((&report["decision"], &texture["verdict"]), (&"uncertain".into(), &"unavailable".into()));
        assert_eq!(report["score"], Value::Null);
    }
}

#[test]
fn people_read_words_instead() {
    let ran = verilume(&["check", &media("astronaut.png")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in ["static evidence", "recorded pixels alone", "1 read, 1 with a face", "texture"] {
        assert!(ran.stdout.contains(words), "{words:?} is not in {}", ran.stdout);
    }
}

#[test]
fn video_on_standard_input_is_read() {
    let (width, height) = (64, 48);
    let mut stream = format!("YUV4MPEG2 W{width} H{height} F25:1 C420\n").into_bytes();
    for _ in 0..3 {
        stream.extend_from_slice(b"FRAME\n");
        stream.extend(std::iter::repeat_n(128, width * height * 3 / 2));
    }
    let ran = verilume_with_stdin(&["check", "-", "--json"], &stream);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["frames"]["read"], 3);
}

#[test]
fn without_a_face_the_answer_is_uncertain() {
    let folder = tempfile::tempdir().unwrap();
    let grey = file(&folder, "grey.png", &png(&RgbImage::from_pixel(320, 240, image::Rgb([120; 3]))));
    let ran = verilume(&["check", &grey, "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["decision"], "uncertain");
    assert_eq!(report["reasons"][0]["code"], "no_face");
    assert_eq!(report["score"], Value::Null);
}

#[test]
fn a_passer_by_is_not_called_real() {
    let report = verilume(&["check", &media("bikes.mp4"), "--json"]).json();
    assert_eq!(report["decision"], "uncertain", "{report}");
    assert_eq!(report["reasons"][0]["code"], "face_rarely_visible");
}

#[test]
fn forty_faces_are_uncertain_too() {
    let folder = tempfile::tempdir().unwrap();
    let astronaut = image::open(media("astronaut.png")).unwrap().to_rgb8();
    let face = image::imageops::crop_imm(&astronaut, 120, 0, 220, 220).to_image();
    let mut crowd = RgbImage::new(8 * 220, 5 * 220);
    for k in 0..40 {
        image::imageops::replace(&mut crowd, &face, i64::from(k % 8) * 220, i64::from(k / 8) * 220);
    }
    let ran = verilume(&["check", &file(&folder, "crowd.png", &png(&crowd)), "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(
        (&report["decision"], &report["reasons"][0]["code"]),
        (&"uncertain".into(), &"several_faces".into())
    );
}

#[test]
fn a_report_has_the_documented_fields_and_no_others() {
    let report = verilume(&["check", &media("carphone.mp4"), "--json"]).json();
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let documented = [
        "assurance",
        "calibration",
        "decision",
        "faces",
        "frames",
        "injection",
        "llr",
        "models",
        "operating_mode",
        "periphery",
        "reasons",
        "score",
        "signals",
        "timing_ms",
        "version",
        "warnings",
    ];
    let mut found = fields(&report);
    found.sort();
    assert_eq!(found, documented);
    let page = include_str!("../../../../docs/reference/check-report.md");
    for field in fields(&report["faces"][0])
        .iter()
        .chain(&fields(&report["calibration"]))
        .chain(&fields(&report["injection"]))
        .chain(&fields(&report["signals"][0]))
        .chain(&fields(&report["timing_ms"]))
    {
        assert!(page.contains(&format!("`{field}`")), "{field} is not in docs/reference/check-report.md");
    }
}

fn reason_codes(report: &Value) -> Vec<&str> {
    report["reasons"].as_array().unwrap().iter().filter_map(|reason| reason["code"].as_str()).collect()
}
