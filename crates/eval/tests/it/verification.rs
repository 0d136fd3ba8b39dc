//! Comparison of faces on pictures of real people. The assets are needed (`cargo xtask assets`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use verilume_eval::media::{self, MediaOptions};
use verilume_eval::verification::{PairList, PairsReport, compare, impostor_pairs};
use verilume_infer::{DetectorRange, Engine, Weights, face_models};
use verilume_recognition::{
    Calibration, Embedder, FaceChoice, PortraitReader, QualityConfig, SessionIdentity, SessionIdentityConfig,
};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

fn reader() -> PortraitReader {
    let (engine, weights) = (Engine::rten(), Weights::in_folder(assets().join("models")));
    let models = face_models(&engine, &weights, DetectorRange::Full).expect("run `cargo xtask assets`");
    let embedder = Embedder::load(&engine, &weights).expect("run `cargo xtask assets`");
    PortraitReader::new(Arc::new(models), embedder, QualityConfig::default())
}

/// One picture of each person: the demonstration portraits, three official ones, and the first frame of the video.
fn people() -> Vec<PathBuf> {
    let media = assets().join("media");
    let faces = std::fs::read_dir(media.join("faces")).expect("run `cargo xtask assets`");
    let mut people: Vec<PathBuf> = faces.map(|entry| entry.unwrap().path()).collect();
    people.sort();
    let others = ["astronaut.png", "biden.jpg", "obama.jpg", "carphone.mp4"].map(|name| media.join(name));
    people.extend(others);
    people
}

/// Every two people, each pair once.
fn different(people: &[PathBuf]) -> String {
    let mut rows = String::new();
    for (place, a) in people.iter().enumerate() {
        for b in &people[..place] {
            rows += &format!("{},{},0,different\n", a.display(), b.display());
        }
    }
    rows
}

/// Every two pictures of one person.
fn same(pictures: &[PathBuf], group: &str) -> String {
    different(pictures).replace(",0,different", &format!(",1,{group}"))
}

/// Six frames of the video, spread over it: the first is the video itself.
fn frames_of_video(folder: &Path) -> Vec<PathBuf> {
    let path = assets().join("media/carphone.mp4");
    let mut reader = media::open(&path, &MediaOptions::default()).unwrap();
    let mut pictures = vec![path];
    let mut at = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        if at > 0 && at % 23 == 0 {
            let (width, height) = (frame.view().width(), frame.view().height());
            let name = folder.join(format!("frame-{at}.png"));
            image::save_buffer(&name, frame.image.pixels(), width, height, image::ExtendedColorType::Rgb8)
                .unwrap();
            pictures.push(name);
        }
        at += 1;
    }
    pictures
}

fn list(folder: &Path, rows: &str) -> PairList {
    let path = folder.join("pairs.csv");
    std::fs::write(&path, format!("path_a,path_b,same,group\n{rows}")).unwrap();
    PairList::open(&path).unwrap()
}

#[test]
fn rates_on_the_asset_pictures_are_no_worse_than_the_study_of_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, people) = (reader(), people());
    let official = ["obama.jpg", "obama2.jpg", "obama3.jpg"].map(|name| assets().join("media").join(name));
    let rows = different(&people)
        + &same(&official, "official portraits")
        + &same(&frames_of_video(folder.path()), "frames of one video");
    let list = list(folder.path(), &rows);
    let comparisons = compare(&list, &reader, || ()).unwrap();
    let shipped = Calibration::shipped();
    let report = PairsReport::new(&list, &comparisons, reader.embedder(), Some(&shipped));
    println!("{}", report.to_text());
    for unusable in &report.unusable {
        println!("left out: {} {}", unusable.picture, unusable.reason);
    }
    let (rates, study) = (report.rates.unwrap(), report.study.unwrap());
    assert!(rates.auc >= study.auc && rates.eer <= study.eer, "{study:?}");
    let [hundredth, thousandth] = &rates.accept_rates[..] else { panic!("{:?}", rates.accept_rates) };
    // 820 pairs of two people are enough for 1 in 100, and not for 1 in 1000.
    assert!(hundredth.tar.unwrap().value >= 0.99, "{hundredth:?}");
    assert_eq!((thousandth.tar, thousandth.different), (None, 820));
    assert!(rates.auc >= 0.990 && rates.eer <= 0.052, "AUC {}, EER {}", rates.auc, rates.eer);
    let half = rates.operating_points.iter().find(|point| point.chosen_by == "confidence 0.5").unwrap();
    assert_eq!(half.fmr.count, 0, "{half:?}");

    // The shipped calibration is what these pictures yield, up to the rounding of the networks.
    let pairs = impostor_pairs(&list, &comparisons);
    let fitted = Calibration::fit(reader.embedder(), &pairs, shipped.provenance.clone()).unwrap();
    assert_eq!((fitted.people, fitted.pairs), (shipped.people, shipped.pairs));
    for distance in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let (ours, theirs) = (fitted.assess(distance).confidence, shipped.assess(distance).confidence);
        println!("distance {distance}: confidence {theirs:.3}, refitted {ours:.3}");
        assert!((ours - theirs).abs() < 0.02, "{distance}: {ours}, {theirs}");
    }
}

#[test]
fn the_frames_of_a_capture_show_one_person_until_another_steps_in() {
    let folder = tempfile::tempdir().unwrap();
    let reader = reader();
    let embedding = |path: &Path| {
        let mut frames = media::open(path, &MediaOptions::default()).unwrap();
        let frame = frames.next_frame().unwrap().unwrap();
        reader.read(frame.view(), FaceChoice::Largest).unwrap().embedding
    };
    let mut frames: Vec<_> = frames_of_video(folder.path()).iter().map(|path| embedding(path)).collect();
    let (metric, config) = (reader.embedder().spec().metric, SessionIdentityConfig::default());
    let one = SessionIdentity::of(&frames, metric, &config).unwrap();
    println!("{one:?}");
    assert!(matches!(one, SessionIdentity::One { .. }), "{one:?}");
    frames.insert(3, embedding(&assets().join("media/obama.jpg")));
    let several = SessionIdentity::of(&frames, metric, &config).unwrap();
    println!("{several:?}");
    assert!(matches!(several, SessionIdentity::Several { frames, .. } if frames.0 == 3 || frames.1 == 3));
}
