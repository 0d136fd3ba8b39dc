//! The report of one capture: what `verilume check --json` prints.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use verilume_liveness::InjectionRisk;
use verilume_liveness::fusion::LivenessReport;

use super::{FaceSummary, ModelStatus};
use crate::media::MediaWarning;

/// Everything the pipeline found out about one capture. Holds no biometric data: no pixel, landmark or embedding.
#[derive(Debug, Clone, Serialize)]
pub struct CaptureReport {
    /// The decision, its score, reasons and signals.
    #[serde(flatten)]
    pub liveness: LivenessReport,
    /// Signs that a program and not a camera gave the frames. A risk, never a ground for the decision.
    pub injection: InjectionRisk,
    /// The faces, in the order of their first appearance.
    pub faces: Vec<FaceSummary>,
    /// Frames by what was seen in them.
    pub frames: FrameCounts,
    /// What was wrong with the input without stopping it.
    pub warnings: Vec<InputWarning>,
    /// Time spent, by stage.
    pub timing_ms: StageTimes,
    /// The models by name.
    pub models: BTreeMap<String, ModelStatus>,
    /// Version of Verilume.
    pub version: &'static str,
}

/// Something about the input that did not stop its analysis: a cut end, damaged frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputWarning {
    /// Stable, snake_case.
    pub code: &'static str,
    /// For a person.
    pub message: String,
}

impl From<&MediaWarning> for InputWarning {
    fn from(warning: &MediaWarning) -> Self {
        Self { code: warning.code(), message: warning.to_string() }
    }
}

/// Frames by what was seen in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FrameCounts {
    /// Frames read.
    pub read: u64,
    /// Frames with at least one face.
    pub with_face: u64,
    /// Frames in which the largest face looked at the camera.
    pub gate_open: u64,
}

/// Time spent, by stage; serialised in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StageTimes {
    /// Reading and decoding.
    #[serde(serialize_with = "as_millis")]
    pub decode: Duration,
    /// Finding, following and measuring faces.
    #[serde(serialize_with = "as_millis")]
    pub track: Duration,
    /// The texture networks.
    #[serde(serialize_with = "as_millis")]
    pub texture: Duration,
    /// Following what surrounds the face.
    #[serde(serialize_with = "as_millis")]
    pub periphery: Duration,
}

fn as_millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e4).round() / 10.0)
}
