//! What a capture says to a person.

use std::fmt::Write as _;

use serde_json::Value;
use verilume_capture::{CaptureState, Urgency};

use super::{Outcome, Progress};

/// Says what happens.
pub(super) fn tell(progress: &Progress) {
    match progress {
        Progress::State(state) => eprintln!("{}", in_words(*state)),
        Progress::Guidance(hint) => {
            let again = if hint.urgency == Urgency::Escalated { ", still" } else { "" };
            eprintln!("  {}{again}", hint.code.code().replace('_', " "));
        }
        Progress::TryAgain { hint, attempts_left } => {
            eprintln!("try again, {attempts_left} left: {}", hint.unwrap_or("the service did not say why"));
        }
    }
}

fn in_words(state: CaptureState) -> &'static str {
    match state {
        CaptureState::Connecting => "asking the service for a plan",
        CaptureState::Align => "waiting for a person who looks at the camera",
        CaptureState::Hold => "hold still",
        CaptureState::Flash => "the screen shows its colours",
        CaptureState::Tail => "almost done",
        CaptureState::Checking => "the service decides",
        CaptureState::Retry => "another attempt",
        CaptureState::Replanning => "asking for another plan",
        CaptureState::Paused => "paused",
        _ => "done",
    }
}

/// What came out.
pub(super) fn describe(outcome: &Outcome) -> String {
    let device = &outcome.device;
    let mut text = format!(
        "{}: result {}, digest {}\n{} frames seen, {} kB sent in {:.1} s\n",
        device.terminal,
        device.result_id.as_deref().unwrap_or("-"),
        device.digest.as_deref().unwrap_or("-"),
        device.frames_seen,
        device.bytes_sent / 1000,
        device.took_ms as f64 / 1e3,
    );
    let attempts = outcome.session.iter().filter_map(|session| session["attempts"].as_array()).flatten();
    attempts.for_each(|attempt| describe_attempt(&mut text, attempt));
    text
}

/// An attempt as the app server reads it, with what spoke for it and against it.
fn describe_attempt(text: &mut String, attempt: &Value) {
    let evidence = &attempt["evidence"];
    let or_none = |value: &'_ Value| value.as_str().unwrap_or("-").to_owned();
    let _ = write!(text, "\nattempt {} {}", attempt["attemptId"], or_none(&attempt["attemptStatus"]));
    if let Some(code) = attempt["error"]["code"].as_str() {
        let _ = write!(text, ", {code}");
    }
    let score = evidence["score"].as_f64().map_or_else(String::new, |score| format!(", score {score:.2}"));
    let _ = writeln!(text, ": {}{score}", or_none(&evidence["decision"]));
    if let Some(confidence) = evidence["verify"]["assessment"]["confidence"].as_f64() {
        let person = if evidence["verify"]["isIdentical"] == true {
            "the expected person"
        } else {
            "not known to be the expected person"
        };
        let _ = writeln!(
            text,
            "  {person}: confidence {confidence:.2}, threshold {}",
            evidence["verify"]["threshold"]
        );
    }
    for signal in evidence["signals"].as_array().into_iter().flatten() {
        let mark = match signal["verdict"].as_str() {
            Some("supports") => '+',
            Some("denies") => '-',
            _ => continue,
        };
        let _ = writeln!(text, "  {mark} {:<22} {}", or_none(&signal["name"]), or_none(&signal["reason"]));
    }
}
