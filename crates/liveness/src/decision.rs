//! The decision: real, spoof or uncertain, with its reasons.

use serde::Serialize;

use crate::{Signal, TextureConfig, TextureEvidence, Verdict};

/// What the evidence amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// A decision with everything it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LivenessReport {
    /// The decision.
    pub decision: Decision,
    /// 0..=1, 1 = live; `None` if nothing was measured. Not a probability until a calibration says so.
    pub score: Option<f64>,
    /// What kind of evidence it rests on.
    pub assurance: Assurance,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// Every signal, measured or not.
    pub signals: Vec<Signal>,
}

/// What a recorded capture gives to decide on.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticEvidence {
    /// Frames that were read.
    pub frames_read: u64,
    /// Frames with at least one face.
    pub frames_with_face: u64,
    /// Frames in which the main face looked at the camera.
    pub frames_looking: u64,
    /// Frames in which another face was about as large as the main one.
    pub frames_with_several_faces: u64,
    /// What the texture model says.
    pub texture: TextureEvidence,
}

/// Bounds of the static decision.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct StaticConfig {
    /// How texture is judged.
    pub texture: TextureConfig,
}

/// Decides on a recording. It can say real or spoof only as far as static evidence goes, and says so.
pub fn decide_static(evidence: &StaticEvidence, config: &StaticConfig) -> LivenessReport {
    let texture = evidence.texture.signal(&config.texture);
    let (decision, reason) = match (obstacle(evidence), obstacle_to_real(evidence), texture.verdict) {
        (Some(obstacle), _, _) => (Decision::Uncertain, obstacle),
        (None, Some(obstacle), Verdict::Supports) => (Decision::Uncertain, obstacle),
        (None, _, verdict) => (decision_by(verdict), reason_by(&texture)),
    };
    let recorded = Reason::new(
        "static_evidence_only",
        "a recording cannot answer a flash challenge: this rests on the recorded pixels alone",
    );
    LivenessReport {
        decision,
        score: texture.value,
        assurance: Assurance::Static,
        reasons: vec![reason, recorded],
        signals: vec![texture],
    }
}

/// What makes a decision impossible, whatever the signals say.
fn obstacle(evidence: &StaticEvidence) -> Option<Reason> {
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
fn obstacle_to_real(evidence: &StaticEvidence) -> Option<Reason> {
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

fn decision_by(verdict: Verdict) -> Decision {
    match verdict {
        Verdict::Supports => Decision::RealFace,
        Verdict::Denies => Decision::SpoofFace,
        Verdict::Inconclusive | Verdict::Unavailable => Decision::Uncertain,
    }
}

fn reason_by(texture: &Signal) -> Reason {
    let code = match texture.verdict {
        Verdict::Supports => "texture_live",
        Verdict::Denies => "texture_spoof",
        Verdict::Inconclusive => "texture_inconclusive",
        Verdict::Unavailable => "texture_unavailable",
    };
    Reason::new(code, texture.reason.clone())
}

fn frames(count: u64) -> String {
    if count == 1 { "the one frame".to_owned() } else { format!("{count} frames") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(scores: &[f32]) -> StaticEvidence {
        StaticEvidence {
            frames_read: 10,
            frames_with_face: 10,
            frames_looking: 8,
            frames_with_several_faces: 0,
            texture: TextureEvidence::Scored(scores.to_vec()),
        }
    }

    #[track_caller]
    fn check(evidence: StaticEvidence, decision: Decision, code: &str) {
        let report = decide_static(&evidence, &StaticConfig::default());
        assert_eq!((report.decision, report.reasons[0].code), (decision, code));
        assert_eq!(report.assurance, Assurance::Static);
        assert!(report.reasons.iter().any(|reason| reason.code == "static_evidence_only"));
    }

    #[test]
    fn texture_decides_where_nothing_stands_in_the_way() {
        check(evidence(&[0.95]), Decision::RealFace, "texture_live");
        check(evidence(&[0.05]), Decision::SpoofFace, "texture_spoof");
        check(evidence(&[0.5]), Decision::Uncertain, "texture_inconclusive");
    }

    #[test]
    fn what_could_not_be_told_is_uncertain_and_never_real() {
        let missing = TextureEvidence::Unavailable("weights are not installed".into());
        check(
            StaticEvidence { texture: missing, ..evidence(&[]) },
            Decision::Uncertain,
            "texture_unavailable",
        );
        check(StaticEvidence { frames_with_face: 0, ..evidence(&[0.99]) }, Decision::Uncertain, "no_face");
        check(
            StaticEvidence { frames_with_several_faces: 9, ..evidence(&[0.99]) },
            Decision::Uncertain,
            "several_faces",
        );
    }

    #[test]
    fn a_bystander_is_not_called_real_but_a_print_of_one_is_still_a_print() {
        let rarely = |scores: &[f32]| StaticEvidence { frames_with_face: 3, ..evidence(scores) };
        let never_looking = |scores: &[f32]| StaticEvidence { frames_looking: 0, ..evidence(scores) };
        check(rarely(&[0.99]), Decision::Uncertain, "face_rarely_visible");
        check(never_looking(&[0.99]), Decision::Uncertain, "not_looking_at_camera");
        check(never_looking(&[0.01]), Decision::SpoofFace, "texture_spoof");
    }

    #[test]
    fn the_report_serialises_as_documented() {
        let report = decide_static(&evidence(&[0.95]), &StaticConfig::default());
        insta::assert_json_snapshot!(report);
    }
}
