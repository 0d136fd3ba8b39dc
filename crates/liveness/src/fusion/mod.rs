//! Fusion: physical tests are gates, then calibrated, clipped log-likelihood ratios decide.
//!
//! A capture is real only if *no* physical test denies and the cues together reach the operating point. The gates come
//! first and look at no cue, so no score of a network can turn a failed physical test into "real".

mod calibration;
mod default;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::flash::{FlashOutcome, FlashReport, UncertainCause};
use crate::periphery::{PeripheryOutcome, PeripheryThresholds, REPETITION};
use crate::{Cue, Signal, Verdict};

pub use calibration::{
    CALIBRATION_VERSION, Calibration, CalibrationError, CueWorth, ExpectedRate, OperatingMode,
    OperatingPoint, OperatingPoints, Provenance, Scale,
};

/// From this share of repeated frames a capture is not called real. Origin: reasoning; a camera repeats none.
const MOST_REPEATED: f64 = 0.1;

/// What the evidence amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// A live person in front of the camera.
    RealFace,
    /// A presentation attack.
    SpoofFace,
    /// Could not tell; the reasons say why.
    Uncertain,
}

/// Which kind of evidence a decision rests on, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Assurance {
    /// The recorded pixels alone: nothing ties them to this moment.
    Static,
    /// The reflection of a secret colour sequence that was shown while the capture ran.
    Flash,
}

/// A reason, by a stable code and in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable, snake_case.
    pub code: &'static str,
    /// For a person.
    pub message: String,
}

impl Reason {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The part of a calibration that decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JudgedBy {
    /// In words: which data it was fitted to.
    pub source: String,
    /// The day it was made, ISO 8601; empty if it does not matter.
    pub date: String,
    /// SHA-256 of the scores it was fitted to, if there is such a file.
    pub scores_sha256: Option<String>,
    /// The bounds, and the errors that were measured there; `None` where they are not known.
    #[serde(flatten)]
    pub point: OperatingPoint,
}

impl JudgedBy {
    fn new(calibration: &Calibration, mode: OperatingMode) -> Self {
        let Provenance { source, date, scores_sha256, .. } = &calibration.provenance;
        Self {
            source: source.clone(),
            date: date.clone(),
            scores_sha256: scores_sha256.clone(),
            point: *calibration.point(mode),
        }
    }
}

/// A decision with everything it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LivenessReport {
    /// The decision.
    pub decision: Decision,
    /// 0..=1, 1 = live; `None` if nothing was measured. The logistic of `llr`: a probability where live captures and
    /// attacks are equally frequent, as far as the calibration's data reach.
    pub score: Option<f64>,
    /// Log-likelihood ratio of all cues and of a passed flash model together, nats. A physical test that denies keeps it
    /// where the operating point says spoof, one that cannot tell at the middle of what is uncertain: no bound on it opens a
    /// gate.
    pub llr: Option<f64>,
    /// Which operating point decided.
    pub operating_mode: OperatingMode,
    /// Where that point lies, what its numbers come from and which errors to expect there.
    pub calibration: JudgedBy,
    /// What kind of evidence it rests on.
    pub assurance: Assurance,
    /// What the static image model says by itself.
    pub periphery: PeripheryOutcome,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// Every signal, measured or not.
    pub signals: Vec<Signal>,
}

/// What a capture gives to decide on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaptureEvidence {
    /// Frames that were read.
    pub frames_read: u64,
    /// Frames with at least one face.
    pub frames_with_face: u64,
    /// Frames in which the main face looked at the camera.
    pub frames_looking: u64,
    /// Frames in which another face was about as large as the main one.
    pub frames_with_several_faces: u64,
    /// What was measured on the pixels, worth what the calibration says.
    pub cues: Vec<Cue>,
    /// The flashing light model's report, if colours were shown.
    pub flash: Option<FlashReport>,
}

/// How to decide.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct FusionConfig {
    /// What each cue is worth.
    pub calibration: Calibration,
    /// Which of its operating points decides.
    pub mode: OperatingMode,
    /// When surroundings count as fixed to the face.
    pub periphery: PeripheryThresholds,
}

impl FusionConfig {
    /// Decides by this calibration.
    pub fn new(calibration: Calibration, mode: OperatingMode) -> Self {
        Self { calibration, mode, ..Self::default() }
    }
}

/// Decides on a capture.
pub fn fuse(evidence: &CaptureEvidence, config: &FusionConfig) -> LivenessReport {
    let calibration = &config.calibration;
    let cues: Vec<Signal> = evidence.cues.iter().map(|cue| calibration.signal(cue)).collect();
    let periphery = PeripheryOutcome::of(&evidence.cues, &config.periphery);
    let gates = [
        evidence.flash.as_ref().map_or(Gate::Open, flash_gate),
        periphery_gate(periphery),
        repetition_gate(&evidence.cues),
    ];
    let llr = calibration.fused(&evidence.cues).map(|cues| {
        let sum = cues + flash_worth(evidence, calibration);
        within(sum, &gates, calibration.point(config.mode))
    });
    let (decision, mut reasons) = decide(evidence, config, gates, llr, &cues);
    if evidence.flash.is_none() {
        reasons.push(Reason::new(
            "static_evidence_only",
            "a recording cannot answer a flash challenge: this rests on the recorded pixels alone",
        ));
    }
    let flash = evidence.flash.iter().flat_map(|report| report.signals.iter().cloned());
    LivenessReport {
        decision,
        score: llr.map(|llr| 1.0 / (1.0 + (-llr).exp())),
        llr,
        operating_mode: config.mode,
        calibration: JudgedBy::new(calibration, config.mode),
        assurance: if evidence.flash.is_some() { Assurance::Flash } else { Assurance::Static },
        periphery,
        reasons,
        signals: flash.chain(cues).collect(),
    }
}

fn decide(
    evidence: &CaptureEvidence,
    config: &FusionConfig,
    gates: [Gate; 3],
    llr: Option<f64>,
    cues: &[Signal],
) -> (Decision, Vec<Reason>) {
    if let Some(obstacle) = obstacle(evidence) {
        return (Decision::Uncertain, vec![obstacle]);
    }
    // What a physical test says against the capture stands, whatever the cues say.
    let mut undecided = None;
    for gate in gates {
        match gate {
            Gate::Closed(reason) => return (Decision::SpoofFace, vec![reason]),
            Gate::Undecided(reason) => undecided = undecided.or(Some(reason)),
            Gate::Open => {}
        }
    }
    let Some(llr) = llr else {
        let reason = Reason::new("no_static_evidence", "nothing about the picture could be measured");
        return (Decision::Uncertain, vec![reason]);
    };
    let point = config.calibration.point(config.mode);
    if llr <= point.spoof_at_most {
        return (Decision::SpoofFace, told("spoof_evidence", cues, Verdict::Denies));
    }
    let inconclusive = || {
        let message = "the picture could be a live person's or an attack's";
        (llr < point.real_at_least).then(|| Reason::new("evidence_inconclusive", message))
    };
    match undecided.or_else(inconclusive).or_else(|| obstacle_to_real(evidence)) {
        Some(reason) => (Decision::Uncertain, vec![reason]),
        None => (Decision::RealFace, live_reasons(evidence, cues)),
    }
}

fn flash_passed(evidence: &CaptureEvidence) -> bool {
    evidence.flash.as_ref().is_some_and(|report| report.outcome == FlashOutcome::Real)
}

/// What a passed flash model adds to the cues, nats.
fn flash_worth(evidence: &CaptureEvidence, calibration: &Calibration) -> f64 {
    if flash_passed(evidence) { calibration.flash_passed } else { 0.0 }
}

fn live_reasons(evidence: &CaptureEvidence, cues: &[Signal]) -> Vec<Reason> {
    let cues = told("live_evidence", cues, Verdict::Supports);
    if !flash_passed(evidence) {
        return cues;
    }
    let flash =
        Reason::new("flash_answered", "the face reflects this check's secret colours as a live one does");
    let telling = cues.into_iter().filter(|reason| reason.code != "live_evidence");
    std::iter::once(flash).chain(telling).collect()
}

/// What a physical test lets through.
enum Gate {
    Open,
    Undecided(Reason),
    Closed(Reason),
}

fn flash_gate(report: &FlashReport) -> Gate {
    match &report.outcome {
        FlashOutcome::Real => Gate::Open,
        FlashOutcome::Spoof { stopped_by } => Gate::Closed(Reason::new(
            "flash_denied",
            format!("the face does not reflect the colours as a live one does ({})", stopped_by.join(", ")),
        )),
        FlashOutcome::Uncertain(cause) => Gate::Undecided(undecided(cause)),
    }
}

/// Surroundings that follow the face forbid "real". Alone they are no proof: a head that only turns together with the
/// camera can look flat.
fn periphery_gate(outcome: PeripheryOutcome) -> Gate {
    match outcome {
        PeripheryOutcome::Fixed => Gate::Undecided(Reason::new(
            "surroundings_fixed",
            "the face and what is around it move as one flat picture",
        )),
        _ => Gate::Open,
    }
}

/// Frames that come again bit by bit forbid "real": no sensor takes them. A program may do so on an honest camera's
/// way too, so they are no proof.
fn repetition_gate(cues: &[Cue]) -> Gate {
    let repeated = cues.iter().find(|cue| cue.name == REPETITION).and_then(Cue::finite);
    match repeated {
        Some(value) if value <= -MOST_REPEATED => Gate::Undecided(Reason::new(
            "frames_repeat",
            "frames come again bit by bit, as from a loop and never from a camera",
        )),
        _ => Gate::Open,
    }
}

/// What the gates leave of a log-likelihood ratio.
fn within(llr: f64, gates: &[Gate], point: &OperatingPoint) -> f64 {
    let bound = |gate: &Gate| match gate {
        Gate::Open => f64::INFINITY,
        Gate::Undecided(_) => f64::midpoint(point.spoof_at_most, point.real_at_least),
        Gate::Closed(_) => point.spoof_at_most,
    };
    gates.iter().map(bound).fold(llr, f64::min)
}

fn undecided(cause: &UncertainCause) -> Reason {
    Reason::new(cause.code(), "the flashing light could not be judged")
}

/// The cues with that verdict as reasons, the weightiest first; a general one if there is none.
fn told(general: &'static str, cues: &[Signal], verdict: Verdict) -> Vec<Reason> {
    let mut telling: Vec<&Signal> = cues.iter().filter(|signal| signal.verdict == verdict).collect();
    let weight = |signal: &Signal| signal.llr.unwrap_or_default().abs();
    telling.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    if telling.is_empty() {
        return vec![Reason::new(general, "no single cue, all of them together")];
    }
    telling.into_iter().map(|signal| Reason::new(signal.name, signal.reason.clone())).collect()
}

/// What makes a decision impossible, whatever the signals say.
fn obstacle(evidence: &CaptureEvidence) -> Option<Reason> {
    if evidence.frames_with_face == 0 {
        return Some(Reason::new("no_face", format!("no face in {}", frames(evidence.frames_read))));
    }
    if evidence.frames_with_several_faces * 2 > evidence.frames_with_face {
        let message = "several faces of about the same size: which one is to be checked cannot be told";
        return Some(Reason::new("several_faces", message));
    }
    None
}

/// What forbids to call the capture real, though it may still be called a spoof.
fn obstacle_to_real(evidence: &CaptureEvidence) -> Option<Reason> {
    if evidence.frames_with_face * 2 < evidence.frames_read {
        let message =
            format!("a face in only {} of {}", evidence.frames_with_face, frames(evidence.frames_read));
        return Some(Reason::new("face_rarely_visible", message));
    }
    if evidence.frames_looking == 0 {
        return Some(Reason::new("not_looking_at_camera", "the person never looked at the camera"));
    }
    None
}

fn frames(count: u64) -> String {
    if count == 1 { "the one frame".to_owned() } else { format!("{count} frames") }
}
