//! What a single picture says about liveness: weak evidence, and named as such.
//!
//! The texture networks, and those cues of the surroundings that need no movement, are asked.
//! A single picture never comes to "real": a good photograph of a photograph looks like one. It can deny, or leave it open.

use serde::Serialize;
use verilume_frame::Frame;
use verilume_liveness::fusion::{Decision, FusionConfig, LivenessReport, Reason, fuse};
use verilume_liveness::observe::{StaticModels, StaticObserver};
use verilume_liveness::{Signal, Verdict};
use verilume_vision::models::ModelError;
use verilume_vision::{FaceObservation, TrackedFrame};

/// What a single picture says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StillLiveness {
    /// 0..=1, 1 = live; none if nothing could be measured.
    pub(crate) score: Option<f64>,
    /// `spoofface` or `uncertain`; never `realface`.
    pub(crate) decision: Decision,
    /// What it rests on.
    pub(crate) evidence: StillEvidence,
}

/// What it rests on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StillEvidence {
    /// `single_image`: the weakest kind there is.
    pub(crate) kind: &'static str,
    /// Why, most important first.
    pub(crate) reasons: Vec<StillReason>,
    /// What was measured.
    pub(crate) signals: Vec<Signal>,
}

/// A reason.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StillReason {
    code: &'static str,
    message: String,
}

const KIND: &str = "single_image";

impl StillLiveness {
    /// Looks at one face of a picture.
    pub(super) fn of(
        frame: &Frame,
        face: &FaceObservation,
        models: &StaticModels,
        config: &FusionConfig,
    ) -> Result<Self, ModelError> {
        let mut observer = StaticObserver::new(models.clone());
        let alone =
            TrackedFrame { captured_at: frame.captured_at, faces: vec![face.clone()], faces_detected: 1 };
        observer.look_at_texture(frame, &alone)?;
        observer.look_at_person(frame, &alone)?;
        observer.follow(frame, &alone, None);
        Ok(Self::from_report(fuse(&observer.finish().capture, config)))
    }

    /// A face that was not looked at: too many are in the picture.
    pub(super) fn not_looked_at() -> Self {
        let reason = StillReason {
            code: "too_many_faces",
            message: "only the largest faces of a picture are looked at".to_owned(),
        };
        let evidence = StillEvidence { kind: KIND, reasons: vec![reason], signals: Vec::new() };
        Self { score: None, decision: Decision::Uncertain, evidence }
    }

    fn from_report(report: LivenessReport) -> Self {
        let is_spoof = report.decision == Decision::SpoofFace;
        let told = |reason: Reason| StillReason { code: reason.code, message: reason.message };
        let weak = StillReason {
            code: KIND,
            message: "a single picture shows no movement and answers no light: it cannot show that a person is there"
                .to_owned(),
        };
        let found = report.reasons.into_iter().filter(|_| is_spoof).map(told);
        let found: Vec<StillReason> = found.filter(|reason| reason.code != "static_evidence_only").collect();
        let measured = |signal: &Signal| signal.verdict != Verdict::Unavailable;
        Self {
            score: report.score,
            decision: if is_spoof { Decision::SpoofFace } else { Decision::Uncertain },
            evidence: StillEvidence {
                kind: KIND,
                reasons: found.into_iter().chain([weak]).collect(),
                signals: report.signals.into_iter().filter(measured).collect(),
            },
        }
    }
}
