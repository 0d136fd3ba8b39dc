//! Schemas of what is asked and answered about still pictures.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::FaceRectangle;

/// A picture by name.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what `PictureBody` reads")]
pub(super) struct NamedPicture {
    /// Where it is; fetched only from hosts that the operator allows.
    url: Option<String>,
    /// The picture of a session that asked for one.
    session_image_id: Option<String>,
}

/// A face.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the answer is made of")]
pub(super) struct DetectedFaceAnswer {
    /// Names the face for a while.
    face_id: Option<String>,
    recognition_model: Option<String>,
    /// From brow to chin, pixels of the upright picture.
    face_rectangle: FaceRectangle,
    /// 27 points by name, each with `x` and `y`.
    #[schema(value_type = Option<Object>)]
    face_landmarks: Option<serde_json::Value>,
    /// Those that were asked for.
    #[schema(value_type = Option<Object>)]
    face_attributes: Option<serde_json::Value>,
    liveness: SingleImageLiveness,
}

/// What a single picture says about liveness: weak evidence, and never `realface`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the answer is made of")]
pub(super) struct SingleImageLiveness {
    /// 0..=1, 1 = live; `null` if nothing could be measured.
    score: Option<f64>,
    /// `spoofface` or `uncertain`.
    decision: String,
    /// `kind`, `reasons` and `signals`.
    #[schema(value_type = Object)]
    evidence: serde_json::Value,
}

/// Two faces to compare, or a face and a person.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what verifying reads")]
pub(super) struct VerifyFaces {
    face_id1: Option<String>,
    face_id2: Option<String>,
    /// The face that is compared with a person; needs the scope `identify` too.
    face_id: Option<String>,
    person_id: Option<String>,
    /// The person's group; without one the person is of the directory.
    person_group_id: Option<String>,
    large_person_group_id: Option<String>,
}

/// What a comparison comes to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerifyAnswer {
    /// Whether the confidence is 0.5 or more.
    pub(super) is_identical: bool,
    /// -log10 of the rate of false matches, over 10: 0.5 is one in 100 000.
    pub(super) confidence: f64,
    /// The highest confidence that the calibration's data support: more is the continuation of a fitted curve.
    pub(super) supported_confidence: f64,
}

/// The faces of a picture. Neither age nor gender is told.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the answer is made of")]
pub(super) struct ImageAnalysis {
    faces: Vec<AnalysedFace>,
    request_id: String,
    metadata: ImageMetadata,
    model_version: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of what the answer is made of")]
pub(super) struct AnalysedFace {
    face_rectangle: FaceRectangle,
    liveness: SingleImageLiveness,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what the answer is made of")]
pub(super) struct ImageMetadata {
    width: u32,
    height: u32,
    /// `Jpeg`, `Png`, `Gif`, `Bmp` or `WebP`.
    format: String,
}
