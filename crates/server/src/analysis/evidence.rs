//! What an attempt amounts to: a decision, and the numbers behind it as they are stored.

use serde::Serialize;
use serde_json::{Value, json};
use verilume_frame::Rect;
use verilume_liveness::InjectionRisk;
use verilume_liveness::flash::{FlashReport, GainMap};
use verilume_liveness::fusion::{self, LivenessReport};
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::JpegBytes;
use verilume_store::Decision;

use super::identity::Identity;
use super::trail::CaptureTrail;
use crate::config::WithoutFlashes;
use crate::engine::Finding;

/// From this mean luma of the face (0..=255) on, "too bright or too dark" means too bright. Origin: the middle between
/// the client's bounds for guidance.
const BRIGHT_FACE_LUMA: f64 = 130.0;

/// A face in pixels of the camera's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct FaceRectangle {
    top: i32,
    left: i32,
    width: i32,
    height: i32,
}

impl FaceRectangle {
    /// The whole pixels that hold a rectangle.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and frames have some thousand pixels a side"
    )]
    pub(crate) fn around(rect: Rect) -> Self {
        let (left, top) = (rect.x.floor(), rect.y.floor());
        Self {
            top: top as i32,
            left: left as i32,
            width: (rect.right().ceil() - left) as i32,
            height: (rect.bottom().ceil() - top) as i32,
        }
    }

    /// Pixels.
    pub(crate) fn area(self) -> i64 {
        i64::from(self.width) * i64::from(self.height)
    }

    /// Left, top, width and height.
    pub(crate) fn parts(self) -> [i32; 4] {
        [self.left, self.top, self.width, self.height]
    }
}

/// How many frames the analysis saw.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaptureCounts {
    /// All of them.
    pub(super) frames: u64,
    /// Before the first slot.
    pub(super) hold_frames: u64,
    /// With the followed face in them.
    pub(super) flash_frames_used: u64,
}

/// What an attempt amounts to.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What matters for the course of the session.
    pub(crate) finding: Finding,
    /// Where the face was.
    pub(crate) face: Option<FaceRectangle>,
    /// Signals, thresholds and reasons: numbers and words.
    pub(crate) evidence: Value,
    /// What the app server asked for.
    pub(crate) picture: Option<JpegBytes>,
    /// By which it would be known if it were sent again.
    pub(crate) trail: CaptureTrail,
    /// Who is in it, if the session compares.
    pub(crate) identity: Option<Identity>,
}

impl Verdict {
    pub(super) fn new(
        report: &LivenessReport,
        flash: Option<&FlashReport>,
        injection: &InjectionRisk,
        counts: CaptureCounts,
        face: Option<FaceRectangle>,
        face_luma: f64,
    ) -> Self {
        let finding = if injection.is_replay {
            Finding::Decided(Decision::SpoofFace)
        } else {
            finding(report, face_luma)
        };
        let evidence = json!({
            "decision": wire_name(finding),
            "score": report.score,
            "llr": report.llr,
            "operatingMode": report.operating_mode,
            "calibration": report.calibration,
            "assurance": report.assurance,
            "reasons": reasons(report, injection),
            "signals": report.signals,
            "periphery": report.periphery,
            "flash": flash.map(flash_summary),
            "injection": injection,
            "capture": counts,
        });
        Self { finding, face, evidence, picture: None, trail: CaptureTrail::default(), identity: None }
    }

    /// Keeps to the operator's word on captures without flashes: nobody is called real by one alone, unless it says so.
    pub(crate) fn keep_to(&mut self, policy: WithoutFlashes, is_steady: bool) {
        let needs_review = is_steady && policy != WithoutFlashes::Accept;
        if needs_review && self.finding == Finding::Decided(Decision::RealFace) {
            self.finding = Finding::Decided(Decision::Uncertain);
            self.evidence["decision"] = json!(wire_name(self.finding));
            self.evidence["reasons"] = json!([{
                "code": "without_flashes",
                "message": "the picture looks live; without flashes nothing ties it to the moment, so a person is to \
                            look at it",
            }]);
        }
    }

    /// It has frames that another session had, bit by bit.
    pub(crate) fn is_of_another_session(&mut self) {
        self.finding = Finding::Decided(Decision::SpoofFace);
        self.evidence["decision"] = json!(wire_name(self.finding));
        self.evidence["reasons"] = sent_before();
    }
}

/// The decision as it is stored with the evidence.
fn wire_name(finding: Finding) -> &'static str {
    match finding {
        Finding::Decided(decision) => decision.as_str(),
        Finding::CouldNotTell(_) => Decision::Uncertain.as_str(),
    }
}

fn reasons(report: &LivenessReport, injection: &InjectionRisk) -> Value {
    if injection.is_replay { sent_before() } else { json!(report.reasons) }
}

fn sent_before() -> Value {
    json!([{
        "code": "frames_of_another_session",
        "message": "a frame is one of another session bit by bit: no sensor takes the same frame twice",
    }])
}

/// The outcome and what is behind it. Of the gains of the cells only a coarse map is kept: fine ones draw the shape of a
/// head.
fn flash_summary(report: &FlashReport) -> Value {
    let measured = report.measurements.as_ref();
    json!({
        "outcome": report.outcome,
        "frames": measured.map(|found| found.frames),
        "backgroundBlocks": measured.map(|found| found.blocks),
        "lagSecs": measured.map(|found| found.lag_secs),
        "contrast": measured.map(|found| found.contrast),
        "environment": measured.map(|found| &found.environment),
        "gainMap": measured.map(|found| GainMap::of(&found.cells)),
    })
}

fn finding(report: &LivenessReport, face_luma: f64) -> Finding {
    match report.decision {
        fusion::Decision::RealFace => Finding::Decided(Decision::RealFace),
        fusion::Decision::SpoofFace => Finding::Decided(Decision::SpoofFace),
        fusion::Decision::Uncertain => {
            let first = report.reasons.first().map(|reason| reason.code);
            Finding::CouldNotTell(first.and_then(|code| fault(code, face_luma)))
        }
    }
}

/// The code of a fault that the person can do something about; `None` where the reason is no such fault.
fn fault(reason: &str, face_luma: f64) -> Option<ErrorCode> {
    match reason {
        "no_face" => Some(ErrorCode::FaceNotFound),
        "several_faces" => Some(ErrorCode::MultipleFaceFound),
        "not_looking_at_camera" => Some(ErrorCode::FaceNotFrontal),
        "environment_not_supported" => Some(ErrorCode::EnvironmentNotSupported),
        "face_rarely_visible" | "too_little_face" | "too_few_frames" => Some(ErrorCode::FaceTrackingFailed),
        "face_too_bright_or_dark" if face_luma >= BRIGHT_FACE_LUMA => {
            Some(ErrorCode::ExcessiveFaceBrightness)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_rounded_outwards() {
        let face = FaceRectangle::around(Rect::new(10.6, 20.2, 30.0, 40.0));
        assert_eq!(face, FaceRectangle { top: 20, left: 10, width: 31, height: 41 });
    }

    #[test]
    fn only_what_a_person_can_change_is_a_fault() {
        assert_eq!(fault("environment_not_supported", 0.0), Some(ErrorCode::EnvironmentNotSupported));
        assert_eq!(fault("evidence_inconclusive", 0.0), None);
        assert_eq!(fault("face_too_bright_or_dark", 20.0), None, "there is no code for a dark face");
    }
}
