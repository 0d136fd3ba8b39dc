//! The report in words.

use std::fmt::Write as _;
use std::path::Path;

use verilume_eval::CaptureReport;
use verilume_eval::analysis::FaceSummary;
use verilume_liveness::fusion::{Assurance, Decision};
use verilume_liveness::{Signal, Verdict};

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
    liveness.signals.iter().for_each(|signal| describe_signal(out, signal));
    let frames = &report.frames;
    let _ = writeln!(
        out,
        "  frames       {} read, {} with a face, {} looking at the camera",
        frames.read, frames.with_face, frames.gate_open
    );
    report.faces.iter().for_each(|face| describe_face(out, face));
    text
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

fn describe_signal(out: &mut String, signal: &Signal) {
    let verdict = match signal.verdict {
        Verdict::Supports => "supports",
        Verdict::Denies => "denies",
        Verdict::Inconclusive => "says nothing",
        _ => "unavailable",
    };
    let value = signal.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let bounds = signal.threshold.map_or_else(String::new, |threshold| {
        let live = threshold.supports_at_least.map(|bound| format!("live from {bound:.2}"));
        let spoof = threshold.denies_at_most.map(|bound| format!("spoof up to {bound:.2}"));
        format!(" ({})", live.into_iter().chain(spoof).collect::<Vec<_>>().join(", "))
    });
    let _ = writeln!(out, "  {:<12} {value} {verdict}{bounds}: {}", signal.name, signal.reason);
}

fn describe_face(out: &mut String, face: &FaceSummary) {
    let _ = writeln!(
        out,
        "  face {:<7} {} frames, yaw {:.0} to {:.0}, pitch {:.0} to {:.0} degrees, {:.0} px between the eyes",
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
        let _ = writeln!(out, "  {:<12} {} at {}", "", count(face.blinks.len(), "blink"), times.join(", "));
    }
    if face.mouth_covered_frames * 2 > face.frames {
        let _ = writeln!(out, "  {:<12} something is in front of the mouth", "");
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
