//! The page of reports made by hand; a page of a whole session is tested with the program.

use verilume_liveness::flash::{
    CELL_COUNT, CellGain, EnvironmentAction, EnvironmentEstimate, FlashConfig, FlashMeasurements,
    FlashOutcome, FlashReport, GainMode, UncertainCause,
};
use verilume_liveness::{Signal, Threshold};
use verilume_protocol::challenge::{FlashChallenge, FlashProfile, ScreenTimeline};

use super::Explanation;
use crate::flash::recording::Simulation;

fn timeline() -> ScreenTimeline {
    let codes = [0x555, 0xaaa, 0x333, 0x666, 0x999, 0xccc];
    let challenge = FlashChallenge::from_codes(FlashProfile::standard(), codes).unwrap();
    ScreenTimeline::nominal(&challenge, 0.5)
}

fn page(report: &FlashReport, simulation: Option<&Simulation>) -> String {
    let (timeline, config) = (timeline(), FlashConfig::default());
    Explanation {
        report,
        timeline: &timeline,
        course: None,
        config: &config,
        device_name: "a <b> & \"c\"",
        frame_count: 137,
        simulation,
    }
    .html()
}

fn environment() -> EnvironmentEstimate {
    EnvironmentEstimate {
        ambient_lux: Some(900.0),
        ambient_is_at_least: true,
        screen_lux: 30.0,
        distance_mm: 400.0,
        actions: vec![EnvironmentAction::MoveCloser, EnvironmentAction::DimTheRoom],
    }
}

fn measured() -> FlashMeasurements {
    let cell = |cell: usize| CellGain {
        cell,
        gain: if cell == 7 { f64::NAN } else { cell as f64 / 40.0 - 1.0 },
        error: f64::INFINITY,
        predicted: 1.0,
        predicted_share: 0.1,
    };
    FlashMeasurements {
        mode: GainMode::Edge,
        frames: 100,
        blocks: 0,
        challenge_p: None,
        lag_secs: f64::NAN,
        blind_lag_secs: 5.0,
        lag_curve: vec![(0.0, f64::NAN), (0.01, 0.5)],
        slot_energy: 1e300,
        slot_levels: [vec![], vec![0.1; 12], vec![f64::NAN; 40]],
        slot_differences: Default::default(),
        face_gain: [[0.0; 2]; 3],
        face_z: [1.0, f64::NEG_INFINITY, 2.0],
        contrast: 0.2,
        coverage: None,
        background_ratio: None,
        shading_beta: None,
        shading_root_f: None,
        shading_spread: None,
        top_bottom_root_f: None,
        camera_reaction: Some(3.0),
        environment: environment(),
        cells: (0..CELL_COUNT).map(cell).collect(),
    }
}

#[test]
fn every_outcome_has_its_sentence_and_a_next_step() {
    let uncertain = |cause| FlashOutcome::Uncertain(cause);
    let cases = [
        (FlashOutcome::Real, "Real: every test", "the check is passed"),
        (
            FlashOutcome::Spoof { stopped_by: vec!["flash_lag", "flash_background"] },
            "\u{201c}time of the answer\u{201d} and \u{201c}background behind the face\u{201d} deny it",
            "Try again",
        ),
        (
            uncertain(UncertainCause::EnvironmentNotSupported(environment())),
            "too weak on the face",
            "Hold the screen nearer",
        ),
        (uncertain(UncertainCause::TooFewFrames), "too few frames", "Close other programs"),
        (uncertain(UncertainCause::TooLittleFace), "the face was not seen", "Look straight"),
        (uncertain(UncertainCause::FaceTooBrightOrDark), "too bright or too dark", "Turn away"),
        (uncertain(UncertainCause::BackgroundNotVisible), "no background", "further away"),
        (
            uncertain(UncertainCause::Inconclusive { undecided: vec!["flash_coverage"] }),
            "\u{201c}share of the face that answers\u{201d} fell between",
            "Hold still",
        ),
    ];
    for (outcome, sentence, step) in cases {
        let report = FlashReport { outcome, signals: Vec::new(), measurements: None };
        let page = page(&report, None);
        assert!(page.contains(sentence), "{sentence}: {page}");
        assert!(page.contains(step), "{step}: {page}");
        assert!(page.contains("no test was made"));
        assert!(!page.contains("Simulated session"), "a real session is not called simulated");
    }
}

#[test]
fn every_test_stands_on_the_page_with_value_bounds_and_reason() {
    let both = Threshold { supports_at_least: Some(6.0), denies_at_most: Some(2.0) };
    let one = Threshold { supports_at_least: Some(1.5), denies_at_most: None };
    let signals = vec![
        Signal::measured("flash_challenge", 12.25, "-log10 p", both, |_| "it answers".to_owned()),
        Signal::measured("flash_second_colour", 0.5, "1", one, |_| "a < b".to_owned()),
        Signal::unavailable("flash_background", "1", "nothing behind"),
        Signal::measured("flash_new_test", 1.0, "1", both, |_| "flat".to_owned()),
    ];
    let report = FlashReport { outcome: FlashOutcome::Real, signals, measurements: None };
    let page = page(&report, None);
    for part in ["12.2", "6.00", "2.00", "supports", "it answers", "a &lt; b", "not measured", "denies"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for signal in &report.signals {
        assert!(page.contains(&format!("<tr id=\"{}\">", signal.name)), "{}", signal.name);
        assert_eq!(page.contains(&format!("bar-{}-title", signal.name)), signal.value.is_some());
    }
}

#[test]
fn numbers_that_are_none_break_no_drawing() {
    let report =
        FlashReport { outcome: FlashOutcome::Real, signals: Vec::new(), measurements: Some(measured()) };
    let page = page(&report, None);
    assert!(page.contains("at least 900 lx") && page.contains("only steps between colours"));
    let drawn = page.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap());
    for part in drawn.flat_map(|svg| svg.split('"').skip(1).step_by(2)) {
        let numeric = part.starts_with(|first: char| first.is_ascii_digit() || first == 'M');
        assert!(!numeric || !(part.contains("NaN") || part.contains("inf")), "{part}");
    }
}

#[test]
fn names_from_a_file_cannot_become_markup() {
    let simulation = Simulation { species: "<script>x</script>".to_owned(), seed: u64::MAX };
    let report = FlashReport { outcome: FlashOutcome::Real, signals: Vec::new(), measurements: None };
    let page = page(&report, Some(&simulation));
    assert!(page.contains("Simulated session") && page.contains("18446744073709551615"));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.contains("a &lt;b&gt; &amp; &quot;c&quot;"), "{page}");
}
