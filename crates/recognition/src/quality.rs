//! Whether a picture of a face is good enough to compare: low, medium or high, with what stands against more.

use serde::Serialize;
use verilume_vision::{FaceObservation, MouthCover};

/// How good a picture is for comparison. The levels mean what callers of face services know: `high` for pictures that
/// are kept, `medium` at least for pictures that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QualityLevel {
    /// Too little to compare reliably.
    Low,
    /// Good enough to be compared.
    Medium,
    /// Good enough to be kept as a reference.
    High,
}

/// What keeps a picture from a better level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QualityIssue {
    /// The face is small in the frame.
    Small,
    /// The head is turned or tilted back.
    Turned,
    /// The face is blurred, or out of focus.
    Blurred,
    /// The face is too dark.
    Dark,
    /// The face is too bright, or parts of it are without detail.
    Bright,
    /// The face has too little contrast.
    Flat,
    /// Something is in front of the mouth.
    MouthCovered,
    /// The eyes cannot be seen open.
    EyesNotVisible,
}

/// What one level asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct QualityBounds {
    /// Least distance between the centres of the eyes, pixels.
    pub min_inter_eye_px: f32,
    /// Farthest the head may point away from the camera, radians, 0..=pi/2.
    pub max_off_axis_rad: f32,
    /// Least sharpness, the variance of the Laplacian on a chip of 96 pixels, squared luma steps.
    pub min_sharpness: f32,
    /// Least mean luma of the face, 0..=255.
    pub min_luma: f32,
    /// Highest mean luma of the face, 0..=255.
    pub max_luma: f32,
    /// Largest share of the face without detail for brightness, 0..=1.
    pub max_clipped_share: f32,
    /// Least luma between the 5th and the 95th percentile, 0..=255.
    pub min_contrast: f32,
    /// Whether a covered mouth, or eyes that are shut or not found, rule the level out.
    pub needs_open_face: bool,
}

/// What the levels ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityConfig {
    /// For [`QualityLevel::Medium`].
    pub medium: QualityBounds,
    /// For [`QualityLevel::High`].
    pub high: QualityBounds,
}

impl Default for QualityConfig {
    /// Size: in dlib's chip the eyes are 52 pixels apart, so that a high picture is not enlarged, and a medium one by
    /// no more than two. Turn: 15 degrees passes for frontal, beyond 35 a face nears its profile. Sharpness 20 is where
    /// [`verilume_vision::FaceQuality`] calls a face blurred. The other values leave out what is unusable and were
    /// tried on the test media only; none is fitted to what it does to error rates.
    fn default() -> Self {
        Self {
            medium: QualityBounds {
                min_inter_eye_px: 26.0,
                max_off_axis_rad: 35_f32.to_radians(),
                min_sharpness: 20.0,
                min_luma: 40.0,
                max_luma: 225.0,
                max_clipped_share: 0.25,
                min_contrast: 30.0,
                needs_open_face: false,
            },
            high: QualityBounds {
                min_inter_eye_px: 52.0,
                max_off_axis_rad: 15_f32.to_radians(),
                min_sharpness: 60.0,
                min_luma: 60.0,
                max_luma: 210.0,
                max_clipped_share: 0.05,
                min_contrast: 50.0,
                needs_open_face: true,
            },
        }
    }
}

/// The quality of one picture of a face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecognitionQuality {
    /// The level it reaches.
    pub level: QualityLevel,
    /// What keeps it from the next one; empty for [`QualityLevel::High`].
    pub issues: Vec<QualityIssue>,
}

impl RecognitionQuality {
    /// The quality of a tracked face.
    pub fn of(face: &FaceObservation, config: &QualityConfig) -> Self {
        let against_medium = issues(face, &config.medium);
        if !against_medium.is_empty() {
            return Self { level: QualityLevel::Low, issues: against_medium };
        }
        let against_high = issues(face, &config.high);
        let level = if against_high.is_empty() { QualityLevel::High } else { QualityLevel::Medium };
        Self { level, issues: against_high }
    }
}

/// What keeps a face from a level. A measurement that is no number counts against it.
fn issues(face: &FaceObservation, bounds: &QualityBounds) -> Vec<QualityIssue> {
    let quality = &face.quality;
    let covered = bounds.needs_open_face && face.mouth.cover == MouthCover::Covered;
    let unseen = bounds.needs_open_face && face.eyes.closed().unwrap_or(true);
    let fine = [
        (QualityIssue::Small, quality.inter_eye_px >= bounds.min_inter_eye_px),
        (QualityIssue::Turned, face.pose.off_axis_rad() <= bounds.max_off_axis_rad),
        (QualityIssue::Blurred, quality.sharpness >= bounds.min_sharpness),
        (QualityIssue::Dark, quality.luma_mean >= bounds.min_luma),
        (
            QualityIssue::Bright,
            quality.luma_mean <= bounds.max_luma && quality.clipped_share <= bounds.max_clipped_share,
        ),
        (QualityIssue::Flat, quality.contrast >= bounds.min_contrast),
        (QualityIssue::MouthCovered, !covered),
        (QualityIssue::EyesNotVisible, !unseen),
    ];
    fine.into_iter().filter(|(_, is_fine)| !is_fine).map(|(issue, _)| issue).collect()
}
