//! Each kind of session comes to its outcome by the right test.

use verilume_liveness::Verdict;
use verilume_liveness::flash::{
    DeviceGeometry, FlashConfig, FlashCourse, FlashOutcome, FlashReport, FlashTraces, GainMode, TraceFrame,
    UncertainCause, judge,
};
use verilume_protocol::challenge::{Channel, FlashChallenge, FlashProfile, Half};

use crate::synthetic::{Noise, Session, Subject, session, session_shown};

fn report(subject: Subject, lux: f64, seed: u64) -> FlashReport {
    report_of(&session(subject, lux, FlashProfile::standard(), seed))
}

fn report_of(session: &Session) -> FlashReport {
    judge(&session.traces, &session.timeline, &DeviceGeometry::phone(), &FlashConfig::default())
}

fn show(report: &FlashReport) -> String {
    let signals =
        report.signals.iter().map(|s| format!("\n  {}: {:?} {:?} {}", s.name, s.verdict, s.value, s.reason));
    format!("{:?}{}", report.outcome, signals.collect::<String>())
}

fn verdict(report: &FlashReport, name: &str) -> Verdict {
    report.signals.iter().find(|signal| signal.name == name).unwrap().verdict
}

#[track_caller]
fn stopped_by(subject: Subject, lux: f64, test: &str) {
    for seed in 0..12 {
        let report = report(subject, lux, seed);
        let denied =
            matches!(&report.outcome, FlashOutcome::Spoof { stopped_by } if stopped_by.contains(&test));
        assert!(denied, "{subject:?} at {lux} lx, seed {seed}: {}", show(&report));
    }
}

#[test]
fn a_live_head_is_real_in_every_profile() {
    for profile in [FlashProfile::standard(), FlashProfile::fast(), FlashProfile::calm()] {
        for (seed, lux) in [50.0, 100.0, 200.0, 500.0].into_iter().cycle().take(16).enumerate() {
            let report = report_of(&session(Subject::Live, lux, profile, seed as u64));
            assert_eq!(report.outcome, FlashOutcome::Real, "{} {lux} lx: {}", profile.name(), show(&report));
        }
    }
}

#[test]
fn soft_flashes_do_in_a_dim_room() {
    for seed in 0..6 {
        let report = report_of(&session(Subject::Live, 80.0, FlashProfile::soft(), seed));
        assert_eq!(report.outcome, FlashOutcome::Real, "{}", show(&report));
    }
}

#[test]
fn a_uniform_tint_of_the_face_has_no_shading() {
    stopped_by(Subject::FaceTint, 200.0, "flash_shading_likeness");
}

#[test]
fn the_answer_to_another_session_is_not_ours() {
    stopped_by(Subject::OtherSession, 200.0, "flash_challenge");
}

#[test]
fn a_tint_of_the_whole_frame_is_never_real() {
    for seed in 0..12 {
        let report = report(Subject::FrameTint, 200.0, seed);
        assert_ne!(verdict(&report, "flash_background"), Verdict::Supports, "{}", show(&report));
        assert_ne!(report.outcome, FlashOutcome::Real, "{}", show(&report));
    }
}

#[test]
fn a_recording_that_does_not_react_is_never_real_and_never_evidence_of_a_face() {
    for seed in 0..12 {
        let report = report(Subject::Static, 200.0, seed);
        let weak = FlashOutcome::Uncertain(UncertainCause::TooFewFrames);
        assert_ne!(report.outcome, FlashOutcome::Real, "{}", show(&report));
        assert_ne!(report.outcome, weak, "{}", show(&report));
    }
}

#[test]
fn a_display_that_mirrors_the_screen_answers_unevenly() {
    for seed in 0..12 {
        let report = report(Subject::Mirror, 200.0, seed);
        assert_ne!(verdict(&report, "flash_evenness"), Verdict::Supports, "{}", show(&report));
        assert_ne!(report.outcome, FlashOutcome::Real, "{}", show(&report));
    }
}

/// A challenge whose lower half shows `blue_below` of the upper half's blue code.
fn with_blue_below(seed: u64, blue_below: impl Fn(u16) -> u16) -> (FlashChallenge, Noise) {
    let mut noise = Noise::new(seed);
    let profile = FlashProfile::standard();
    let minted = FlashChallenge::mint(profile, |bytes| noise.fill(bytes)).unwrap();
    let codes = Half::ALL.map(|half| {
        Channel::ALL.map(|channel| match (half, channel) {
            (Half::Bottom, Channel::Blue) => blue_below(minted.code(Half::Top, Channel::Blue)),
            _ => minted.code(half, channel),
        })
    });
    let challenge = FlashChallenge::from_codes(profile, codes.concat().try_into().unwrap()).unwrap();
    (challenge, noise)
}

#[test]
fn a_colour_whose_halves_are_opposite_or_alike_does_not_count_against_a_person() {
    let depth = |report: &FlashReport| report.measurements.as_ref().unwrap().shading_beta.unwrap();
    for seed in 0..6 {
        let usual = depth(&report(Subject::Live, 60.0, seed));
        for (name, flipped) in [("opposite", 0xfff), ("alike", 0)] {
            let (challenge, noise) = with_blue_below(seed, |above| above ^ flipped);
            let report = report_of(&session_shown(Subject::Live, 60.0, &challenge, noise));
            assert_eq!(report.outcome, FlashOutcome::Real, "{name}, seed {seed}: {}", show(&report));
            let change = depth(&report) - usual;
            assert!(change.abs() < 0.06, "{name}, seed {seed}: {change:.3}");
        }
    }
}

#[test]
fn without_background_the_answer_is_still_found_but_not_enough() {
    for seed in 0..12 {
        let mut session = session(Subject::Live, 100.0, FlashProfile::standard(), seed);
        let bare = session
            .traces
            .frames()
            .iter()
            .map(|frame| TraceFrame::new(frame.captured_at(), frame.cells().to_vec(), Vec::new()));
        session.traces = FlashTraces::new(bare.collect(), session.traces.face().clone());
        let report = report_of(&session);
        let measured = report.measurements.as_ref().unwrap();
        assert_eq!(measured.mode, GainMode::Edge);
        assert!(measured.challenge_p.unwrap() < 1e-4, "{}", show(&report));
        assert!(measured.coverage.unwrap() > 0.5, "{}", show(&report));
        assert_eq!(
            report.outcome,
            FlashOutcome::Uncertain(UncertainCause::BackgroundNotVisible),
            "{}",
            show(&report)
        );
    }
}

#[test]
fn daylight_is_an_environment_that_is_not_supported_and_is_estimated() {
    for seed in 0..12 {
        let report = report(Subject::Live, 20_000.0, seed);
        let FlashOutcome::Uncertain(UncertainCause::EnvironmentNotSupported(room)) = &report.outcome else {
            panic!("{}", show(&report));
        };
        assert!(room.ambient_lux.unwrap() > 1500.0, "{room:?}");
        assert_eq!(room.actions.len(), 3);
    }
    let bright = report(Subject::Live, 500.0, 1).measurements.unwrap().environment;
    let lux = bright.ambient_lux.unwrap();
    assert!((250.0..1000.0).contains(&lux) && !bright.ambient_is_at_least, "{bright:?}");
    assert!((bright.distance_mm / 320.0 - 1.0).abs() < 0.1, "{bright:?}");
}

#[test]
fn the_course_of_a_live_face_follows_the_screen_and_that_of_the_background_does_not() {
    let session = session(Subject::Live, 100.0, FlashProfile::standard(), 3);
    let course = FlashCourse::new(&session.traces, &session.timeline, &FlashConfig::default().measure);
    let lag = report_of(&session).measurements.unwrap().lag_secs;
    let green = |secs: f64| Half::ALL.map(|half| session.timeline.drive(half, secs - lag)[1]).iter().sum();
    let screen: Vec<f64> = course.secs().iter().map(|secs| green(*secs)).collect();
    assert!(screen.len() > 100 && course.face()[1].len() == screen.len());
    assert!(correlation(&course.face()[1], &screen) > 0.9);
    assert!(correlation(&course.background().unwrap()[1], &screen) < 0.5);
    assert!(format!("{course:?}").contains("[redacted "), "{course:?}");
}

#[test]
fn the_course_of_nothing_is_empty() {
    let session = session(Subject::Live, 100.0, FlashProfile::standard(), 3);
    let none = FlashTraces::new(Vec::new(), session.traces.face().clone());
    let course = FlashCourse::new(&none, &session.timeline, &FlashConfig::default().measure);
    assert!(course.secs().is_empty() && course.face()[0].is_empty() && course.background().is_none());
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
