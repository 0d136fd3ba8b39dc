//! The report in words.

use std::fmt::Write as _;
use std::path::Path;

use verilume_eval::CaptureReport;
use verilume_eval::analysis::FaceSummary;
use verilume_liveness::fusion::{Assurance, Decision, LivenessReport};
use verilume_liveness::{Signal, Verdict};

use crate::calibrate::rate_in_words;

/// The report as a person reads it: verdict, reasons, signals, faces.
pub(super) fn describe(report: &CaptureReport, input: &Path) -> String {
    let mut text = String::new();
    let out = &mut text;
    let liveness = &report.liveness;
    let score = liveness.score.map_or_else(|| "no score".to_owned(), |score| format!("score {score:.2}"));
    let _ = writeln!(
        out,
        "{}  ({score}, {} evidence)  {}",
        decision_in_words(liveness.decision),
        assurance_in_words(liveness.assurance),
        input.display()
    );
    for reason in &liveness.reasons {
        let _ = writeln!(out, "  - {}", reason.message);
    }
    let _ = writeln!(out);
    describe_signals(out, &liveness.signals);
    describe_point(out, liveness);
    let frames = &report.frames;
    let _ = writeln!(
        out,
        "  frames           {} read, {} with a face, {} looking at the camera",
        frames.read, frames.with_face, frames.gate_open
    );
    report.faces.iter().for_each(|face| describe_face(out, face));
    text
}

/// Which operating point decided, and how often it errs.
fn describe_point(out: &mut String, liveness: &LivenessReport) {
    let point = &liveness.calibration.point;
    let rates = match (point.expected_bpcer, point.expected_apcer) {
        (None, None) => "its error rates are not known: `verilume calibrate` finds them".to_owned(),
        (bpcer, apcer) => {
            let (bpcer, apcer) = (rate_in_words(bpcer), rate_in_words(apcer));
            format!("people not called real {bpcer}; worst species called real {apcer}")
        }
    };
    let mode = liveness.operating_mode.name();
    let _ = writeln!(out, "  {:<16} {mode}; {rates}", "decided at");
}

fn decision_in_words(decision: Decision) -> &'static str {
    match decision {
        Decision::RealFace => "REAL FACE",
        Decision::SpoofFace => "SPOOF",
        Decision::Uncertain => "UNCERTAIN",
    }
}

fn assurance_in_words(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Static => "static",
        Assurance::Flash => "flash",
        _ => "other",
    }
}

/// First what is weighed or tested, then what is only measured, then what could not be.
fn describe_signals(out: &mut String, signals: &[Signal]) {
    let _ = writeln!(out, "  {:<16} {:>8}  {:>9}", "signal", "value", "worth");
    for signal in signals {
        let Some(value) = signal.value else { continue };
        let worth = match (signal.llr, signal.verdict) {
            (Some(llr), _) => format!("{llr:+.2} nats"),
            (None, Verdict::Supports) => "passed".to_owned(),
            (None, Verdict::Denies) => "failed".to_owned(),
            (None, _) => continue,
        };
        let _ = writeln!(out, "  {:<16} {value:>8.3}  {worth:>9}  {}", signal.name, signal.reason);
    }
    let unweighed = signals.iter().filter(|signal| {
        signal.value.is_some() && signal.llr.is_none() && signal.verdict == Verdict::Inconclusive
    });
    let named: Vec<String> =
        unweighed.map(|signal| format!("{} {:.3}", signal.name, signal.value.unwrap_or_default())).collect();
    list(out, "not weighed", &named);
    // Signals without a value, by what stood in the way.
    let mut obstacles: Vec<(&str, Vec<&str>)> = Vec::new();
    for signal in signals.iter().filter(|signal| signal.value.is_none()) {
        match obstacles.iter_mut().find(|(reason, _)| *reason == signal.reason) {
            Some((_, names)) => names.push(signal.name),
            None => obstacles.push((&signal.reason, vec![signal.name])),
        }
    }
    for (reason, names) in obstacles {
        list(out, "not measured", &[format!("{} ({reason})", names.join(", "))]);
    }
}

fn list(out: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(out, "  {title:<16} {}", items.join(", "));
    }
}

fn describe_face(out: &mut String, face: &FaceSummary) {
    let _ = writeln!(
        out,
        "  face {:<11} {} frames, yaw {:.0} to {:.0}, pitch {:.0} to {:.0} degrees, {:.0} px between the eyes",
        face.id,
        face.frames,
        face.yaw_deg.min,
        face.yaw_deg.max,
        face.pitch_deg.min,
        face.pitch_deg.max,
        face.inter_eye_px.median
    );
    if !face.blinks.is_empty() {
        let times: Vec<String> =
            face.blinks.iter().map(|blink| format!("{:.1} s", blink.time_ms / 1e3)).collect();
        let _ = writeln!(out, "  {:<16} {} at {}", "", count(face.blinks.len(), "blink"), times.join(", "));
    }
    if face.mouth_covered_frames * 2 > face.frames {
        let _ = writeln!(out, "  {:<16} something is in front of the mouth", "");
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
