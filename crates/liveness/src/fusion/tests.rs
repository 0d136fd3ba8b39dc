use super::*;
use crate::TextureEvidence;

fn evidence(scores: &[f32]) -> CaptureEvidence {
    CaptureEvidence {
        frames_read: 10,
        frames_with_face: 10,
        frames_looking: 8,
        frames_with_several_faces: 0,
        cues: vec![TextureEvidence::Scored(scores.to_vec()).cue()],
        flash: None,
    }
}

fn flashed(outcome: FlashOutcome) -> CaptureEvidence {
    let flash = FlashReport { outcome, signals: Vec::new(), measurements: None };
    CaptureEvidence { flash: Some(flash), ..evidence(&[0.999]) }
}

#[track_caller]
fn check(evidence: &CaptureEvidence, decision: Decision, code: &str) {
    let report = fuse(evidence, &FusionConfig::default());
    assert_eq!((report.decision, report.reasons[0].code), (decision, code));
}

#[test]
fn cues_decide_where_nothing_stands_in_the_way() {
    check(&evidence(&[0.95]), Decision::RealFace, "texture");
    check(&evidence(&[0.05]), Decision::SpoofFace, "texture");
    check(&evidence(&[0.5]), Decision::Uncertain, "evidence_inconclusive");
}

#[test]
fn what_could_not_be_told_is_uncertain_and_never_real() {
    let missing = TextureEvidence::Unavailable("weights are not installed".into()).cue();
    let unknown = CaptureEvidence { cues: vec![missing], ..evidence(&[]) };
    check(&unknown, Decision::Uncertain, "no_static_evidence");
    assert_eq!(fuse(&unknown, &FusionConfig::default()).score, None);
    check(&CaptureEvidence { frames_with_face: 0, ..evidence(&[0.99]) }, Decision::Uncertain, "no_face");
    let several = CaptureEvidence { frames_with_several_faces: 9, ..evidence(&[0.99]) };
    check(&several, Decision::Uncertain, "several_faces");
}

#[test]
fn a_bystander_is_not_called_real_but_a_print_of_one_is_still_a_print() {
    let rarely = |scores: &[f32]| CaptureEvidence { frames_with_face: 3, ..evidence(scores) };
    let never_looking = |scores: &[f32]| CaptureEvidence { frames_looking: 0, ..evidence(scores) };
    check(&rarely(&[0.99]), Decision::Uncertain, "face_rarely_visible");
    check(&never_looking(&[0.99]), Decision::Uncertain, "not_looking_at_camera");
    check(&never_looking(&[0.01]), Decision::SpoofFace, "texture");
}

#[test]
fn no_score_of_a_network_opens_a_gate_that_a_physical_test_shut() {
    check(&flashed(FlashOutcome::Real), Decision::RealFace, "flash_answered");
    let denied = FlashOutcome::Spoof { stopped_by: vec!["flash_challenge"] };
    check(&flashed(denied), Decision::SpoofFace, "flash_denied");
    check(
        &flashed(FlashOutcome::Uncertain(UncertainCause::TooFewFrames)),
        Decision::Uncertain,
        "too_few_frames",
    );
}

#[test]
fn a_passed_flash_model_decides_where_the_picture_says_nothing_but_outweighs_no_clear_attack() {
    let pictured = |score| CaptureEvidence {
        cues: vec![TextureEvidence::Scored(vec![score]).cue()],
        ..flashed(FlashOutcome::Real)
    };
    check(&pictured(0.5), Decision::RealFace, "flash_answered");
    check(&pictured(0.2), Decision::Uncertain, "evidence_inconclusive");
    check(&pictured(0.02), Decision::SpoofFace, "texture");
}

#[test]
fn surroundings_that_are_fixed_to_the_face_forbid_real_whatever_the_texture() {
    let flat = |name| Cue { value: Ok(-4.0), ..Cue::of(name, "ln", "", "") };
    let mut fixed = evidence(&[0.999]);
    fixed.cues.extend([flat(crate::periphery::RING_CARRIED), flat(crate::periphery::FACE_RELIEF)]);
    check(&fixed, Decision::Uncertain, "surroundings_fixed");
}

#[test]
fn no_bound_on_the_score_opens_a_gate() {
    let denied = FlashOutcome::Spoof { stopped_by: vec!["flash_challenge"] };
    let untold = FlashOutcome::Uncertain(UncertainCause::TooFewFrames);
    for mode in [OperatingMode::Convenient, OperatingMode::Balanced, OperatingMode::Strict] {
        let config = FusionConfig::new(Calibration::default(), mode);
        let point = *config.calibration.point(mode);
        let llr = |outcome: &FlashOutcome| fuse(&flashed(outcome.clone()), &config).llr.unwrap();
        assert!(llr(&FlashOutcome::Real) >= point.real_at_least);
        assert!(llr(&denied) <= point.spoof_at_most);
        assert!(llr(&untold) < point.real_at_least && llr(&untold) > point.spoof_at_most);
    }
}

#[test]
fn a_loop_is_not_called_real_whatever_the_texture() {
    let mut looped = evidence(&[0.999]);
    looped.cues.push(Cue { value: Ok(-0.5), ..Cue::of(REPETITION, "1", "", "") });
    check(&looped, Decision::Uncertain, "frames_repeat");
}

#[test]
fn a_cue_of_any_size_is_worth_no_more_than_its_limit() {
    let calibration = Calibration::default();
    for (name, worth) in &calibration.cues {
        for value in [-1e300, -1.0, 0.0, 1.0, 1e300] {
            let llr = worth.llr(value);
            assert!((-worth.least..=worth.most).contains(&llr), "{name} {value}: {llr}");
        }
    }
}

#[test]
fn a_calibration_comes_back_from_its_file_and_a_damaged_one_is_refused() {
    let calibration = Calibration::default();
    let text = serde_json::to_string(&calibration).unwrap();
    assert_eq!(Calibration::from_json(&text).unwrap(), calibration);
    assert!(matches!(Calibration::from_json("{"), Err(CalibrationError::Unreadable(_))));
    let other = Calibration { version: 2, ..calibration.clone() };
    let other = serde_json::to_string(&other).unwrap();
    assert!(matches!(Calibration::from_json(&other), Err(CalibrationError::Version(2))));
    let mut bent = calibration;
    bent.operating_points.strict.spoof_at_most = 9.0;
    let bent = serde_json::to_string(&bent).unwrap();
    assert!(matches!(Calibration::from_json(&bent), Err(CalibrationError::Number(_))));
}

#[test]
fn the_report_serialises_as_documented() {
    insta::assert_json_snapshot!(fuse(&evidence(&[0.95]), &FusionConfig::default()));
}
