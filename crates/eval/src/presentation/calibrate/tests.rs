use proptest::prelude::*;

use super::super::random::SplitMix64;
use super::super::{Label, Truth};
use super::*;

/// A normal value by the sum of twelve uniform ones.
fn normal(random: &mut SplitMix64) -> f64 {
    (0..12).map(|_| random.below(1 << 30) as f64 / f64::from(1 << 30)).sum::<f64>() - 6.0
}

/// Captures of `groups` groups: `good` is 2 spreads higher for people, `noise` says nothing, `texture` is a share.
fn scores(live: usize, attacks: usize, groups: usize) -> Scores {
    let mut random = SplitMix64::new(7);
    let row = |at: usize| {
        let is_live = at < live;
        let towards = if is_live { 1.0 } else { -1.0 };
        let texture = 1.0 / (1.0 + (-(towards + normal(&mut random))).exp());
        let mut signals = BTreeMap::from([
            ("good".to_owned(), 10.0 + towards + normal(&mut random)),
            ("noise".to_owned(), normal(&mut random)),
            ("texture".to_owned(), texture),
        ]);
        if at.is_multiple_of(5) {
            signals.remove("good");
        }
        ScoreRow {
            capture: format!("c{at}"),
            truth: Truth {
                label: if is_live { Label::Live } else { Label::Spoof },
                attack_type: if is_live { String::new() } else { ["print", "replay"][at % 2].to_owned() },
                subject: String::new(),
                group: format!("g{}", at % groups),
                split: if at % groups < groups / 2 { "train".to_owned() } else { "test".to_owned() },
            },
            signals,
        }
    };
    Scores { rows: (0..live + attacks).map(row).collect(), sha256: "0".repeat(64) }
}

fn request(train_split: Option<&str>) -> CalibrateRequest {
    CalibrateRequest {
        folds: 5,
        train_split: train_split.map(str::to_owned),
        date: "2026-01-01".to_owned(),
        scores_name: "scores.csv".to_owned(),
    }
}

#[test]
fn sensible_slopes_are_recovered_and_the_file_comes_back() {
    let made = calibrate(&scores(600, 300, 30), &request(None)).unwrap();
    let calibration = &made.calibration;
    let good = calibration.cues["good"];
    assert!((1.5..2.5).contains(&good.slope) && (good.centre - 10.0).abs() < 0.2, "{good:?}");
    assert!((1.5..2.5).contains(&calibration.cues["texture"].slope), "a share is fitted by its log-odds");
    assert!(calibration.cues.get("noise").is_none_or(|noise| noise.slope < 0.2), "{calibration:?}");
    let limit = 301_f64.ln();
    assert!(calibration.cues.values().all(|worth| worth.most <= limit && worth.least <= limit));
    let text = serde_json::to_string(calibration).unwrap();
    let back = Calibration::from_json(&text).unwrap();
    assert_eq!(back.provenance, calibration.provenance);
    assert_eq!((back.provenance.live, back.provenance.attacks["print"]), (600, 150));
    assert_eq!(back.provenance.groups_sha256.len(), 30);
    assert_eq!(training_groups(calibration, ["g3", "someone"]).into_iter().collect::<Vec<_>>(), ["g3"]);
}

#[test]
fn operating_points_hold_what_they_promise_on_other_groups() {
    let made = calibrate(&scores(600, 300, 30), &request(None)).unwrap();
    let points = &made.calibration.operating_points;
    let bpcer = |point: &verilume_liveness::fusion::OperatingPoint| point.expected_bpcer.unwrap();
    assert!(bpcer(&points.convenient).share <= 0.01 && bpcer(&points.balanced).share <= 0.05);
    let strict = points.strict.expected_apcer.unwrap();
    assert!(strict.share <= 0.01 && strict.captures == 150, "{strict:?}");
    assert!(points.convenient.real_at_least <= points.balanced.real_at_least);
    assert!(points.balanced.real_at_least <= points.strict.real_at_least);
    assert!(made.judged_on.contains("5-fold"), "{}", made.judged_on);
}

#[test]
fn a_training_split_is_judged_on_the_others() {
    let made = calibrate(&scores(600, 300, 30), &request(Some("train"))).unwrap();
    assert_eq!((made.groups, made.calibration.provenance.live), (15, 300));
    assert_eq!(made.calibration.operating_points.balanced.expected_bpcer.unwrap().captures, 300);
}

#[test]
fn what_cannot_be_calibrated_is_refused() {
    let refused = |scores: &Scores, split: Option<&str>, words: &str| {
        let error = calibrate(scores, &request(split)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.hint().is_empty());
    };
    refused(&scores(600, 19, 30), None, "19 captures labelled spoof");
    refused(&scores(60, 60, 1), None, "of 1 groups");
    refused(&scores(60, 60, 6), Some("dev"), "split `dev`: 0 captures");
    let mut leaking = scores(60, 60, 6);
    leaking.rows[0].truth.split = "test".to_owned();
    refused(&leaking, Some("train"), "the group `g0` is in the splits");
    let mut half_named = scores(60, 60, 6);
    half_named.rows[0].truth.split.clear();
    refused(&half_named, Some("train"), "the group `g0` is in the splits");
    let mut silent = scores(60, 60, 6);
    silent.rows.iter_mut().for_each(|row| row.signals.retain(|name, _| name == "none"));
    refused(&silent, None, "0 captures labelled live");
    let mut turned = scores(60, 60, 6);
    for row in &mut turned.rows {
        row.truth.label = if row.truth.label == Label::Live { Label::Spoof } else { Label::Live };
        row.signals.remove("noise");
    }
    refused(&turned, None, "higher for people");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_group_is_ever_in_two_parts(live in 20_usize..60, attacks in 20_usize..60, groups in 2_usize..20, folds in 2_usize..8) {
        let scores = scores(live, attacks, groups);
        let rows: Vec<&ScoreRow> = scores.rows.iter().collect();
        let (parts, part_of) = folds::by_group(&rows, folds);
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, part) in rows.iter().zip(&part_of) {
            prop_assert!(*part < parts);
            prop_assert_eq!(*seen.entry(row.cluster()).or_insert(*part), *part);
        }
        for part in 0..parts {
            for label in [Label::Live, Label::Spoof] {
                let left = rows.iter().zip(&part_of).any(|(row, of)| *of != part && row.truth.label == label);
                prop_assert!(left, "part {} leaves nothing of {:?} to fit to", part, label);
            }
        }
    }
}
