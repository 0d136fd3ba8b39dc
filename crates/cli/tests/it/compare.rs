//! `verilume compare` and `verilume evaluate pairs`.

use serde_json::{Value, json};

use crate::support::{Ran, file, media, png, verilume};

fn compared(a: &str, b: &str) -> Value {
    let ran = verilume(&["compare", &media(a), &media(b), "--largest", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

#[test]
fn another_person_is_never_verified_and_one_person_is_in_two_pairs_of_three() {
    for (a, b, expected) in [
        ("obama.jpg", "obama2.jpg", true),
        ("obama.jpg", "obama3.jpg", true),
        // A miss: one person, refused at 0.5 (docs/concepts/recognition.md).
        ("obama2.jpg", "obama3.jpg", false),
        ("obama.jpg", "biden.jpg", false),
        ("obama.jpg", "astronaut.png", false),
        ("biden.jpg", "astronaut.png", false),
    ] {
        let result = compared(a, b);
        let confidence = result["assessment"]["confidence"].as_f64().unwrap();
        println!("{a}, {b}: distance {}, confidence {confidence:.3}", result["distance"]);
        // What the data support tells all pairs of one person from all others.
        let supported = result["assessment"]["supported_confidence"].as_f64().unwrap();
        let is_one_person = a.starts_with("obama") && b.starts_with("obama");
        assert_eq!(confidence >= supported, is_one_person, "{result:#}");
        assert_eq!(result["isIdentical"], expected, "{result:#}");
    }
}

#[test]
fn a_claim_never_goes_beyond_the_data() {
    let result = compared("obama.jpg", "obama3.jpg");
    let number = |name: &str| result["assessment"][name].as_f64().unwrap();
    assert_eq!(result["assessment"]["beyond_data"], true);
    assert!(number("confidence") > number("supported_confidence"));
    let ran = verilume(&["compare", &media("obama.jpg"), &media("obama3.jpg")]);
    assert!(
        ran.stdout.contains("beyond its data: what the calibration supports is confidence 0."),
        "{ran:?}"
    );
}

#[test]
fn the_quality_of_each_picture_is_said() {
    let result = compared("obama.jpg", "biden.jpg");
    for picture in result["pictures"].as_array().unwrap() {
        let level = picture["quality"]["level"].as_str().unwrap();
        assert!(["medium", "high"].contains(&level), "{picture}");
    }
}

#[test]
fn pictures_without_one_face_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let grey = png(&image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3])));
    let grey = file(&folder, "grey.png", &grey);
    let text = file(&folder, "text.png", b"no picture");
    let portrait = media("obama.jpg");
    let mut two = image::RgbImage::from_pixel(1000, 600, image::Rgb([90; 3]));
    for (name, x) in [("astronaut.png", 0), ("astronaut.png", 500)] {
        let one = image::open(media(name)).unwrap().to_rgb8();
        image::imageops::replace(&mut two, &one, x, 40);
    }
    let two = file(&folder, "two.png", &png(&two));
    let check = |a: &str, code: &str| {
        let ran = verilume(&["compare", a, &portrait, "--json"]);
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (Some(3), &json!(code)), "{ran:?}");
        assert!(ran.stderr.contains("hint: "), "{ran:?}");
    };
    check(&grey, "no_face");
    check(&two, "several_faces");
    check(&text, "unsupported_format");
    check(&media("carphone.mp4"), "not_a_picture");
    assert_eq!(verilume(&["compare", &two, &portrait, "--largest"]).code, Some(0));
    assert_eq!(verilume(&["compare", &portrait, &portrait, "--threshold", "1.5"]).code, Some(2));
}

/// dlib's network, declared as if it were an operator's own.
fn with_embedder(declaration: &Value) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/models/dlib_resnet.onnx");
    std::fs::copy(weights, folder.path().join("own.onnx")).unwrap();
    let declared = file(&folder, "own.json", declaration.to_string().as_bytes());
    let (a, b) = (media("obama.jpg"), media("biden.jpg"));
    verilume(&["compare", &a, &b, "--json", "--embedder", &declared])
}

#[test]
fn a_declared_network_takes_the_place_of_the_built_in_one() {
    let declaration = json!({
        "name": "own", "file": "own.onnx", "side": 150, "template": "arcface", "dimensions": 128, "metric": "cosine"
    });
    let ran = with_embedder(&declaration);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let result = ran.json();
    // The same weights, but another metric: the calibration is not of this network.
    assert_eq!((&result["model"], &result["metric"]), (&json!("own"), &json!("cosine")));
    assert_eq!((&result["assessment"], &result["isIdentical"]), (&Value::Null, &Value::Null));
    for (field, value, complaint) in [
        ("dimensions", json!(512), "no output of 512 values"),
        ("side", json!(8), "side must be 16 to 512"),
        ("sha256", json!("00"), "not to the declared 00"),
        ("colour", json!("red"), "unknown field `colour`"),
    ] {
        let mut wrong = declaration.clone();
        wrong[field] = value;
        let ran = with_embedder(&wrong);
        assert_eq!(
            (ran.code, &ran.json()["error"]["code"]),
            (Some(3), &json!("embedder_unusable")),
            "{ran:?}"
        );
        assert!(ran.stderr.contains(complaint), "{complaint} is not in {}", ran.stderr);
    }
}

#[test]
fn pairs_are_evaluated_with_counts_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"].map(media);
    let mut list = "path_a,path_b,same,group\n".to_owned();
    for (place, a) in pictures.iter().enumerate() {
        for (other, b) in pictures[..place].iter().enumerate() {
            let (same, group) = (u8::from(place < 3), if other == 0 { "first" } else { "" });
            list += &format!("{a},{b},{same},{group}\n");
        }
    }
    list += &format!("{},missing.jpg,0,\n", pictures[0]);
    let list = file(&folder, "pairs.csv", list.as_bytes());
    let ran = verilume(&["evaluate", "pairs", &list, "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!((&report["same"], &report["different"], &report["people"]), (&json!(3), &json!(7), &json!(3)));
    assert_eq!(report["unusable"][0]["picture"], "missing.jpg");
    assert_eq!(report["rates"]["auc"], 1.0, "{report:#}");
    assert_eq!((&report["groups"][0]["group"], &report["groups"][0]["same"]), (&json!("first"), &json!(2)));
    let text = verilume(&["evaluate", "pairs", &list]).stdout;
    for said in [
        "AUC 1.0000 (",
        "EER 0.0 % (0.0 to ",
        "TAR at FAR 0.01: not supported by 7 pairs of two people (300 are needed)",
        "TAR at FAR 0.001: not supported by 7 pairs of two people (3000 are needed)",
        "(69 pairs of one person, 1568 of two): AUC 0.990, EER 5.2 %, TAR at FAR 0.001 44 %",
        "confidence 0.5",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    // One person has pairs of one person: almost nothing is known of how often people are refused.
    assert!(report["rates"]["eer_estimate"]["high"].as_f64().unwrap() > 0.75, "{report:#}");
    assert_eq!(report["rates"]["accept_rates"][0]["tar"], Value::Null, "{report:#}");

    let provenance = json!({"data": "test", "fitted_on": "2026-01-01", "limits": "all"}).to_string();
    let provenance = file(&folder, "provenance.json", provenance.as_bytes());
    let out = folder.path().join("calibration.json");
    let out = out.to_str().unwrap();
    let ran = verilume(&["evaluate", "pairs", &list, "--calibrate", out, "--provenance", &provenance]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("3 people are too few for a calibration"), "{ran:?}");
}
