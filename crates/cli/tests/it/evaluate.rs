//! `verilume evaluate MANIFEST.csv` and `verilume calibrate`, as a user runs them.

use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, file, media, verilume};

/// Five captures of the test images: two frames of one person, a person, an attack by label, no image, a person.
fn manifest(folder: &tempfile::TempDir) -> String {
    std::fs::copy(media("obama.jpg"), folder.path().join("later.jpg")).unwrap();
    file(folder, "broken.jpg", b"\xff\xd8\xff and no more");
    let rows = [
        "path,label,attack_type,subject,group,capture,timestamp_ms,split,note".to_owned(),
        "later.jpg,live,,s1,g1,two frames,1040,test,&".to_owned(),
        format!("{},live,,s1,g1,two frames,1000,test,", media("obama.jpg")),
        format!("{},live,,s2,g2,,,test,", media("biden.jpg")),
        format!("{},spoof,<b>print</b>,s3,g3,attack,,test,", media("obama.jpg")),
        "broken.jpg,spoof,,s3,g4,broken,,test,".to_owned(),
        format!("{},live,,s4,g5,other split,,train,", media("obama.jpg")),
    ];
    file(folder, "MANIFEST.csv", (rows.join("\n") + "\n").as_bytes())
}

fn evaluate(manifest: &str, out: &Path, more: &[&str]) -> Ran {
    verilume(&[&["evaluate", manifest, "--out", out.to_str().unwrap(), "--split", "test"], more].concat())
}

#[track_caller]
fn refused(ran: &Ran, exit: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(exit), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word} is not in {}", ran.stderr);
    }
}

#[test]
fn captures_become_a_report_once() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(&folder);
    let theirs = file(&folder, "theirs.csv", b"capture,score\ntwo frames,0.9\nattack,0.95\nnobody,1\n");
    let out = folder.path().join("out");
    let ran = evaluate(&manifest, &out, &["--by", "subject", "--baseline", &theirs]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("4 of 4 captures to analyse"), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: broken was not analysed"), "{}", ran.stderr);
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();

    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["captures"], serde_json::json!({"live": 2, "spoof": 2, "not_analysed": 1}));
    assert_eq!(report["intervals"]["clusters"], 4);
    let of = |figure: &str| report["decisions"][figure]["of"].clone();
    assert_eq!([of("bpcer"), of("apcer_pooled"), of("apcer_max")], [2, 2, 1].map(Value::from));
    assert_eq!(
        (report["baseline"]["matched"].as_u64(), report["baseline"]["unknown"].as_u64()),
        (Some(2), Some(1))
    );
    assert_eq!(report["by"]["values"].as_array().unwrap().len(), 3);

    let scores = read("scores.csv");
    let lines: Vec<&str> = scores.lines().collect();
    assert!(
        lines[0].starts_with("capture,path,label,attack_type,subject,group,split,decision,score,llr,reasons")
    );
    assert!(lines.len() == 5 && lines[1].starts_with("two frames,later.jpg,live,,s1,g1,test,"), "{scores}");
    assert!(lines[4].starts_with("broken,broken.jpg,spoof,unspecified,s3,g4,test,,,"), "{scores}");

    let page = read("report.html");
    assert!(page.contains("&lt;b&gt;print&lt;/b&gt;") && !page.contains("<b>print"), "names are escaped");
    assert!(!page.contains("<img") && !page.contains("<script"), "no image unless asked, no script ever");

    // Only what could not be analysed is tried again, and the report does not change.
    let again = evaluate(&manifest, &out, &["--by", "subject", "--baseline", &theirs, "--embed-images"]);
    assert!(again.stderr.contains("1 of 4 captures to analyse"), "{}", again.stderr);
    assert_eq!(read("scores.csv"), scores);
    assert!(serde_json::from_str::<Value>(&read("report.json")).unwrap() == report, "the same report");
    assert!(read("report.html").contains("<img src=\"data:image/jpeg;base64,"), "the failure is shown");
}

/// The still of a person and both attacks that come with the Silent-Face networks, and a video of a person.
#[test]
fn real_captures_come_out_right_with_reasons_that_a_person_can_follow() {
    let Some(samples) = std::env::var_os("VERILUME_TEST_SAMPLES") else {
        return println!("left out: VERILUME_TEST_SAMPLES does not name the folder of the public samples");
    };
    let sample = |name: &str| Path::new(&samples).join(name).display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        "path,label,attack_type,split,medium".to_owned(),
        format!("{},live,,test,camera", sample("image_T1.jpg")),
        format!("{},live,,test,video", media("carphone.mp4")),
        format!("{},spoof,print,test,paper", sample("image_F1.jpg")),
        format!("{},spoof,replay,test,screen", sample("image_F2.jpg")),
    ];
    let manifest = file(&folder, "MANIFEST.csv", (rows.join("\n") + "\n").as_bytes());
    let out = folder.path().join("out");
    let ran = evaluate(&manifest, &out, &["--by", "medium"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let scores = read("scores.csv");
    let decisions: Vec<&str> = scores.lines().skip(1).map(|line| line.split(',').nth(7).unwrap()).collect();
    let &[person, video, print, replay] = decisions.as_slice() else { panic!("{scores}") };
    assert_eq!(person, "realface", "{scores}");
    assert_ne!(video, "spoofface", "{scores}");
    assert!(print != "realface" && replay != "realface", "{scores}");
    let page = read("report.html");
    let captures = page.split_once("<h2>Captures</h2>").unwrap().1;
    for (row, decision) in captures.split("<tr>").skip(2).zip(&decisions) {
        assert!(row.contains(&format!("<td>{decision}</td>")) && row.contains("<li>"), "{row}");
    }
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["by"]["column"], "medium");
    assert_eq!(report["by"]["values"].as_array().unwrap().len(), 4);
}

#[test]
fn a_log_of_another_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        file(&folder, "m.csv", format!("path,label,split\n{},live,test\n", media("biden.jpg")).as_bytes());
    let out = folder.path().join("out");
    assert_eq!(evaluate(&manifest, &out, &[]).code, Some(0));
    let strict = ["--operating-point", "strict"];
    refused(&evaluate(&manifest, &out, &strict), 3, &["operating point", "--out", "--fresh"]);
    let ran = evaluate(&manifest, &out, &[&strict[..], &["--fresh", "--embed-images"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("<strong>strict</strong>"), "the page names the operating point");
}

#[test]
fn what_is_wrong_with_a_manifest_is_said_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = |text: &str| evaluate(&file(&folder, "m.csv", text.as_bytes()), &out, &[]);
    refused(&run("path,label,split\nnone.png,live,test\n"), 3, &["m.csv, line 2", "none.png", "hint: "]);
    refused(&run("path,label\n"), 3, &["no capture of the split `test`"]);
    let by = evaluate(&file(&folder, "m.csv", b"path,label,split\n"), &out, &["--by", "device"]);
    refused(&by, 3, &["no column `device`", "hint: the columns are `path`, `label`, `split`"]);
    refused(&verilume(&["evaluate"]), 2, &["MANIFEST.csv"]);
    refused(&verilume(&["evaluate", "no.csv", "--out", "x"]), 3, &["no.csv"]);
    assert!(verilume(&["evaluate", "--help"]).stdout.contains("MANIFEST.csv"));
    assert!(verilume(&["evaluate", "flash", "--help"]).stdout.contains("--log"));
}

/// scores.csv of people and attacks that `texture` tells apart, in these groups.
fn scores(folder: &tempfile::TempDir) -> String {
    let mut text =
        "capture,path,label,attack_type,subject,group,split,decision,score,llr,texture\n".to_owned();
    for at in 0..120 {
        let (label, species) = if at % 2 == 0 { ("live", "") } else { ("spoof", "print") };
        let texture = if at % 2 == 0 { 0.9 } else { 0.2 } + f64::from(at % 7) / 100.0;
        text.push_str(&format!("c{at},c{at}.png,{label},{species},,g{},,,,,{texture}\n", at / 10));
    }
    file(folder, "scores.csv", text.as_bytes())
}

#[test]
fn a_calibration_is_fitted_used_and_kept_from_its_own_groups() {
    let folder = tempfile::tempdir().unwrap();
    let calibration = folder.path().join("fitted.json");
    let calibration = calibration.to_str().unwrap();
    let ran = verilume(&["calibrate", &scores(&folder), "--out", calibration]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in ["60 captures of people and 60 of attacks (60 print), 12 groups", "balanced", "of 60"] {
        assert!(ran.stdout.contains(words), "{words:?} is not in {}", ran.stdout);
    }
    let fitted: Value = serde_json::from_str(&std::fs::read_to_string(calibration).unwrap()).unwrap();
    assert_eq!(fitted["provenance"]["groups_sha256"].as_array().unwrap().len(), 12);
    assert_eq!(fitted["operating_points"]["balanced"]["expected_apcer"]["captures"], 60);

    let checked = verilume(&["check", &media("biden.jpg"), "--json", "--calibration", calibration]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    refused(
        &verilume(&["check", &media("biden.jpg"), "--calibration", &media("biden.jpg")]),
        3,
        &["verilume calibrate"],
    );

    let text = format!("path,label,group,split\n{},live,g3,test\n", media("biden.jpg"));
    let manifest = file(&folder, "m.csv", text.as_bytes());
    let out = folder.path().join("out");
    let used = ["--calibration", calibration];
    refused(&evaluate(&manifest, &out, &used), 3, &["`g3`", "--allow-training-groups"]);
    let ran = evaluate(&manifest, &out, &[&used[..], &["--allow-training-groups"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["operating_point"]["training_groups"], 1);
    assert_eq!(report["operating_point"]["expected_apcer"]["captures"], 60);
}

#[test]
fn scores_that_make_no_calibration_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("c.json");
    let run =
        |text: &[u8]| verilume(&["calibrate", &file(&folder, "s.csv", text), "--out", out.to_str().unwrap()]);
    refused(&run(b"capture,label,texture\na,live,0.5\n"), 3, &["1 captures labelled live", "hint: "]);
    refused(&run(b"capture,label,texture\na,live,high\n"), 3, &["line 2", "`high`"]);
    assert!(!out.exists());
}

#[test]
fn the_report_has_the_documented_fields() {
    let page = include_str!("../../../../docs/reference/evaluation-report.md");
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(&folder);
    let theirs = file(&folder, "theirs.csv", b"path,score\nlater.jpg,0.9\n");
    let out = folder.path().join("out");
    refused(&evaluate(&manifest, &out, &["--baseline", &theirs]), 3, &["label is spoof"]);
    assert_eq!(evaluate(&manifest, &out, &["--by", "group", "--jobs", "1"]).code, Some(0));
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    let parts = ["", "/setting", "/operating_point", "/captures", "/intervals", "/decisions", "/thresholds"];
    let deeper = [
        "/decisions/bpcer",
        "/decisions/species/0",
        "/thresholds/at_bpcer_5",
        "/thresholds/det/0",
        "/by/values/0",
        "/live_not_accepted/0",
    ];
    for part in parts.into_iter().chain(deeper) {
        let Some(Value::Object(fields)) = report.pointer(part) else { continue };
        for field in fields.keys() {
            assert!(
                page.contains(&format!("`{field}`")),
                "{field} is not in docs/reference/evaluation-report.md"
            );
        }
    }
}
